"""The P-number of an anonymous advert must belong to its CVR number, by what the register says of it (AD-2).

A decision of its own, since it is keyed by the company, and `job-ads` by the client system. What it says names no
cause: that would be an event of the company, by which it could be found.
"""

from schemas import topics
from streams.decision import Decision
from streams.policies.job_ad_numbers import Company, decide, wake

READS = (topics.DAY_BEGUN, topics.COMPANY_REGISTERED, topics.JOB_AD_NUMBERS_TO_CHECK)
WRITES = (topics.JOB_AD_ANSWERED, topics.ADVERT_PUBLISHED)

decision = Decision("job-ad-numbers", READS, WRITES, Company, decide, wake, names_causes=False)
