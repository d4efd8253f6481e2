"""The demo's made-up titles through the decision and the tables: the report adds up, and says so when it does not."""

import io
from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest
from psycopg import Connection

from consumers import journal, mailboxes, title_register
from consumers.sink import Sink
from infra.demo.country.citizens import JOBCENTRES, Country, Facts, as_json_lines
from infra.demo.country.people import Titles
from infra.demo.country.titles import AFTER, BETWEEN, EDITS, LOADED, PLENTY, MadeUpTitles
from infra.demo.report_titles import conversions, titles
from infra.engine.record import IncomingEvent
from producers.lines import BadLine, check_lines
from schemas.dates import next_day
from schemas.event import Event
from schemas.release_dates import LAST_DAY_OF_RETIRED_ADVERTS, RELEASE_2021_2, WAVE_1, WAVE_2
from schemas.title_areas import WAVE_OF
from schemas.topic import SLICES
from streams.titles import decision
from tests.consumers.batches import slice_connection
from tests.consumers.title_batches import begun, incoming, store
from tests.stories.playbook import Playbook
from tests.title_builders import TABLE

DAYS = sorted({LOADED, WAVE_1, RELEASE_2021_2, BETWEEN, *EDITS, next_day(LAST_DAY_OF_RETIRED_ADVERTS), WAVE_2, AFTER})
TITLES = Titles.of(TABLE)


def events_of(facts: Facts) -> Iterator[Event]:
    """As the edge makes them: a citizen is a subject id."""
    for topic, lines in facts.items():
        checked = check_lines(topic, io.BytesIO(as_json_lines(lines)))
        for line in checked:
            assert not isinstance(line, BadLine)
            yield line.event if line.cpr is None else line.event.model_copy(update={"holder": f"c-{int(line.cpr):x}"})


def story() -> Iterator[Event]:
    """Facts, days and what the decision makes of them, in the order of writing."""
    citizens = Country(1, 3_000, JOBCENTRES, TITLES).citizens
    made, book = MadeUpTitles(Random(1), citizens, JOBCENTRES, TITLES), Playbook(decision, TABLE)
    for day in DAYS:
        yield begun(day)
        book.day(day)
        yield from book.new_outputs()
        for event in events_of(made.day(day)):
            yield event
            book.fact(event)
            yield from book.new_outputs()


def in_slices(event: Event) -> list[IncomingEvent]:
    one = incoming(event)
    return [one._replace(slice=n) for n in range(SLICES)] if one.topic.broadcast else [one]


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with slice_connection(database) as connection:
        store(connection, TABLE)
        incoming_events = [each for event in story() for each in in_slices(event)]
        for sink in (title_register.sink, mailboxes.sink, journal.sink):
            _apply(connection, sink, incoming_events)
        yield connection


def _apply(connection: Connection, sink: Sink, incoming_events: list[IncomingEvent]) -> None:
    with connection.transaction():
        sink.write(connection, [each for each in incoming_events if each.topic in sink.reads])


def test_the_report_adds_up_and_has_something_to_say_of_each_row(
    connection: Connection,
) -> None:
    account = titles(connection)
    assert account.faults == []
    assert account.ids == ["TIT-5", "TIT-6", "TIT-8", "TIT-15"]


def test_tit_10_every_area_of_both_waves_adds_up_to_the_last_title(connection: Connection) -> None:
    rows = title_register.reconcile(connection)
    assert {(row.area, row.wave) for row in rows} == set(WAVE_OF.items())
    assert [row.area for row in rows if row.difference or row.texts_hash_before != row.texts_hash_now] == []
    assert {row.area for row in rows if row.intake} == set(PLENTY)


def test_tit_10_the_account_of_the_waves_says_when_more_was_handed_in_than_came_out(connection: Connection) -> None:
    handed_in: Counter[tuple[str, str]] = Counter()
    for row in title_register.reconcile(connection):
        handed_in[row.area, "discoams08"] += row.intake - row.free_text
        handed_in[row.area, "free-text"] += row.free_text
    assert conversions(connection, handed_in).faults == []

    handed_in["job-wishes", "discoams08"] += 1
    handed_in["lost-area", "discoams08"] += 1
    account = conversions(connection, handed_in)
    assert [total.of for total in account.totals if not total.adds_up] == ["job-wishes"]
    assert [fault for fault in account.faults if "job-wishes" not in fault] == [
        "Area lost-area is not reconciled at all."
    ]


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        ("delete from mailbox.notice where recipient_kind = 'citizen'", "owners of a search without results"),
        ("delete from mailbox.notice where recipient_kind = 'employer'", "employers with an expired advert"),
        ("delete from journal.entry where type = 'title-choice-answered.v1'", "title-choice: "),
        ("update titles.held set expired_at = null", "adverts on a retired title"),
    ],
)
def test_what_does_not_add_up_is_said(connection: Connection, damage: str, what: str) -> None:
    connection.execute(damage.encode())
    assert [fault for fault in titles(connection).faults if what in fault] != []
