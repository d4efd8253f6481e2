"""VITAS creates mentor grants only with a type, and no adverts in the summer of 2021 (VIT-1, VIT-4)."""

from schemas import topics
from streams.decision import Decision
from streams.policies.state import State
from streams.policies.vitas_grants import decide

READS = (topics.MENTOR_GRANT_REQUESTED, topics.VITAS_ADVERT_REQUESTED)
WRITES = (topics.MENTOR_GRANT_ANSWERED, topics.VITAS_ADVERT_ANSWERED)

decision = Decision("vitas-grants", READS, WRITES, State, decide)
