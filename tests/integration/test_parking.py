"""Who is parked, what waits in which order, and what an operator's word does: on real PostgreSQL (DESIGN 2.6)."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from confluent_kafka import Message

from consumers import registers
from infra.dead_letters.limits import IN_A_ROW
from infra.errors import AlarmError
from schemas.clock import DayBegun
from schemas.dates import midnight
from schemas.ids import id_of, slice_of
from schemas.topic import SLICES
from schemas.topics import CV_EXEMPTION_RECORDED, DAY_BEGUN, JOBLOG_ENTRY_RECORDED, SITUATION_RECORDED
from streams.cv_requirement import decision
from streams.decision import Subject
from streams.processor import Processor
from tests.builders import exemption, situation
from tests.integration.slices import THEIRS, Slice, slice_of_consumer
from tests.retention_builders import entry

CITIZEN = "c-parked"
SLICE = slice_of(CITIZEN.encode(), SLICES)
OTHER = next(f"c-{n}" for n in range(99) if slice_of(f"c-{n}".encode(), SLICES) == SLICE)
STATES = "select subject, body, cause from ledger.state order by subject"
LETTERS = "select id, status from dead_letter.letter order by id"
PARKED = "select parked from ledger.slice where parked <> '{}'"
FACTS = (
    (SITUATION_RECORDED, situation("2021-06-14 08:00", citizen=CITIZEN), "first"),
    (SITUATION_RECORDED, situation("2021-06-14 09:00", citizen=CITIZEN, target_group="employed"), "second"),
    (CV_EXEMPTION_RECORDED, exemption("2021-06-14 10:00", citizen=CITIZEN), "third"),
)


@pytest.fixture
def cv(database: str) -> Iterator[Slice]:
    with slice_of_consumer(database, Processor(decision), SLICE) as made:
        yield made


def undisturbed(day: date | None = None, skip: int = 0) -> tuple[Any, Any]:
    """The citizen's state and its cause, had every fact been readable but for those skipped; worked out in memory."""
    life = Subject(decision, None, bytes(16))
    for _, event, id_ in FACTS[skip:]:
        life.apply(event, id_of(id_, "test"), day)
    assert life.state is not None
    return life.state.model_dump(mode="json", exclude_defaults=True), life.cause.hex()


def known(cv: Slice) -> dict[str, tuple[Any, Any]]:
    return {subject: (body, cause.hex) for subject, body, cause in cv.rows(STATES)}


def put_all(cv: Slice) -> None:
    """The citizen's first fact unreadable, another's between, each in a batch of its own."""
    for number, (topic, event, id_) in enumerate(FACTS):
        cv.put(cv.next(topic, event, id_, THEIRS if number == 0 else 1))
        cv.put(cv.next(SITUATION_RECORDED, situation("2021-06-14 08:30", citizen=OTHER), f"other-{number}"))


def test_later_records_of_the_key_wait_on_all_topics_while_others_flow_and_follow_in_order(cv: Slice) -> None:
    put_all(cv)
    assert known(cv).keys() == {OTHER}
    assert cv.rows(PARKED) == [({CITIZEN: False},)]
    assert [status for _, status in cv.rows(LETTERS)] == ["new", "waiting", "waiting"]
    letter = cv.rows(LETTERS)[0][0]
    assert (
        cv.command("redrive", letter)
        == f"refused: still unreadable: schema 2 is not registered for {FACTS[0][0].subject}"
    )
    assert known(cv).keys() == {OTHER}
    cv.schemas.registered = True
    assert cv.command("redrive", letter) == "applied"
    assert known(cv)[CITIZEN] == undisturbed()
    assert (cv.rows(PARKED), cv.rows(LETTERS)) == ([], [(letter, "applied")])


def test_re_driving_twice_acts_once(cv: Slice) -> None:
    put_all(cv)
    cv.schemas.registered = True
    letter = cv.rows(LETTERS)[0][0]
    assert cv.command("redrive", letter) == "applied"
    after = known(cv), cv.rows("select sum(outgoing) from ledger.batch")
    assert cv.command("redrive", letter) == "nothing to do: it is applied already"
    assert cv.command("discard", letter) == "nothing to do: it is applied already"
    assert (known(cv), cv.rows("select sum(outgoing) from ledger.batch")) == after


def test_a_letter_that_is_discarded_is_never_applied_and_what_waited_goes_on(cv: Slice) -> None:
    put_all(cv)
    assert cv.command("discard", cv.rows(LETTERS)[0][0]) == "discarded"
    assert known(cv)[CITIZEN] == undisturbed(skip=1)
    assert cv.rows(PARKED) == []


