"""The liar: on every day of the load, lies beside what is honest, and at the end what became of each.

Of each kind there is a lie that must be refused, and one that nobody can tell from the truth without knowing who sent
it: that one passes. A lie bears its name in a header, so its dead letters are known. Those that pass are about people
whom the load does not know, or repeat what is true: they have no effect that anybody sees.
"""

import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import cast

import psycopg
from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, Producer

from infra.errors import TransientError
from producers.publisher import PublishError, publish
from producers.sender import Sender
from schemas.headers import RawHeaders
from schemas.topic import SLICES, Writer
from schemas.topics import CV_EXEMPTION_RECORDED
from tests.faults.load.country import PARKED, Country
from tests.faults.load.lies import Forger, Lie, records
from tests.integration.system import FORGED, Reads

SENT, REFUSED, PASSED = OUTCOMES = ("sent", "refused", "passed")
KINDS: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(
        ("source", "sequence", "day", "date", "id", "schema", "note", "garbage", "order", "line"), OUTCOMES
    ),
    "key": (SENT, REFUSED),  # that it is in another partition than its key's is plain
    "gap": (SENT, REFUSED),  # an operator refuses it
    "time": (SENT, PASSED),  # the broker overwrites it
    "plan": (SENT, REFUSED),  # see `intruder.py`, as for the next two
    "lock": (SENT, PASSED),
    "reading": OUTCOMES,
    "receipt": OUTCOMES,  # see `afterwards.py`, as for the next one
    "version": OUTCOMES,
}
"""The kinds of lies, and which of their counts must be above zero."""

FLUSH_S = 120.0
NUMBERS = (20210615, "1623628800", "0")
"""What other systems write for a moment."""

_LETTERS = "select consumer, headers from dead_letter.letter where status = 'new'"
_SEEN = """
select citizen from access.referral where citizen = any(%s)
    and (cancelled_on is not null or access.may_read('provider_' || provider, citizen))
"""


@dataclass
class Liar:
    """`sent`: each lie by its name. `lines`: the outcomes of lines that it gave to the edge."""

    kafka: str
    schema_ids: Mapping[str, int]
    forger: Forger = field(init=False)
    sent: dict[str, Lie] = field(default_factory=dict)
    lines: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.forger = Forger(self.kafka, self.schema_ids)

    def lie(self, load: Country, index: int, *, begun: bool) -> None:
        """Sends the lies of a day that has begun. When Kafka fails, the same ones are sent once more."""
        before = Counter(self.forger.sequences)
        try:
            with Sender(self.kafka, "liar") as sender:
                for number, lie in enumerate(self.forger.lies(load, index, begun=begun)):
                    name = f"{lie.kind}-{index}-{number}"
                    self._send(sender, lie, [*lie.headers, (FORGED, name.encode())])
                    self.sent[name] = lie
                sender.finish()
            self._publish(load.days[index][0], f"liar-{index}")
        except BaseException:
            self.forger.sequences = before
            raise

    def _send(self, sender: Sender, lie: Lie, envelope: RawHeaders) -> None:
        if not lie.at_ms:
            sender.send(lie.topic.name, lie.slice, lie.key, lie.value, envelope)
            return
        producer = Producer({"bootstrap.servers": self.kafka, "acks": "all"})  # ours gives no record a time
        producer.produce(lie.topic.name, lie.value, lie.key, lie.slice, headers=envelope, timestamp=lie.at_ms)
        if producer.flush(FLUSH_S):
            raise TransientError("the liar's record did not arrive")

    def _publish(self, day: date, who: str) -> None:
        """Lines at the edge, whose moments are numbers, and one that is right."""
        topic = CV_EXEMPTION_RECORDED
        line = {
            "citizen": who,
            "exemption": "x",
            "kind": "from-registering",
            "first_day": f"{day}",
            "last_day": f"{day}",
        }
        became = Counter[str]()
        for moment in (*NUMBERS, f"{day}T07:00:00+02:00"):
            said = io.BytesIO(json.dumps(line | {"occurred_at": moment}).encode())
            try:
                publish(topic, said, NOBODY, self.kafka, self.schema_ids[topic.name])
                became.update((SENT, PASSED))
            except PublishError:
                became.update((SENT, REFUSED))
        self.lines += became

    @property
    def on_our_topics(self) -> int:
        """How many records the liar has written to topics that only our ledger writes."""
        return sum(lie.topic.writer is Writer.LEDGER for lie in self.sent.values())

    def judged(self, dsn: str, reads: Reads) -> tuple[Counter[str], list[str]]:
        """How many lies of each kind were refused and how many passed, and what is wrong: a lie that some reader took
        though it must be refused, or refused though nobody can know that it is one."""
        refused_by: dict[str, set[str]] = {name: set() for name in self.sent}
        with psycopg.connect(dsn) as connection:
            for consumer, pairs in connection.execute(_LETTERS).fetchall():
                if (name := _name(pairs)) in refused_by:
                    refused_by[name].add(consumer)
            seen = connection.execute(_SEEN, (list(PARKED),)).fetchall()
        counts = Counter({f"line {outcome}": count for outcome, count in self.lines.items()})
        wrong = [f"{who} is parked, and is read about, or a cancellation overtook garbage" for (who,) in seen]
        if self.lines[PASSED] * len(NUMBERS) != self.lines[REFUSED]:
            wrong.append(f"of lines {dict(self.lines)}: {len(NUMBERS)} must be refused for one that passes")
        for name, lie in self.sent.items():
            wanted = {consumer for consumer, topics in reads.items() if lie.refused and lie.topic in topics}
            if refused_by[name] != wanted:
                wrong.append(f"lie {name} was refused by {sorted(refused_by[name])}, and must be by {sorted(wanted)}")
            counts[f"{lie.kind} {SENT}"] += 1
            counts[f"{lie.kind} {REFUSED if refused_by[name] else PASSED}"] += 1
        return counts, wrong + self._times()

    def _times(self) -> list[str]:
        """Records whose time is not the broker's."""
        found, today = dict[str, bool](), datetime.now(UTC).timestamp() * 1000
        for record in records(self.kafka, CV_EXEMPTION_RECORDED, range(SLICES)):
            kind, at_ms = record.timestamp()
            name = dict(cast(RawHeaders, record.headers() or ())).get(FORGED, b"")
            found[cast(bytes, name).decode()] = kind == TIMESTAMP_LOG_APPEND_TIME and today - at_ms < 86_400_000
        times = [name for name, lie in self.sent.items() if lie.kind == "time"]
        return [f"lie {name} is gone, or has its writer's time" for name in times if not found.get(name)]

    def gap(self) -> Lie | None:
        """The lie in front of which a slice stands until an operator passes it, once it is sent."""
        return next((lie for lie in self.sent.values() if lie.kind == "gap"), None)


class _Nobody:
    """No line has a CPR number that is looked up."""

    def subjects(self, cprs: Sequence[str]) -> dict[str, str]:
        raise AssertionError(f"{len(cprs)} numbers are looked up")


NOBODY = _Nobody()


def _name(pairs: Sequence[tuple[str, str]]) -> str:
    return next((bytes.fromhex(digits).decode() for header, digits in pairs if header == FORGED), "")
