"""The titles of a version and their names, and the words by which the title help finds them (TIT-11)."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from psycopg import Connection

from schemas.labels import words
from schemas.title_table import TitleOutcome


class Title(NamedTuple):
    """An ESCO-STAR title: a row of `reference.title` without its version."""

    code: str
    uri: str
    label: str
    isco08: str


class Old(NamedTuple):
    """An old title and its outcome: a row of `reference.title_outcome`. `constructed`: not DiscoAMS08's own code."""

    code: str
    uri: str
    outcome: TitleOutcome
    constructed: bool


class Alias(NamedTuple):
    """Another name of a title: a row of `reference.title_alias`. `constructed`: not the classification's own."""

    scheme: str
    code: str
    alias: str
    constructed: bool


_INDEXED = "select from reference.title_word where version = %s limit 1"
_WORDS = "copy reference.title_word (version, scheme, word, code, name, plain, is_alias, own) from stdin"


class _Word(NamedTuple):
    """A row of `reference.title_word` without its version."""

    scheme: str
    word: str
    code: str
    name: str
    plain: str
    is_alias: bool
    own: bool


def index_names(
    connection: Connection, version: str, titles: Sequence[Title], olds: Sequence[Old], aliases: Sequence[Alias]
) -> None:
    """Inserts the words of a version's labels and aliases, unless they are there already.

    A version that was imported before the title help existed gets its words when its files are imported again.
    """
    if connection.execute(_INDEXED, (version,)).fetchone() is not None:
        return
    with connection.cursor() as cursor, cursor.copy(_WORDS) as copy:
        for row in _words(titles, olds, aliases):
            copy.write_row((version, *row))
    connection.execute("analyze reference.title_word")  # until then a search takes ten times as long


def _words(titles: Sequence[Title], olds: Sequence[Old], aliases: Sequence[Alias]) -> Iterator[_Word]:
    labels = {("esco-star", title.code): title.label for title in titles}
    labels |= {("discoams08", old.code): old.outcome.label for old in olds}
    for (scheme, code), label in labels.items():
        own = words(label)
        for word in set(own):
            yield _Word(scheme, word, code, label, " ".join(own), is_alias=False, own=True)
    for scheme, code, alias, _ in aliases:
        label, own = labels[scheme, code], words(alias)
        for word in {*own, *words(label)}:
            yield _Word(scheme, word, code, f"{label} ({alias})", " ".join(own), is_alias=True, own=word in own)
