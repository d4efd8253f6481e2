"""JobKon is phased out: its functions end, and their users are told beforehand (JKO-1 … JKO-3; TIT-12)."""

from schemas.topics import DAY_BEGUN, JOBKON_FUNCTION_ANSWERED, JOBKON_FUNCTION_REQUESTED, NOTICE_ISSUED
from streams.decision import Decision
from streams.policies.jobkon import JobkonUser, decide, wake

READS = (DAY_BEGUN, JOBKON_FUNCTION_REQUESTED)
WRITES = (JOBKON_FUNCTION_ANSWERED, NOTICE_ISSUED)

decision = Decision("jobkon", READS, WRITES, JobkonUser, decide, wake)
