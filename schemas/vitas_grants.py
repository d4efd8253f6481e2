"""VITAS: requests for mentor grants and for adverts (VIT-1, VIT-4)."""

from collections.abc import Mapping
from typing import ClassVar, Literal, get_args

from schemas.event import Code, Id
from schemas.requests import Answer, Request

Measure = Literal["company-practice", "wage-subsidy", "adult-apprentice", "supported-employment"]
MentorType = Literal["individual", "place"]


class MentorGrantRequested(Request):
    """A caseworker asks for a mentor grant to a citizen, with one of the measures that it may go with.

    `mentor_type`: *individual*, or *place* by a frame agreement between jobcentre and company.
    """

    SCHEMA: ClassVar[str] = "mentor-grant-requested.v1"
    CODES: ClassVar[Mapping[str, tuple[str, ...]]] = {"measure": get_args(Measure), "mentor_type": get_args(MentorType)}

    measure: Code
    citizen: Id | None = None
    mentor_type: Code | None = None


class MentorGrantAnswered(Answer):
    """The one answer to that request. Names no citizen."""

    SCHEMA: ClassVar[str] = "mentor-grant-answered.v1"


class VitasAdvertRequested(Request):
    """An employer asks to create an advert in VITAS."""

    SCHEMA: ClassVar[str] = "vitas-advert-requested.v1"


class VitasAdvertAnswered(Answer):
    """The one answer to that request."""

    SCHEMA: ClassVar[str] = "vitas-advert-answered.v1"
