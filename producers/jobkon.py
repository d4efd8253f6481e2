"""JobKon, which is phased out: a user asks for one of its functions."""

from schemas.topics import JOBKON_FUNCTION_REQUESTED

WRITES = (JOBKON_FUNCTION_REQUESTED,)
