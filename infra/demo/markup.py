"""Tables and pictures as HTML: each scrolls in a frame of its own, so that the page never does sideways."""

from collections.abc import Iterable, Sequence
from html import escape

from infra.demo.charts import SHAPES, text
from infra.demo.section import Figure, Table

OPEN_UP_TO = 18
"""Rows of a table that is shown at once; a longer one opens on request."""

SHORT = 20
"""Letters of a text that stands in one line."""

NUMBER = ' class="n"'


def picture(figure: Figure) -> str:
    """The picture, the meaning of its signs, and its numbers as a table that opens on request."""
    keys = "".join(f"<li>{_key(key)}<span>{escape(meaning)}</span></li>" for key, meaning in figure.legend.items())
    legend = f'<ul class="legend">{keys}</ul>' if keys else ""
    return (
        f"<figure><figcaption><h3>{escape(figure.title)}</h3><p>{escape(figure.description)}</p></figcaption>"
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(figure.title)}">{figure.svg}</div>'
        f"{legend}{_folded('The same as a table', _whole(figure.twin))}</figure>"
    )


def _key(key: str) -> str:
    """A letter or a shape as it stands on the picture, or a sample of a fill."""
    if key in SHAPES:
        inner = SHAPES[key].format(css=f"head {key}", x=12, y=12)
    elif len(key) == 1:
        inner = f'<circle class="badge" cx="12" cy="12" r="10"/>{text(12, 16.5, key, "middle", "letter")}'
    else:
        fills = (key, f"pattern-{key}")
        inner = "".join(f'<rect class="{css}" x="2" y="2" width="20" height="20"/>' for css in fills)
    return f'<svg viewBox="0 0 24 24" aria-hidden="true">{inner}</svg>'


def as_table(table: Table) -> str:
    """As it is, or folded when it is long."""
    shown = _whole(table)
    return shown if len(table.rows) <= OPEN_UP_TO else _folded(f"{table.caption}: {len(table.rows)} rows", shown)


def _whole(table: Table) -> str:
    return scrolled(
        table.caption, table.columns, (_row(row) for row in table.rows), table.rows[0] if table.rows else ()
    )


def _row(row: Sequence[object]) -> str:
    first, *rest = row
    cells = "".join(f"<td{_css(cell)}>{_cell(cell)}</td>" for cell in rest)
    return f'<tr><th scope="row"{_css(first)}>{_cell(first)}</th>{cells}</tr>'


def scrolled(caption: str, columns: Sequence[str], rows: Iterable[str], first: Sequence[object] = ()) -> str:
    """A table in a frame that scrolls, also by keys. `first`: a row, whose numbers say which columns hold numbers."""
    numbers = [_css(cell) == NUMBER for cell in first] or [False] * len(columns)
    head = "".join(
        f'<th scope="col"{NUMBER if number else ""}>{escape(name)}</th>'
        for name, number in zip(columns, numbers, strict=True)
    )
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _css(cell: object) -> str:
    """Numbers stand at the right; days, ids, names and a few short words are not broken."""
    if isinstance(cell, int | float):
        return NUMBER
    return ' class="nowrap"' if " " not in str(cell) or len(str(cell)) <= SHORT else ""


def _cell(cell: object) -> str:
    return "" if cell is None else f"{cell:,}" if isinstance(cell, int) else escape(str(cell))


def _folded(summary: str, inner: str) -> str:
    return f"<details><summary>{escape(summary)}</summary>{inner}</details>"
