"""The base of every event: it is frozen, has no unknown fields, and knows its day and its key."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from hashlib import blake2b
from typing import Annotated, Any, ClassVar, NamedTuple, Self, get_args, get_origin

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from schemas.cpr import contains_cpr, none_in
from schemas.dates import add_years, copenhagen_day

_set = object.__setattr__  # past the frozen model's own


FIRST_YEAR, LAST_YEAR = 1900, 2045
"""Years in which facts are recorded. Days are computed from them, so a slip of a keyboard or a clock is refused."""


_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?([Zz]|[+-][0-9]{2}:?[0-9]{2})"
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NO_MOMENT = PydanticCustomError("moment", "must be a moment with its time zone, as 2021-06-14T08:00:00+02:00")
_NO_DAY = PydanticCustomError("day", "must be a day, as 2021-06-14")


def _moment(value: Any) -> datetime:
    """In UTC before the years are compared: the edge reads a moment with its zone, the engine reads it without."""
    moment = value if type(value) is datetime else _written_moment(value)
    if moment.tzinfo is None:
        raise _NO_MOMENT
    if FIRST_YEAR - 1 <= moment.year <= LAST_YEAR + 1:
        moment = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
        if FIRST_YEAR <= moment.year <= LAST_YEAR:
            return moment
    raise ValueError(f"lies outside the years {FIRST_YEAR} to {LAST_YEAR}")


def _written_moment(value: Any) -> datetime:
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        try:
            return datetime.fromisoformat(value.upper())
        except ValueError:  # 31 June, 25 o'clock
            raise _NO_MOMENT from None
    raise _NO_MOMENT


def _day(value: Any) -> date:
    if type(value) is date:
        return value
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise _NO_DAY from None
    raise _NO_DAY


Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]
"""A moment with a time zone, kept in UTC. As text it is read in its written form only: to pydantic itself every number
is one, and `20210615` would lie in 1970."""

Day = Annotated[date, BeforeValidator(_day)]
"""A day, as text in its written form only; for the same reason."""

Text = Annotated[str, Field(pattern=r"^[^\x00]*$")]
"""Any text but U+0000, which PostgreSQL cannot keep."""

Id = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[0-9A-Za-zæøåÆØÅ._:-]+$")]
"""An identifier of ours or of a source system: never a CPR number (invariant 4; refused at the edge)."""


Code = Annotated[Text, Field(max_length=64)]
"""A code that a record may hold though nobody knows it (`Event.CODES`)."""


NOT_CONTENT = frozenset(("initial",))
"""How a fact was sent, not what it says: a first load that is published again as news is a repetition."""


@cache
def _contents(model: type[BaseModel]) -> tuple[tuple[str, Any], ...]:
    """The fields that `Event.content` hashes, by name, and their defaults."""
    fields = sorted(model.model_fields.items())
    return tuple((name, field.default) for name, field in fields if name not in NOT_CONTENT)


def _spelt(value: Any) -> str:
    """A field's value in a form that stays the same for good, without U+0000: it divides fields, and no text has it."""
    return value.isoformat() if isinstance(value, date) else json.dumps(value, sort_keys=True)


