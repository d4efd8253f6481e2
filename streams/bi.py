"""bi.star.dk moves to NemLog-in: the mail to its users, their logins, and their modules (BI-1 … BI-4)."""

from schemas import topics
from streams.decision import Decision
from streams.policies.bi import decide, wake
from streams.policies.bi_state import BiUser

READS = (
    topics.DAY_BEGUN,
    topics.BI_ACCESS_RECORDED,
    topics.BI_LOGIN_REQUESTED,
    topics.BI_RIGHTS_MOVED_REQUESTED,
    topics.BI_MODULE_REQUESTED,
    topics.BI_MODULE_DECIDED_RECORDED,
)
WRITES = (
    topics.BI_LOGIN_ANSWERED,
    topics.BI_RIGHTS_MOVED_ANSWERED,
    topics.BI_MODULE_ANSWERED,
    topics.BI_USER_CHANGED,
    topics.NOTICE_ISSUED,
)

decision = Decision("bi-users", READS, WRITES, BiUser, decide, wake, sees_today=True)