def test_within_one_batch_what_lay_before_the_letter_is_applied_and_what_lies_behind_waits(cv: Slice) -> None:
    first, second, third = FACTS
    cv.put(cv.next(*first), cv.next(*second, headers=[]), cv.next(*third))
    life = Subject(decision, None, bytes(16))
    life.apply(first[1], id_of(first[2], "test"), None)
    assert known(cv)[CITIZEN][1] == life.cause.hex()
    assert [status for _, status in cv.rows(LETTERS)] == ["new", "waiting"]


def test_a_record_that_waited_and_cannot_be_read_itself_becomes_the_next_letter(cv: Slice) -> None:
    first, second, third = FACTS
    cv.put(cv.next(*first, headers=[]), cv.next(*second, THEIRS), cv.next(*third))
    letter = cv.rows(LETTERS)[0][0]
    assert cv.command("discard", letter) == "discarded"
    assert [status for _, status in cv.rows(LETTERS)] == ["discarded", "new", "waiting"]
    assert (known(cv), cv.rows(PARKED)) == ({}, [({CITIZEN: False},)])


def test_a_parked_subject_sleeps_on_while_others_wake_and_wakes_for_every_day_when_it_is_free(cv: Slice) -> None:
    until = exemption("2021-06-14 10:00", last_day="2021-06-20", citizen=CITIZEN)
    cv.put(cv.next(*FACTS[0]), cv.next(CV_EXEMPTION_RECORDED, until, "until"))
    before = known(cv)[CITIZEN]
    cv.put(cv.next(*FACTS[1], headers=[]))
    cv.put(begins(cv, date(2021, 7, 1)))
    assert cv.rows("select day from ledger.slice where day is not null") == [(date(2021, 7, 1),)]
    assert known(cv)[CITIZEN] == before
    assert cv.command("discard", cv.rows(LETTERS)[0][0]) == "discarded"
    assert known(cv)[CITIZEN] != before
    assert cv.rows("select count(*) from ledger.state where wakes_on <= '2021-07-01'") == [(0,)]


def test_what_waited_is_applied_on_the_day_on_which_it_came_so_that_no_day_between_is_early(cv: Slice) -> None:
    short = exemption("2021-06-15 10:00", last_day="2021-06-20", citizen=CITIZEN)
    longer = exemption("2021-06-18 10:00", "2021-06-15", "2021-07-10", citizen=CITIZEN)
    life, produced = Subject(decision, None, bytes(16)), []
    produced += life.apply(FACTS[0][1], id_of("first", "test"), None)
    cv.put(cv.next(*FACTS[0]))
    for today, event, id_, schema in (
        (date(2021, 6, 15), short, "short", THEIRS),
        (date(2021, 6, 18), longer, "longer", 1),
    ):
        produced += [*life.advance_to(today), *life.apply(event, id_of(id_, "test"), today)]
        cv.put(begins(cv, today))
        cv.put(cv.next(CV_EXEMPTION_RECORDED, event, id_, schema))
    produced += life.advance_to(date(2021, 7, 1))
    cv.put(begins(cv, date(2021, 7, 1)))
    cv.schemas.registered = True
    assert cv.command("redrive", cv.rows(LETTERS)[0][0]) == "applied"
    assert life.state is not None
    assert known(cv)[CITIZEN] == (life.state.model_dump(mode="json", exclude_defaults=True), life.cause.hex())
    letters = "(select count(*) from dead_letter.letter)"
    assert cv.rows(f"select sum(outgoing) - {letters} from ledger.batch") == [(len(produced),)]


def begins(cv: Slice, day: date) -> Message:
    return cv.next(DAY_BEGUN, DayBegun(occurred_at=midnight(day), day_begun=day, ends={}), f"day-{day}")


