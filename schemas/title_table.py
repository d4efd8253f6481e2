"""The conversion table from DiscoAMS08 to ESCO-STAR as a value: the outcome of each old title (TIT-2).

An ESCO-STAR title is named by its code everywhere; `reference.title` has its URI and label.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from schemas.titles import Outcome

RelationKind = Literal["exactMatch", "closeMatch", "broadMatch", "narrowMatch"]
KINDS: tuple[RelationKind, ...] = ("exactMatch", "closeMatch", "broadMatch", "narrowMatch")
"""From the nearest to the farthest; candidates are offered in this order."""


class Relation(NamedTuple):
    """How an old title relates to a target. `title` is None when the target is only an ISCO group."""

    kind: RelationKind
    title: str | None
    label: str


class TitleOutcome(NamedTuple):
    """The outcome of one old title. `title` only when converted; `candidates` only when it must be chosen."""

    outcome: Outcome
    rule: str
    title: str | None = None
    candidates: tuple[str, ...] = ()
    label: str = ""
    """The old title's own label."""


NOT_LISTED = TitleOutcome("retired", "the table does not list it")
"""The outcome of an old title that the table does not list (**chosen**): it has no new title, and we never guess."""


@dataclass(frozen=True)
class TitleTable:
    """One version of the reference data. `outcomes` by old code; `labels` of the ESCO-STAR titles by their code."""

    version: str
    outcomes: Mapping[str, TitleOutcome]
    labels: Mapping[str, str]

    def outcome(self, old_code: str) -> TitleOutcome:
        return self.outcomes.get(old_code, NOT_LISTED)

    def label(self, code: str) -> str:
        """The label that a person reads for a code of either classification; the code itself when no label is known."""
        old = self.outcomes.get(code)
        return self.labels.get(code) or (old.label if old else "") or code
