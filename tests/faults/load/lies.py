"""The lies of one day of the load: records that nobody of ours has written, each with whether it must be refused."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple, cast

from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, TopicPartition

from infra.engine.days import SOURCE, day_id
from schemas.clock import DayBegun
from schemas.codec import encode
from schemas.dates import add_years, midnight
from schemas.event import Event
from schemas.headers import RawHeaders, headers
from schemas.ids import slice_of
from schemas.job_suggestions import JobSuggestionCheckRecorded
from schemas.joblog import JoblogEntryRecorded
from schemas.retention import DeletionBlocked, DeletionOrdered, LegalHoldRecorded
from schemas.topic import SLICES, Topic
from schemas.topics import (
    CV_EXEMPTION_RECORDED,
    CV_REQUIREMENT_CHANGED,
    DAY_BEGUN,
    DELETION_BLOCKED,
    DELETION_ORDERED,
    JOB_SUGGESTION_CHECK_RECORDED,
    JOBLOG_ENTRY_RECORDED,
    REFERRAL_RECORDED,
)
from tests.builders import changed, exemption
from tests.faults.load.country import FIRST_DAY, PARKED, Country, referral_of_parked
from tests.integration.system import FORGED
from tests.retention_builders import blocked, entry, ordered

NOBODYS_SCHEMA = 2_000_000_000
AHEAD, FAR_AHEAD = timedelta(days=3_650), timedelta(days=5_000)
ANSWER_S = 5.0
GAP_ON, GAP = 2, 99
"""The day of the load on which a sequence leaps, and to where. Its slice stops until an operator passes it."""

SPELLINGS = ("1", "01", "+1", "9223372036854775808", str(2**70))
"""Sequences; of the first one only the record's partition is forged."""

CPRS = ("cpr 010170\u20111234", "０１０１７０-１２３４", "født 01.01.70 / 1234", "010170\u200b1234")
NOTES = ("01.06.21 13.00", "tlf. 33 12 34 56", "ordre 1012211234")
"""Notes with a made-up CPR number, and ordinary ones."""

LONG_AGO_MS = 1_000_000_000_000
SAME_DIGITS = "5ca1ab1e" * 3


class Lie(NamedTuple):
    """One forged record; `refused`: whether it must be. `at_ms`: the time that its writer gives it."""

    kind: str
    refused: bool
    topic: Topic
    slice: int
    key: bytes
    value: bytes
    headers: RawHeaders
    at_ms: int = 0

    def saying(self, name: str, value: bytes) -> "Lie":
        """The same with another value of one header."""
        return self._replace(headers=[(each, value if each == name else said) for each, said in self.headers])


