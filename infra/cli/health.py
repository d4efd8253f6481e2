"""How it all stands: servers, engine, clock. Reading changes nothing."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from infra.addresses import NAMES, Kind
from infra.cli.common import explained, settings, unanswered

if TYPE_CHECKING:
    from infra.dead_letters.queries import Parked
    from schemas.topic import Topic

_SLICES = "select consumer, slice, owner, positions, day, alarm from ledger.slice order by consumer, slice"


class Server(NamedTuple):
    """`away`: a sentence for people that says since when, None if the server is there. Pid, ports and version are known
    of local servers only."""

    name: str
    kind: Kind
    away: str | None
    pid: int | None = None
    ports: tuple[int, ...] = ()
    version: str | None = None


class Consumer(NamedTuple):
    """Of one decision or sink: how many slices a living worker owns, which slices are behind their topics, why slices
    have stopped, and how many keys are parked. None while Kafka cannot tell."""

    consumer: str
    owned: int | None
    owners: list[str]
    behind: list[int] | None
    alarms: dict[int, str]
    parked: int


class Clock(NamedTuple):
    """`begun`: the last day that the clock has begun, None if none has or PostgreSQL cannot tell. `taken_in`: the day
    that the slowest slice has come to."""

    begun: date | None
    taken_in: date | None
    today: date


class Health(NamedTuple):
    """`consumers` is empty while the ledger cannot be read."""

    servers: list[Server]
    consumers: list[Consumer]
    clock: Clock
    problems: list[str]

    @property
    def down(self) -> bool:
        """True when no server is there."""
        return all(server.away for server in self.servers)


def look(reads: "Mapping[str, Sequence[Topic]]") -> Health:
    """How it all stands, for the consumers in `reads`. Asks only the servers that are there.

    The ledger is read before Kafka is asked, so that no lag is taken for none."""
    from producers.clock import wall_clock
    from schemas.dates import copenhagen_day

    servers = list(_servers())
    away = {kind for kind in NAMES if all(server.away for server in servers if server.kind == kind)}
    there = settings().addresses(uses=())
    problems = [server.away for server in servers if server.away]
    rows, waits, begun, logs = None, [], None, None
    with _told(problems):
        rows, waits, begun = (None, [], None) if "postgres" in away else _rows(there.dsn)
    with _told(problems):
        logs = None if "kafka" in away else _logs(there.kafka, reads)
    days = [row.day for row in rows or () if row.day is not None]
    clock = Clock(begun, min(days, default=None), copenhagen_day(wall_clock()))
    keys = {name: sum(each.keys for each in waits if each.consumer == name) for name in reads}
    consumers = [] if rows is None else [_consumer(name, rows, reads[name], logs, keys[name]) for name in reads]
    problems += _problems(consumers, None if rows is None else clock)
    problems += [f"ALARM {each}" for each in waits if each.overdue]
    return Health(servers, consumers, clock, problems)


@contextmanager
def _told(problems: list[str]) -> Iterator[None]:
    """A failure that we know is one of the problems."""
    try:
        yield
    except Exception as error:
        code, text = explained(error)
        if code is None:
            raise
        problems.append(text)


def _servers() -> Iterator[Server]:
    from infra.local import Stack
    from infra.settings import VARIABLES, since

    known = settings()
    found = known.addresses(uses=())
    named = {kind for kind, address in known.named.items() if address}
    silent = unanswered(found, NAMES) | _postgres(found.dsn if "postgres" in named else "")
    rows = Stack(known.state).status() if len(named) < len(NAMES) else []
    for row in (row for row in rows if row.kind not in named):
        name = row.name if row.kind == "kafka" else NAMES[row.kind]
        text = f"{name} is away: it does not run, {since([row])}. Start it with `dfdg up`."
        yield Server(row.name, row.kind, None if row.running else text, row.pid, row.ports, row.version)
    for kind in NAMES:
        if kind in named:
            yield Server(VARIABLES[kind], kind, silent.get(kind))
        elif not rows:
            text = f"{NAMES[kind]} was never started in {known.state}. Start them with `dfdg up`."
            yield Server(kind, kind, text)


def _postgres(dsn: str) -> dict[Kind, str]:
    """PostgreSQL, if it does not answer there, with a sentence for people."""
    import psycopg

    from infra.postgres import connect

    try:
        if dsn:
            connect(dsn, "dfdg-status").close()
    except psycopg.OperationalError as error:
        return {"postgres": explained(error)[1]}
    return {}


class _Row(NamedTuple):
    """A slice, as the ledger has it."""

    consumer: str
    slice: int
    owner: str | None
    positions: dict[str, int]
    day: date | None
    alarm: str | None


class _Logs(NamedTuple):
    """`ends`: by slice and topic; `living`: by consumer, the slices that Kafka has given to a worker."""

    ends: list[dict[str, int]]
    living: dict[str, set[int]]


def _rows(dsn: str) -> "tuple[list[_Row], list[Parked], date | None]":
    """The slices, what is parked, and the day at which the clock stands."""
    from infra.dead_letters.queries import parked
    from infra.postgres import connect
    from producers.calendar import stand

    with closing(connect(dsn, "dfdg-status")) as connection:
        return [_Row(*row) for row in connection.execute(_SLICES)], parked(connection), stand(connection).begun


def _logs(kafka: str, reads: "Mapping[str, Sequence[Topic]]") -> _Logs:
    from infra.kafka import admin, assigned, end_offsets

    client = admin(kafka)
    ends = end_offsets(client, sorted({topic.name for topics in reads.values() for topic in topics}))
    return _Logs(ends, assigned(client, reads))


def _consumer(name: str, rows: Sequence[_Row], topics: "Sequence[Topic]", logs: _Logs | None, parked: int) -> Consumer:
    own = {row.slice: row for row in rows if row.consumer == name}
    owners = sorted({row.owner for row in own.values() if row.owner})
    alarms = {row.slice: row.alarm for row in own.values() if row.alarm}
    if logs is None:
        return Consumer(name, None, owners, None, alarms, parked)
    behind = [
        slice_
        for slice_, end in enumerate(logs.ends)
        for positions in [own[slice_].positions if slice_ in own else {}]
        if any(end[topic.name] > positions.get(topic.name, 0) for topic in topics)
    ]
    owned = logs.living[name] & {row.slice for row in own.values() if row.owner}
    return Consumer(name, len(owned), owners, behind, alarms, parked)


def _problems(consumers: Sequence[Consumer], clock: Clock | None) -> Iterator[str]:
    """The clock is None while PostgreSQL cannot tell."""
    from schemas.topic import SLICES

    for each in consumers:
        yield from (f"ALARM {each.consumer}/{slice_}: {alarm}" for slice_, alarm in each.alarms.items())
    idle = [each.consumer for each in consumers if each.owned is not None and each.owned < SLICES]
    if idle:
        some = "No worker runs" if len(idle) == len(consumers) else f"Slices of {', '.join(idle)} have no living worker"
        yield f"{some}. Start one with `dfdg run`."
    if clock and clock.begun != clock.today:
        yield f"The clock stands at {clock.begun or 'no day'}; today is {clock.today}. `dfdg clock run` begins days."
