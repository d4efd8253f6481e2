"""A slice's records in the order of its days, in whatever order Kafka gives them (docs/decisions/0007)."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import pytest
from confluent_kafka import KafkaError, Message
from hypothesis import given
from hypothesis import strategies as st

from infra.engine.record import Batch
from infra.source.buffer import BEHIND_RECORDS, BUFFER_BYTES, BUFFER_RECORDS, DAYS_AHEAD, Buffer
from infra.source.record_queue import BATCH_BYTES, BATCH_RECORDS
from schemas.topics import LEAD

DAYS, A, B = LEAD.name, "a", "b"
TOPICS = (DAYS, A, B)
Ends = Mapping[str, int]
Seen = list[tuple[str, int]]


MEGABYTE = bytes(1024 * 1024)


def record(topic: str, offset: int, value: bytes = b"") -> Message:
    return Message(topic=topic, partition=0, offset=offset, value=value)


def end(topic: str, offset: int) -> Message:
    return Message(topic=topic, partition=0, offset=offset, error=KafkaError(KafkaError._PARTITION_EOF))


class Slice:
    """A buffer, and all that it has handed out."""

    def __init__(self, *days: Ends, topics: Sequence[str] = TOPICS) -> None:
        self.days, self.seen, self.cuts = days, Seen(), list[Batch]()
        self.reached = dict.fromkeys(topics, 0)
        self.buffer = Buffer(0, 1, topics, self.reached, lambda day: days[day.offset() or 0])

    def take_in(self, topic: str, offsets: range, value: bytes = b"") -> "Slice":
        for offset in offsets:
            self.buffer.take_in(record(topic, offset, value))
        return self

    def end(self, topic: str, offset: int) -> "Slice":
        self.buffer.take_in(end(topic, offset))
        return self

    def cut(self) -> Seen:
        """What is handed out until nothing is due; every cut goes on where the last one ended."""
        before = len(self.seen)
        while self.buffer.due:
            cut = self.buffer.cut()
            assert cut.tos, "a cut that moves nothing"
            assert cut.froms == {topic: self.reached[topic] for topic in cut.tos}
            self.reached |= cut.tos
            self.cuts.append(cut)
            self.seen += [(str(each.topic()), int(each.offset() or 0)) for each in cut.records]
        return self.seen[before:]


def run(topic: str, *bounds: int) -> Seen:
    return [(topic, offset) for offset in range(*bounds)]


def test_a_record_behind_a_day_waits_until_all_that_lies_before_the_day_has_been_handed_out() -> None:
    slice_ = Slice({A: 4, B: 0}).take_in(B, range(2)).take_in(A, range(2)).take_in(DAYS, range(1)).end(DAYS, 1)
    assert slice_.cut() == run(A, 2)
    assert slice_.take_in(A, range(2, 6)).cut() == [*run(A, 2, 4), (DAYS, 0), *run(B, 2), *run(A, 4, 6)]


def test_nothing_is_handed_out_before_the_next_day_is_known_or_that_there_is_none() -> None:
    slice_ = Slice().take_in(A, range(3))
    assert slice_.cut() == []
    assert slice_.end(DAYS, 0).cut() == run(A, 3)
    assert slice_.take_in(A, range(3, 5)).cut() == run(A, 3, 5), "and from then on nothing waits"


def test_the_first_day_that_is_known_is_enough_though_more_days_are_being_read() -> None:
    slice_ = Slice({A: 2}).take_in(A, range(3)).take_in(DAYS, range(1))
    assert slice_.cut() == [*run(A, 2), (DAYS, 0)]
    assert slice_.end(DAYS, 1).cut() == run(A, 2, 3)


def test_a_day_that_comes_while_records_wait_for_the_worker_parts_them() -> None:
    slice_ = Slice({A: 2}).end(DAYS, 0).take_in(B, range(1)).take_in(A, range(2)).take_in(DAYS, range(1))
    assert slice_.cut() == [*run(A, 2), (DAYS, 0), (B, 0)]


def test_who_reads_no_days_waits_for_none() -> None:
    assert Slice(topics=(A, B)).take_in(A, range(2)).cut() == run(A, 2)


def test_ends_of_topics_that_are_not_read_hold_nothing_back_and_a_topic_without_an_end_lies_behind_the_day() -> None:
    slice_ = Slice({"other": 9, A: 1}).take_in(DAYS, range(1)).take_in(B, range(1)).take_in(A, range(1))
    assert slice_.cut() == [(A, 0), (DAYS, 0)]
    assert slice_.end(DAYS, 1).cut() == [(B, 0)]


@pytest.mark.parametrize("told", [lambda slice_: slice_.end(A, 6), lambda slice_: slice_.take_in(A, range(6, 7))])
def test_a_hole_before_the_end_holds_no_day_back(told: Callable[[Slice], Slice]) -> None:
    slice_ = Slice({A: 6}).take_in(DAYS, range(1)).take_in(A, range(4))
    assert slice_.cut() == run(A, 4)
    assert told(slice_).end(DAYS, 1).cut()[0] == (DAYS, 0)
    assert slice_.reached[A] >= 6


def test_a_hole_without_any_record_is_passed_once() -> None:
    slice_ = Slice().end(DAYS, 0).end(A, 3).end(A, 3)
    assert slice_.cut() == []
    assert [cut.tos for cut in slice_.cuts] == [{A: 3}]


def test_a_log_that_begins_behind_a_days_ends_holds_it_not_back() -> None:
    buffer = Buffer(0, 1, TOPICS, {DAYS: 0, A: 50, B: 0}, lambda _: {A: 20})
    buffer.take_in(record(DAYS, 0))
    assert [each.topic() for each in buffer.cut().records] == [DAYS]


def test_days_that_were_caught_up_at_once_need_no_transaction_each() -> None:
    slice_ = Slice(*[{A: 1}] * 600).take_in(A, range(1))
    for first in range(0, 600, 30):
        slice_.take_in(DAYS, range(first, first + 30)).cut()
    assert slice_.seen == [(A, 0), *run(DAYS, 600)]
    assert len(slice_.cuts) == 20


def test_what_lies_behind_a_day_and_days_ahead_are_kept_up_to_a_limit_while_other_topics_are_fetched_on() -> None:
    slice_ = Slice(*[{A: 1, B: n} for n in range(DAYS_AHEAD + 1)]).take_in(DAYS, range(DAYS_AHEAD))
    slice_.take_in(B, range(BEHIND_RECORDS))
    assert slice_.buffer.change() == (set(), set())
    slice_.take_in(B, range(BEHIND_RECORDS, BEHIND_RECORDS + 1)).take_in(DAYS, range(DAYS_AHEAD, DAYS_AHEAD + 1))
    assert slice_.buffer.change() == ({B, DAYS}, set())
    assert slice_.buffer.change() == (set(), set())
    slice_.take_in(A, range(1)).cut()
    assert slice_.buffer.change() == (set(), {DAYS}), "days may all have begun; of B, much still waits to know of more"
    assert slice_.seen[-1] == (DAYS, DAYS_AHEAD)
    slice_.end(DAYS, DAYS_AHEAD + 1).cut()
    assert slice_.buffer.change() == (set(), {B})
    assert slice_.seen[-1] == (B, BEHIND_RECORDS)


def test_a_slice_that_is_full_pauses_all_but_its_days_and_reads_on_when_one_batch_is_left() -> None:
    slice_ = Slice().end(DAYS, 0).take_in(A, range(BUFFER_RECORDS + 1))
    assert slice_.buffer.change() == ({A, B}, set())
    sizes = []
    for _ in range(2):
        sizes.append(len(slice_.buffer.cut().records))
        assert slice_.buffer.batch_is_full == (len(sizes) == 1)
    assert sizes == [BATCH_RECORDS, BATCH_RECORDS]
    assert slice_.buffer.change() == (set(), {A, B})


def test_big_records_fill_batch_and_buffer_by_their_bytes() -> None:
    slice_ = Slice().end(DAYS, 0).take_in(A, range(BUFFER_BYTES // len(MEGABYTE)), MEGABYTE)
    assert slice_.buffer.change() == (set(), set())
    slice_.take_in(A, range(8, 9), MEGABYTE)
    assert slice_.buffer.change() == ({A, B}, set())
    assert sum(map(len, slice_.buffer.cut().records)) == BATCH_BYTES
    assert slice_.buffer.batch_is_full
    assert slice_.buffer.change() == (set(), set()), "more than a batch is left"
    assert [len(slice_.buffer.cut().records) for _ in range(2)] == [4, 1]
    assert slice_.buffer.change() == (set(), {A, B})


def test_one_record_of_more_bytes_than_a_batch_is_a_batch() -> None:
    slice_ = Slice().end(DAYS, 0).take_in(A, range(2), 5 * MEGABYTE)
    assert slice_.cut() == run(A, 2)
    assert [len(cut.records) for cut in slice_.cuts] == [1, 1]


def test_big_records_behind_a_day_pause_their_topic_by_their_bytes() -> None:
    slice_ = Slice({A: 1}).take_in(DAYS, range(1)).take_in(B, range(4), MEGABYTE)
    assert slice_.buffer.change() == (set(), set())
    assert slice_.take_in(B, range(4, 5), MEGABYTE).buffer.change() == ({B}, set())
    assert slice_.take_in(A, range(1)).end(DAYS, 1).cut() == [(A, 0), (DAYS, 0), *run(B, 5)]
    assert slice_.buffer.change() == (set(), {B})


def test_what_kafka_holds_is_missed_by_whom_did_not_get_it_unless_he_does_not_want_it_now() -> None:
    slice_ = Slice({A: 1}).take_in(DAYS, range(1)).take_in(A, range(3)).take_in(B, range(5), MEGABYTE)
    ends = {DAYS: 1, A: 4, B: 9}
    assert slice_.buffer.unseen(ends) == {(A, 0, 3, 1), (B, 0, 5, 1), (DAYS, 0, 1, 1)}
    assert slice_.buffer.change() == ({B}, set())
    assert slice_.buffer.unseen(ends) == {(A, 0, 3, 1), (DAYS, 0, 1, 1)}
    assert slice_.end(A, 4).buffer.unseen(ends) == {(DAYS, 0, 1, 1)}, "whether there are more days"
    assert slice_.end(DAYS, 1).buffer.unseen(ends) == set()


class Log(NamedTuple):
    """A topic's offsets that hold a record; the others are holes. `end`: the offset of the next record."""

    offsets: list[int]
    end: int


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Ends], dict[str, Log]]:
    """Days whose ends rise, and logs that go on behind the last day."""
    logs, marks = {}, {}
    for topic in (A, B):
        end_ = draw(st.integers(0, 30))
        logs[topic] = Log([n for n in range(end_) if draw(st.integers(0, 4)) != 0], end_)
        marks[topic] = sorted(draw(st.lists(st.integers(0, end_), min_size=6, max_size=6)))
    number = draw(st.integers(0, 6))
    return [{topic: marks[topic][n] for topic in (A, B)} for n in range(number)], logs


