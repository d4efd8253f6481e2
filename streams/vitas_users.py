"""Users of VITAS become inactive when they no longer log in, and are refused while inactive (VIT-2, VIT-3)."""

from schemas import topics
from streams.decision import Decision
from streams.policies.vitas_state import VitasUser
from streams.policies.vitas_users import decide, wake

READS = (
    topics.DAY_BEGUN,
    topics.VITAS_USER_RECORDED,
    topics.LOGIN_RECORDED,
    topics.VITAS_USER_REACTIVATED_RECORDED,
    topics.VITAS_LOGIN_REQUESTED,
)
WRITES = (topics.VITAS_USER_CHANGED, topics.VITAS_LOGIN_ANSWERED)

decision = Decision("vitas-users", READS, WRITES, VitasUser, decide, wake)
