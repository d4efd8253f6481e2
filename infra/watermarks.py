"""Where a partition's log begins and ends, asked of Kafka."""

from confluent_kafka import Consumer, KafkaException, TopicPartition

from infra.errors import TransientError
from infra.kafka import REQUEST_TIMEOUT_S


def watermarks(asking: Consumer, topic: str, partition: int, timeout_s: float = REQUEST_TIMEOUT_S) -> tuple[int, int]:
    """The offset of its first record, and of the next one that will be written. `TransientError` when Kafka does not
    say: the client raises then, or gives None; an offset below 0 is no answer either."""
    try:
        low, high = asking.get_watermark_offsets(TopicPartition(topic, partition), timeout=timeout_s) or (-1, -1)
    except KafkaException as error:
        raise TransientError(f"Kafka does not answer: {error.args[0].str()}") from error
    if low < 0 or high < 0:
        raise TransientError(f"Kafka does not answer: it does not say where {topic}/{partition} begins and ends.")
    return low, high
