"""The title help (TIT-11): titles that may be chosen while a person types, and labels of all titles ever published.

**Chosen**, where the newsletter is silent: each word that is typed must begin a word of the title or alias, for people
type from the front; letters and digits count towards the 3 characters; the whole name comes first, then names that
begin as typed, titles before aliases, in Danish order. An area that is never converted, as Joblog itself, follows wave
1. So before its wave an area is offered old titles, all of them, and from that day on ESCO-STAR alone.
"""

from datetime import date
from typing import NamedTuple

from psycopg import Connection

from schemas.labels import words
from schemas.title_areas import WAVE_OF, WAVES

MIN_CHARACTERS = 3
JOBLOG = "joblog"
NAMES_AT_MOST = 20
"""More are no help to a person who types: another letter is (**chosen**)."""

_SUGGEST = "select code, name, is_alias from titles.suggest(%s, %s, %s)"
_LABEL = "select scheme, label, version, in_use from titles.label(%s)"


class Suggestion(NamedTuple):
    """A title as it is offered, "Kok" or "Kok (gourmetkok)"; `is_alias`: by a name that is not its own."""

    code: str
    name: str
    is_alias: bool


class Help(NamedTuple):
    """The titles offered, of one classification. `more_needed`: too little was typed, and no search was made."""

    scheme: str
    more_needed: bool
    suggestions: list[Suggestion]


class Label(NamedTuple):
    """A label that the code was published with, and the last version that says so."""

    scheme: str
    label: str
    version: str
    in_use: bool


def suggest(connection: Connection, typed: str, day: date, area: str = JOBLOG, at_most: int = NAMES_AT_MOST) -> Help:
    """The titles that may be chosen in the area on that day and whose names begin as `typed`."""
    asked = words(typed)
    scheme = "esco-star" if day >= WAVES[WAVE_OF.get(area, 1)] else "discoams08"
    if sum(map(len, asked)) < MIN_CHARACTERS:
        return Help(scheme, more_needed=True, suggestions=[])
    found = connection.execute(_SUGGEST, (asked, scheme, at_most)).fetchall()
    return Help(scheme, more_needed=False, suggestions=[Suggestion(*row) for row in found])


def labels(connection: Connection, code: str) -> list[Label]:
    """Every label that a code of either classification ever had, the latest first; empty for an unknown code."""
    return [Label(*row) for row in connection.execute(_LABEL, (code,)).fetchall()]
