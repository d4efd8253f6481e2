"""The rules that the protocol rests on, and where each is in the code."""

from enum import Enum, unique

CONTRACT = "docs/decisions/0002-exactly-once-point-in-postgresql.md:a subscriber skips what is not above"


@unique
class Repair(Enum):
    """`module:name` of the code (or a document and its words), and the rule, which a test may switch off."""

    ONE_THREAD = (
        "infra.source.partition_state:PartitionState.next_work",
        "a slice has one piece of work under way, from lock to last produce()",
    )
    EPOCH = "infra.engine.ledger:lock", "a worker that lost the slice commits nothing more"
    BATCH_EPOCH = "infra.engine.worker:Worker.work", "a batch counts only under the epoch it was fetched under"
    FROMS = "infra.engine.intake:Intake.accept", "a batch fetched from beyond the ledger's position is refused"
    RESET = "infra.source.partition_state:PartitionState.begin", "a take-over reads again from the ledger's position"
    LOCK_FIRST = "infra.engine.ledger:_LOCK", "the slice's row is read under its lock"
    LATER = "infra.engine.ledger:take_over", "leftovers are read in a statement after the epoch is raised"
    ENDS_BLOCKER = "infra.engine.failures:terminate_blockers", "a frozen worker's session is ended"
    LEFTOVERS = "infra.engine.worker:Worker.take_over", "committed events that may not be published are published"
    LEFTOVERS_FIRST = "infra.source.poll_loop:Source.started", "leftovers are published before new records are read"
    SAME_PRODUCER = "infra.consumer_group:ConsumerGroup._current_publisher", "new records take the leftovers' producer"
    ONE_TRANSACTION = "infra.engine.ledger:close", "position, effect and outbox commit together"
    LETTERS = "infra.dead_letters.store:store", "a dead letter commits with the position behind it"
    AFTER_COMMIT = "infra.engine.worker:Worker._transact", "nothing is published before its commit"
    INBOX = "infra.engine.inbox:remember", "on an input topic, an id counts once"
    SEQUENCE = (
        "infra.engine.deduplication:next_in_sequence",
        "on a ledger's topic, a sequence that is not above the last one is a repeat",
    )
    GAP = "infra.engine.deduplication:next_in_sequence", "on a ledger's topic, a gap in the sequence stops the slice"
    OUTSIDE = "infra.source.poll_loop:Source._route", "a position outside the log stops the slice"
    UNKNOWN = "infra.engine.failures:known_failures", "an unknown outcome is a take-over, never a retry in place"
    IDEMPOTENT = "infra.engine.outbox:OutboxPublisher.__init__", "Kafka takes a partition's records in their order only"
    NO_TIMEOUT = "infra.engine.outbox:OutboxPublisher", "no record is given up while later ones are still sent"
    DISCARD = (
        "infra.engine.outbox:OutboxPublisher.check",
        "after a delivery error the producer is discarded and the slice taken over",
    )
    EACH_PARTITION = (
        "infra.engine.outbox:PendingDelivery",
        "a batch is acknowledged by its last record of every partition",
    )
    EXACT = "infra.engine.ledger:clear", "exactly the acknowledged batches leave the outbox"
    LIMIT = "infra.engine.worker:Worker._wait_for_room", "unacknowledged batches have a limit"
    SUBSCRIBER = CONTRACT, "a subscriber skips a record that is not above its source's last sequence"
    ABOVE = "infra.recovery.restore:catch_up", "after a restore, sequences start above those on the topics"
    IDS = "infra.recovery.restore:published", "after a restore, events on the topics are not published again"
    ENDED = (
        "infra.recovery.restore:check_ended",
        "before a restore every worker has ended, and all that it sent has arrived",
    )

    @property
    def code(self) -> str:
        return self.value[0]
