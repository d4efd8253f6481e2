"""Reference data in PostgreSQL: versions of the title conversion table, inserted once and never changed."""

import hashlib
import json
from collections.abc import Sequence
from typing import NamedTuple

from psycopg import Connection

from infra.errors import RecordAlarmError
from infra.postgres import lock_names
from infra.reference.names import Alias, Old, Title, index_names
from schemas.title_table import TitleOutcome, TitleTable

__all__ = ["Alias", "Old", "Title", "index_names", "load_table", "lock_titles", "old_codes", "store_table"]

VERSION_DIGITS = 12
"""How many digits of the fingerprint name a version: enough for some dozens of versions, short enough to read aloud."""


class Stored(NamedTuple):
    """A stored version. `new` is False when the same content was there already, so that nothing was written."""

    version: str
    outcomes: int
    fingerprint: str
    new: bool


_SAME = """
select version, outcomes, fingerprint from reference.title_version
where fingerprint = %(fingerprint)s or version = %(version)s order by fingerprint <> %(fingerprint)s
"""
_ADD = "insert into reference.title_version (version, outcomes, fingerprint) values (%s, %s, %s)"
_TITLES = "copy reference.title (version, code, uri, label, isco08) from stdin"
_ALIASES = "copy reference.title_alias (version, scheme, code, alias, constructed) from stdin"
_OUTCOMES = """
copy reference.title_outcome
    (version, old_code, old_uri, old_label, outcome, title, candidates, rule, constructed) from stdin
"""


def load_table(connection: Connection, version: str) -> TitleTable:
    """The table of that version. Raises `RecordAlarmError` when it does not exist."""
    labels = connection.execute("select code, label from reference.title where version = %s", (version,)).fetchall()
    outcomes = connection.execute(
        "select old_code, outcome, rule, title, candidates, old_label from reference.title_outcome where version = %s",
        (version,),
    ).fetchall()
    if not outcomes:
        raise RecordAlarmError(
            f"Version {version} of the title table was announced but is not in this database. Was the database"
            " restored? Import the files of that version again."
        )
    table = {
        code: TitleOutcome(found, rule, title, tuple(any_), label) for code, found, rule, title, any_, label in outcomes
    }
    return TitleTable(version, table, dict(labels))


def old_codes(connection: Connection) -> dict[str, str]:
    """The code of each old title of any version, by its URI."""
    return dict(connection.execute("select distinct old_uri, old_code from reference.title_outcome").fetchall())


def lock_titles(connection: Connection) -> None:
    """Allows one import at a time, until the transaction ends."""
    lock_names(connection, ["titles"])


def store_table(
    connection: Connection,
    titles: Sequence[Title],
    olds: Sequence[Old],
    version: str | None,
    aliases: Sequence[Alias] = (),
) -> Stored:
    """Inserts a version, named by its content unless `version` is given. Writes nothing when its content is there
    already.

    Runs in the caller's transaction. Raises `ValueError` when that version exists with other content.
    """
    fingerprint = _fingerprint(titles, olds, aliases)
    name = version or fingerprint[:VERSION_DIGITS]
    for there, outcomes, known in connection.execute(_SAME, {"fingerprint": fingerprint, "version": name}).fetchall():
        if known == fingerprint:
            index_names(connection, there, titles, olds, aliases)
            return Stored(there, outcomes, fingerprint, new=False)
        raise ValueError(f"version {name} of the title table is there already with other content: give another name")
    connection.execute(_ADD, (name, len(olds), fingerprint))
    with connection.cursor() as cursor:
        with cursor.copy(_TITLES) as copy:
            for title in titles:
                copy.write_row((name, *title))
        with cursor.copy(_OUTCOMES) as copy:
            for old in olds:
                copy.write_row((name, *_row(old)))
        with cursor.copy(_ALIASES) as copy:
            for alias in aliases:
                copy.write_row((name, *alias))
    index_names(connection, name, titles, olds, aliases)
    return Stored(name, len(olds), fingerprint, new=True)


def _row(old: Old) -> tuple[object, ...]:
    found = old.outcome
    candidates = list(found.candidates)
    return old.code, old.uri, found.label, found.outcome, found.title, candidates, found.rule, old.constructed


def _fingerprint(titles: Sequence[Title], olds: Sequence[Old], aliases: Sequence[Alias]) -> str:
    digest = hashlib.sha256()
    outcomes = (_row(old) for old in sorted(olds, key=lambda old: old.code))
    for row in (*sorted(titles), *outcomes, *sorted(aliases)):
        digest.update(json.dumps(row, ensure_ascii=False).encode() + b"\n")
    return digest.hexdigest()
