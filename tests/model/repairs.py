"""The rules that the protocol stands on: where each is in the code, and what it keeps from happening."""

from enum import Enum, unique

CONTRACT = "docs/decisions/0002-exactly-once-point-in-postgresql.md:a subscriber skips what is not above"


@unique
class Repair(Enum):
    """`module:name` of the code (or a document and its words), and the rule, which a test may switch off."""

    ONE_THREAD = "infra.lane:Lane.next_work", "a slice has one piece of work under way, from lock to last produce()"
    EPOCH = "infra.ledger:lock", "who lost the slice commits nothing more"
    BATCH_EPOCH = "infra.worker:Worker.work", "a batch counts only under the epoch it was fetched under"
    FROMS = "infra.intake:Intake.sift", "a batch fetched from beyond the ledger's position is refused"
    RESET = "infra.lane:Lane.begin", "a slice taken over is read again from the ledger's position"
    LOCK_FIRST = "infra.ledger:_LOCK", "the slice's row is read under its lock"
    LATER = "infra.ledger:take_over", "leftovers are read in a statement after the epoch is raised"
    ENDS_BLOCKER = "infra.failures:impatience", "a frozen worker's session is ended"
    LEFTOVERS = "infra.worker:Worker.take_over", "what was committed and perhaps not published is published"
    LEFTOVERS_FIRST = "infra.source:Source.started", "leftovers are published before new records are read"
    SAME_PRODUCER = "infra.group:Group._current_outlet", "new records go through the leftovers' producer"
    ONE_TRANSACTION = "infra.ledger:close", "position, effect and outbox commit together"
    LETTERS = "infra.dead_letters:bury", "a dead letter commits with the position behind it"
    AFTER_COMMIT = "infra.worker:Worker._transact", "nothing is published before its commit"
    INBOX = "infra.repetition:remember", "where anyone writes, an id counts once"
    SEQUENCE = "infra.repetition:next_in_sequence", "where the ledger writes, a sequence not above the last repeats"
    GAP = "infra.repetition:next_in_sequence", "where the ledger writes, a gap stops the slice"
    OUTSIDE = "infra.source:Source._route", "a position outside the log stops the slice"
    UNKNOWN = "infra.failures:sorted_failures", "an unknown outcome is a take-over, never a retry in place"
    IDEMPOTENT = "infra.outbox:Outlet.__init__", "Kafka takes a partition's records in their order only"
    NO_TIMEOUT = "infra.outbox:Outlet", "no record is given up while later ones go on"
    DISCARD = "infra.outbox:Outlet.check", "after a delivery error the producer is discarded and the slice taken over"
    EACH_PARTITION = "infra.outbox:Ticket", "a batch is acknowledged by its last record of every partition"
    EXACT = "infra.ledger:clear", "exactly the acknowledged batches leave the outbox"
    LIMIT = "infra.worker:Worker._wait_for_room", "unacknowledged batches have a limit"
    SUBSCRIBER = CONTRACT, "a subscriber skips what is not above its source's last sequence"
    ABOVE = "infra.restored:catch_up", "after a restore, sequences start above what is on the topics"
    IDS = "infra.restored:published", "after a restore, what is on the topics already is not published again"
    ENDED = "infra.restored:check_ended", "before a restore every worker is ended, and what it sent has arrived"

    @property
    def code(self) -> str:
        return self.value[0]
