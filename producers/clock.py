"""Time as an event: `day-begun(D)`, once per slice, with the end offsets of the slice's topics then (DESIGN 2.3)."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, nullcontext
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import cast

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition
from psycopg import Connection

from infra.engine import failpoints
from infra.engine.days import SOURCE, calendar, check_day, day_id
from infra.engine.failures import known_failures
from infra.errors import AlarmError, TransientError
from infra.kafka import REQUEST_TIMEOUT_S, admin, end_offsets, topic_ids, watermarks
from infra.progress import Say, silent
from producers.calendar import allow, leap, note, stand
from producers.sender import Sender
from schemas.clock import DayBegun
from schemas.codec import UnreadableError, contract, decode, encode, frame
from schemas.dates import copenhagen_day, midnight, next_day
from schemas.headers import headers
from schemas.topic import SLICES
from schemas.topics import DAY_BEGUN, TOPICS

WRITES = (DAY_BEGUN,)
LOG = logging.getLogger(__name__)

MAX_MISSED_DAYS = 2
"""Missing days that begin by themselves. More may be a wrong clock, which would delete early: a person looks."""

BUNCH_DAYS = 31
"""Days caught up at once, with the end offsets of one moment: no record can come in between past days any more."""

CHECK_INTERVAL_S = 60.0
"""Seconds after which the clock looks for midnight again, at the latest: machines sleep, and their clocks are set."""

RETRY_INTERVAL_S = 5.0

LOOK_BACK = 1_000
"""Records of a slice's end that are read back: its last day, though others wrote there meanwhile. A day that lies still
further back begins once more, which is harmless."""

FETCH_WAIT_MS = 50
"""The records read back are there already; the client was seen to wait the default, 500 ms, in full."""


def days_to_begin(last: date | None, today: date) -> list[date]:
    """The days that are missing: those after `last` up to `today`, in order; today alone when none ever began."""
    first = today if last is None else next_day(last)
    return [first + timedelta(days=n) for n in range((today - first).days + 1)]


def last_in_all(last: Sequence[date | None]) -> date | None:
    """The last day that no slice lacks; None when none has any. A crash may leave the slices at different days."""
    known = [day for day in last if day is not None]
    if not known:
        return None
    return min(known) if len(known) == len(last) else min(known) - timedelta(days=1)


def begin_days(
    connection: Connection,
    kafka: str,
    ids: Mapping[str, int],
    from_day: date,
    to_day: date,
    say: Say = silent,
    sender: Sender | None = None,
    agreed: str | None = None,
) -> list[date]:
    """Begins every day up to `to_day` that some slice lacks, in the slices that lack it; returns those days.

    Goes on behind the last day of the clock's own row, so that no day is left out; `from_day` counts while there is
    none. Each bunch of `BUNCH_DAYS` is noted there before it is written, and acknowledged in all slices before the next
    one. `ids`: schema ids by topic name; `sender`: an open one. Repeating is harmless. In a real database no day begins
    before its midnight (`EarlyError`), and `agreed` names the person who lets more than `MAX_MISSED_DAYS` begin, else
    `AlarmError`.
    """
    client = admin(kafka)
    topic_ids(client, [topic.name for topic in TOPICS])  # raises at once when a topic is missing
    with known_failures():
        begun, simulated = stand(connection)
        allow(connection, to_day)
    missing = days_to_begin(begun or from_day - timedelta(days=1), to_day)
    if begun is not None and not simulated and len(missing) > MAX_MISSED_DAYS:
        if agreed is None:
            raise AlarmError(_missed(begun, to_day, len(missing)))
        leap(connection, agreed, begun, to_day)
    last = last_days(kafka, begun)
    days = days_to_begin(last_in_all(last) or (begun or from_day) - timedelta(days=1), max(to_day, begun or to_day))
    if not days:
        say(f"Nothing to do: {to_day} has begun already.")
        return days
    with nullcontext(sender) if sender else Sender(kafka, "dfdg-clock") as sender:
        for bunch in (days[n : n + BUNCH_DAYS] for n in range(0, len(days), BUNCH_DAYS)):
            with known_failures():
                note(connection, bunch[-1])
            failpoints.reach("days noted")
            ends = end_offsets(client, [topic.name for topic in TOPICS if topic is not DAY_BEGUN])
            for day, (slice_, known) in product(bunch, enumerate(last)):
                if known is None or known < day:
                    begin_day(sender, day, slice_, ends[slice_], ids[DAY_BEGUN.name])
            sender.finish()
            for day in bunch:
                say(f"{day} has begun.")
    return days


def _missed(begun: date, to_day: date, days: int) -> str:
    return (
        f"{days} days are missing up to {to_day}: {begun} was the last one. If {to_day} has come, a person begins them"
        f" (`dfdg clock to {to_day}` shows what they would delete); if not, set this machine's clock right."
    )


def know_again(connection: Connection, kafka: str) -> None:
    """After a restore: notes the last day that the topic has in every slice, which the backup may not know: a consumer
    takes it from the topic whatever the clock knows. In a real database no day counts before its midnight."""
    known = calendar(connection)
    days = last_days(kafka, date.max if known.simulated else copenhagen_day(known.now))
    there = [day for day in days if day is not None]
    if len(there) == SLICES:
        note(connection, min(there))


def run(
    connect: Callable[[], Connection],
    kafka: str,
    ids: Mapping[str, int],
    stop: threading.Event,
    now: Callable[[], datetime],
    say: Say = silent,
) -> None:
    """Begins each Copenhagen day at its midnight until `stop` is set; days missed before are caught up one by one.

    `now` tells the moment, with a time zone. Servers that are away are tried again. Raises `AlarmError` when more than
    `MAX_MISSED_DAYS` are missing.
    """
    reached: date | None = None
    while not stop.is_set():
        today = copenhagen_day(now())
        try:
            if reached is None or reached < today:
                with known_failures():
                    connection = connect()
                with closing(connection):
                    begin_days(connection, kafka, ids, today, today, say)
                reached = today
            wait_s = min(CHECK_INTERVAL_S, seconds_left(today, now()))
        except TransientError as error:
            say(f"{error} The clock tries again.")
            wait_s = RETRY_INTERVAL_S
        stop.wait(wait_s)


def wall_clock() -> datetime:
    """The moment by this machine's clock: the `now` of real life, and the `occurred_at` of events that happen here."""
    return datetime.now(UTC)


