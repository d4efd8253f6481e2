"""`dfdg flow`: the diagram of who reads, writes and owns what, from the constants that the running code uses."""

import re
from typing import Annotated, NamedTuple

import typer

from infra.cli.common import Json
from infra.console import show_json


class Stage(NamedTuple):
    """One box: `kind` is the folder, `owns` the tables that nobody else writes."""

    kind: str
    name: str
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    owns: tuple[str, ...] = ()


def flow(
    text: Annotated[bool, typer.Option("--text", help="A list for a terminal instead of a Mermaid diagram.")] = False,
    as_json: Json = False,
) -> None:
    """Draw how facts flow: producers, topics, decisions, consumers, tables.

    The diagram is Mermaid, as in the README; it comes from the code, so it cannot be out of date.

    \b
    Example:  dfdg flow --text
    """
    found = stages()
    if as_json:
        show_json([stage._asdict() for stage in found])
    else:
        typer.echo(as_text(found) if text else as_mermaid(found))


def stages() -> list[Stage]:
    """Every producer that writes topics, every decision, every consumer, in the order of the flow."""
    from infra.cli import catalog

    return [
        *_producers(),
        *(
            Stage("streams", each.name, tuple(map(str, each.reads)), tuple(map(str, each.writes)))
            for each in catalog.DECISIONS
        ),
        *(
            Stage("consumers", each.name, tuple(map(str, each.reads)), tuple(map(str, each.writes)), each.owns)
            for each in catalog.SINKS
        ),
    ]


def _producers() -> list[Stage]:
    from importlib import import_module
    from pkgutil import iter_modules

    import producers

    modules = [import_module(f"producers.{found.name}") for found in iter_modules(producers.__path__)]
    return [
        Stage("producers", module.__name__.removeprefix("producers."), writes=tuple(map(str, module.WRITES)))
        for module in modules
        if hasattr(module, "WRITES")
    ]


def as_text(found: list[Stage]) -> str:
    """One paragraph a stage."""
    lines = []
    for stage in found:
        lines.append(f"{stage.kind}/{stage.name}")
        for verb, names in (("reads", stage.reads), ("writes", stage.writes), ("owns", stage.owns)):
            lines += [f"  {verb:<6} {name}" for name in names]
    return "\n".join(lines)


def as_mermaid(found: list[Stage]) -> str:
    """The diagram; a public topic leads on to subscribers."""
    from schemas.topic import Audience
    from schemas.topics import TOPICS

    lines = ["flowchart LR"]
    for kind in ("producers", "streams", "consumers"):
        lines.append(f"  subgraph {kind}")
        lines += [f"    {_id(kind, stage.name)}[{stage.name}]" for stage in found if stage.kind == kind]
        lines.append("  end")
    lines += [f"  {_id(topic.name)}([{topic.name.removeprefix('dfdg.')}])" for topic in TOPICS]
    for stage in found:
        own = _id(stage.kind, stage.name)
        lines += [f"  {_id(topic)} --> {own}" for topic in stage.reads]
        lines += [f"  {own} --> {_id(topic)}" for topic in stage.writes]
        lines += [f"  {own} --> {_id(table)}[({table})]" for table in stage.owns]
    lines += [f"  {_id(topic.name)} --> subscribers" for topic in TOPICS if topic.audience is Audience.PUBLIC]
    return "\n".join(lines)


def _id(*names: str) -> str:
    """A name that Mermaid takes whatever it is made of."""
    return re.sub(r"\W", "_", "_".join(names))
