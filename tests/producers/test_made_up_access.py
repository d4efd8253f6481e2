"""Made-up referrals are facts that the edge takes, and between them show every requirement of access."""

import io
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from infra.demo.country.access import PROVIDERS, Access
from infra.demo.country.citizens import as_json_lines
from infra.demo.country.people import Citizen
from producers.cpr import made_up_cpr
from producers.lines import Line, read_lines
from schemas.event import Event
from schemas.referrals import ProviderRecorded, ReferralRecorded
from streams.referrals import decision
from tests.stories.playbook import Playbook

CITIZENS = [Citizen(made_up_cpr(n), "job-ready", "made-up-jobcentre-1", None) for n in range(2_000)]
IDS = {citizen.cpr: f"c-{n}" for n, citizen in enumerate(CITIZENS)}
DAYS = [date(2021, 5, 20), *(date(2021, 6, 14) + timedelta(days=n) for n in range(14))]


class Anyone:
    """Subject ids of made-up numbers."""

    def subjects(self, cprs: Sequence[str]) -> dict[str, str]:
        return {cpr: IDS[cpr] for cpr in cprs}


def facts(seed: int) -> list[tuple[date, list[Event]]]:
    """What is recorded on each day, as the edge takes it."""
    access, found = Access(Random(seed), CITIZENS, ["made-up-jobcentre-1"]), []
    for day in DAYS:
        events: list[Event] = []
        for topic, lines in access.day(day).items():
            for line in read_lines(topic, io.BytesIO(as_json_lines(lines)), Anyone()):
                assert isinstance(line, Line), line
                events.append(line.event)
        found.append((day, events))
    return found


def test_the_same_seed_gives_the_same_referrals_and_another_one_others() -> None:
    assert facts(1) == facts(1) != facts(2)


def test_the_referrals_are_new_cancelled_shortened_extended_repeated_and_overlapping() -> None:
    found = facts(2021)
    assert all(event.day == day for day, events in found for event in events)
    providers = [(day, event.key) for day, events in found for event in events if isinstance(event, ProviderRecorded)]
    assert providers == [(DAYS[0], name) for name in PROVIDERS]
    referrals = [event for _, events in found for event in events if isinstance(event, ReferralRecorded)]
    last: dict[str, ReferralRecorded] = {}
    seen = set()
    for fact in referrals:
        before = last.get(fact.record)
        if before is None:
            mine = [each for each in last.values() if (each.citizen, each.provider) == (fact.citizen, fact.provider)]
            seen |= {"overlapping"} if any(each.ends >= fact.first_day for each in mine) else {"new"}
        elif fact.cancelled_on is not None:
            seen |= {"cancelled"}
        else:
            seen |= {"extended" if fact.ends > before.ends else "shortened" if fact.ends < before.ends else "repeated"}
        last[fact.record] = fact
    assert seen == {"new", "overlapping", "cancelled", "extended", "shortened", "repeated"}
    book = Playbook(decision)
    for fact in referrals:
        book.fact(fact)
    assert len(book.day(date(2023, 1, 31)).outputs) > 100
    assert all(subject.state is None for subject in book.subjects.values())
