"""Records of a slice in the order in which they will be worked on, taken off by the batch."""

from confluent_kafka import Message

BATCH_RECORDS = 2_000
"""Records of one batch: bigger ones cost latency and memory, smaller ones a transaction's fixed price more often."""

BATCH_BYTES = 4 * 1024 * 1024
"""With so many a batch is full, however few records they are: one may have a megabyte."""


class Pile:
    """Records in their order, and how many bytes their values have."""

    def __init__(self) -> None:
        self.records: list[Message] = []
        self.bytes = 0

    def __len__(self) -> int:
        return len(self.records)

    def put(self, record: Message) -> None:
        self.records.append(record)
        self.bytes += len(record)

    def take(self) -> list[Message]:
        """The first batch of them: at least one, at most `BATCH_RECORDS`, and no more after `BATCH_BYTES`."""
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
        """Whether there is a whole batch."""
        return len(self.records) >= BATCH_RECORDS or self.bytes >= BATCH_BYTES

    def beyond(self, records: int, bytes_: int) -> bool:
        return len(self.records) > records or self.bytes > bytes_
