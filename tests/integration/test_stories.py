"""The stories once more, on the real servers: what comes out there is what was told in memory, and nothing else."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

from confluent_kafka import Message

from infra.addresses import Addresses
from infra.cli import catalog
from infra.kafka import end_offsets
from infra.postgres import connect
from infra.reference.tables import Old, Title, store_table
from producers.calendar import note
from producers.clock import begin_day
from producers.sender import Sender
from schemas.codec import contract, decode, encode, frame
from schemas.event import Event
from schemas.headers import headers, parse
from schemas.titles import TitleTablePublished
from schemas.topic import SLICES, Topic
from schemas.topics import DAY_BEGUN, TITLE_TABLE_PUBLISHED, TOPICS
from tests.builders import moment
from tests.integration.country import Fact
from tests.integration.looking import TOPIC_OF
from tests.integration.system import System, make_system, wait_for
from tests.integration.tales import BEFORE, Announced, Tale, Waves, calendar, told

Said = dict[tuple[str, str, str], list[Event]]
"""By decision, topic and key: what was said, in order."""


def test_the_stories_come_out_on_the_real_servers_as_they_were_told(
    addresses: Addresses, database: str, tmp_path: Path
) -> None:
    tales = told()
    assert len(tales) >= 40, "the stories were not found"
    names = {tale.book.decision.name for tale in tales}
    system = make_system(addresses, database, tmp_path, {name: catalog.reads()[name] for name in sorted(names)})
    days = calendar(tales)
    with closing(connect(database, "test")) as connection:
        note(connection, days[-1][0])  # stories tell facts of one topic days before those of another: none is ahead
    with system.worker():
        for day, waves in days:
            _play(system, None if day == BEFORE else day, waves)
    said, expected = _said(system, tales), _expected(tales)
    for about in said.keys() | expected.keys():
        assert said.get(about, []) == expected.get(about, []), about


def _expected(tales: Sequence[Tale]) -> Said:
    said: Said = defaultdict(list)
    for tale in tales:
        for event in map(tale.renamed, tale.book.outputs):
            said[tale.book.decision.name, TOPIC_OF[type(event)].name, event.key].append(event)
    return said


def _play(system: System, day: date | None, waves: Waves) -> None:
    """The day begins, and behind it the first wave; each other one when everyone has taken in all there is."""
    if day is not None:
        begin(system, day)
    for number, wave in enumerate(waves or [[]]):
        announced = {each.version: each for each in wave if isinstance(each, Announced)}
        for each in announced.values():
            announce(system, each)
        facts = [step for step in wave if isinstance(step, Event)]
        system.publish([Fact(TOPIC_OF[type(fact)], fact, f"{day}-{number}-{n}") for n, fact in enumerate(facts)])
        wait_for(f"wave {number} of {day} to be drained", lambda: system.drained(day))


def begin(system: System, day: date) -> None:
    """That day alone: the years between two days of stories need not pass one by one."""
    ends = end_offsets(system.client, [topic.name for topic in TOPICS if topic is not DAY_BEGUN])
    with Sender(system.addresses.kafka, "test") as sender:
        for slice_ in range(SLICES):
            begin_day(sender, day, slice_, ends[slice_], system.schema_ids[DAY_BEGUN.name])
        sender.finish()


def announce(system: System, announced: Announced) -> None:
    """In its own slice alone: so tales with other tables share the calendar."""
    table = announced.reference
    titles = [Title(code, f"{announced.version}:{code}", label, "0000") for code, label in table.labels.items()]
    olds = [
        Old(code, f"{announced.version}:{code}", outcome, constructed=True) for code, outcome in table.outcomes.items()
    ]
    with closing(connect(system.dsn, "test")) as connection:
        stored = store_table(connection, titles, olds, announced.version)
        connection.commit()
    known = {"version": stored.version, "outcomes": stored.outcomes, "fingerprint": stored.fingerprint}
    event = TitleTablePublished(occurred_at=moment("2021-01-01 00:00"), **known)
    value = encode(event, system.schema_ids[TITLE_TABLE_PUBLISHED.name])
    with Sender(system.addresses.kafka, "test") as sender:
        envelope = headers(announced.version, "test", event)
        sender.send(TITLE_TABLE_PUBLISHED.name, announced.slice, event.key.encode(), value, envelope)
        sender.finish()


def _said(system: System, tales: Sequence[Tale]) -> Said:
    """What each decision said under its own tales' keys, as far as they were told. Others read the same facts."""
    own = {(tale.book.decision.name, name): tale.last_day for tale in tales for name in tale.names.values()}
    said: Said = defaultdict(list)
    for topic in {topic for each in catalog.DECISIONS if each.name in system.reads for topic in each.writes}:
        for record in system.messages(topic).values():
            decision, _, _ = parse(record.headers())["ce_source"].rpartition("/")
            event = _event(record, topic)
            if event.day <= own.get((decision, event.key), BEFORE):
                said[decision, topic.name, event.key].append(event)
    return said


def _event(record: Message, topic: Topic) -> Any:
    return decode(frame(record.value()).body, contract(topic.event.SCHEMA), topic.event)
