"""Records when a provider's access to a citizen opens and closes (ACC-1, ACC-3). The database itself grants it."""

from schemas.topics import ACCESS_CHANGED, DAY_BEGUN, REFERRAL_RECORDED
from streams.decision import Decision
from streams.policies import access as policy

READS = (DAY_BEGUN, REFERRAL_RECORDED)
WRITES = (ACCESS_CHANGED,)

decision = Decision("referrals", READS, WRITES, policy.Referrals, policy.decide, policy.wake)
