"""What is known of one subject, from the journal, the states, the mailboxes and the dead letters (OPS-3)."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from infra.cli import catalog
from infra.cli.redaction import shown_state

if TYPE_CHECKING:
    from psycopg import Connection

    from infra.dead_letters.queries import DeadLetterSummary

MAX_LETTERS = 1_000
"""Dead letters of one key that are told: more of them is another problem than this subject's."""

# Facts before what was decided on them, notices last, where all have the moment of the fact.
_STEPS = """
select e.occurred_at, e.type, e.event_id, e.cause, e.rule, n.recipient_kind, n.recipient, n.reason, n.status
from journal.entry e left join mailbox.notice n on n.id = e.event_id
where e.subject = %s
order by e.occurred_at, e.rule is not null, n.id is not null, n.number, e.event_id
"""
_STATES = """
select decision, body, wakes_on, cause from ledger.state where decision = any(%s) and subject = %s order by decision
"""
_HOLDERS = "select distinct holder from titles.held where item = %s and holder_kind = 'employer' order by holder"


class Notice(NamedTuple):
    """Who was told what. `status`: delivered, held by the flood guard, or discarded."""

    recipient_kind: str
    recipient: str
    reason: str
    status: str


class Step(NamedTuple):
    """One event about the subject. `rule`: the requirement by which it was decided; a fact has none."""

    at: datetime
    type: str
    id: UUID
    cause: UUID | None
    rule: str | None
    notice: Notice | None


class Known(NamedTuple):
    """What a decision knows of the subject; `wakes_on`: the day on which it looks again, whatever happens."""

    decision: str
    state: dict[str, Any]
    wakes_on: date | None
    cause: UUID


class Explanation(NamedTuple):
    """All of one subject, in order of time."""

    subject: str
    steps: list[Step]
    states: list[Known]
    dead_letters: "list[DeadLetterSummary]"

    def __bool__(self) -> bool:
        return bool(self.steps or self.states or self.dead_letters)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "subject": self.subject,
            "steps": [step._asdict() | {"notice": step.notice and step.notice._asdict()} for step in self.steps],
            "states": [known._asdict() for known in self.states],
            "to_come": [{"decision": known.decision, "day": known.wakes_on} for known in self.states if known.wakes_on],
            "dead_letters": [letter._asdict() for letter in self.dead_letters],
        }


def explain(connection: "Connection", subject: str) -> Explanation:
    """The explanation of a citizen, a user or an employer; it is empty (false) when nothing is known."""
    from infra.dead_letters.queries import Chosen, letters

    steps = [
        Step._make([*row[:5], Notice._make(row[5:]) if row[5] else None])
        for row in connection.execute(_STEPS, (subject,))
    ]
    rows = connection.execute(_STATES, ([each.name for each in catalog.DECISIONS], subject)).fetchall()
    states = [Known(decision, shown_state(body), wakes_on, cause) for decision, body, wakes_on, cause in rows]
    return Explanation(subject, steps, states, letters(connection, Chosen(key=subject), MAX_LETTERS))


def holders_of(connection: "Connection", advert: str) -> list[str]:
    """The employers that have an advert of this id: an advert's events are keyed by its employer."""
    return [holder for (holder,) in connection.execute(_HOLDERS, (advert,))]
