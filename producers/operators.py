"""Our own operators: legal holds (`dfdg retention hold`, `dfdg retention release`)."""

from schemas.topics import LEGAL_HOLD_RECORDED

WRITES = (LEGAL_HOLD_RECORDED,)
