"""`dfdg texts`: every Danish text as its readers get it, with ordinary and with awkward values."""

from collections.abc import Iterator, Mapping

import typer

from schemas.texts import AREAS
from schemas.texts.links import LINKS
from schemas.texts.text import NOTHING, Text

HEAD = """# The texts

`make texts` writes this page from `schemas/texts/`, and `tests/tidy/test_text_page.py` compares. Each text stands here
with its version and ordinary values; beneath it with awkward ones, where it may read otherwise: unknown codes, and
nothing of what may be absent.
"""

_DAYS = {
    "from_day": "14.06.2021",
    "day": "21.06.2021",
    "first_day": "12.06.2021",
    "last_day": "07.08.2021",
    "closes_on": "14.07.2021",
    "exempt_until": "31.08.2021",
    "updated_on": "20.06.2017",
}
VALUES: Mapping[str, tuple[str, str]] = {
    **{name: (day, day) for name, day in _DAYS.items()},
    **dict.fromkeys(("must_register", "must_be_searchable", "granted"), ("yes", "no")),
    **dict.fromkeys(("must_register_before", "must_be_searchable_before"), ("no", "yes")),
    "exemption": ("from-being-searchable", NOTHING),
    "exemption_ended": ("from-registering", NOTHING),
    "module": ("self-booking-reports", "modul-Å"),
    "modules": ("early-retirement-cases, company-overview", NOTHING),
    "function": ("joblog-view", "front-page"),
    "functions": ("joblog-view, joblog-search", "front-page"),
    "instead": ("Brug webservicen JobAD.", "Se STAR's liste over webservices."),
    "days": ("30", "7"),
    "system": ("Jobnet", "JobKon"),
    "count": ("2", "1"),
    "candidates": ("Tjener, Sommelier", NOTHING),
    "items": ("s-1, s-2", "Ø:1"),
    "adverts": ("A-1001, A-1002", "Ø:1"),
    "job_orders": ("O-77", NOTHING),
}
"""By detail: an ordinary value, and an awkward one."""


def texts() -> None:
    """Print every Danish text with its version, as its readers get it: the page docs/texts.md.

    \\b
    Example:  dfdg texts
    """
    typer.echo(page(), nl=False)


def page() -> str:
    """As Markdown. `KeyError` when a detail has no row among `VALUES`."""
    return "\n".join([HEAD, *_areas(), "## links\n", *_links(), ""])


def _areas() -> Iterator[str]:
    for area in AREAS.values():
        if found := getattr(area, "TEXTS", None):
            yield f"## {area.__name__.rpartition('.')[2]}\n\n{(area.__doc__ or '').splitlines()[0]}\n"
            yield "\n".join(_lines(found)) + "\n"


def _links() -> Iterator[str]:
    for name, link in LINKS.items():
        yield f"* `{name}`, for {link.rule}: {link.name}, {link.address} ({link.source})"


def _lines(found: Mapping[str, Text]) -> Iterator[str]:
    for text_id, text in found.items():
        ordinary, awkward = (text.filled({name: VALUES[name][n] for name in text.details}) for n in (0, 1))
        yield f"* `{text_id}`, version {text.version}: {ordinary}"
        if awkward != ordinary:
            yield f"  * {awkward}"
