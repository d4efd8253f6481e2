"""Days order the topics of a slice, also in a backlog: no request is decided before the facts of earlier days."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from itertools import count, islice
from pathlib import Path

from confluent_kafka import Producer

from consumers.record_lock import deleted_for_good
from infra.addresses import Addresses
from infra.cli.catalog import sources
from infra.consumer_group import THREADS, ConsumerGroup
from infra.engine.consumer import Wiring
from infra.registry import Registry
from infra.source.partition_state import Work
from schemas.codec import contract, decode, encode, frame
from schemas.headers import headers
from schemas.ids import slice_of
from schemas.jobad import ClientSystemRecorded, JobAdAnswered
from schemas.topic import SLICES
from schemas.topics import CLIENT_SYSTEM_RECORDED, JOB_AD_ANSWERED, JOB_AD_SUBMITTED
from streams.job_ads import decision
from streams.processor import Processor
from tests.integration.country import Fact
from tests.integration.system import System, make_system, wait_for
from tests.jobad_builders import client, submitted

REGISTERED, SUBMITTED = date(2021, 6, 16), date(2021, 6, 20)
CLIENTS, ADVERTS = 6_000, 20
"""So many that the adverts come before the last clients: of each topic Kafka gives a megabyte at once."""


def test_ad_1_a_client_registered_four_days_before_its_advert_is_known_though_both_lie_in_one_backlog(
    addresses: Addresses, database: str, tmp_path: Path
) -> None:
    system = make_system(addresses, database, tmp_path, {decision.name: decision.reads})
    clients = list(islice((name for n in count() if slice_of((name := f"client-{n}").encode(), SLICES) == 0), CLIENTS))
    system.publish([REGISTERED])
    fact = client(f"{REGISTERED} 08:00", str(REGISTERED))
    _publish_large(system, [fact.model_copy(update={"client": name}) for name in clients])
    request = submitted(f"{SUBMITTED} 10:00")
    adverts = [request.model_copy(update={"client": name}) for name in clients[-ADVERTS:]]
    system.publish([SUBMITTED, *(Fact(JOB_AD_SUBMITTED, advert, f"of-{advert.client}") for advert in adverts)])
    with _running(system):
        wait_for("everything decided", lambda: system.drained(SUBMITTED))
    answers = [
        decode(frame(record.value()).body, contract(JobAdAnswered.SCHEMA), JobAdAnswered)
        for record in system.messages(JOB_AD_ANSWERED).values()
    ]
    assert [getattr(answer, "granted", None) for answer in answers] == [True] * ADVERTS


def _publish_large(system: System, facts: Sequence[ClientSystemRecorded]) -> None:
    """Not compressed."""
    producer = Producer({"bootstrap.servers": system.addresses.kafka})
    topic = CLIENT_SYSTEM_RECORDED.name
    for fact in facts:
        value = encode(fact, system.schema_ids[topic])
        producer.produce(topic, value, fact.key.encode(), 0, headers=headers(fact.client, "test", fact))
    assert producer.flush(30) == 0


@contextmanager
def _running(system: System) -> Iterator[None]:
    addresses = replace(system.addresses, dsn=system.dsn)
    wiring = Wiring(addresses, Registry(addresses.registry), system.schema_ids, deleted_for_good, sources())
    with ThreadPoolExecutor(THREADS) as threads:

        def deliver(work: Work) -> None:
            threads.submit(group.run, work)

        group = ConsumerGroup(Processor(decision), wiring, deliver)
        group.start()
        try:
            yield
        finally:
            group.stop()
