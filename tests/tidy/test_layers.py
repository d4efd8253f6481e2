"""Each part imports only the parts that its row allows, and there is no circle (ARCHITECTURE, "The house")."""

import ast

import pytest

from tests.tidy.parts import edges, imported, layers, part
from tests.tidy.tree import module, place, sources, syntax

ENGINE = ("schemas", "infra.addresses", "infra.arrays", "infra.errors", "infra.log", "infra.postgres", "infra.registry")
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "schemas": (),
    "infra": (),
    "infra.addresses": (),
    "infra.arrays": (),
    "infra.console": ("schemas",),
    "infra.errors": (),
    "infra.log": (),
    "infra.migrations": (),
    "infra.progress": (),
    "infra.kafka": ("schemas", "infra.errors"),
    "infra.local": ("infra.addresses", "infra.errors", "infra.progress"),
    "infra.postgres": ("infra.arrays",),
    "infra.reference": ("schemas", "infra.errors", "infra.postgres"),
    "infra.registry": ("schemas", "infra.errors", "infra.log", "infra.schema_ids"),
    "infra.schema_ids": ("infra.errors", "infra.postgres"),
    "infra.registry_copy": ("infra.registry", "infra.schema_ids"),
    "streams.policies": ("schemas",),
    "infra.engine": ENGINE,
    "infra.lag": ("schemas", "infra.errors", "infra.kafka"),
    "infra.migrate": ("infra.errors", "infra.postgres", "infra.progress"),
    "infra.settings": ("infra.addresses", "infra.errors", "infra.local"),
    "infra.topic_admin": ("schemas", "infra.errors", "infra.kafka", "infra.progress"),
    "infra.recovery": ("schemas", "infra.arrays", "infra.engine", "infra.errors", "infra.kafka"),
    "infra.dead_letters": ("schemas", "infra.engine", "infra.errors", "infra.kafka", "infra.log"),
    "infra.source": ("schemas", "infra.engine", "infra.errors", "infra.kafka", "infra.log"),
    "infra.tail": ("schemas", "infra.engine", "infra.errors", "infra.kafka"),
    "producers": ("schemas", "infra.engine", "infra.errors", "infra.kafka", "infra.progress", "infra.reference"),
    "infra.consumer_group": (
        *("schemas", "infra.engine", "infra.source", "infra.dead_letters", "infra.recovery"),
        *("infra.errors", "infra.kafka", "infra.log", "infra.postgres"),
    ),
    "streams": (
        *("schemas", "streams.policies", "infra.consumer_group", "infra.engine", "infra.source", "infra.arrays"),
        *("infra.reference", "infra.log"),
    ),
    "consumers": (
        *("schemas", "infra.consumer_group", "infra.engine", "infra.source", "infra.arrays", "infra.errors"),
        *("infra.log", "infra.postgres"),
    ),
    "consumers.archive": ("schemas", "infra.engine", "infra.postgres"),
    "consumers.admin": (
        *("schemas", "consumers", "infra.engine", "infra.arrays", "infra.errors", "infra.kafka", "infra.postgres"),
        "infra.tail",
    ),
}
"""By part, from the bottom up: the parts that it may import beside itself."""

TOOLS = ("infra.demo", "infra.cli")
"""They may import all, the demo not the command line tool; no other part imports either."""


def forbidden(own: str, other: str) -> bool:
    """True when a module `own` must not import the module `other`."""
    mine, theirs = part(own), part(other)
    if mine in TOOLS:
        return (mine, theirs) == TOOLS
    return mine != theirs and theirs not in MAY_IMPORT[mine]


def faults(own: str, tree: ast.Module) -> list[tuple[str, int]]:
    """The imports in the tree that a module of that name must not have."""
    return [(name, line) for name, line in imported(tree) if forbidden(own, name)]


def test_each_part_imports_only_the_parts_that_its_row_allows() -> None:
    assert {part(module(path)) for path in sources()} == {*MAY_IMPORT, *TOOLS}
    wrong = [(path, faults(module(path), syntax(path))) for path in sources()]
    assert [f"{place(path, line)} imports {name}" for path, found in wrong for name, line in found] == []


def test_no_row_allows_more_than_the_code_needs() -> None:
    needed = edges()
    assert {own: extra for own, allowed in MAY_IMPORT.items() if (extra := {*allowed} - needed[own])} == {}


def test_the_parts_form_layers_without_a_circle() -> None:
    assert sum(map(len, layers(edges()))) == len(MAY_IMPORT) + len(TOOLS)


PARTS = [each for each in MAY_IMPORT if each != "infra"]  # the package itself has one line of text
FORBIDDEN = [
    (own, other) for own in PARTS for other in (*PARTS, *TOOLS) if own != other and other not in MAY_IMPORT[own]
]


@pytest.mark.parametrize(("own", "other"), [*FORBIDDEN, TOOLS])
def test_an_import_that_no_row_allows_is_found_wherever_it_is_planted(own: str, other: str) -> None:
    for planted in (f"import {other}.a", f"from {other}.a import b", f"def f():\n    from {other} import a"):
        assert [name for name, _ in faults(f"{own}.planted", ast.parse(planted))], planted
