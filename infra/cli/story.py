"""`dfdg story`: one life as a timeline, told by the rules that it met (OPS-3)."""

from datetime import datetime
from enum import StrEnum
from itertools import groupby
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from infra.cli.common import COULD_NOT, Json, database, failure, noted
from infra.cli.nearest import refuse_cpr
from infra.console import console, show_json

if TYPE_CHECKING:
    from uuid import UUID

    from psycopg import Connection

    from infra.cli.explanation import Step

_MET_MOST = """
select subject from journal.entry where subject in (select subject from journal.entry where type like %s || '.v%%')
    and (%s <> 'employer' or subject in (select holder from titles.held where holder_kind = 'employer'))
group by subject order by count(distinct rule) desc, count(*) desc, subject limit 1
"""
_TEXTS = "select id, text from mailbox.notice where about = %s"


INDENT = len("  08:00:00  ")


class Kind(StrEnum):
    """Of the subject of a life."""

    CITIZEN = "citizen"
    EMPLOYER = "employer"
    VITAS_USER = "vitas-user"


KNOWN_BY = {
    Kind.CITIZEN: "situation-recorded",
    Kind.EMPLOYER: "title-held-recorded",
    Kind.VITAS_USER: "vitas-user-recorded",
}
"""The fact, of whichever version, by which each kind enters the journal."""


class Moment(NamedTuple):
    """One step of a life. `at`: in Copenhagen's time; `told`: the Danish text."""

    at: datetime
    what: str
    rule: str | None
    told: str | None


def story(
    kind: Annotated[
        Kind,
        typer.Argument(
            metavar="KIND",
            show_choices=False,
            help="citizen, employer or vitas-user; of these the one that met the most rules.",
        ),
    ],
    subject: Annotated[str | None, typer.Argument(help="Or this one's: an id as the events have it.")] = None,
    as_json: Json = False,
) -> None:
    """Tell one life as a timeline: what was recorded, what followed by which rule, and who was told what.

    \b
    Example:  dfdg story citizen
    """
    refuse_cpr(subject or "")
    with database("story") as connection:
        one = subject or _met_most(connection, kind)
        if one:
            noted(connection, "story", one)
        moments = _moments(connection, one) if one else []
    if not moments:
        raise failure(COULD_NOT, f"No {kind.value} is in the journal{f' as {subject}' if subject else ''} (yet).")
    if as_json:
        show_json([moment._asdict() for moment in moments])
        return
    console.print(f"The story of {kind.value} {one}, in Copenhagen time", style="bold", markup=False)
    for day, of_day in groupby(moments, lambda moment: f"{moment.at:%F}"):
        console.print(f"\n{day}", style="bold", markup=False)
        for moment in of_day:
            rule = f"  [{moment.rule}]" if moment.rule else ""
            _print_indented(f"{moment.what}{rule}", f"  {moment.at:%T}  ")
            if moment.told:
                _print_indented(moment.told, " " * INDENT, style="dim")


def _print_indented(text: str, before: str, style: str = "") -> None:
    """What does not fit into one line goes on below its beginning, never inside a word."""
    width = max(1, console.width - INDENT)
    for number, line in enumerate(wrap(text, width, break_long_words=False, break_on_hyphens=False)):
        start = " " * INDENT if number else before
        console.print(f"{start}{line}", style=style, markup=False, highlight=False, soft_wrap=True)


def _met_most(connection: "Connection", kind: Kind) -> str | None:
    row = connection.execute(_MET_MOST, (KNOWN_BY[kind], kind.value)).fetchone()
    return row[0] if row else None


def _moments(connection: "Connection", subject: str) -> list[Moment]:
    from infra.cli.explanation import explain

    texts: dict[UUID, str] = dict(connection.execute(_TEXTS, (subject,)).fetchall())
    return [_moment(step, texts.get(step.id)) for step in explain(connection, subject).steps]


def _moment(step: "Step", text: str | None) -> Moment:
    from schemas.dates import COPENHAGEN

    at, what = step.at.astimezone(COPENHAGEN), step.type.partition(".")[0].replace("-", " ")
    told = None
    if step.notice is not None:
        what = f"{step.notice.recipient_kind} {step.notice.recipient} is told: {step.notice.reason}"
        told = f"»{text}«"
        what += "" if step.notice.status == "delivered" else f" ({step.notice.status})"
    return Moment(at, what, step.rule, told)