def seconds_left(today: date, moment: datetime) -> float:
    """From the moment to the end of the Copenhagen day, which has 23, 24 or 25 hours; below zero when that is past."""
    return (midnight(next_day(today)) - moment).total_seconds()


def last_days(kafka: str, begun: date | None) -> list[date | None]:
    """The last day that the topic has in each slice, `begun` at most; None where it has none (any more).

    Only what the clock has written counts, and `begun` is what it has noted: a later day is not its own."""
    settings = {"bootstrap.servers": kafka, "group.id": "dfdg-clock", "enable.auto.commit": False, "logger": LOG}
    settings["fetch.wait.max.ms"] = FETCH_WAIT_MS
    if begun is None:
        return [None] * SLICES
    try:
        with closing(Consumer(settings)) as consumer:
            return _last_days(consumer, begun)
    except KafkaException as error:
        raise TransientError(f"Kafka does not answer: {error.args[0].str()}.") from error


def _last_days(consumer: Consumer, begun: date) -> list[date | None]:
    last: list[date | None] = [None] * SLICES
    left: dict[int, int] = {}
    starts = []
    for slice_ in range(SLICES):
        low, high = watermarks(consumer, DAY_BEGUN.name, slice_)
        if high > low:
            start = max(low, high - LOOK_BACK)
            left[slice_] = high - start
            starts.append(TopicPartition(DAY_BEGUN.name, slice_, start))
    consumer.assign(starts)  # together: else the first is fetched, and waited for, alone
    deadline = time.monotonic() + REQUEST_TIMEOUT_S
    while any(left.values()):
        for record in consumer.consume(min(LOOK_BACK, sum(left.values())), 1.0):
            if (error := record.error()) is not None:
                raise KafkaException(error)
            slice_ = record.partition() or 0
            left[slice_] -= 1
            if (day := _day(record, slice_)) is not None and day <= begun:
                last[slice_] = max(day, last[slice_] or day)
        if any(left.values()) and time.monotonic() > deadline:
            lacking = sorted(slice_ for slice_, records in left.items() if records)
            raise TransientError(f"Kafka did not give the last day of slices {lacking} in {REQUEST_TIMEOUT_S} s.")
    return last


def _day(record: Message, slice_: int) -> date | None:
    """The day that the clock began by this record; None for a record that it has not written."""
    try:
        event = cast(DayBegun, decode(frame(record.value()).body, contract(DayBegun.SCHEMA), DayBegun))
        check_day(record, event, slice_)
    except UnreadableError:
        return None
    return event.day_begun


def begin_day(sender: Sender, day: date, slice_: int, ends: dict[str, int], schema_id: int) -> None:
    """Hands over the record that the day has begun in that slice, whose topics had these end offsets."""
    event = DayBegun(occurred_at=midnight(day), day_begun=day, ends=ends)
    envelope = headers(day_id(event, slice_).hex(), SOURCE, event)
    sender.send(DAY_BEGUN.name, slice_, event.key.encode(), encode(event, schema_id), envelope)
