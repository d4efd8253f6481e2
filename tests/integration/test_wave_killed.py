"""A wave night whose workers are killed ends in the same tables and topics as one in memory (invariants 1 and 5)."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from psycopg import Connection

from bench.wave import VERSION, Wave
from consumers.title_register import Row, reconcile
from infra.addresses import Addresses
from infra.cli import catalog
from infra.postgres import connect
from infra.reference.tables import load_table, store_table
from infra.topic_admin import ensure_topics
from producers.classification import Published
from producers.title_table import announce
from schemas.dates import midnight
from schemas.event import Event, ProducedEvent
from schemas.ids import id_of
from schemas.release_dates import WAVE_1
from schemas.titles import TitleChanged, TitleReplaced
from schemas.topic import SLICES
from schemas.topics import TITLE_CHANGED, TITLE_REPLACED, TOPICS
from streams.decision import Subject
from streams.policies.title_state import HeldTitles
from streams.titles import decision
from tests.integration.country import Fact
from tests.integration.system import System, make_system, wait_for
from tests.integration.worker_process import WorkerProcess

TITLES = 6_000
NAMES = ("titles", "title-register", "title-audit")
EVE = WAVE_1 - timedelta(days=1)
APPLIED = "select coalesce(sum(records), 0) from ledger.batch where consumer = %s"
DECIDED = "select coalesce(sum(outgoing), 0) from ledger.batch where consumer = 'titles'"
LEFT = """
select (select count(*) from ledger.outbox) + (select count(*) from ledger.state where wakes_on <= %s)
    + (select count(*) from ledger.slice where consumer = any(%s) and alarm is not null)
"""


def test_tit_10_a_wave_killed_in_the_middle_reconciles_and_ends_as_worked_out_in_memory(
    addresses: Addresses, database: str, tmp_path: Path
) -> None:
    wave, system = Wave(TITLES), make_system(addresses, database, tmp_path)
    ensure_topics(system.client, TOPICS, catalog.dead_letter_topics())
    facts = [Fact(fact.topic, fact.event, fact.id) for fact in wave.facts()]
    with connect(database, "test-wave") as connection:
        connection.autocommit = True
        with connection.transaction():
            stored = store_table(connection, wave.new, wave.old, VERSION)
        announce(addresses.kafka, system.schema_ids, Published(*stored, counts={}), [], midnight(date(2021, 5, 19)))
        system.publish([EVE])
        states, produced = in_memory(connection, facts)
        changes, replaced = ids(produced, TitleChanged), ids(produced, TitleReplaced)
        changed, taken = sum(map(len, changes.values())), sum(map(len, replaced.values()))
        with system.worker(*NAMES):
            wait_for("the table in use", partial(applied, connection, "titles", 2 * SLICES))
            system.publish(facts)
            wait_for("the titles taken in", partial(applied, connection, "title-register", TITLES + SLICES))
        system.publish([WAVE_1])
        wave_at_work = 0
        for moment in (1, (changed + taken) // 3, 2 * (changed + taken) // 3):
            with system.worker(*NAMES) as worker:
                due = partial(kill_is_due, system, worker, connection, moment, (changed, taken))
                wait_for(f"it to have decided some, up to {moment} events", due)
                worker.kill()
            wave_at_work += system.batches_of(worker, "titles") > 0 and not settled(connection, changed, taken)
        assert wave_at_work >= 2, "the kills came when everything was done: this run shows nothing"
        with system.worker(*NAMES):
            wait_for("the wave done", partial(settled, connection, changed, taken))
        assert stored_states(connection) == states
        assert shown(connection) == shown_of(states)
        assert audited(connection) == sorted(id_ for each in replaced.values() for id_ in each)
        holds(reconcile(connection), wave)
        assert connection.execute("select count(*) from dead_letter.letter").fetchone() == (0,)
    for topic, expected in ((TITLE_CHANGED, changes), (TITLE_REPLACED, replaced)):
        found: dict[str, list[str]] = defaultdict(list)
        for key, id_ in system.records(topic):
            found[key].append(id_)
        assert found == expected, topic.name


def in_memory(connection: Connection, facts: list[Fact]) -> tuple[dict[str, HeldTitles], list[ProducedEvent]]:
    """The decision played holder by holder: its states after the wave, and all that it caused."""
    lives: dict[str, Subject[HeldTitles]] = {}
    table, produced = load_table(connection, VERSION), []
    for fact in facts:
        life = lives.setdefault(fact.event.key, Subject(decision, None, bytes(16), table))
        produced += life.apply(fact.event, id_of(fact.id, "test", ours=False), EVE)
    for life in lives.values():
        produced += life.advance_to(WAVE_1)
    return {holder: life.state for holder, life in lives.items() if life.state is not None}, produced


def ids(produced: Iterable[ProducedEvent], kind: type[Event]) -> dict[str, list[str]]:
    by_holder: dict[str, list[str]] = defaultdict(list)
    for event, id_, _ in produced:
        if isinstance(event, kind):
            by_holder[event.key].append(id_.hex())
    return by_holder


def counted(connection: Connection, query: str, least: int) -> bool:
    row = connection.execute(query).fetchone()
    return row is not None and row[0] >= least


def kill_is_due(
    system: System, worker: WorkerProcess, connection: Connection, moment: int, all_: tuple[int, int]
) -> bool:
    """The worker has decided some itself. Where others left nothing, the kill comes too, and does not count."""
    at_work = system.batches_of(worker, "titles") > 0 and counted(connection, DECIDED, moment)
    return at_work or settled(connection, *all_)


def applied(connection: Connection, consumer: str, least: int) -> bool:
    row = connection.execute(APPLIED, (consumer,)).fetchone()
    return row is not None and row[0] >= least


def settled(connection: Connection, changed: int, replaced: int) -> bool:
    """Register and audit have applied all that follows, two days and one table among it, and nothing is on its way."""
    register = applied(connection, "title-register", TITLES + changed + 2 * SLICES)
    audit = applied(connection, "title-audit", replaced + SLICES)
    return register and audit and connection.execute(LEFT, (WAVE_1, list(NAMES))).fetchone() == (0,)


def stored_states(connection: Connection) -> dict[str, HeldTitles]:
    found = connection.execute("select subject, body::text from ledger.state where decision = 'titles'").fetchall()
    return {subject: HeldTitles.model_validate_json(body) for subject, body in found}


def shown(connection: Connection) -> set[tuple[str, ...]]:
    return set(connection.execute("select holder, item, scheme, title, outcome from titles.current").fetchall())


def shown_of(states: dict[str, HeldTitles]) -> set[tuple[str, ...]]:
    return {(s.holder, t.item, t.scheme, t.title, t.status) for s in states.values() for t in s.titles}


def audited(connection: Connection) -> list[str]:
    query = "select replace(event_id::text, '-', '') from audit.replaced_title order by 1"
    return [id_ for (id_,) in connection.execute(query).fetchall()]


def holds(found: list[Row], wave: Wave) -> None:
    """In = converted + must choose + retired, over both areas, and nothing else."""
    sums: Counter[str] = Counter()
    for row in found:
        sums.update({name: value for name, value in row._asdict().items() if isinstance(value, int)})
    assert (sums["intake"], sums["difference"], sums["withdrawn"], sums["free_text"]) == (TITLES, 0, 0, 0)
    expected = [wave.becomes[each] for each in ("converted", "alias_dropped", "must-choose", "retired")]
    assert [sums[each] for each in ("converted", "alias_dropped", "must_choose", "retired")] == expected
