"""Records of a slice, in the order in which they will be worked on. They leave in batches."""

from confluent_kafka import Message

BATCH_RECORDS = 2_000
"""Records of one batch: bigger ones cost latency and memory, smaller ones a transaction's fixed price more often."""

BATCH_BYTES = 4 * 1024 * 1024
"""Bytes that fill a batch, however few its records are: one record may have a megabyte."""


class RecordQueue:
    """Records in their order, and the bytes of their values."""

    def __init__(self) -> None:
        self.records: list[Message] = []
        self.bytes = 0

    def __len__(self) -> int:
        return len(self.records)

    def put(self, record: Message) -> None:
        self.records.append(record)
        self.bytes += len(record)

    def take(self) -> list[Message]:
        """Takes the first batch off: at least one record, at most `BATCH_RECORDS`, and none after `BATCH_BYTES`."""
        taken, size = self.records[:BATCH_RECORDS], 0
        for number, record in enumerate(taken, 1):
            size += len(record)
            if size >= BATCH_BYTES:
                del taken[number:]
                break
        self.records, self.bytes = self.records[len(taken) :], self.bytes - size
        return taken

    @property
    def is_full(self) -> bool:
        """True when there is a whole batch."""
        return len(self.records) >= BATCH_RECORDS or self.bytes >= BATCH_BYTES

    def beyond(self, records: int, bytes_: int) -> bool:
        return len(self.records) > records or self.bytes > bytes_
