"""Pictures as SVG that stands inside a page: its colours and letters are the page's own (`style.py`)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from html import escape
from math import ceil, log10
from typing import NamedTuple

WIDTH, LEFT, RIGHT = 960, 64, 36
HEAD, ROW, FOOT = 44, 108, 30
BAR, NARROW = 52, 320
"""Height of a bar with its label; the narrowest picture, in whose segments the numbers must fit."""

Scale = Callable[[date], float]
"""Where a day stands from left to right."""

SHAPES = {
    "dot": '<circle class="{css}" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>',
    "diamond": '<path class="{css}" d="M{x:.1f} {y:.1f}m0 -5.5l5.5 5.5l-5.5 5.5l-5.5 -5.5z"/>',
}


class Series(NamedTuple):
    """Counts by day. `shape`: one of `SHAPES`, for colour is not the only sign."""

    name: str
    shape: str
    days: Mapping[date, int]


class Strip(NamedTuple):
    """One row of the picture."""

    label: str
    series: Sequence[Series]


class Mark(NamedTuple):
    """A date that is marked in all rows, by its letter."""

    letter: str
    day: date


def needles(title: str, description: str, strips: Sequence[Strip], marks: Sequence[Mark]) -> str:
    """Over the calendar, a row for each strip: a needle a day, whose height is the logarithm of the count."""
    days = [day for strip in strips for series in strip.series for day in series.days] + [mark.day for mark in marks]
    first, last = min(days).replace(day=1), _next_month(max(days))
    height = HEAD + ROW * len(strips) + FOOT

    def x(day: date) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (day - first).days / max(1, (last - first).days)

    parts = [*_months(first, last, height, x), *_marks(marks, height, x)]
    for n, strip in enumerate(strips):
        parts += _strip(strip, HEAD + ROW * n, x)
    return _svg(title, description, f'viewBox="0 0 {WIDTH} {height}"', parts)


def shares(title: str, description: str, bars: Sequence[tuple[str, Mapping[str, int]]], css: Sequence[str]) -> str:
    """A bar for each label, as wide as the page: the shares of its counts, in their order, under label and sum."""
    parts = []
    for n, (label, counts) in enumerate(bars):
        at, y, whole = 0.0, BAR * n, sum(counts.values())
        parts.append(text("0%", y + 16, f"{label}: {whole:,}", "start"))
        for (name, count), style in zip(counts.items(), css, strict=True):
            share, number = 100 * count / max(1, whole), f"{count:,}"
            hover = f"<title>{escape(label)}, {escape(name)}: {number}</title>"
            place = f'x="{at:.2f}%" y="{y + 22}" width="{share:.2f}%" height="22"'
            parts += [f'<rect class="{fill}" {place}>{hover}</rect>' for fill in (style, f"pattern-{style}")]
            if share * NARROW >= 100 * (9 * len(number) + 6):
                parts.append(text(f"{at + share / 2:.2f}%", y + 38, number, "middle", f"on-{style}"))
            at += share
    return _svg(title, description, f'class="wide" height="{BAR * len(bars) + 8}"', parts)


def _svg(title: str, description: str, size: str, parts: Sequence[str]) -> str:
    return (
        f'<svg role="img" {size}><title>{escape(title)}</title><desc>{escape(description)}</desc>{"".join(parts)}</svg>'
    )


def _strip(strip: Strip, top: float, x: Scale) -> Iterator[str]:
    """The row's name above, a line for each power of ten, then its needles."""
    most = max((count for series in strip.series for count in series.days.values()), default=1)
    decades, bottom = max(1, ceil(log10(max(2, most)))), top + ROW - 10
    step = (ROW - 44) / decades

    def y(count: int) -> float:
        return bottom - 6 - step * log10(count)

    yield text(8, top + 16, strip.label, "start", "strong")
    yield f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{bottom}" y2="{bottom}"/>'
    for power in range(decades + 1):
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(10**power):.1f}" y2="{y(10**power):.1f}"/>'
        yield text(LEFT - 8, y(10**power) + 4, f"{10**power:,}", "end", "faint")
    for series in strip.series:
        for day, count in sorted((day, count) for day, count in series.days.items() if count > 0):
            needle = f'<path class="needle {series.shape}" d="M{x(day):.1f} {bottom}V{y(count):.1f}"/>'
            head = SHAPES[series.shape].format(css=f"head {series.shape}", x=x(day), y=y(count))
            yield f"<g><title>{day}, {escape(strip.label)}: {count:,} {escape(series.name)}</title>{needle}{head}</g>"


def _months(first: date, last: date, height: float, x: Scale) -> Iterator[str]:
    """A tick for each month; every third has its name, and January the year."""
    day = first
    while day <= last:
        yield f'<line class="axis" x1="{x(day):.1f}" x2="{x(day):.1f}" y1="{height - FOOT}" y2="{height - FOOT + 5}"/>'
        if day.month % 3 == 1:
            yield text(round(x(day), 1), height - 8, f"{day:%b %Y}", "middle", "faint")
        day = _next_month(day)


def _marks(marks: Sequence[Mark], height: float, x: Scale) -> Iterator[str]:
    """A dashed line for each, and its letter on top, moved aside where it would stand on the one before."""
    free = 0.0
    for mark in sorted(marks, key=lambda mark: mark.day):
        at = max(x(mark.day), free)
        free = at + 22
        bend = f"M{at:.1f} 24L{x(mark.day):.1f} {HEAD - 4}V{height - FOOT}"
        yield f'<g><title>{mark.letter}: {mark.day}</title><path class="mark" d="{bend}"/>'
        yield f'<circle class="badge" cx="{at:.1f}" cy="14" r="10"/>'
        yield f"{text(round(at, 1), 18.5, mark.letter, 'middle', 'letter')}</g>"


def _next_month(day: date) -> date:
    """Its first day."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def text(x: float | str, y: float, letters: str, anchor: str, css: str = "plain") -> str:
    """Letters at a place: the anchor is start, middle or end."""
    return f'<text class="{css}" x="{x}" y="{y:g}" text-anchor="{anchor}">{escape(letters)}</text>'
