"""Looks for what may not be where it lies: CPR numbers in any topic, table but `identity`'s, or log file; and on public
topics also a replaced title with its holder (TIT-9), and the numbers of an anonymous advert (AD-2)."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from psycopg import Connection

_HEX_IDS = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{24,}", re.I)
"""Random ids contain ten digits in a row now and then."""

_NUMBER = re.compile(rb"(?=([0-9]{6})[- ]?([0-9]{4}))")
"""Without regard to what stands beside: the byte before a text in Avro is its length, which may look like a digit."""

_RUN = re.compile(rb"[0-9]{8,}")
AT_ONCE = 5_000

_ORIGINALS = """
select distinct holder, original from audit.replaced_title a
where not exists (select from titles.held h where h.holder = a.holder and h.title = a.original)
"""

_COLUMNS = """
select format('%I.%I', table_schema, table_name),
    string_agg(format(case data_type when 'bytea' then 'encode(%I, ''escape'')' else '%I::text' end, column_name), ', ')
from information_schema.columns join information_schema.tables using (table_schema, table_name)
where table_schema not in ('pg_catalog', 'information_schema', 'identity') and table_type = 'BASE TABLE'
    and data_type not in ('uuid', 'boolean', 'date') -- which cannot hold a number
group by table_schema, table_name order by 1
"""


class Search(NamedTuple):
    """What was looked through, and where numbers were found: names of places, never a number."""

    records: int
    rows: int
    files: int
    found: list[str]


class Secrets(NamedTuple):
    """What no public topic may hold: the originals of each holder, and numbers of anonymous adverts."""

    originals: Mapping[bytes, frozenset[bytes]]
    company_numbers: frozenset[bytes]

    def stand_in(self, record: bytes) -> bool:
        """The record begins with its key and a line's end."""
        key, _, rest = record.partition(b"\n")
        if any(original in rest for original in self.originals.get(key, ())):
            return True
        spots = ((run[0], at) for run in _RUN.finditer(rest) for at in range(len(run[0])))
        return any(run[at : at + size] in self.company_numbers for run, at in spots for size in (8, 10))


def search(
    numbers: Collection[str], kafka: str, connection: "Connection", folder: Path, company_numbers: Collection[str] = ()
) -> Search:
    """Looks for every one of these numbers, of ten digits each, with or without a hyphen."""
    known = frozenset(number.encode() for number in numbers)
    secrets = Secrets(_originals(connection), frozenset(number.encode() for number in company_numbers))
    found: dict[str, None] = {}
    records, rows, files = (
        _count(places, known, secrets, found) for places in (_records(kafka), _rows(connection), _files(folder))
    )
    return Search(records, rows, files, list(found))


def _originals(connection: "Connection") -> dict[bytes, frozenset[bytes]]:
    """By holder, the titles that were replaced and that the holder shows nowhere any more."""
    by_holder: dict[bytes, set[bytes]] = {}
    for holder, original in connection.execute(_ORIGINALS):
        by_holder.setdefault(holder.encode(), set()).add(original.encode())
    return {holder: frozenset(originals) for holder, originals in by_holder.items()}


def contains(content: bytes, known: frozenset[bytes]) -> bool:
    """Whether one of the known numbers stands anywhere in the content."""
    if _NUMBER.search(content) is None:
        return False
    return any(hit[1] + hit[2] in known for hit in _NUMBER.finditer(_HEX_IDS.sub(b" ", content)))


def _count(
    places: Iterable[tuple[str, bytes]], known: frozenset[bytes], secrets: Secrets, found: dict[str, None]
) -> int:
    """How many there are; `found` learns the names of those that contain what they may not."""
    from schemas.topic import Audience
    from schemas.topics import TOPICS

    public = {f"topic {topic.name}" for topic in TOPICS if topic.audience is Audience.PUBLIC}
    count = 0
    for place, content in places:
        count += 1
        if contains(content, known) or (place in public and secrets.stand_in(content)):
            found[place] = None
    return count


def _records(kafka: str) -> Iterator[tuple[str, bytes]]:
    """Every record of every topic as it lies there, key, headers and value, out of its compressed batch."""
    from confluent_kafka import Consumer, TopicPartition

    from infra.kafka import admin, end_offsets

    names = [name for name in admin(kafka).list_topics(timeout=10).topics if not name.startswith("_")]
    with closing(
        Consumer({"bootstrap.servers": kafka, "group.id": "dfdg-look", "enable.auto.commit": False})
    ) as reader:
        ends = [
            (name, n, end)
            for n, by_name in enumerate(end_offsets(admin(kafka), names))
            for name, end in by_name.items()
        ]
        left = {(name, n): end for name, n, end in ends if end > 0}
        reader.assign([TopicPartition(name, n, 0) for name, n in left])
        while left:
            for record in reader.consume(AT_ONCE, 1.0):
                if record.error() is not None:
                    raise RuntimeError(f"{record.topic()} cannot be read: {record.error()}")
                place, headers = (str(record.topic()), int(record.partition() or 0)), record.headers() or []
                if int(record.offset() or 0) + 1 >= left.get(place, 0):
                    left.pop(place, None)
                parts = [record.key() or b"", record.value() or b"", *(_bytes(header[1]) for header in headers)]
                yield f"topic {place[0]}", b"\n".join(parts)


def _rows(connection: "Connection") -> Iterator[tuple[str, bytes]]:
    """Every row of every table as text, but for schema `identity`."""
    for table, columns in connection.execute(_COLUMNS).fetchall():
        with connection.cursor() as cursor, cursor.copy(_copy(table, columns)) as rows:
            yield from ((f"table {table}", bytes(row)) for row in rows)


def _copy(table: str, columns: str) -> bytes:
    return f"copy (select {columns} from {table}) to stdout".encode()


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every log of a server or of ours, and Kafka's own files as they are."""
    for path in sorted(folder.rglob("*.log")):
        yield f"file {path.relative_to(folder)}", path.read_bytes()


def _bytes(value: str | bytes | None) -> bytes:
    return value.encode() if isinstance(value, str) else value or b""
