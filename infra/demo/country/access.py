"""Made-up referrals to made-up providers: first load, then new ones, and every way to correct one (ACC-1 … ACC-3)."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import count
from random import Random

from infra.demo.country.citizens import Facts
from infra.demo.country.people import Citizen, Line, office_hour
from schemas.topics import PROVIDER_RECORDED, REFERRAL_RECORDED

PROVIDERS = ("made-up-jobvejen", "made-up-ny-start", "made-up-kompas", "made-up-broen", "made-up-springbraet")

LOADED, NEW, CORRECTED = 0.03, 0.002, 0.002
"""Shares of the citizens: referred at the first load; referred anew, and corrected, on one day."""

CORRECTIONS = ("cancel", "cancel ahead", "shorten", "extend", "repeat", "overlap")


class Access:
    """Ask for each `day` once, in order: the first one also brings the providers and the referrals that run already."""

    def __init__(self, luck: Random, citizens: Sequence[Citizen], _jobcentres: Sequence[str]) -> None:
        self._luck, self._citizens = luck, citizens
        self._numbers = count(1)
        self._known: list[Line] = []
        """Every referral as last recorded."""

    def day(self, day: date) -> Facts:
        """What is recorded on that day."""
        first = not self._known
        corrected = [] if first else list(self._corrected(day))
        lines = [*corrected, *self._referred(day, LOADED if first else NEW)]
        facts = {REFERRAL_RECORDED: sorted(lines, key=lambda line: str(line["occurred_at"]))}
        return {PROVIDER_RECORDED: self._providers(day), **facts} if first else facts

    def _providers(self, day: date) -> list[Line]:
        at = office_hour(self._luck, day).isoformat()
        return [
            {"occurred_at": at, "provider": name, "name": name.removeprefix("made-up-").replace("-", " ").capitalize()}
            for name in PROVIDERS
        ]

    def _referred(self, day: date, share: float) -> Iterator[Line]:
        for citizen in self._luck.sample(self._citizens, round(share * len(self._citizens))):
            first = day + timedelta(days=self._luck.randrange(-3, 15))
            yield self._recorded(day, self._referral(citizen.cpr, self._luck.choice(PROVIDERS), first))

    def _referral(self, cpr: str, provider: str, first: date) -> Line:
        line = {
            "cpr": cpr,
            "record": f"made-up-referral-{next(self._numbers)}",
            "provider": provider,
            "first_day": first.isoformat(),
            "last_day": (first + timedelta(days=self._luck.randrange(1, 180))).isoformat(),
        }
        self._known.append(line)
        return line

    def _corrected(self, day: date) -> Iterator[Line]:
        running = [line for line in self._known if line["last_day"] >= day.isoformat() and "cancelled_on" not in line]
        some = self._luck.sample(running, min(len(running), round(CORRECTED * len(self._citizens))))
        for line in some:
            yield self._recorded(day, self._correction(line, day))

    def _correction(self, line: Line, day: date) -> Line:
        """The referral as it is from now on; to `overlap` is another referral to the same provider."""
        first, last = (date.fromisoformat(line[name]) for name in ("first_day", "last_day"))
        match self._luck.choice(CORRECTIONS):
            case "cancel":
                line["cancelled_on"] = day.isoformat()
            case "cancel ahead":
                line["cancelled_on"] = (day + timedelta(days=self._luck.randrange(1, 8))).isoformat()
            case "shorten":
                sooner = min(last, day + timedelta(days=self._luck.randrange(-1, 5)))
                line["last_day"] = max(first, sooner).isoformat()
            case "extend":
                line["last_day"] = (last + timedelta(days=self._luck.randrange(14, 90))).isoformat()
            case "overlap":
                return self._referral(line["cpr"], line["provider"], last - timedelta(days=self._luck.randrange(7)))
        return line

    def _recorded(self, day: date, line: Line) -> Line:
        return line | {"occurred_at": office_hour(self._luck, day).isoformat()}
