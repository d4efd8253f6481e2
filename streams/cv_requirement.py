"""A citizen's duties about a CV, and the notices when they change (CV-1 … CV-7)."""

from schemas.topics import CV_EXEMPTION_RECORDED, CV_REQUIREMENT_CHANGED, DAY_BEGUN, NOTICE_ISSUED, SITUATION_RECORDED
from streams.decision import Decision
from streams.policies import cv_requirement as policy
from streams.policies.cv_state import CvDuties

READS = (DAY_BEGUN, SITUATION_RECORDED, CV_EXEMPTION_RECORDED)
WRITES = (CV_REQUIREMENT_CHANGED, NOTICE_ISSUED)

decision = Decision("cv-requirement", READS, WRITES, CvDuties, policy.decide, policy.wake)
