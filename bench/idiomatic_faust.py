"""What Faust's own guide leads to: an agent, a table with a changelog, and every send awaited until Kafka has it.

State lies in memory and in the changelog, not in PostgreSQL; records may be decided twice after a crash.
"""

import asyncio
import os
import time
from typing import Any

import faust

from infra.registry import Registry
from infra.settings import Settings
from schemas.codec import decode, encode, frame
from schemas.headers import headers, parse
from schemas.ids import ID_DIGITS, id_of
from schemas.topic import SLICES
from schemas.topics import BY_NAME, CV_EXEMPTION_RECORDED, CV_REQUIREMENT_CHANGED, NOTICE_ISSUED, SITUATION_RECORDED
from streams.cv_requirement import decision
from streams.decision import Subject
from streams.policies.cv_state import CvDuties

OUTPUTS = (CV_REQUIREMENT_CHANGED, NOTICE_ISSUED)


def build() -> Any:
    """The app; its command line is Faust's."""
    there = Settings().addresses()
    registry = Registry(there.registry)
    ids = registry.resolve(OUTPUTS)
    name = os.environ["BENCH_GROUP"]
    app = faust.App(
        name,
        broker=f"kafka://{there.kafka}",
        store="memory://",
        processing_guarantee=os.environ.get("BENCH_GUARANTEE", "at_least_once"),
        topic_partitions=SLICES,
        topic_replication_factor=1,
        topic_disable_leader=True,
        datadir=os.environ["BENCH_FOLDER"],
    )
    raw: dict[str, Any] = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
    facts = app.topic(SITUATION_RECORDED.name, CV_EXEMPTION_RECORDED.name, **raw)
    outputs = {topic.event: (app.topic(topic.name, **raw), ids[topic.name]) for topic in OUTPUTS}
    duties = app.Table("duties", key_type=str, value_type=str, partitions=SLICES)

    async def decide(stream: Any) -> None:
        began = False
        async for record in stream.events():
            if not began:
                print(f"first record {time.monotonic()}", flush=True)
                began = True
            topic, framed = BY_NAME[record.message.topic], frame(record.value)
            event = decode(framed.body, registry.writer_schema(framed.schema_id, topic), topic.event)
            id_ = id_of(parse(record.headers.items())["ce_id"], "")
            known = duties.get(event.key)
            state = CvDuties.model_validate_json(known[ID_DIGITS:]) if known else None
            subject = Subject(decision, state, bytes.fromhex(known[:ID_DIGITS]) if known else bytes(16))
            sending = []
            for out, out_id, cause in subject.apply(event, id_, None):
                to, schema_id = outputs[type(out)]
                envelope: Any = headers(out_id.hex(), "faust", out, cause.hex())
                value = encode(out, schema_id)
                sending.append(await to.send(key=out.key.encode(), value=value, headers=envelope))
            await asyncio.gather(*sending)
            if subject.state is not None and subject.state != state:
                duties[event.key] = subject.cause.hex() + subject.state.model_dump_json(exclude_defaults=True)

    app.agent(facts, name="decide")(decide)
    return app


if __name__ == "__main__":
    build().main()