def test_a_rule_that_fails_on_a_letter_refuses_it_and_the_slice_goes_on(
    cv: Slice, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_all(cv)
    cv.schemas.registered = True

    def fails(*_: object) -> list[Any]:
        raise ValueError(CITIZEN)

    with monkeypatch.context() as patched:
        patched.setattr(cv.worker._transaction.handler, "apply", fails)
        assert cv.command("redrive", cv.rows(LETTERS)[0][0]) == "refused: a rule failed on it: ValueError"
    assert cv.command("redrive", cv.rows(LETTERS)[0][0]) == "applied"
    assert known(cv)[CITIZEN] == undisturbed()


def test_a_letter_whose_id_came_again_readable_is_not_applied_besides(cv: Slice) -> None:
    topic, event, id_ = FACTS[0]
    good = cv.next(topic, event, id_)
    cv.put(cv.next(topic, event, id_, headers=[("ce_id", id_.encode()), ("ce_source", b"test"), *[("x", b"")] * 99]))
    cv.put(cv.next(topic, event, id_))
    cv.rows("update dead_letter.letter set headers = %s::jsonb where status = 'new' returning id", (headers_of(good),))
    refused = cv.command("redrive", cv.rows(LETTERS)[0][0])
    assert refused.startswith("refused: another record with its id")


def test_a_record_that_waited_and_whose_id_no_inbox_has_seen_is_not_applied_by_itself(cv: Slice) -> None:
    first, second, _ = FACTS
    good = cv.next(*second)
    cv.put(cv.next(*first, THEIRS), cv.next(*second, headers=[("ce_id", b"")]))
    cv.rows(
        "update dead_letter.letter set headers = %s::jsonb where status = 'waiting' returning id", (headers_of(good),)
    )
    assert cv.command("discard", cv.rows(LETTERS)[0][0]) == "discarded"
    assert (known(cv), [status for _, status in cv.rows(LETTERS)]) == ({}, ["discarded", "new"])
    assert cv.command("redrive", cv.rows(LETTERS)[1][0]) == "applied"
    assert cv.rows("select count(*) from ledger.inbox where id = %s", (id_of(second[2], "test").hex(),)) == [(1,)]


def headers_of(record: Any) -> str:
    return json.dumps([[name, content.hex()] for name, content in record.headers()])


def test_what_was_deleted_is_refused_and_never_comes_back(database: str) -> None:
    fact = entry("2015-06-14 08:00", citizen=CITIZEN)
    with slice_of_consumer(database, registers.sink, SLICE) as slice_:
        slice_.put(slice_.next(JOBLOG_ENTRY_RECORDED, fact, "entry", THEIRS))
        slice_.schemas.registered = True
        slice_.connection.execute(
            "insert into retention.receipt values (%s, 1, 'joblog-mandatory', %s, 'RET-4', '2021-06-14', '2021-06-14',"
            " 'ref', '', '')",
            (SLICE, fact.record),
        )
        refused = slice_.command("redrive", slice_.rows(LETTERS)[0][0])
        assert (
            refused
            == f"refused: record {fact.record} was deleted on 2021-06-14 (receipt {SLICE}/1) and never comes back"
        )
        assert slice_.rows("select count(*) from register.joblog_entry") == [(0,)]


def bad(cv: Slice, count: int) -> list[Any]:
    keys = [key for n in range(100 * count) if slice_of((key := f"k-{n}").encode(), SLICES) == SLICE][:count]
    return [cv.next(SITUATION_RECORDED, situation("2021-06-14 08:00", citizen=key), key, headers=[]) for key in keys]


def test_too_many_dead_letters_stop_the_slice_before_the_batch_and_an_operator_lets_so_many_through(cv: Slice) -> None:
    some = bad(cv, IN_A_ROW + 5)
    cv.put(*some[:10])
    for _ in range(2):  # a restart does not help them through
        with pytest.raises(AlarmError, match=rf"{IN_A_ROW + 1} in a row.*dfdg dead-letters accept cv-requirement"):
            cv.put(*some[10:])
        cv.take_over()
    assert cv.worker.positions[SITUATION_RECORDED.name] == 10
    cv.connection.execute(
        "insert into dead_letter.act (consumer, slice, act, topic, letters, who)"
        " values (%s, %s, 'accept', %s, %s, 'Anna Holm')",
        ("cv-requirement", SLICE, SITUATION_RECORDED.name, 15),
    )
    cv.worker.notified = True
    cv.put(*some[10:])
    assert cv.rows("select count(*) from dead_letter.letter where status = 'new'") == [(len(some),)]
    assert cv.rows("select outcome from dead_letter.act") == [("accepted",)]


def test_what_parks_nobody_parks_nobody(cv: Slice) -> None:
    long = next(key for n in range(300, 399) if slice_of(key := b"k" * n, SLICES) == SLICE)
    odd = next(key for n in range(99) if slice_of(key := b"\xff" * n, SLICES) == SLICE and n)
    nul = next(key for n in range(99) if slice_of(key := b"\0" * n, SLICES) == SLICE and n)
    strange: list[bytes | None] = [None, b"", odd, nul, long]
    for number, strange_key in enumerate(strange):
        cv.put(cv.next(SITUATION_RECORDED, FACTS[0][1], f"x-{number}", key=strange_key))
    elsewhere = next(f"c-{n}" for n in range(99) if slice_of(f"c-{n}".encode(), SLICES) != SLICE)
    cv.put(cv.next(SITUATION_RECORDED, situation("2021-06-14 08:00", citizen=elsewhere), "elsewhere"))
    assert len(cv.rows(LETTERS)) == len(strange) + 1
    assert cv.rows(PARKED) == []
