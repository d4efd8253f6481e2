"""Jobnet, the citizens' portal: re-registration as unemployed, and the Joblog."""

from schemas.topics import JOBLOG_ENTRY_RECORDED, REGISTRATION_REQUESTED

WRITES = (REGISTRATION_REQUESTED, JOBLOG_ENTRY_RECORDED)
