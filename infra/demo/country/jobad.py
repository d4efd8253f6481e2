"""Made-up client systems that submit adverts through JobAD, and the companies behind anonymous ones."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import count, islice
from random import Random
from typing import NamedTuple

from infra.demo.country.citizens import Facts
from infra.demo.country.people import Citizen, Line, office_hour
from schemas.companies import is_cvr
from schemas.release_dates import NOTICES_FROM, WAVE_2
from schemas.topics import CLIENT_SYSTEM_RECORDED, COMPANY_REGISTERED

CLIENTS = tuple(f"made-up-client-{n}" for n in range(1, 6))
STRANGER = CLIENTS[-1]
"""Never registered."""
RECORDED, WITHDRAWN = NOTICES_FROM - timedelta(days=5), WAVE_2
"""The day on which clients and companies are recorded; the day from which the first client no longer may."""
CITIZENS_PER_ADVERT = 5_000
ANONYMOUS, RIGHT, WRONG_CVR = 0.6, 0.7, 0.85
"""Shares: of anonymous adverts; cumulated among these, of right numbers and of wrong CVR numbers."""
HEADLINES = ("Kok søges", "Tjener til aftenhold", "Chauffør med kørekort", "Pædagog på Læsø")


class Company(NamedTuple):
    cvr: str
    p_numbers: Sequence[str]


def made_up_cvrs() -> Iterator[str]:
    """Valid CVR numbers that no company has: none that begins with 9 is issued."""
    return filter(is_cvr, map(str, range(90_000_000, 100_000_000)))


class Jobad:
    """Ask for each `day`, and then for its `submissions`, once, in order."""

    def __init__(self, luck: Random, citizens: Sequence[Citizen], jobcentres: Sequence[str]) -> None:
        self._luck, self._requests, self._p_numbers = luck, count(1), count(9_900_000_001)
        self._adverts = max(3, len(citizens) // CITIZENS_PER_ADVERT)
        companies = islice(made_up_cvrs(), max(3, len(jobcentres) // 2))
        self._companies = [Company(cvr, [str(next(self._p_numbers)) for _ in range(3)]) for cvr in companies]
        self._new: list[Company] = []

    def day(self, day: date) -> Facts:
        """Clients and companies on `RECORDED`; on Tuesdays the P-numbers that were new on Monday."""
        if day == RECORDED:
            clients = [self._client(client, day, NOTICES_FROM, registered=True) for client in CLIENTS[:-1]]
            return {CLIENT_SYSTEM_RECORDED: clients, COMPANY_REGISTERED: self._registered(self._companies, day)}
        if day == WITHDRAWN:
            return {CLIENT_SYSTEM_RECORDED: [self._client(CLIENTS[0], day, day, registered=False)]}
        new, self._new = (self._new, []) if day.weekday() == 1 else ([], self._new)
        return {COMPANY_REGISTERED: self._registered(new, day)} if new else {}

    def submissions(self, day: date) -> Mapping[str, Sequence[Line]]:
        """By client: who is connected is not said by the lines (`dfdg publish --client`). On Mondays, else nothing."""
        if day.weekday() != 0:
            return {}
        return {client: [self._advert(day) for _ in range(self._adverts)] for client in CLIENTS}

    def _client(self, client: str, day: date, from_day: date, *, registered: bool) -> Line:
        at = office_hour(self._luck, day).isoformat()
        return {"occurred_at": at, "client": client, "from_day": from_day.isoformat(), "registered": registered}

    def _registered(self, companies: Sequence[Company], day: date) -> list[Line]:
        at = office_hour(self._luck, day).isoformat()
        return [{"occurred_at": at, "cvr": company.cvr, "p_numbers": list(company.p_numbers)} for company in companies]

    def _advert(self, day: date) -> Line:
        n = next(self._requests)
        at = office_hour(self._luck, day).isoformat()
        line = {
            "occurred_at": at,
            "request": f"s-{n}",
            "advert": f"jobad-{n}",
            "headline": self._luck.choice(HEADLINES),
        }
        if self._luck.random() >= ANONYMOUS:
            return line | {"anonymous": False, "employer": f"made-up-employer-{n % 100 + 1}"}
        company, kind = self._luck.choice(self._companies), self._luck.random()
        if kind < RIGHT:
            cvr, p_number = company.cvr, self._luck.choice(company.p_numbers)
        elif kind < WRONG_CVR:
            cvr, p_number = str(int(company.cvr) + 1), company.p_numbers[0]
        else:
            cvr, p_number = company.cvr, self._unknown(company)
        return line | {"anonymous": True, "cvr": cvr, "p_number": p_number}

    def _unknown(self, company: Company) -> str:
        """A P-number that is new: half of them are registered on the next day."""
        p_number = str(next(self._p_numbers))
        if self._luck.random() < 0.5:
            index = self._companies.index(company)
            self._companies[index] = company._replace(p_numbers=[*company.p_numbers, p_number])
            self._new = [each for each in self._new if each.cvr != company.cvr] + [self._companies[index]]
        return p_number
