"""The held titles of a wave night, all in areas of wave 1, and what becomes of them: many holders, few cases."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from bench.job import Fact
from infra.reference.tables import Old, Title
from schemas.ids import derived_id
from schemas.title_table import TitleOutcome
from schemas.titles import Outcome, TitleHeldRecorded
from schemas.topics import TITLE_HELD_RECORDED

SEED, VERSION = 20210612, "bench"
FIRST_LOAD_AT = datetime(2021, 5, 20, 7, tzinfo=UTC)
NEW_TITLES = 1_128
OUTCOMES: dict[Outcome, int] = {"converted": 2_046, "must-choose": 555, "retired": 437}
"""Old titles by outcome, as many as the published mapping has."""

TITLES_PER_HOLDER, HOLDERS_PER_EMPLOYER = 3, 5
ALIAS_SHARE = 0.15


@dataclass(frozen=True)
class Wave:
    """So many held titles. Nothing is kept but counts: a million facts are made twice rather than remembered."""

    titles: int

    @cached_property
    def new(self) -> list[Title]:
        codes = [f"{1_000 + n // 9:04}.{n % 9 + 1}" for n in range(NEW_TITLES)]
        return [Title(code, f"http://bench.invalid/{code}", f"Ny {code}", code[:4]) for code in codes]

    @cached_property
    def old(self) -> list[Old]:
        luck = random.Random(SEED)
        kinds = [kind for kind, count in OUTCOMES.items() for _ in range(count)]
        return [self._old(luck, number, kind) for number, kind in enumerate(kinds)]

    def _old(self, luck: random.Random, number: int, kind: Outcome) -> Old:
        title = luck.choice(self.new).code if kind == "converted" else None
        candidates = tuple(new.code for new in luck.sample(self.new, 3)) if kind == "must-choose" else ()
        found = TitleOutcome(kind, "TIT-2", title=title, candidates=candidates, label=f"Gammel {number}")
        return Old(f"{number:07}", f"http://bench.invalid/{number}", found, constructed=True)

    def facts(self) -> Iterator[Fact]:
        """Three job wishes a citizen, three adverts an employer; all on old titles."""
        luck = random.Random(-SEED)
        for number in range(self.titles):
            holder = number // TITLES_PER_HOLDER
            employer = holder % HOLDERS_PER_EMPLOYER == 0
            event = TitleHeldRecorded.trusted(
                occurred_at=FIRST_LOAD_AT,
                holder=f"e-{holder}" if employer else f"c-1{holder:031x}",
                holder_kind="employer" if employer else "citizen",
                area="adverts" if employer else "job-wishes",
                item=f"item-{number % TITLES_PER_HOLDER}",
                scheme="discoams08",
                title=luck.choice(self.old).code,
                alias="made up" if luck.random() < ALIAS_SHARE else None,
                text=None,
                removed=False,
                jobcentre=None,
            )
            yield Fact(TITLE_HELD_RECORDED, event, derived_id(b"bench", b"held", b"%d" % number).hex())

    @cached_property
    def becomes(self) -> Counter[str]:
        """How many of the held titles have each outcome; `alias_dropped` are a part of `converted`."""
        outcome_of = {old.code: old.outcome.outcome for old in self.old}
        counts: Counter[str] = Counter()
        for fact in self.facts():
            found, alias = outcome_of[fact.event.__dict__["title"]], fact.event.__dict__["alias"]
            counts[found] += 1
            counts["alias_dropped"] += found == "converted" and alias is not None
        return counts
