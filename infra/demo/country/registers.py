"""Made-up job-suggestion checks, Joblogs and legal holds: old ones on the first day, a few new ones each Monday."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from random import Random

from infra.demo.country.citizens import Facts
from infra.demo.country.people import Citizen, Line, office_hour
from schemas.topic import Topic
from schemas.topics import JOB_SUGGESTION_CHECK_RECORDED, JOBLOG_ENTRY_RECORDED, LEGAL_HOLD_RECORDED

DUTY_ENDED = date(2019, 12, 31)
CHECKED, LOGGING, NEW_A_WEEK, HELD = 0.04, 0.05, 0.001, 0.002
"""Shares of the citizens: with old checks, with an old Joblog, with a new entry a week; of the records, held."""

MONDAY = 0
HOLDS_PLACED, HOLDS_RELEASED = date(2021, 6, 7), date(2022, 3, 7)
_LETTERS = "bcdfghjklmnpqrstvwxz"  # no digits: nothing that could be taken for a CPR number
_EMPLOYERS = ("Made-up Bakery", "Made-up Shipyard", "Made-up Hospital", "Made-up School")
_POSITIONS = ("Bager", "Svejser", "Sygeplejerske", "Pædagog", "Chauffør")


class Registers:
    """Ask for each `day` once, in order, from a day in May 2021 on: chance and memory run on from one to the next."""

    def __init__(self, luck: Random, citizens: Sequence[Citizen], _jobcentres: Sequence[str]) -> None:
        self._luck, self._citizens = luck, citizens
        self._entries: list[tuple[Citizen, str]] = []
        self._holds: list[Line] = []
        self._begun = False

    def day(self, day: date) -> Facts:
        facts: dict[Topic, list[Line]] = defaultdict(list)
        if not self._begun:
            self._begun = True
            facts[JOB_SUGGESTION_CHECK_RECORDED] += self._checks(day)
            facts[JOBLOG_ENTRY_RECORDED] += self._old_entries(day)
        if day.weekday() == MONDAY:
            facts[JOBLOG_ENTRY_RECORDED] += self._new_entries(day)
        if day == HOLDS_PLACED:
            facts[LEGAL_HOLD_RECORDED] += self._placed(day)
        if day == HOLDS_RELEASED:
            facts[LEGAL_HOLD_RECORDED] += self._released(day)
        return {topic: sorted(lines, key=lambda line: str(line["occurred_at"])) for topic, lines in facts.items()}

    def _some(self, share: float) -> list[Citizen]:
        return self._luck.sample(list(self._citizens), round(share * len(self._citizens)))

    def _checks(self, day: date) -> Iterator[Line]:
        for citizen in self._some(CHECKED):
            checked = min(DUTY_ENDED, day - timedelta(days=self._luck.randrange(365 * 3 // 2, 365 * 7)))
            at = office_hour(self._luck, checked)
            known = {"cpr": citizen.cpr, "occurred_at": at.isoformat(), "record": self._record("check")}
            known |= {"logged_in_at": (at - timedelta(minutes=5)).isoformat(), "acknowledged_at": at.isoformat()}
            yield known | {"checked_on": checked.isoformat(), "outcome": "acknowledged"}

    def _old_entries(self, day: date) -> Iterator[Line]:
        for citizen in self._some(LOGGING):
            last = day - timedelta(days=self._luck.randrange(1, 365 * 7))
            for _ in range(self._luck.choice((1, 2, 3))):
                yield self._entry(citizen, last, self._record("entry"))
                last -= timedelta(days=self._luck.randrange(1, 60))

    def _new_entries(self, day: date) -> Iterator[Line]:
        """A new entry, or an update of one that was given before."""
        for citizen in self._some(NEW_A_WEEK):
            if self._entries and self._luck.random() < 0.4:
                yield self._entry(*self._with_day(day))
            else:
                yield self._entry(citizen, day, self._record("entry"))

    def _with_day(self, day: date) -> tuple[Citizen, date, str]:
        citizen, record = self._luck.choice(self._entries)
        return citizen, day, record

    def _entry(self, citizen: Citizen, day: date, record: str) -> Line:
        luck = self._luck
        self._entries.append((citizen, record))
        whole = {"cpr": citizen.cpr, "occurred_at": office_hour(luck, day).isoformat(), "record": record}
        whole |= {"applied_on": day.isoformat(), "employer": luck.choice(_EMPLOYERS)}
        whole |= {"position": luck.choice(_POSITIONS), "how_applied": luck.choice(("advert", "unsolicited"))}
        return whole | ({"note": "Ring igen i næste uge", "answer": "none"} if luck.random() < 0.8 else {})

    def _placed(self, day: date) -> Iterator[Line]:
        for n, (citizen, record) in enumerate(self._luck.sample(self._entries, round(HELD * len(self._entries)) + 5)):
            line = {"cpr": citizen.cpr, "hold": f"hold-{n + 1}", "record": record, "handler": "made_up_handler"}
            self._holds.append(line)
            yield line | {"occurred_at": office_hour(self._luck, day).isoformat()}

    def _released(self, day: date) -> Iterator[Line]:
        """Half of them; the others stand on."""
        for line in self._holds[::2]:
            yield line | {"occurred_at": office_hour(self._luck, day).isoformat(), "released": True}

    def _record(self, kind: str) -> str:
        """Random, as every record's id must be."""
        return f"{kind}-{''.join(self._luck.choices(_LETTERS, k=16))}"
