"""Every place in which `canaries.py` looks: topics, tables, logs. `screens.py` has what the commands print."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from infra.demo.canaries import Canaries, Kind, Place

if TYPE_CHECKING:
    from psycopg import Connection

AT_ONCE = 5_000
REPORT = "report.html"
"""The demo's own, which shows one citizen's life: a piece as a whole, so that no two lines part what is together."""

OWN = {"ledger.state": "decision = 'job-ad-numbers'"}
"""An anonymous advert's own store: there it waits with its company's number for the register, two days at most."""

# But for types that cannot hold a number of eight digits as text; and partitions once, with their table.
_COLUMNS = """
select format('%I.%I', nspname, relname), bool_or(typname = 'bytea'),
    string_agg(format(case typname when 'bytea' then 'encode(%I, ''escape'')' else '%I::text' end, attname), ', ')
from pg_attribute join pg_class c on c.oid = attrelid join pg_namespace n on n.oid = relnamespace
    join pg_type t on t.oid = atttypid
where relkind in ('r', 'p', 'm') and not relispartition and attnum > 0 and not attisdropped
    and nspname !~ '^pg_' and nspname not in ('information_schema', 'identity')
    and typname not in ('uuid', 'bool', 'date', 'timestamptz', 'int2')
group by 1 order by 1
"""

Pieces = tuple[Place, Sequence[bytes]]


class Search(NamedTuple):
    """What was looked through, and where canaries were found: names of places, never a canary."""

    records: int
    rows: int
    files: int
    screens: int
    found: list[str]


class Looked(NamedTuple):
    """How many pieces there were, and the names of the places that hold what they may not."""

    pieces: int
    found: list[str]


def topics(canaries: Canaries, kafka: str) -> Looked:
    """Looks at all topics; by itself, so that another process can."""
    return _looked(canaries, _records(kafka))


def search(
    canaries: Canaries, topics: Looked, connection: "Connection", folder: Path, screens: Mapping[str, Sequence[bytes]]
) -> Search:
    """Looks everywhere else too. `screens`: by command, the pieces of what it printed."""
    logs = sorted(path for pattern in ("*.log", "*.log.1", REPORT) for path in folder.rglob(pattern) if path.is_file())
    shown = [(Place(f"screen {command}", Kind.OPEN), pieces) for command, pieces in screens.items()]
    looked = [topics, *(_looked(canaries, places) for places in (_rows(connection), _files(folder, logs), shown))]
    found = [name for each in looked for name in each.found]
    return Search(looked[0].pieces, looked[1].pieces, len(logs), len(shown), found)


def _looked(canaries: Canaries, places: Iterable[Pieces]) -> Looked:
    count, found = 0, dict[str, None]()
    for place, pieces in places:
        count += len(pieces)
        if place.name not in found and canaries.found(place, pieces):
            found[place.name] = None
    return Looked(count, list(found))


def _records(kafka: str) -> Iterator[Pieces]:
    """Every record of every topic: key, headers, value.

    The client takes each record out of its compressed batch, where no search of the file finds it. Nothing else of
    ours is in a segment: a batch has numbers and moments besides its records, none is in a transaction, and the
    client begins where the segments begin. That is so for what lies in the log; what is deleted is no longer there.
    """
    from confluent_kafka import Consumer, TopicPartition

    from infra.kafka import admin, end_offsets
    from schemas.topic import Audience
    from schemas.topics import TOPICS

    public = {topic.name for topic in TOPICS if topic.audience is Audience.PUBLIC}
    names = [name for name in admin(kafka).list_topics(timeout=10).topics if not name.startswith("_")]
    settings = {"bootstrap.servers": kafka, "group.id": "dfdg-look", "enable.auto.commit": False}
    with closing(
        Consumer({**settings, "isolation.level": "read_uncommitted", "auto.offset.reset": "earliest"})
    ) as reader:
        ends = enumerate(end_offsets(admin(kafka), names))
        left = {(name, n): end for n, by_name in ends for name, end in by_name.items() if end > 0}
        reader.assign([TopicPartition(name, n, 0) for name, n in left])
        while left:
            pieces: dict[str, list[bytes]] = defaultdict(list)
            for record in reader.consume(AT_ONCE, 1.0):
                if record.error() is not None:
                    raise RuntimeError(f"{record.topic()} cannot be read: {record.error()}")
                topic, n = str(record.topic()), int(record.partition() or 0)
                if int(record.offset() or 0) + 1 >= left.get((topic, n), 0):
                    left.pop((topic, n), None)
                known = cast("list[tuple[str, bytes | None]]", record.headers() or [])  # so they come from Kafka
                headers = [part for name, value in known for part in (name.encode(), value or b"")]
                pieces[topic].append(b"\t".join([record.key() or b"", record.value() or b"", *headers]))
            for topic, some in pieces.items():
                yield Place(f"topic {topic}", Kind.PUBLIC if topic in public else Kind.INTERNAL), some


def _rows(connection: "Connection") -> Iterator[Pieces]:
    """Every row of every table as text, but for schema `identity`."""
    for table, opaque, columns in connection.execute(_COLUMNS).fetchall():
        kind = Kind.AUDIT if table.startswith("audit.") else Kind.OPEN
        own = OWN.get(table)
        yield from _copied(
            connection, Place(f"table {table}", kind, opaque), columns, f"not ({own})" if own else "true"
        )
        if own:
            yield from _copied(connection, Place(f"table {table}", Kind.INTERNAL, opaque), columns, own)


def _copied(connection: "Connection", place: Place, columns: str, which: str) -> Iterator[Pieces]:
    query = f"copy (select {columns} from {place.name.partition(' ')[2]} where {which}) to stdout"
    with connection.cursor() as cursor, cursor.copy(query.encode()) as rows:
        while some := list(map(bytes, islice(rows, AT_ONCE))):
            yield place, some


def _files(folder: Path, logs: Iterable[Path]) -> Iterator[Pieces]:
    """Every log of a server or of ours, by the line; Kafka's own files and the demo's report as they are."""
    for path in logs:
        own = path.relative_to(folder)
        content, segment = path.read_bytes(), "data" in own.parts
        place = Place(f"file {own}", Kind.INTERNAL if segment else Kind.OPEN)
        yield place, [content] if segment or path.name == REPORT else content.splitlines()
