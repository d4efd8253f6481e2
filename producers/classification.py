"""The published classification: ESCO-STAR and its relations to ESCO, from CSV files into `reference`.

DiscoAMS08, the old side, is **not public**. It is CONSTRUCTED here, and every row says so: one old title per ESCO
concept of the mapping, its code 4 digits of ISCO-08 and a running number of 3. The ISCO group is that of the nearest
target (exact before close, broad and narrow; then the lowest code); numbers run by the concept's URI within the group.
A concept keeps the code that it was once given, so that a corrected mapping speaks of the same old titles (TIT-10).
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, cast

from psycopg import Connection

from infra.reference.tables import Old, Title, lock_titles, old_codes, store_table
from producers.published_csv import ISCO_DIGITS, BadFileError, rows
from producers.title_aliases import construct_aliases, read_labels
from schemas.title_table import KINDS, Relation, RelationKind, TitleOutcome

__all__ = ["BadFileError", "Concept", "Published", "construct", "import_titles", "read_concepts", "read_titles"]

TITLE_COLUMNS = ("code", "isco08", "depth_below_isco", "star_uri", "eures_uri", "label")
RELATION_COLUMNS = (
    "esco_uri",
    "esco_label_da",
    "relation",
    "target_kind",
    "target_code",
    "target_star_uri",
    "target_label",
)
MAX_IN_GROUP = 999
"""Three digits; the published mapping needs 101."""

Rule = Callable[[Sequence[Relation], str], TitleOutcome]
"""`streams.policies.title_table.outcome_of`: an old title's outcome is a decision, handed in, not made here."""


class Published(NamedTuple):
    """The fields of `TitleTablePublished`, and the number of old titles by outcome. `new`: it was not there before."""

    version: str
    outcomes: int
    fingerprint: str
    new: bool
    counts: dict[str, int]

    def __str__(self) -> str:
        counts = ", ".join(f"{number} {outcome}" for outcome, number in sorted(self.counts.items()))
        done = "imported" if self.new else "has this content already; nothing was changed"
        return f"Title table {self.version} {done}: {self.outcomes} old titles (CONSTRUCTED, not DiscoAMS08), {counts}."


class Concept(NamedTuple):
    """An ESCO concept, standing in for an old title. `groups`: the ISCO group of each relation's target."""

    uri: str
    label: str
    relations: list[Relation]
    groups: list[str]

    @property
    def isco08(self) -> str:
        nearest = min(zip(self.relations, self.groups, strict=True), key=lambda p: (KINDS.index(p[0].kind), p[1]))
        return nearest[1]


def import_titles(
    connection: Connection,
    escostar: Path,
    mapping: Path,
    outcome_of: Rule,
    version: str | None = None,
    aliases: Path | None = None,
) -> Published:
    """Stores the files as a version in one transaction; the same again changes nothing. Raises `BadFileError`."""
    titles = read_titles(escostar)
    concepts = read_concepts(mapping, {title.code: title for title in titles})
    labels = read_labels(aliases) if aliases else {}
    with connection.transaction():
        lock_titles(connection)
        olds = construct(concepts, old_codes(connection), outcome_of)
        relations = {concept.uri: concept.relations for concept in concepts}
        stored = store_table(connection, titles, olds, version, construct_aliases(titles, olds, relations, labels))
    return Published(*stored, counts=dict(Counter(old.outcome.outcome for old in olds)))


def construct(concepts: Sequence[Concept], known: Mapping[str, str], outcome_of: Rule) -> list[Old]:
    """The constructed old titles by code. `known` are the codes already given, by URI."""
    last: dict[str, int] = defaultdict(int)
    for code in known.values():
        last[code[:ISCO_DIGITS]] = max(last[code[:ISCO_DIGITS]], int(code[ISCO_DIGITS:]))
    olds = []
    for concept in sorted(concepts, key=lambda concept: (concept.isco08, concept.uri)):
        code = known.get(concept.uri, "")
        if not code:
            number = last[concept.isco08] = last[concept.isco08] + 1
            if number > MAX_IN_GROUP:
                raise BadFileError(f"ISCO group {concept.isco08} has more than {MAX_IN_GROUP} concepts")
            code = f"{concept.isco08}{number:03}"
        olds.append(Old(code, concept.uri, outcome_of(concept.relations, concept.label), constructed=True))
    return sorted(olds, key=lambda old: old.code)


def read_titles(path: Path) -> list[Title]:
    """The ESCO-STAR titles of the file, or `BadFileError`."""
    titles: dict[str, Title] = {}
    uris: set[str] = set()
    for row in rows(path, TITLE_COLUMNS):
        title = Title(row.text("code"), row.uri("star_uri"), row.text("label"), row.isco("isco08"))
        row.require(title.code.startswith(title.isco08 + "."), "code", "does not begin with isco08 and a full stop")
        row.require(title.code not in titles, "code", "stands in an earlier line too")
        row.require(title.uri not in uris, "star_uri", "stands in an earlier line too")
        titles[title.code] = title
        uris.add(title.uri)
    if not titles:
        raise BadFileError(f"{path} has no titles")
    return list(titles.values())


def read_concepts(path: Path, titles: Mapping[str, Title]) -> list[Concept]:
    """The ESCO concepts of the mapping with all their relations, or `BadFileError`; targets must be in `titles`."""
    concepts: dict[str, Concept] = {}
    seen: set[tuple[str, str]] = set()
    for row in rows(path, RELATION_COLUMNS):
        uri, label, code = row.uri("esco_uri"), row.text("esco_label_da"), row.text("target_code")
        concept = concepts.setdefault(uri, Concept(uri, label, [], []))
        row.require(label == concept.label, "esco_label_da", "differs from an earlier line of the same esco_uri")
        row.require((uri, code) not in seen, "target_code", "stands in an earlier line of the same esco_uri too")
        seen.add((uri, code))
        kind = cast(RelationKind, row.one_of("relation", KINDS))
        if row.one_of("target_kind", ("escostar", "isco")) == "isco":
            concept.relations.append(Relation(kind, None, row.text("target_label")))
            concept.groups.append(row.isco("target_code"))
            continue
        title = titles.get(code)
        row.require(title is not None, "target_code", "is no title of the ESCO-STAR file")
        assert title is not None  # only mypy needs to be told
        row.require(row.text("target_star_uri") == title.uri, "target_star_uri", "is not the URI of target_code")
        concept.relations.append(Relation(kind, title.code, title.label))
        concept.groups.append(title.isco08)
    if not concepts:
        raise BadFileError(f"{path} has no relations")
    return list(concepts.values())
