"""Lists as one binary value each, so that a batch hands them to PostgreSQL in one statement."""

import struct
from collections.abc import Iterable, Sequence
from datetime import date

from psycopg import Connection
from psycopg.adapt import Dumper
from psycopg.pq import Format


class Array(bytes):
    """A list in PostgreSQL's binary form: the driver's own adaptation of long lists costs as much as the query."""


class Uuids(Array):
    """A `uuid[]`."""


class Texts(Array):
    """A `text[]`."""


class Jsons(Array):
    """A `jsonb[]`."""


class Dates(Array):
    """A `date[]`."""


_TYPES = {Uuids: (2950, 2951), Texts: (25, 1009), Jsons: (3802, 3807), Dates: (1082, 1182)}


_HEAD, _INT = struct.Struct(">iiIii"), struct.Struct(">i")


_NULL = _INT.pack(-1)


_DAY_0 = date(2000, 1, 1).toordinal()


def uuids(ids: Sequence[bytes | None]) -> Uuids:
    """Ids of 16 bytes each as one parameter: `%b::uuid[]` on a connection that `adapt` has prepared."""
    return Uuids(_array(Uuids, ids))


def texts(items: Iterable[str]) -> Texts:
    return Texts(_array(Texts, [item.encode() for item in items]))


def jsons(items: Iterable[bytes]) -> Jsons:
    """JSON texts as they are."""
    return Jsons(_array(Jsons, [b"\x01" + item for item in items]))


def dates(items: Iterable[date | None]) -> Dates:
    return Dates(_array(Dates, [None if item is None else _INT.pack(item.toordinal() - _DAY_0) for item in items]))


def _array(kind: type[Array], items: Sequence[bytes | None]) -> bytes:
    head = _HEAD.pack(1, 1, _TYPES[kind][0], len(items), 1)
    return head + b"".join([_NULL if item is None else _INT.pack(len(item)) + item for item in items])


class _ArrayDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Array) -> bytes:
        return obj


def adapt(connection: Connection) -> None:
    """Makes the connection accept these lists as parameters."""
    for kind, (_, oid) in _TYPES.items():
        connection.adapters.register_dumper(kind, type(f"{kind.__name__}Dumper", (_ArrayDumper,), {"oid": oid}))
