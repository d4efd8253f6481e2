"""The details of notices about open choices: the day since which they stand open, and the candidates."""

from datetime import date

from schemas.texts.text import NOTHING
from schemas.title_table import TitleTable
from streams.policies.title_conversion import Now
from streams.policies.title_state import HeldTitle


def since(titles: list[HeldTitle], now: Now) -> date:
    """The day from which the latest of the choices stands open: all of them do from then on."""
    return max((held.since for held in titles if held.since is not None), default=now.day)


def candidates(titles: list[HeldTitle], table: TitleTable | None) -> str:
    """TIT-9 (chosen): a notice is kept, and would link its holder to the original once a choice is made. So it names
    items and candidates; the old title itself stands where the item is shown."""
    codes = dict.fromkeys(code for held in titles for code in held.candidates)
    return ", ".join(code if table is None else table.label(code) for code in codes) or NOTHING