@dataclass
class Forger:
    """`sequences`: the last one of each source that it invents, by topic and partition: they must have no gap."""

    kafka: str
    schema_ids: Mapping[str, int]
    sequences: Counter[tuple[str, int]] = field(default_factory=Counter)

    def lies(self, load: Country, index: int, *, begun: bool) -> Iterator[Lie]:
        """Those of a day that has begun. `index`, its number in the load, makes their ids. `begun`: every slice has
        begun the first day."""
        day = load.days[index][0]
        yield from self._facts(day, index)
        yield from self._notes(day, index)
        yield from self._of_the_ledger(day, index)
        yield from self._days(day, index)
        if index < len(PARKED):
            yield from self._garbage(PARKED[index], day, everywhere=index % 2 == 0)
        yield from self._orders([fact.event for fact in load.first], day, begun)

    def _facts(self, day: date, index: int) -> Iterator[Lie]:
        """Facts about people without a situation: an exemption of theirs changes nothing."""
        who, at, topic = f"liar-{index}", f"{day} 07:00", CV_EXEMPTION_RECORDED
        told = exemption(at, citizen=who)
        for kind in ("source", "date", "schema"):
            yield self._lie(kind, False, topic, told, headers(f"{who}-{kind}", "somebody", told))
        yield self._lie("time", False, topic, told, headers(f"{who}-time", "somebody", told))._replace(
            at_ms=LONG_AGO_MS
        )
        ahead = exemption(f"{day + AHEAD} 07:00", citizen=who)
        yield self._lie("date", True, topic, ahead, headers(f"{who}-ahead", "somebody", ahead))
        other = exemption(at, citizen=who, kind="from-being-searchable")
        for refused, event in ((False, told), (True, other)):
            yield self._lie("id", refused, topic, event, headers(f"{who}-id", "somebody", event))
        digits = f"{SAME_DIGITS}{index:08x}"
        for source, event in (("somebody", told), ("somebody-else", other)):  # two facts, not a repetition
            yield self._lie("id", False, topic, event, headers(digits, source, event))
        for id_ in (NOBODYS_SCHEMA, self.schema_ids[REFERRAL_RECORDED.name]):
            parked = exemption(at, citizen=f"{who}-schema-{id_}")
            lie = self._lie("schema", True, topic, parked, headers(f"{who}-{id_}", "somebody", parked))
            yield lie._replace(value=encode(parked, id_))

    def _notes(self, day: date, index: int) -> Iterator[Lie]:
        who = f"liar-{index}"
        for kind, note in ((True, CPRS[index % len(CPRS)]), (False, NOTES[index % len(NOTES)])):
            event = entry(f"{day} 07:00", f"{who}-{kind}", citizen=who, note=note)
            envelope = headers(f"{who}-note-{kind}", "somebody", event)
            yield self._lie("note", kind, JOBLOG_ENTRY_RECORDED, event, envelope)

    def _of_the_ledger(self, day: date, index: int) -> Iterator[Lie]:
        """Records on a topic that only our ledger writes: forged ones, and a true one once more."""
        topic = CV_REQUIREMENT_CHANGED
        forged = changed(f"{day} 07:00", before=(True, True), now=(False, False), citizen=f"liar-{index}")
        lie = self._lie("source", True, topic, forged, headers(f"liar-{index}-evil", "evil/0", forged, sequence=1))
        yield lie
        lie = lie.saying("ce_source", b"cv-requirement/%d" % ((lie.slice + 1) % SLICES))  # where it writes nothing
        yield lie._replace(kind="key", slice=(lie.slice + 1) % SLICES)
        for spelt in SPELLINGS[1:]:
            yield lie._replace(kind="sequence").saying("ce_sequence", spelt.encode())
        yield from self._said_again(topic, index % SLICES)
        if index == GAP_ON:
            gap = self._lie("gap", True, topic, forged.but(citizen="liar-gap"), lie.headers)
            source = b"cv-requirement/%d" % ((gap.slice + 1) % SLICES)
            yield gap.saying("ce_source", source).saying("ce_sequence", b"%d" % GAP)

    def _said_again(self, topic: Topic, slice_: int) -> Iterator[Lie]:
        """The first true record of that partition, if there is one by now."""
        for record in records(self.kafka, topic, (slice_,)):
            if FORGED not in dict(cast(RawHeaders, record.headers() or ())):
                key, value = cast(bytes, record.key()), cast(bytes, record.value())
                yield Lie("sequence", False, topic, slice_, key, value, cast(RawHeaders, record.headers()))
                return

    def _days(self, day: date, index: int) -> Iterator[Lie]:
        """Days in one slice: one that is far away, by the clock's own word and by another's, and today once more."""
        slice_ = index % SLICES
        for refused, begun, source in ((True, day + FAR_AHEAD, "evil"), (False, day, SOURCE)):
            event = DayBegun(occurred_at=midnight(begun), day_begun=begun, ends={})
            envelope = headers(day_id(event, slice_).hex(), source, event)
            lie = self._lie("day", refused, DAY_BEGUN, event, envelope)
            yield lie._replace(slice=slice_)

    def _garbage(self, who: str, day: date, *, everywhere: bool) -> Iterator[Lie]:
        """What nobody can read, with a citizen's key: before the cancellation of a referral, which then waits. And, if
        `everywhere`, where the deadlines of records are known, so that nobody looks for what is due; else that is
        ordered, and must not be deleted."""
        cancelled = referral_of_parked(who, at=f"{day} 07:00", cancelled_on=day)
        for topic in (REFERRAL_RECORDED, *((JOB_SUGGESTION_CHECK_RECORDED,) if everywhere else ())):
            lie = self._lie("garbage", True, REFERRAL_RECORDED, cancelled, headers(f"{who}-x", "somebody", cancelled))
            yield lie._replace(topic=topic, value=b"garbage")
        yield self._lie("garbage", False, REFERRAL_RECORDED, cancelled, headers(f"{who}-off", "somebody", cancelled))

    def _orders(self, facts: list[Event], day: date, begun: bool) -> Iterator[Lie]:
        """Orders to delete and to withhold the first records of the load, in the name of a slice of `retention` that
        never writes there. Of an order under a stranger's key nobody can tell that it is one: it deletes nothing."""
        entries = [event for event in facts if isinstance(event, JoblogEntryRecorded)]
        old = next(event for event in facts if isinstance(event, JobSuggestionCheckRecorded))
        new = max(entries, key=lambda each: each.occurred_at)
        holds = {event.citizen for event in facts if isinstance(event, LegalHoldRecorded)}
        held = next(each for each in entries if each.citizen in holds)
        of_new = {"citizen": new.citizen, "record": new.record, "updated_at": new.occurred_at, "anchor": new.day}
        note = {"due": add_years(new.day, 4)}
        orders: list[tuple[bool, DeletionOrdered | DeletionBlocked]] = [
            (True, ordered("2033-07-01", f"{day}", area="joblog-voluntary").but(**of_new, **note)),
            (True, ordered(f"{day}", f"{day}", area="joblog-voluntary").but(**of_new, **note, area="salaries")),
            (True, blocked("2033-07-01", f"{day}", "hold", area="joblog-voluntary").but(**of_new, **note)),
            (
                True,
                ordered(f"{day}", f"{day}", reference="invented").but(
                    citizen=held.citizen, record=held.record, updated_at=held.occurred_at, anchor=held.day,
                    due=add_years(held.day, 6),
                ),
            ),
        ]  # fmt: skip
        if begun:
            stranger = ordered(f"{FIRST_DAY}", f"{FIRST_DAY.replace(year=2015)}", old.record, "job-suggestion-checks")
            orders.append((False, stranger.but(citizen="liar-stranger", updated_at=old.occurred_at)))
        for refused, order in orders:
            topic = DELETION_ORDERED if isinstance(order, DeletionOrdered) else DELETION_BLOCKED
            slice_ = slice_of(order.key.encode(), SLICES)
            self.sequences[topic.name, slice_] += 1
            number, source = self.sequences[topic.name, slice_], f"retention/{(slice_ + 1) % SLICES}"
            envelope = headers(f"order-{slice_}-{number}", source, order, sequence=number)
            yield self._lie("order", refused, topic, order, envelope)

    def _lie(self, kind: str, refused: bool, topic: Topic, event: Event, envelope: RawHeaders) -> Lie:
        key, value = event.key.encode(), encode(event, self.schema_ids[topic.name])
        return Lie(kind, refused, topic, slice_of(key, SLICES), key, value, envelope)


def records(kafka: str, topic: Topic, slices: "range | tuple[int, ...]") -> Iterator[Message]:
    """Every record in those partitions of the topic, one partition after the other."""
    settings = {"bootstrap.servers": kafka, "group.id": "liar", "enable.partition.eof": True}
    with closing(Consumer(settings)) as reader:
        for slice_ in slices:
            reader.assign([TopicPartition(topic.name, slice_, OFFSET_BEGINNING)])
            while (record := reader.poll(ANSWER_S)) is not None and record.error() is None:
                yield record
