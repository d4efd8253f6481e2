"""VITAS: the requests that are refused, and on which days (VIT-1, VIT-4).

Nothing need be remembered of a requester. The day of the request decides, whenever it is read.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from schemas.event import Event
from schemas.release_dates import RELEASE_2021_2, WAVE_1, WAVE_2
from schemas.texts.days import danish_day
from schemas.vitas_grants import MentorGrantAnswered, MentorGrantRequested, VitasAdvertAnswered, VitasAdvertRequested
from streams.policies.answers import answered
from streams.policies.state import State


class MustState(NamedTuple):
    """With this measure a mentor grant must state its type from that day on."""

    rule: str
    measure: str
    from_day: date
    source: str


class Pause(NamedTuple):
    """Requests are refused on these days, both included."""

    rule: str
    first_day: date
    last_day: date
    source: str


NEWSLETTER = "newsletter 23/2021"

MENTOR_TYPE = (
    MustState("VIT-1", "company-practice", from_day=RELEASE_2021_2, source=NEWSLETTER),
    MustState("VIT-1", "wage-subsidy", from_day=RELEASE_2021_2, source=NEWSLETTER),
    MustState("VIT-1", "adult-apprentice", from_day=RELEASE_2021_2, source=NEWSLETTER),
    MustState("VIT-1", "supported-employment", from_day=RELEASE_2021_2, source=NEWSLETTER),
)
ADVERTS_PAUSED = Pause("VIT-4", first_day=WAVE_1, last_day=WAVE_2 - timedelta(days=1), source=NEWSLETTER)

UNKNOWN = {"measure": "mentor-grant-refused-measure", "mentor_type": "mentor-grant-refused-type"}
"""By field: the text of the refusal of a code that nobody knows, on every day (**chosen**)."""

_TYPE_OF = {row.measure: row for row in MENTOR_TYPE}


def decide(_state: State | None, event: Event) -> tuple[State | None, Sequence[Event]]:
    """The answer to a request."""
    if isinstance(event, MentorGrantRequested):
        return None, (_mentor_grant(event),)
    if isinstance(event, VitasAdvertRequested):
        return None, (_advert(event),)
    raise TypeError(f"requests in VITAS are no {type(event).__name__}; only the decision's READS belong here")


def _mentor_grant(request: MentorGrantRequested) -> MentorGrantAnswered:
    if unknown := request.unknown_codes():
        text = UNKNOWN[unknown[0]]
        return answered(MentorGrantAnswered, request, granted=False, rule="VIT-1", text=text, details={})
    row = _TYPE_OF[request.measure]
    granted = request.mentor_type is not None or request.day < row.from_day
    text = "mentor-grant-granted" if granted else "mentor-grant-refused-no-type"
    return answered(MentorGrantAnswered, request, granted=granted, rule=row.rule, text=text, details={})


def _advert(request: VitasAdvertRequested) -> VitasAdvertAnswered:
    row = ADVERTS_PAUSED
    granted = not row.first_day <= request.day <= row.last_day
    text = "vitas-advert-granted" if granted else "vitas-advert-refused-paused"
    details = {"first_day": danish_day(row.first_day), "last_day": danish_day(row.last_day)}
    return answered(VitasAdvertAnswered, request, granted=granted, rule=row.rule, text=text, details=details)
