"""Whatever anyone may put on a topic is an event that no rule fails on, or unreadable; nothing else comes of it.

The examples of each schema with some fields replaced by what the schema allows, then some bytes changed.
"""

import io
from datetime import date
from typing import Any

import fastavro
from confluent_kafka import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.cli.catalog import DECISIONS
from infra.engine.intake import Intake
from schemas.codec import UnreadableError, contract
from schemas.event import Event
from schemas.headers import RawHeaders
from schemas.ids import slice_of
from schemas.topic import SLICES, Topic, Writer
from schemas.topics import DAY_BEGUN, TOPICS
from streams.decision import Decision, Subject
from tests.contract.catalogue import KINDS, example

DAYS = (date(2021, 6, 14), date(2023, 1, 31))
EXAMPLES = 400
INPUTS = [topic for topic in TOPICS if topic.writer is Writer.ANYONE and topic is not DAY_BEGUN]
READERS: dict[str, list[Decision[Any]]] = {
    topic.name: [each for each in DECISIONS if topic in each.reads and not topic.broadcast] for topic in INPUTS
}
EDGES = [0, 1, -1, 2**31 - 1, -(2**31)]
TEXTS = st.one_of(
    st.text(max_size=20), st.sampled_from(["", "\0", "0101701234", "x" * 300, "c-1", "æ-1", "../..", "1"])
)


class OurSchemas:
    """Every record was written with our own schema."""

    def writer_schema(self, _schema_id: int, topic: Topic) -> Any:
        return contract(topic.event.SCHEMA)


INTAKE = Intake(TOPICS, OurSchemas(), {})


def values(schema: Any) -> st.SearchStrategy[Any]:
    """What a field of this Avro type may hold, edges often."""
    match schema:
        case list():
            return st.one_of([values(branch) for branch in schema])
        case {"type": "array", "items": items}:
            return st.lists(values(items), max_size=3)
        case {"type": "map", "values": kind}:
            return st.dictionaries(TEXTS, values(kind), max_size=3)
        case {"logicalType": "date"}:
            return st.one_of(st.sampled_from([*EDGES, -719_162, 2_932_896]), st.integers(18_000, 19_500))
        case {"logicalType": "timestamp-micros"}:
            within = st.integers(1_600_000_000_000_000, 1_700_000_000_000_000)
            return st.one_of(st.sampled_from([0, -(2**63), 2**63 - 1, 253_402_300_799_999_999]), within)
        case {"type": kind}:
            return values(kind)
        case "null":
            return st.none()
        case "boolean":
            return st.booleans()
        case "int" | "long":
            return st.one_of(st.sampled_from(EDGES), st.integers(-100, 100))
    assert schema == "string", schema
    return TEXTS


@st.composite
def written(draw: Any) -> tuple[Topic, bytes]:
    """A topic, and Avro of its schema that need not be valid."""
    topic: Topic = draw(st.sampled_from(INPUTS))
    schema = contract(topic.event.SCHEMA)
    fields = {field["name"]: field["type"] for field in schema["fields"]}
    known: dict[str, Any] = dict(example(topic.event, draw(st.sampled_from(KINDS))).__dict__)
    for name in draw(st.lists(st.sampled_from(sorted(fields)), max_size=3, unique=True)):
        known[name] = draw(values(fields[name]))
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema, known)
    return topic, b"\0\0\0\0\x07" + out.getvalue()


@settings(derandomize=True, deadline=None, max_examples=EXAMPLES)  # no claim about time
@given(written(), st.data())
def test_what_a_schema_allows_is_an_event_that_no_rule_fails_on_or_unreadable(
    record: tuple[Topic, bytes], data: st.DataObject
) -> None:
    topic, value = record
    if data.draw(st.booleans()):
        start = data.draw(st.integers(0, len(value)))
        value = value[:start] + data.draw(st.binary(max_size=12)) + value[start + data.draw(st.integers(0, 9)) :]
    try:
        event = INTAKE._event(topic, message(topic, value))
    except UnreadableError as error:
        assert 0 < len(str(error)) < 2_000  # noqa: PT017 - reading may also succeed, so there is nothing to expect
        assert "\0" not in str(error)  # noqa: PT017 - no text of PostgreSQL has it
        return
    happens(topic, event)


@settings(derandomize=True, deadline=None, max_examples=EXAMPLES)
@given(
    topic=st.sampled_from(INPUTS),
    key=st.one_of(st.none(), st.binary(max_size=300)),
    value=st.one_of(st.none(), st.binary(max_size=100)),
    about=st.lists(
        st.tuples(st.sampled_from(["ce_id", "ce_source", "ce_sequence", "x"]), st.one_of(st.none(), st.binary())),
        max_size=70,
    ),
)
def test_an_envelope_of_any_bytes_is_unreadable_and_nothing_else(
    topic: Topic, key: bytes | None, value: bytes | None, about: RawHeaders
) -> None:
    slice_ = slice_of(key, SLICES) if key else 0
    record = Message(topic=topic.name, partition=slice_, offset=0, key=key, value=value, headers=about)
    try:
        INTAKE.reread(record, slice_)
    except UnreadableError as error:
        assert str(error)  # noqa: PT017 - bytes may by chance be an event
        assert "\0" not in str(error)  # noqa: PT017 - no text of PostgreSQL has it


def message(topic: Topic, value: bytes) -> Message:
    """With the key that the event in it has, if it is one, so that the event itself is judged."""
    try:
        schema = contract(topic.event.SCHEMA)
        fields: Any = fastavro.schemaless_reader(io.BytesIO(value[5:]), schema, None)
        key = str(fields[topic.event.KEY]).encode()
    except Exception:  # noqa: BLE001 - whatever it is, `_event` will say it
        key = b""
    return Message(topic=topic.name, partition=0, offset=0, key=key, value=value, headers=[])


def happens(topic: Topic, event: Event) -> None:
    """To every decision that reads it, twice, with days between."""
    for decision in READERS[topic.name]:
        subject = Subject(decision, None, bytes(16))
        for number, day in enumerate(DAYS):
            subject.apply(event, bytes([number] * 16), DAYS[0])
            subject.advance_to(day)
