"""bi.star.dk: access, logins, the move of rights to NemLog-in, and requests for modules."""

from schemas.topics import (
    BI_ACCESS_RECORDED,
    BI_LOGIN_REQUESTED,
    BI_MODULE_DECIDED_RECORDED,
    BI_MODULE_REQUESTED,
    BI_RIGHTS_MOVED_REQUESTED,
)

WRITES = (
    BI_ACCESS_RECORDED,
    BI_LOGIN_REQUESTED,
    BI_RIGHTS_MOVED_REQUESTED,
    BI_MODULE_REQUESTED,
    BI_MODULE_DECIDED_RECORDED,
)
