"""The P-number of an anonymous advert must belong to its CVR number, as the register of companies has it (AD-2).

It is a decision of its own, because it is keyed by the company, and `job-ads` by the client system. Its events name no
cause: the cause would be an event of the company, and would lead a reader to the company.
"""

from schemas import topics
from streams.decision import Decision
from streams.policies.job_ad_numbers import Company, decide, wake

READS = (topics.DAY_BEGUN, topics.COMPANY_REGISTERED, topics.JOB_AD_NUMBERS_TO_CHECK)
WRITES = (topics.JOB_AD_ANSWERED, topics.ADVERT_PUBLISHED)

decision = Decision("job-ad-numbers", READS, WRITES, Company, decide, wake, names_causes=False)
