"""Jobnet, the citizens' portal: re-registration as unemployed, the Joblog, and the checks of job suggestions."""

from schemas.topics import JOB_SUGGESTION_CHECK_RECORDED, JOBLOG_ENTRY_RECORDED, REGISTRATION_REQUESTED

WRITES = (REGISTRATION_REQUESTED, JOBLOG_ENTRY_RECORDED, JOB_SUGGESTION_CHECK_RECORDED)
