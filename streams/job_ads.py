"""Adverts through JobAD: from registered client systems only; anonymous ones have numbers to check (AD-1, AD-2)."""

from schemas import topics
from streams.decision import Decision
from streams.policies.job_ads import ClientSystem, decide

READS = (topics.DAY_BEGUN, topics.CLIENT_SYSTEM_RECORDED, topics.JOB_AD_SUBMITTED)
WRITES = (topics.JOB_AD_NUMBERS_TO_CHECK, topics.JOB_AD_ANSWERED, topics.ADVERT_PUBLISHED)

decision = Decision("job-ads", READS, WRITES, ClientSystem, decide)
