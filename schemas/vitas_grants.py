"""VITAS: requests for mentor grants and for adverts (VIT-1, VIT-4)."""

from typing import ClassVar, Literal

from schemas.event import Id
from schemas.requests import Answer, Request

Measure = Literal["company-practice", "wage-subsidy", "adult-apprentice", "supported-employment"]
MentorType = Literal["individual", "place"]


class MentorGrantRequested(Request):
    """A caseworker asks for a mentor grant to a citizen, with one of the measures that it may go with.

    `mentor_type`: *individual*, or *place* by a frame agreement between jobcentre and company.
    """

    SCHEMA: ClassVar[str] = "mentor-grant-requested.v1"

    measure: Measure
    citizen: Id | None = None
    mentor_type: MentorType | None = None


class MentorGrantAnswered(Answer):
    """The one answer to that request. Names no citizen."""

    SCHEMA: ClassVar[str] = "mentor-grant-answered.v1"


class VitasAdvertRequested(Request):
    """An employer asks to create an advert in VITAS."""

    SCHEMA: ClassVar[str] = "vitas-advert-requested.v1"


class VitasAdvertAnswered(Answer):
    """The one answer to that request."""

    SCHEMA: ClassVar[str] = "vitas-advert-answered.v1"
