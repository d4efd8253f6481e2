"""`dfdg explain`: what happened to one citizen, user or advert, by which rules, and what is still to come (OPS-3)."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.common import BAD_INPUT, COULD_NOT, Json, database, failure
from infra.cli.redaction import looks_like_cpr
from infra.console import console, say, show_json, show_table

if TYPE_CHECKING:
    from infra.cli.explanation import Explanation, Step


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

    if looks_like_cpr(subject):
        raise failure(BAD_INPUT, "That looks like a CPR number. Give the citizen's id instead, as the events have it.")
    with database("explain") as connection:
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
    steps = [
        (_when(step), _what(step), step.rule, step.id.hex, step.cause.hex if step.cause else None)
        for step in found.steps
    ]
    show_table(("when", "what", "rule", "event", "because of"), steps, f"What happened to {found.subject}")
    for known in found.states:
        console.print(f"{known.decision} knows, because of {known.cause.hex}:", markup=False)
        console.print_json(json.dumps(known.state, ensure_ascii=False, default=str))
    to_come = [f"  {known.wakes_on}  {known.decision} looks again" for known in found.states if known.wakes_on]
    console.print("Still to come:", *(to_come or ["  nothing that time alone brings"]), sep="\n", markup=False)
    for letter in found.dead_letters:
        position = f"{letter.topic}/{letter.partition}/{letter.offset}"
        console.print(f"Dead letter of {letter.group}: {position}: {letter.reason}", markup=False, soft_wrap=True)
        if letter.parks:
            waits = f"{letter.waiting} later records wait, and no day wakes it"
            console.print(f"  So {found.subject} is parked in {letter.group}: {waits}.", markup=False, soft_wrap=True)
            say(f"Letter {letter.id} decides: `dfdg dead-letters show {letter.id}`, then `redrive` or `discard`.")


def _when(step: "Step") -> str:
    """In Copenhagen's time, in which days are counted."""
    from schemas.dates import COPENHAGEN

    return f"{step.at.astimezone(COPENHAGEN):%F %T}"


def _what(step: "Step") -> str:
    if step.notice is None:
        return step.type
    told = f"{step.notice.recipient_kind} {step.notice.recipient} is told: {step.notice.reason}"
    return told if step.notice.status == "delivered" else f"{told} ({step.notice.status})"