@given(histories(), st.randoms(use_true_random=False))
def test_however_records_arrive_each_day_has_before_it_exactly_what_lay_below_its_ends(
    history: tuple[list[Ends], dict[str, Log]], luck: random.Random
) -> None:
    days, logs = history
    slice_ = Slice(*days)
    for message in _arriving(days, logs, luck):
        slice_.buffer.take_in(message)
        if luck.random() < 0.3:
            slice_.cut()
    slice_.cut()
    for topic, log in logs.items():
        assert [offset for name, offset in slice_.seen if name == topic] == log.offsets
    assert slice_.reached == {DAYS: len(days), **{topic: log.end for topic, log in logs.items()}}
    for number, ends in enumerate(days):
        before = slice_.seen[: slice_.seen.index((DAYS, number))]
        for topic, log in logs.items():
            below = [offset for offset in log.offsets if offset < ends[topic]]
            assert [offset for name, offset in before if name == topic] == below


def _arriving(days: list[Ends], logs: dict[str, Log], luck: random.Random) -> Iterator[Message]:
    """Each topic's records in order and its end, mixed by chance."""
    queues = {
        topic: [*(record(topic, offset) for offset in log.offsets), end(topic, log.end)] for topic, log in logs.items()
    }
    queues[DAYS] = [*(record(DAYS, number) for number in range(len(days))), end(DAYS, len(days))]
    while some := [queue for queue in queues.values() if queue]:
        yield luck.choice(some).pop(0)
