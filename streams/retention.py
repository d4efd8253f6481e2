"""A record past its deadline is deleted, or waits for its archive receipt or the end of a hold (RET-6, RET-7)."""

from schemas.topics import DAY_BEGUN, DELETION_BLOCKED, DELETION_ORDERED, LEGAL_HOLD_RECORDED, RECORD_AGED
from streams.decision import Decision
from streams.policies.retention import Retained, decide

READS = (DAY_BEGUN, RECORD_AGED, LEGAL_HOLD_RECORDED)
WRITES = (DELETION_ORDERED, DELETION_BLOCKED)

decision = Decision("retention", READS, WRITES, Retained, decide)
