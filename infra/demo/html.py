"""The demo's report for a browser: one page that needs nothing from elsewhere, with all tables and pictures."""

from collections.abc import Collection
from html import escape
from itertools import groupby
from pathlib import Path

from infra.demo.markup import as_table, picture, scrolled
from infra.demo.page import SIGNS
from infra.demo.pictures import life
from infra.demo.places import REPORT
from infra.demo.report import Report
from infra.demo.section import Figure, Section, Step, short
from infra.demo.style import CSS

TITLE = "Release 2021-2, played on a made-up country"
KINDS = {"fact": "Fact", "decision": "Decided", "notice": "Told"}
_FILLS = (
    '<svg class="fills" aria-hidden="true"><defs>'
    '<pattern id="dots" width="8" height="8" patternUnits="userSpaceOnUse"><circle cx="3" cy="3" r="1.5"/></pattern>'
    '<pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse"><path d="M0 7L7 0"/></pattern>'
    "</defs></svg>"
)


def write(report: Report, folder: Path) -> None:
    """`report.html` in the folder; one that is there is replaced."""
    (folder / REPORT).write_text(document(report), encoding="utf-8")


def document(report: Report) -> str:
    """The whole page."""
    lives = [(section, life(section.steps)) for section in report.sections if section.steps]
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{TITLE}</title><style>{CSS}</style></head><body>{_FILLS}",
        f"<header><h1>{TITLE}</h1>{_verdict(report)}<p>{escape(' '.join(report.about))}</p></header>",
        _navigation(),
        f'<main><section id="systems"><h2>Each system</h2>{_systems(report)}</section>',
        f'<section id="pictures"><h2>Pictures</h2>{"".join(map(picture, report.figures))}</section>',
        *(_life(section, figure) for section, figure in lives),
        f'<section id="totals"><h2>Totals that reconcile</h2>{_totals(report)}</section>',
        *(_section(section) for section in report.sections),
        f'<section id="time"><h2>Time</h2>{as_table(report.times())}</section></main></body></html>\n',
    ]
    return "\n".join(parts)


def _verdict(report: Report) -> str:
    if not report.faults:
        return f'<p class="verdict"><strong class="right">{SIGNS.right} It all adds up.</strong></p>'
    faults = "".join(f"<li>{escape(fault)}</li>" for fault in report.faults)
    return f'<div class="verdict wrong"><strong>{SIGNS.wrong} It does NOT add up:</strong><ul>{faults}</ul></div>'


def _navigation() -> str:
    links = (
        ("systems", "Each system"), ("pictures", "Pictures"), ("life", "One citizen's life"), ("totals", "Totals"),
        ("time", "Time"),
    )  # fmt: skip
    items = "".join(f'<li><a href="#{anchor}">{name}</a></li>' for anchor, name in links)
    return f'<nav aria-label="On this page"><ul>{items}</ul></nav>'


def _systems(report: Report) -> str:
    rows = [
        f"<tr>{_sign(not section.faults)}"
        f'<th scope="row"><a href="#{_anchor(section)}">{escape(section.system)}</a></th>'
        f'<td>{escape(section.summary)}</td><td class="nowrap">{short(section.ids)}</td></tr>'
        for section in report.sections
    ]
    return scrolled("Each system", ("adds up", "system", "what happened", "requirements"), rows)


def _totals(report: Report) -> str:
    rows = []
    for section in report.sections:
        for total in section.totals:
            parts = " + ".join(f"{count:,} {word}" for word, count in total.parts.items() if count) or "0"
            equation = f"{total.whole:,} {total.word} {'=' if total.adds_up else '≠'} {parts}"
            cells = (section.system, f"{total.name}: {total.of}" if total.of else total.name, equation)
            rows.append(f"<tr>{_sign(total.adds_up)}{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>")
    return scrolled("Totals", ("adds up", "system", "of", "total"), rows)


def _sign(right: bool) -> str:
    """The sign says it to the eye, and its name to a screen reader."""
    css, sign, name = ("right", SIGNS.right, "adds up") if right else ("wrong", SIGNS.wrong, "does not add up")
    return f'<td class="{css}"><span role="img" aria-label="{name}">{sign}</span></td>'


def _section(section: Section) -> str:
    faults = "".join(f"<li>{escape(fault)}</li>" for fault in section.faults)
    wrong = f'<div class="verdict wrong"><strong>{SIGNS.wrong} Does not add up:</strong><ul>{faults}</ul></div>'
    return (
        f'<section id="{_anchor(section)}"><h2>{escape(section.system)}</h2>'
        f"<p>{escape(section.summary)} ({', '.join(section.ids)}).</p>{wrong if faults else ''}"
        f"{''.join(map(as_table, section.tables))}</section>"
    )


def _life(section: Section, figure: Figure) -> str:
    from schemas.dates import COPENHAGEN

    known = {step.id for step in section.steps}
    moments = "".join(
        f'<li><time datetime="{at.isoformat()}">{at:%Y-%m-%d %H:%M}</time>'
        f"<ul>{''.join(_step(step, known) for step in some)}</ul></li>"
        for at, some in groupby(section.steps, key=lambda step: step.at.astimezone(COPENHAGEN))
    )
    return (
        f'<section id="life"><h2>One citizen\'s life</h2><p>{escape(section.summary)}. A circle is a fact that came in,'
        " a square a decision of the system, a diamond a notice to somebody. Times are Copenhagen's.</p>"
        f'{picture(figure)}<ol class="life">{moments}</ol></section>'
    )


def _step(step: Step, known: Collection[str]) -> str:
    """With a link to its cause, when that is a step too: others are days that began."""
    rule = f" by {escape(step.rule)}" if step.rule else ""
    cause = f'<a href="#event-{step.cause}">{step.cause}</a>' if step.cause in known else step.cause
    return (
        f'<li class="{step.kind}" id="event-{step.id}"><span class="kind">{KINDS[step.kind]}{rule}:</span>'
        f' {escape(step.what)} <span class="about">event {step.id}{cause and f", because of {cause}"}</span></li>'
    )


def _anchor(section: Section) -> str:
    return "system-" + "".join(letter if letter.isalnum() else "-" for letter in section.system.lower())
