"""A made-up country, the same for the same seed: whoever lives there has a CPR number that cannot be anyone's."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import count
from random import Random

from infra.demo.country.people import GROUPS, Citizen, Line, Titles, office_hour
from producers.cpr import made_up_cpr
from schemas.topic import Topic
from schemas.topics import CV_EXEMPTION_RECORDED, REGISTRATION_REQUESTED, SITUATION_RECORDED, TITLE_HELD_RECORDED

Facts = Mapping[Topic, Sequence[Line]]
"""What is recorded on one day, by topic, each in order of time."""

FUNDS = tuple(f"made-up-fund-{n:02}" for n in range(1, 23))
JOBCENTRES = tuple(f"made-up-jobcentre-{n}" for n in range(1, 8))
"""For those who have no list of municipalities at hand."""

CITIZENS_PER_ADVERT = 10

CHANGE, MOVE, EXEMPT, WITHDRAW, CHOOSE, REGISTER = 0.010, 0.004, 0.006, 0.001, 0.08, 0.004
"""Shares of the citizens to whom it happens on one day; `CHOOSE` of those who were asked to."""


class Country:
    """Ask for `first_load`, then for each `day` once, in order: chance and memory run on from one to the next."""

    def __init__(self, seed: int, citizens: int, jobcentres: Sequence[str], titles: Titles) -> None:
        self._luck, self.jobcentres, self.titles = Random(seed), jobcentres, titles
        self._requests = count(1)
        self._adverts = citizens // CITIZENS_PER_ADVERT
        self.citizens = [self._citizen(n) for n in range(citizens)]

    def first_load(self, day: date) -> Facts:
        """What the source systems hold on `day`: situations, exemptions, job wishes, My Plan, adverts."""
        luck = self._luck
        facts: dict[Topic, list[Line]] = defaultdict(list)
        for citizen in self.citizens:
            at = office_hour(luck, day)
            facts[SITUATION_RECORDED].append(citizen.situation(at, initial=True))
            if luck.random() < 0.12:
                first = day + timedelta(days=luck.randrange(-60, 40))
                facts[CV_EXEMPTION_RECORDED].append(citizen.exempt(luck, at, first, initial=True))
            for n in range(luck.choice((1, 1, 1, 2))):
                facts[TITLE_HELD_RECORDED].append(citizen.wish(luck, at, f"wish-{n + 1}", self.titles))
            if luck.random() < 0.5:
                facts[TITLE_HELD_RECORDED].append(citizen.goal(luck, at, self.titles))
        facts[TITLE_HELD_RECORDED] += [self._advert(n, day) for n in range(self._adverts)]
        return in_order(facts)

    def day(self, day: date) -> Facts:
        """What changes on one day after wave 1."""
        facts: dict[Topic, list[Line]] = defaultdict(list)
        facts[CV_EXEMPTION_RECORDED] += self._withdrawn(day)
        facts[CV_EXEMPTION_RECORDED] += self._exempted(day)
        facts[SITUATION_RECORDED] += self._moved_or_changed(day)
        facts[TITLE_HELD_RECORDED] += self._chosen(day)
        facts[REGISTRATION_REQUESTED] += self._registering(day)
        return in_order(facts)

    def _citizen(self, n: int) -> Citizen:
        luck = self._luck
        group = self._group()
        insured = group == "insured-unemployed" or (group == "employed" and luck.random() < 0.7)
        return Citizen(made_up_cpr(n), group, luck.choice(self.jobcentres), luck.choice(FUNDS) if insured else None)

    def _group(self) -> str:
        (group,) = self._luck.choices(tuple(GROUPS), tuple(GROUPS.values()))
        return group

    def _some(self, share: float) -> list[Citizen]:
        return self._luck.sample(self.citizens, round(share * len(self.citizens)))

    def _moved_or_changed(self, day: date) -> Iterator[Line]:
        luck = self._luck
        for citizen in self._some(CHANGE + MOVE):
            if luck.random() < MOVE / (CHANGE + MOVE):
                citizen.jobcentre = luck.choice(self.jobcentres)
            else:
                citizen.target_group = self._group()
                citizen.fund = luck.choice(FUNDS) if citizen.target_group == "insured-unemployed" else citizen.fund
            yield citizen.situation(office_hour(luck, day))

    def _exempted(self, day: date) -> Iterator[Line]:
        for citizen in self._some(EXEMPT):
            first = day + timedelta(days=self._luck.randrange(-2, 6))
            yield citizen.exempt(self._luck, office_hour(self._luck, day), first)

    def _withdrawn(self, day: date) -> Iterator[Line]:
        """In the morning, before new ones are given."""
        exempt = [citizen for citizen in self.citizens if citizen.exemptions]
        for citizen in self._luck.sample(exempt, min(len(exempt), round(WITHDRAW * len(self.citizens)))):
            _, line = citizen.exemptions.popitem()
            at = office_hour(self._luck, day).replace(hour=5)
            yield line | {"occurred_at": at.isoformat(), "withdrawn": True}

    def _chosen(self, day: date) -> Iterator[Line]:
        for citizen in self.citizens:
            for item in citizen.open_choices(self.titles.table):
                if self._luck.random() < CHOOSE:
                    yield citizen.chooses(self._luck, office_hour(self._luck, day), item, self.titles)

    def _registering(self, day: date) -> Iterator[Line]:
        for citizen in self._some(REGISTER):
            at = office_hour(self._luck, day).isoformat()
            yield {"cpr": citizen.cpr, "occurred_at": at, "request": f"request-{next(self._requests)}"}

    def _advert(self, n: int, day: date) -> Line:
        """Employers have two adverts on average, all of them on old titles."""
        holder = {"holder": f"made-up-employer-{n // 2 + 1}", "holder_kind": "employer"}
        what = {"area": "adverts", "item": f"advert-{n + 1}", "scheme": "discoams08"}
        at = office_hour(self._luck, day).isoformat()
        return {"occurred_at": at, **holder, **what, "title": self._luck.choice(self.titles.old)}


def as_json_lines(lines: Sequence[Line]) -> bytes:
    """As `producers.publisher.publish` takes them. Keep them off the disk: they name persons by number."""
    return b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)


def in_order(facts: Mapping[Topic, list[Line]]) -> Facts:
    return {topic: sorted(lines, key=lambda line: str(line["occurred_at"])) for topic, lines in facts.items()}
