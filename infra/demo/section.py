"""The demo's findings about each system, as data: `page.py` shows it on a terminal, `html.py` in a browser."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple


class Table(NamedTuple):
    """Cells are text, numbers, days or None. `caption` stands above the table."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]


class Total(NamedTuple):
    """A count that must be the sum of its parts. Totals of one `name` are shown as one line; `of` tells them apart."""

    name: str
    word: str
    whole: int
    parts: Mapping[str, int]
    of: str = ""

    @property
    def adds_up(self) -> bool:
        return self.whole == sum(self.parts.values())

    def __str__(self) -> str:
        """As a fault says it."""
        parts = ", ".join(f"{count} {word}" for word, count in self.parts.items())
        return f"{self.of or self.name}: {self.whole} {self.word}, but {parts}."


class Step(NamedTuple):
    """One event of somebody's life. `kind`: fact, decision or notice; `cause`: the id of the step that caused it."""

    at: datetime
    kind: str
    what: str
    id: str
    rule: str = ""
    cause: str = ""


class Figure(NamedTuple):
    """A picture. `twin` has the same numbers as a table; `legend`: by letter, shape or fill: its meaning."""

    title: str
    description: str
    svg: str
    twin: Table
    legend: Mapping[str, str]


class Section(NamedTuple):
    """One system. `summary` says in a few words what happened; `ids`: the requirements that the numbers are about;
    `found`: a sentence for each fault besides the totals."""

    system: str
    summary: str
    ids: Sequence[str]
    found: Sequence[str]
    tables: Sequence[Table] = ()
    totals: Sequence[Total] = ()
    steps: Sequence[Step] = ()

    @property
    def faults(self) -> list[str]:
        """A sentence for everything that does not add up."""
        return [*self.found, *(str(total) for total in self.totals if not total.adds_up)]


def counted(
    system: str,
    summary: str,
    rows: Sequence[tuple[str, str, int]],
    found: Sequence[str],
    totals: Sequence[Total] = (),
    caption: str = "Counts by requirement",
) -> Section:
    """A section with one table: requirement, thing counted, count. Its requirements are those of the rows."""
    ids = in_order(id_ for row in rows for id_ in row[0].split(", "))
    return Section(system, summary, ids, found, [Table(caption, ("requirement", "what", "count"), rows)], totals)


def in_order(ids: Iterable[str]) -> list[str]:
    """Requirement ids, each once, by their numbers: 9 before 10."""
    return sorted(set(ids), key=_prefix_and_number)


def short(ids: Iterable[str]) -> str:
    """Requirement ids in few columns: `RET-1..5,7 TIT-12`."""
    numbers: dict[str, list[int]] = {}
    for id_ in in_order(ids):
        prefix, number = _prefix_and_number(id_)
        numbers.setdefault(prefix, []).append(number)
    return " ".join(f"{prefix}-{_runs(its)}" for prefix, its in numbers.items())


def _runs(numbers: Sequence[int]) -> str:
    """Three numbers or more in a row are shown as the first and the last."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ",".join(f"{run[0]}..{run[-1]}" if len(run) > 2 else ",".join(map(str, run)) for run in runs)


def _prefix_and_number(id_: str) -> tuple[str, int]:
    prefix, _, number = id_.rpartition("-")
    return prefix, int(number)
