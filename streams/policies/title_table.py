"""The outcome of an old title, by its published relations to ESCO-STAR (TIT-2). Never guess."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from schemas.labels import plain
from schemas.title_table import KINDS, Relation, RelationKind, TitleOutcome, TitleTable
from schemas.titles import Outcome

__all__ = ["RULES", "Relation", "TitleOutcome", "TitleTable", "outcome_of", "same_label"]

Titles = Sequence[Relation]
"""Relations to titles, nearest first, ISCO groups left out."""


def outcome_of(relations: Sequence[Relation], label: str) -> TitleOutcome:
    """The outcome of the old title with this label: the first rule that applies."""
    titles = sorted((r for r in relations if r.title), key=lambda r: (KINDS.index(r.kind), r.title))
    rule = next(rule for rule in RULES if rule.applies(titles, label))
    codes = tuple(dict.fromkeys(r.title for r in titles if r.title))
    name = f"TIT-2: {rule.name}"
    if rule.outcome == "converted":
        return TitleOutcome("converted", name, title=rule.picks(titles, label)[0], label=label)
    return TitleOutcome(rule.outcome, name, candidates=codes, label=label)


def _exact(titles: Titles, _label: str) -> list[str]:
    return _codes(titles, "exactMatch")


def _exact_with_the_same_label(titles: Titles, label: str) -> list[str]:
    return _codes([r for r in titles if same_label(r.label, label)], "exactMatch")


def _only_one_and_close_or_broad(titles: Titles, _label: str) -> list[str]:
    near = _codes(titles, "closeMatch", "broadMatch")
    return near if near == _codes(titles, *KINDS) and not _codes(titles, "narrowMatch") else []


def _any(titles: Titles, _label: str) -> list[str]:
    return _codes(titles, *KINDS)


class Rule(NamedTuple):
    """Converted when `picks` names exactly one title; must choose when it names any; retired when it names none."""

    name: str
    outcome: Outcome
    picks: Callable[[Titles, str], list[str]]

    def applies(self, titles: Titles, label: str) -> bool:
        count = len(self.picks(titles, label))
        return count == 1 if self.outcome == "converted" else (count > 0) == (self.outcome == "must-choose")


RULES = (
    Rule("one exact match", "converted", _exact),
    Rule("one exact match with the same label", "converted", _exact_with_the_same_label),
    Rule("one title in all, by close or broad match", "converted", _only_one_and_close_or_broad),
    Rule("other titles to choose from", "must-choose", _any),
    Rule("no title to choose from", "retired", _any),
)
"""In this order. The last two share out the titles that are left, so every old title has exactly one outcome."""


def _codes(titles: Titles, *kinds: RelationKind) -> list[str]:
    return list(dict.fromkeys(r.title for r in titles if r.title and r.kind in kinds))


def same_label(one: str, other: str) -> bool:
    """True when two labels are the same to a reader: case, width, kind of dash and spacing do not count."""
    return plain(one) == plain(other)
