"""Time as an event: `day-begun(D)`, once per slice, with the end offsets of the slice's topics then (DESIGN 2.3)."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, nullcontext
from datetime import UTC, date, datetime, timedelta
from itertools import product

from confluent_kafka import Consumer, KafkaException, TopicPartition

from infra.errors import AlarmError, TransientError
from infra.kafka import REQUEST_TIMEOUT_S, admin, end_offsets, topic_ids, watermarks
from infra.progress import Say, silent
from producers.sender import Sender
from schemas.clock import DayBegun
from schemas.codec import encode
from schemas.dates import copenhagen_day, midnight, next_day
from schemas.headers import headers
from schemas.ids import derived_id
from schemas.topic import SLICES
from schemas.topics import DAY_BEGUN, TOPICS

WRITES = (DAY_BEGUN,)
SOURCE = "producers/clock"
LOG = logging.getLogger(__name__)

MAX_MISSED_DAYS = 31
"""Days that `run` catches up by itself. A clock wrong by more would delete records early, so a person decides."""

BUNCH_DAYS = 31
"""Days caught up at once, with the end offsets of one moment: no record can come in between past days any more."""

CHECK_INTERVAL_S = 60.0
"""Seconds after which the clock looks for midnight again, at the latest: machines sleep, and their clocks are set."""

RETRY_INTERVAL_S = 5.0

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
    kafka: str,
    ids: Mapping[str, int],
    from_day: date,
    to_day: date,
    say: Say = silent,
    sender: Sender | None = None,
) -> list[date]:
    """Begins every day up to `to_day` that some slice lacks, in the slices that lack it; returns those days.

    Goes on where the topic ends, so that no day is left out; `from_day` counts while it is empty. Days that are caught
    up follow one another by `BUNCH_DAYS`, each acknowledged in all slices before the next bunch begins. `ids`: schema
    ids by topic name; `sender`: an open one. Repeating is harmless.
    """
    client = admin(kafka)
    topic_ids(client, [topic.name for topic in TOPICS])  # raises at once when a topic is missing
    last = last_days(kafka)
    days = days_to_begin(last_in_all(last) or from_day - timedelta(days=1), to_day)
    if not days:
        say(f"Nothing to do: {to_day} has begun already.")
        return days
    with nullcontext(sender) if sender else Sender(kafka, "dfdg-clock") as sender:
        for bunch in (days[n : n + BUNCH_DAYS] for n in range(0, len(days), BUNCH_DAYS)):
            ends = end_offsets(client, [topic.name for topic in TOPICS if topic is not DAY_BEGUN])
            for day, (slice_, begun) in product(bunch, enumerate(last)):
                if begun is None or begun < day:
                    begin_day(sender, day, slice_, ends[slice_], ids[DAY_BEGUN.name])
            sender.finish()
            for day in bunch:
                say(f"{day} has begun.")
    return days


def run(
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
                _catch_up(kafka, ids, today, say)
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


def last_days(kafka: str) -> list[date | None]:
    """The last day that each slice has; None where it has none (any more)."""
    settings = {"bootstrap.servers": kafka, "group.id": "dfdg-clock", "enable.auto.commit": False, "logger": LOG}
    settings["fetch.wait.max.ms"] = FETCH_WAIT_MS
    try:
        with closing(Consumer(settings)) as consumer:
            return _last_days(consumer)
    except KafkaException as error:
        raise TransientError(f"Kafka does not answer: {error.args[0].str()}.") from error


def _last_days(consumer: Consumer) -> list[date | None]:
    last: list[date | None] = [None] * SLICES
    waited: dict[int, TopicPartition] = {}
    for slice_ in range(SLICES):
        low, high = watermarks(consumer, DAY_BEGUN.name, slice_)
        if high > low:
            waited[slice_] = TopicPartition(DAY_BEGUN.name, slice_, high - 1)
    consumer.assign(list(waited.values()))  # together: else the first is fetched, and waited for, alone
    deadline = time.monotonic() + REQUEST_TIMEOUT_S
    while waited:
        for record in consumer.consume(len(waited), 1.0):
            if (error := record.error()) is not None:
                raise KafkaException(error)
            slice_ = record.partition() or 0
            last[slice_] = _day(record.key(), slice_)
            waited.pop(slice_, None)
        if waited and time.monotonic() > deadline:
            raise TransientError(
                f"Kafka did not give the last day of slices {sorted(waited)} in {REQUEST_TIMEOUT_S} s."
            )
    return last


def _day(key: bytes | None, slice_: int) -> date:
    try:
        return date.fromisoformat((key or b"").decode())
    except ValueError:
        raise AlarmError(
            f"The last record of {DAY_BEGUN.name}, partition {slice_}, has no day as its key: it is not the clock's."
            " Find out who writes there; only the clock may."
        ) from None


def _catch_up(kafka: str, ids: Mapping[str, int], today: date, say: Say) -> None:
    missing = days_to_begin(last_in_all(last_days(kafka)), today)
    if len(missing) > MAX_MISSED_DAYS:
        raise AlarmError(
            f"{len(missing)} days are missing up to {today}. If today is {today}, begin them by hand first"
            " (`dfdg clock to`); if it is not, set this machine's clock right."
        )
    if missing:
        begin_days(kafka, ids, today, today, say)


def begin_day(sender: Sender, day: date, slice_: int, ends: dict[str, int], schema_id: int) -> None:
    """Hands over the record that the day has begun in that slice, whose topics had these end offsets."""
    event = DayBegun(occurred_at=midnight(day), day_begun=day, ends=ends)
    id_ = derived_id(DAY_BEGUN.name.encode(), event.key.encode(), b"%d" % slice_).hex()
    value = encode(event, schema_id)
    sender.send(DAY_BEGUN.name, slice_, event.key.encode(), value, headers(id_, SOURCE, event))
