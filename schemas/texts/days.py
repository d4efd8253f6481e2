"""Days as people read them in Danish: one style in every text."""

from datetime import date


def danish_day(day: date) -> str:
    """ "14.06.2021"."""
    return f"{day:%d.%m.%Y}"
