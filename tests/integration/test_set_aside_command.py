"""`dfdg dead-letters set-aside`: exactly one record, in front of which a slice has stopped, whole and on record."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from consumers.record_lock import confirm_restore
from infra.addresses import Addresses
from infra.postgres import connect
from schemas.codec import encode
from schemas.event import Event
from schemas.headers import headers
from schemas.ids import slice_of
from schemas.topic import SLICES, Topic, Writer
from schemas.topics import CV_REQUIREMENT_CHANGED, NOTICE_ISSUED, SITUATION_RECORDED, TITLE_TABLE_PUBLISHED
from tests.builders import NO_DUTY, REGISTER, changed, situation
from tests.conftest import new_database
from tests.contract.catalogue import example
from tests.integration.country import Fact
from tests.integration.looking import COULD_NOT, FINE, Desk
from tests.integration.replays import assert_same
from tests.integration.system import Reads, System, make_system, stand_in, wait_for

SIGNED = ("--who", "Anna Holm", "--yes")
AT = "2021-06-14 08:00"


class Stopped(NamedTuple):
    """A slice of a consumer that has stopped in front of one record, between two good ones."""

    system: System
    desk: Desk
    group: str
    topic: Topic
    slice: int
    offset: int

    @property
    def command(self) -> tuple[str, ...]:
        place = self.group, self.topic.name, str(self.slice), str(self.offset)
        return ("dead-letters", "set-aside", *place, *SIGNED[:2])

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.system.dsn) as connection:
            return connection.execute(query).fetchall()


@contextmanager
def stopped(
    addresses: Addresses,
    database: str,
    folder: Path,
    group: str,
    good: list[Fact],
    bad: Fact,
    sequence: int,
) -> Iterator[Stopped]:
    """The bad record lies behind the first good one, whose slice it is in; the other good ones behind it."""
    topic = bad.topic
    reads: Reads = {group: tuple(dict.fromkeys((topic, *(fact.topic for fact in good))))}
    system = make_system(addresses, database, folder, reads)
    slice_ = slice_of(good[0].event.key.encode(), SLICES)
    system.publish(good[:1])
    with system.worker():
        wait_for("the first one", lambda: system.drained(None))
    value = encode(bad.event, system.schema_ids[topic.name])
    source = stand_in(topic, slice_, reads) if topic.writer is Writer.LEDGER else "test"
    envelope = headers(bad.id, source, bad.event, sequence=sequence)
    desk = Desk(addresses, database)
    desk.put_raw(topic, slice_, bad.event.key.encode(), value, envelope)
    system.publish(good[1:])
    with system.worker():
        query = "select slice, positions, alarm from ledger.slice where alarm is not null"
        with closing(connect(database, "test")) as connection:
            connection.autocommit = True
            ((at, positions, alarm),) = wait_for("the alarm", lambda: connection.execute(query).fetchall())
        assert at == slice_
        offset = positions[topic.name]
        assert f" At offset {offset} of {topic.name}, partition {slice_}." in alarm
        yield Stopped(system, desk, group, topic, slice_, offset)


def requirement(at: str, citizen: str = "c-1") -> Fact:
    event: Event = changed(at, citizen=citizen, before=NO_DUTY, now=REGISTER)
    return Fact(CV_REQUIREMENT_CHANGED, event, f"{citizen} {at}")


def passed(here: Stopped) -> None:
    """A dry run changes nothing; the command passes the one record, and nothing else is lost or set aside."""
    before = here.rows("select alarm from ledger.slice where alarm is not null")
    told = here.desk.dfdg(*here.command)
    assert (told.exit_code, "would go on" in told.stderr) == (FINE, True)
    assert here.rows("select alarm from ledger.slice where alarm is not null") == before
    assert here.rows("select 1 from dead_letter.letter") == []
    ahead = [*here.command[:5], str(here.offset + 1), *here.command[6:], "--yes"]
    assert here.desk.dfdg(*ahead).exit_code == COULD_NOT, "not the one in front of which it stands"
    assert "goes on" in here.desk.dfdg(*here.command, "--yes").stderr
    wait_for("everything drained", lambda: here.system.drained(None))
    letters = (
        "select topic, partition, at_offset, refused, value is not null from dead_letter.letter where status = 'new'"
    )
    assert here.rows(letters) == [(here.topic.name, here.slice, here.offset, here.topic.broadcast, True)]
    given = "select act, who, outcome from dead_letter.act"
    wait_for("the command", lambda: here.rows(given) == [("set-aside", "Anna Holm", "set aside")])
    assert here.rows("select alarm from ledger.slice where alarm is not null") == []
    assert here.desk.dfdg(*here.command, "--yes").exit_code == COULD_NOT, "it is set aside already"


def replayed(here: Stopped, migrated: str) -> None:
    with new_database(migrated, of=migrated) as fresh:
        with connect(fresh, "test") as connection:
            confirm_restore(connection)
        done = Desk(here.system.addresses, fresh).dfdg("replay", here.group, "--of", here.system.dsn)
        assert done.exit_code == FINE, f"{done.stderr} {done.exception!r}"
        with connect(here.system.dsn, "test") as old, connect(fresh, "test") as new:
            assert_same(old, new, but="dead_letter.act")


def test_a_forged_gap_is_set_aside_as_if_never_seen_and_the_sources_true_next_record_is_taken(
    addresses: Addresses, database: str, migrated: str, tmp_path: Path
) -> None:
    good = [requirement("2021-06-14 08:00"), requirement("2021-06-14 09:00")]
    bad = Fact(
        CV_REQUIREMENT_CHANGED, changed("2021-06-14 08:30", citizen="c-1", before=REGISTER, now=NO_DUTY), "forged"
    )
    with stopped(addresses, database, tmp_path, "cv-status", good, bad, 99) as here:
        passed(here)
        received = here.rows(f"select received from ledger.slice where slice = {here.slice}")[0][0]
        ((source, (sequence, _)),) = received[CV_REQUIREMENT_CHANGED.name].items()
        assert (source, sequence) == (stand_in(CV_REQUIREMENT_CHANGED, here.slice), 2)
        replayed(here, migrated)
        (letter,) = here.rows("select id from dead_letter.letter where status = 'new'")[0]
        assert here.rows("select count(*) from dead_letter.letter where status = 'waiting'") == [(1,)]
        assert (
            here.desk.dfdg("dead-letters", "discard", "--letter", str(letter), "--who", "A", "--yes").exit_code == FINE
        )
        wait_for("what waited", lambda: here.rows("select parked from ledger.slice where parked <> '{}'") == [])


def test_a_version_of_the_title_table_that_nobody_has_is_set_aside_and_facts_go_on_with_the_one_before(
    addresses: Addresses, database: str, migrated: str, tmp_path: Path
) -> None:
    good = [Fact(SITUATION_RECORDED, situation(AT, citizen=f"c-{n}"), f"{n}") for n in (1, 1)]
    bad = Fact(TITLE_TABLE_PUBLISHED, example(TITLE_TABLE_PUBLISHED.event, "ordinary"), "forged")
    with stopped(addresses, database, tmp_path, "titles", good, bad, 1) as here:
        passed(here)
        assert here.rows("select distinct reference from ledger.slice") == [(None,)]
    replayed(here, migrated)


def test_a_notice_whose_id_is_there_already_is_set_aside(
    addresses: Addresses, database: str, migrated: str, tmp_path: Path
) -> None:
    notice = example(NOTICE_ISSUED.event, "ordinary")
    good = [Fact(NOTICE_ISSUED, notice, "one")]
    with stopped(addresses, database, tmp_path, "mailboxes", good, good[0], 2) as here:
        passed(here)
        assert here.rows("select count(*) from mailbox.notice") == [(1,)]
    replayed(here, migrated)
