"""A Joblog is closed to its citizen and opened again, and the citizen is told (RET-5)."""

from schemas.topics import DAY_BEGUN, JOBLOG_ENTRY_RECORDED, JOBLOG_STANDING_CHANGED, NOTICE_ISSUED
from streams.decision import Decision
from streams.policies.joblog import Joblog, decide, wake

READS = (DAY_BEGUN, JOBLOG_ENTRY_RECORDED)
WRITES = (JOBLOG_STANDING_CHANGED, NOTICE_ISSUED)

decision = Decision("joblog", READS, WRITES, Joblog, decide, wake, sees_today=True)
