"""The jobcentres' case systems, and the funds': a citizen's situation, exemptions and referrals."""

from schemas.topics import (
    CV_EXEMPTION_RECORDED,
    PROVIDER_RECORDED,
    REFERRAL_RECORDED,
    SITUATION_RECORDED,
)

WRITES = (
    SITUATION_RECORDED,
    CV_EXEMPTION_RECORDED,
    PROVIDER_RECORDED,
    REFERRAL_RECORDED,
)
