"""Days as people read them in Danish."""

from datetime import date

_MONTHS = (
    *("januar", "februar", "marts", "april", "maj", "juni"),
    *("juli", "august", "september", "oktober", "november", "december"),
)


def danish_day(day: date) -> str:
    """ "14. juni 2021"."""
    return f"{day.day}. {_MONTHS[day.month - 1]} {day.year}"