@cache
def _texts(event: type[BaseModel]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The fields that hold a text, and those that hold several."""
    fields = {name: field.annotation for name, field in event.model_fields.items() if _of_text(field.annotation)}
    several = tuple(name for name, annotation in fields.items() if get_origin(annotation) in (list, dict))
    return tuple(name for name in fields if name not in several), several


def _of_text(annotation: Any) -> bool:
    return annotation is str or any(map(_of_text, get_args(annotation)))


_P_NUMBER = re.compile(r"[0-9]{10}")


def _are_p_numbers(value: Any) -> bool:
    numbers = value if isinstance(value, list) else [value]
    return all(isinstance(each, str) and _P_NUMBER.fullmatch(each) for each in numbers)


@cache
def _names(model: type[BaseModel]) -> set[str]:
    return set(model.model_fields)


class Frozen(BaseModel):
    """Base of events and states: frozen, without unknown fields."""

    # Errors must not carry the input: it may hold data that only its own schema may show.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @classmethod
    def trusted(cls, **fields: Any) -> Self:
        """The model from fields that are valid already: a decision's own output on the hot path, all of them, in UTC.

        Three times as fast as validating: like pydantic's `model_construct`, but without its search for defaults.
        """
        model = cls.__new__(cls)
        _set(model, "__dict__", fields)
        _set(model, "__pydantic_fields_set__", _names(cls))
        _set(model, "__pydantic_extra__", None)
        _set(model, "__pydantic_private__", None)
        return model

    def but(self, **changed: Any) -> Self:
        """The model with other values for some fields, which must be valid; on the hot path instead of `model_copy`."""
        return self.trusted(**(self.__dict__ | changed))


class Event(Frozen):
    """A fact, request, answer or notice on a topic; mirrors one Avro schema field by field.

    `KEY` names the field that is the record's key. `occurred_at` is when the source recorded the fact. `CONNECTED`: the
    field that names the connected client, which the edge alone writes (AD-1). `P_NUMBERS`: the fields whose ten digits
    are a company's P-number, though they may look like a CPR number. `AHEAD_YEARS`: of a fact that a source system
    records, the days of which a slip of the keyboard is dangerous, and how many years each may lie ahead (**chosen**);
    0: it tells what has happened. `ASKS`: it asks for one answer, and its `request` is its name. `CODES`: the codes
    that are known, by field; a request with another one is readable and answered, a fact with one is ignored and
    counted, so neither parks its key. Nothing is converted, no number from a text and no truth from a number; a day
    is a `Day`.
    """

    # No plain ConfigDict, or mypy's plugin would type `__init__` too, and no builder of tests could pass a dict on.
    model_config = Frozen.model_config | ConfigDict(strict=True)

    SCHEMA: ClassVar[str]
    KEY: ClassVar[str]
    CONNECTED: ClassVar[str | None] = None
    P_NUMBERS: ClassVar[frozenset[str]] = frozenset()
    AHEAD_YEARS: ClassVar[Mapping[str, int]] = {}
    ASKS: ClassVar[bool] = False
    CODES: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    occurred_at: Moment

    @property
    def key(self) -> str:
        return str(self.__dict__[self.KEY])

    @property
    def content(self) -> bytes:
        """16 bytes that only what the event says decides: the same in every process and release. A field with its
        default does not count, so an optional field may be added."""
        values, parts = self.__dict__, []
        for name, default in _contents(type(self)):
            if (value := values[name]) != default:
                parts.append(name)
                parts.append(value if value.__class__ is str else _spelt(value))
        return blake2b("\0".join(parts).encode(), digest_size=16).digest()

    @property
    def day(self) -> date:
        """The Copenhagen day on which the fact was recorded."""
        return copenhagen_day(self.occurred_at)

    @classmethod
    def cpr_in(cls, name: str, value: Any) -> bool:
        """True when the field's value holds a possible CPR number, which belongs nowhere in an event (invariant 4)."""
        return contains_cpr(value) and not (name in cls.P_NUMBERS and _are_p_numbers(value))

    def cpr_fields(self) -> list[str]:
        """The fields that hold a possible CPR number. Asked of events that come in, never of states: what lies there
        already must stay readable."""
        fields, (texts, others) = self.__dict__, _texts(type(self))
        if none_in([text for name in texts if (text := fields[name])]) and not any(fields[name] for name in others):
            return []
        return [name for name in (*texts, *others) if self.cpr_in(name, fields[name])]

    def unknown_codes(self) -> list[str]:
        """The fields whose code nobody knows."""
        values = self.__dict__
        return [name for name, known in self.CODES.items() if values[name] is not None and values[name] not in known]

    def ahead(self, latest: date) -> str | None:
        """The field whose day lies too far ahead, if `latest` is the last day that a fact may be of; None if none."""
        if self.day > latest:
            return "occurred_at"
        for name, years in self.AHEAD_YEARS.items():
            day: date | None = self.__dict__[name]
            if day is not None and day > add_years(latest, years):
                return name
        return None


class ProducedEvent(NamedTuple):
    """An event with its own id and the id of the event or wake that caused it, 16 bytes each."""

    event: Event
    id: bytes
    cause: bytes
