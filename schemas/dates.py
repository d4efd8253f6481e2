"""Copenhagen days and deadlines: never early, whatever the clock change or leap year (REQUIREMENTS, ground rules)."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


_HOUR_S = 3600


@lru_cache(maxsize=4096)  # half a year of hours: an hour lies within one day, for Copenhagen keeps whole hours
def _day_of_hour(hour: int) -> date:
    return datetime.fromtimestamp(hour * _HOUR_S, COPENHAGEN).date()


def copenhagen_day(moment: datetime) -> date:
    """The day that a moment with a time zone lies on in Copenhagen."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone lies on no day")
    return _day_of_hour(int(moment.timestamp() // _HOUR_S))


def midnight(day: date) -> datetime:
    """The moment, in UTC, at which the day begins in Copenhagen."""
    return datetime.combine(day, time(), COPENHAGEN).astimezone(UTC)


def next_day(day: date) -> date:
    return day + timedelta(days=1)


def add_years(day: date, years: int) -> date:
    """The nth anniversary; of 29 February it is 1 March when there is none."""
    return add_months(day, 12 * years)


def add_months(day: date, months: int) -> date:
    """The same day of the month so many months later, or the first of the next month when there is none."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    try:
        return date(year, month0 + 1, day.day)
    except ValueError:  # there is no such day in that month
        return date(year + (month0 == 11), (month0 + 1) % 12 + 1, 1)
