"""The job title decision: facts about held titles and the conversion table decide the outcome of each title."""

from infra.reference.tables import load_table
from schemas import topics
from streams.decision import Decision, Reference
from streams.policies.titles import HeldTitles, decide, wake

READS = (
    topics.DAY_BEGUN,
    topics.TITLE_TABLE_PUBLISHED,
    topics.SITUATION_RECORDED,
    topics.TITLE_HELD_RECORDED,
    topics.TITLE_CHOICE_REQUESTED,
    topics.TITLE_RECONVERSION_DUE,
    topics.REGISTRATION_REQUESTED,
)
WRITES = (
    topics.TITLE_CHANGED,
    topics.TITLE_REPLACED,
    topics.TITLE_CHOICE_ANSWERED,
    topics.TITLE_CHOSEN,
    topics.ADVERT_EXPIRED,
    topics.REGISTRATION_ANSWERED,
    topics.NOTICE_ISSUED,
)

decision = Decision(
    "titles", READS, WRITES, HeldTitles, decide, wake, Reference(topics.TITLE_TABLE_PUBLISHED, load_table),
    sees_today=True,
)  # fmt: skip
