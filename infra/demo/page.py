"""The one page that the demo prints: a line for each system, the totals that reconcile, and the next commands."""

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rich.text import Text

from infra.console import console
from infra.demo.section import Section, short

if TYPE_CHECKING:
    from infra.demo.report import Report

WIDTH, LINES, SENTENCES = 80, 45, 3
_SYSTEM, _IDS = 17, 16


class Signs(NamedTuple):
    """The signs for right and wrong, and those between a whole and its parts."""

    right: str
    wrong: str
    equal: str
    unequal: str


SIGNS, PLAIN = Signs("✓", "✗", "=", "≠"), Signs("ok ", "NOT", "=", "is NOT")
"""For an output that is UTF-8, and for any other."""


def signs_for(encoding: str) -> Signs:
    """Those that the encoding can write."""
    try:
        "".join(SIGNS).encode(encoding)
    except UnicodeEncodeError:
        return PLAIN
    return SIGNS


def page(report: "Report", folder: Path, signs: Signs) -> list[str]:
    """At most 45 lines of at most 80 columns. Faults that have no room are in `report.html`, as all are."""
    head = [*_wrapped(" ".join(report.about[:SENTENCES])), ""]
    head += [_line(section, signs) for section in report.sections]
    head += ["", "Totals that reconcile:", *_totals(report.sections, signs), ""]
    tail = [
        "",
        *_wrapped(f"Tables and pictures: {folder / 'report.html'}"),
        *_wrapped(f"To look around:      export DFDG_STATE={folder}; dfdg up; dfdg --help"),
    ]
    return head + _verdict(report, signs, LINES - len(head) - len(tail)) + tail


def show(report: "Report", folder: Path) -> None:
    """Prints the page on stdout, its signs in colour where colours are wanted."""
    signs = signs_for(console.encoding)
    for line in page(report, folder, signs):
        text = Text(line.encode(console.encoding, "replace").decode(console.encoding))
        for sign, style in ((signs.right, "bold green"), (signs.wrong, "bold red")):
            if line.startswith(sign):
                text.stylize(style, 0, len(sign))
        console.print(text, soft_wrap=True)


def _line(section: Section, signs: Signs) -> str:
    sign = signs.wrong if section.faults else signs.right
    line = f"{sign} {section.system:<{_SYSTEM}} {short(section.ids):<{_IDS}} {section.summary}"
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 3]}..."


def _totals(sections: Sequence[Section], signs: Signs) -> Iterator[str]:
    """One a name, which adds up only when each of its totals does: differences do not make up for each other."""
    every = [total for section in sections for total in section.totals]
    for name in dict.fromkeys(total.name for total in every):
        its = [total for total in every if total.name == name]
        right = all(total.adds_up for total in its)
        words = dict.fromkeys(word for total in its for word in total.parts)
        parts = {word: sum(total.parts.get(word, 0) for total in its) for word in words}
        told = " + ".join(f"{count:,} {word}" for word, count in parts.items() if count) or "0"
        whole = f"{sum(total.whole for total in its):,} {its[0].word}"
        sign, equal = (signs.right, signs.equal) if right else (signs.wrong, signs.unequal)
        yield from _wrapped(f"{sign} {name:<11} {whole} {equal} {told}", " " * (len(sign) + 13))


def _verdict(report: "Report", signs: Signs, room: int) -> list[str]:
    """The faults, as many as fit into so many lines."""
    faults = report.faults
    if not faults:
        return [f"{signs.right} It all adds up. It took {report.seconds:,.0f} s."]
    lines = [f"{signs.wrong} It does NOT add up:"]
    for shown, fault in enumerate(faults):
        more = _wrapped(f"  {fault}", "    ")
        if len(lines) + len(more) >= room:
            return [*lines, f"  ... and {len(faults) - shown} more, in report.html"]
        lines += more
    return lines


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, subsequent_indent=indent, break_on_hyphens=False)
