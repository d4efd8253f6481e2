"""Aliases of titles (TIT-11), CONSTRUCTED from ESCO's Danish labels: ESCO-STAR's and DiscoAMS08's own are not public.

An old title stands for an ESCO concept, so it has that concept's other labels. An ESCO-STAR title has all labels of the
concepts that match it exactly (**chosen**: a near match is another trade). A label that reads like a title of the
same classification is no alias, neither of that title nor of another.
"""

from collections.abc import Mapping, Sequence, Set
from pathlib import Path

from infra.reference.tables import Alias, Old, Title
from producers.published_csv import rows
from schemas.labels import plain
from schemas.title_table import Relation

LABEL_COLUMNS = ("concept_uri", "concept_type", "kind", "label")
TYPES, KINDS = ("occupation", "isco_group"), ("preferred", "alt")

Labels = Mapping[str, Sequence[str]]
"""All labels of each ESCO concept by its URI, the preferred one among them."""


def read_labels(path: Path) -> Labels:
    """The labels of the occupations in the file, or `BadFileError`. Groups are passed over: nobody searches by category
    (TIT-12)."""
    labels: dict[str, list[str]] = {}
    for row in rows(path, LABEL_COLUMNS):
        uri, label = row.uri("concept_uri"), " ".join(row.text("label").split())
        row.one_of("kind", KINDS)
        if row.one_of("concept_type", TYPES) == "occupation":
            labels.setdefault(uri, []).append(label)
    return labels


def construct_aliases(
    titles: Sequence[Title], olds: Sequence[Old], relations: Mapping[str, Sequence[Relation]], labels: Labels
) -> list[Alias]:
    """The aliases of both classifications, in order; concepts that the labels do not know have none."""
    aliases: list[Alias] = []
    taken_old, taken_new = {plain(old.outcome.label) for old in olds}, {plain(title.label) for title in titles}
    exact: dict[str, list[str]] = {}
    for old in olds:
        aliases += _aliases("discoams08", old.code, taken_old, labels.get(old.uri, ()))
        for relation in relations[old.uri]:
            if relation.kind == "exactMatch" and relation.title is not None:
                exact.setdefault(relation.title, []).extend(labels.get(old.uri, ()))
    for title in titles:
        aliases += _aliases("esco-star", title.code, taken_new, exact.get(title.code, ()))
    return sorted(aliases)


def _aliases(scheme: str, code: str, taken: Set[str], labels: Sequence[str]) -> list[Alias]:
    """Each alias once, however it is written."""
    different = {plain(each): each for each in sorted(labels) if plain(each) not in taken}
    return [Alias(scheme, code, alias, constructed=True) for alias in different.values()]
