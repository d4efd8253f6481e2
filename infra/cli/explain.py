"""`dfdg explain`: what happened to one citizen, user or advert, by which rules, and what is still to come (OPS-3)."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.common import COULD_NOT, Json, database, failure, noted
from infra.cli.nearest import refuse_cpr
from infra.console import console, say, show_json, show_table

if TYPE_CHECKING:
    from infra.cli.explanation import Explanation, Step
    from infra.dead_letters.queries import DeadLetterSummary


def explain(
    subject: Annotated[str, typer.Argument(help="The id of a citizen, a user or an advert; never a CPR number.")],
    as_json: Json = False,
) -> None:
    """Explain one citizen, user or advert: what happened, by which rules, who was told, and what is still to come.

    Replaced job titles and CPR numbers are never shown. Ends with exit code 1 when nothing is known of the subject.

    \b
    Example:  dfdg explain c-5f0c2a9e
    """
    from infra.cli.explanation import explain as explained
    from infra.cli.explanation import holders_of

    refuse_cpr(subject)
    with database("explain") as connection:
        noted(connection, "explain", subject)
        found = [explained(connection, subject)]
        if not found[0]:
            found = [explained(connection, holder) for holder in holders_of(connection, subject)]
    if not found:
        raise failure(
            COULD_NOT, f"Nothing is known of {subject}: no event, no state, no dead letter. Is the id spelt as in the"
            " events, and does `dfdg topics` show that the journal has caught up?"
        )  # fmt: skip
    if as_json:
        show_json([each.as_dict() for each in found])
        return
    for each in found:
        if each.subject != subject:
            console.print(f"Advert {subject} belongs to {each.subject}:", markup=False)
        _show(each)


def _show(found: "Explanation") -> None:
    steps = [(step.at, _what(step), step.rule, step.id, step.cause) for step in found.steps]
    columns = ("when", "what", "rule", "event", "because of")
    show_table(columns, steps, f"What happened to {found.subject}")
    for known in found.states:
        console.print(f"{known.decision} knows, because of {known.cause.hex}:", markup=False)
        console.print_json(json.dumps(known.state, ensure_ascii=False, default=str))
    to_come = [f"  {known.wakes_on}  {known.decision} looks again" for known in found.states if known.wakes_on]
    console.print("Still to come:", *(to_come or ["  nothing that time alone brings"]), sep="\n", markup=False)
    for letter in found.dead_letters:
        _show_letter(letter, found.subject)


def _show_letter(letter: "DeadLetterSummary", subject: str) -> None:
    from infra.dead_letters.queries import SETTLED

    how = f"settled: {letter.status}" if letter.status in SETTLED else "open"
    position = f"{letter.topic}/{letter.partition}/{letter.offset}"
    told = f"Dead letter {letter.id} of {letter.consumer} ({how}): {position}: {letter.reason}"
    console.print(told, markup=False, highlight=False, soft_wrap=True)
    if letter.parks:
        waits = f"{letter.waiting} later records wait, and no day wakes it"
        console.print(f"  So {subject} is parked in {letter.consumer}: {waits}.", markup=False, soft_wrap=True)
        say(f"Letter {letter.id} decides: `dfdg dead-letters show {letter.id}`, then `redrive` or `discard`.")


def _what(step: "Step") -> str:
    if step.notice is None:
        return step.type
    told = f"{step.notice.recipient_kind} {step.notice.recipient} is told: {step.notice.reason}"
    return told if step.notice.status == "delivered" else f"{told} ({step.notice.status})"
