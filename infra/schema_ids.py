"""Which schema each id in our records stands for, kept in PostgreSQL (`ledger.schema`).

The ids are the registry's own numbers. One that was lost, or is another, gives other numbers to the same schemas: then
every record would be unreadable, or read as what it is not. So an id that is known keeps its meaning.
"""

import json
from collections.abc import Iterable
from threading import Lock
from typing import NamedTuple

from infra.errors import AlarmError
from infra.postgres import connect

_KEEP = """
insert into ledger.schema (id, subject, body) select * from unnest(%s::int[], %s::text[], %s::text[])
on conflict do nothing
"""
_KNOWN = "select id, subject, body from ledger.schema order by id, subject"


class KnownSchema(NamedTuple):
    """`text`: the schema that this id stands for in records of the topic behind `subject`."""

    id: int
    subject: str
    text: str


class SchemaIds:
    """The ids that a database knows; read when first asked for. Several threads may use it."""

    def __init__(self, dsn: str) -> None:
        self._dsn, self._lock = dsn, Lock()
        self._known: dict[tuple[int, str], KnownSchema] | None = None

    def all(self) -> list[KnownSchema]:
        return list(self._read().values())

    def text(self, schema_id: int, subject: str) -> str | None:
        """The schema, None if the id is not known for that subject."""
        known = self._read().get((schema_id, subject))
        return None if known is None else known.text

    def keep(self, found: Iterable[KnownSchema]) -> None:
        """Keeps what the registry says. Raises `AlarmError` when it gives an id that is known to another schema."""
        found = list(found)
        self._check(found)
        if new := [each for each in found if (each.id, each.subject) not in self._read()]:
            with connect(self._dsn, "dfdg-schemas") as connection:
                connection.execute(_KEEP, tuple(map(list, zip(*new, strict=True))))
            with self._lock:
                self._known = None
            self._check(found)  # another process may have been faster, with another registry

    def _check(self, found: Iterable[KnownSchema]) -> None:
        meant = {each.id: each for each in self._read().values()}
        for each in found:
            if (known := meant.get(each.id)) is not None and not same(known.text, each.text):
                raise AlarmError(
                    f"The registry gives schema id {each.id} to {each.subject}, but in records it stands for another"
                    f" schema, of {known.subject}: it is another registry, or was lost and filled anew. Point to the"
                    " right one, or empty it and run `dfdg registry import`."
                )

    def _read(self) -> dict[tuple[int, str], KnownSchema]:
        with self._lock:
            if self._known is None:
                with connect(self._dsn, "dfdg-schemas") as connection:
                    rows = [KnownSchema(*row) for row in connection.execute(_KNOWN).fetchall()]
                self._known = {(each.id, each.subject): each for each in rows}
            return self._known


def same(one: str, other: str) -> bool:
    """True for the same schema, however its JSON is laid out."""
    return one == other or bool(json.loads(one) == json.loads(other))
