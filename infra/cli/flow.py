"""`dfdg flow`: diagrams of who reads, writes and owns what, from the constants that the running code uses."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from infra.cli.common import Json
from infra.console import say, show_json

AREA_OF = {
    "title_choice": "titles",
    "title_publication": "titles",
    "registration": "titles",
    "vitas_users": "vitas",
    "vitas_grants": "vitas",
    "companies": "jobad",
    "job_suggestions": "retention",
}
"""Modules of `schemas` whose topics share a diagram with those of others. Any other module is an area of its own."""

SHAPES = {"producers": "[/{}/]", "streams": "{{{{{}}}}}", "consumers": "[{}]"}
BEGIN, END = "<!-- flow -->", "<!-- /flow -->"


class Stage(NamedTuple):
    """One box: `kind` is the folder, `owns` the tables that nobody else writes."""

    kind: str
    name: str
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    owns: tuple[str, ...] = ()


def flow(
    text: Annotated[bool, typer.Option("--text", help="A list for a terminal instead of Mermaid diagrams.")] = False,
    into: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Write the diagrams between this file's markers.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Draw how facts flow: producers, topics, decisions, consumers, tables.

    The diagrams are Mermaid, one an area, as in docs/flow.md; they come from the code, so they cannot be out of date.

    \b
    Example:  dfdg flow --text
    """
    found = stages()
    if into is not None:
        into.write_text(inserted(into.read_text(encoding="utf-8"), as_markdown(found)), encoding="utf-8")
        say(f"{into} shows the flow as it is.")
    elif as_json:
        show_json([stage._asdict() for stage in found])
    else:
        typer.echo(as_text(found) if text else as_markdown(found))


def stages() -> list[Stage]:
    """Every source system and other producer, every decision, every consumer, in the order of the flow."""
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
    """The modules of `producers` that open with `WRITES`, but for the publisher, which sends what others write."""
    from pkgutil import iter_modules

    import producers
    from producers import publisher

    modules = [import_module(f"producers.{found.name}") for found in iter_modules(producers.__path__)]
    return [
        Stage("producers", module.__name__.removeprefix("producers."), writes=tuple(map(str, module.WRITES)))
        for module in modules
        if hasattr(module, "WRITES") and module is not publisher
    ]


def inserted(document: str, diagrams: str) -> str:
    """The document with the diagrams between its markers; `BadParameter` when it has none."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise typer.BadParameter(f"the file has no lines {BEGIN} and {END}, between which the diagrams go")
    return f"{before}{begin}\n\n{diagrams}\n\n{end}{after}"


def as_text(found: list[Stage]) -> str:
    """One paragraph a stage."""
    lines = []
    for stage in found:
        lines.append(f"{stage.kind}/{stage.name}")
        for verb, names in (("reads", stage.reads), ("writes", stage.writes), ("owns", stage.owns)):
            lines += [f"  {verb:<6} {name}" for name in names]
    return "\n".join(lines)


def as_markdown(found: list[Stage]) -> str:
    """One small diagram an area, beneath what its modules of `schemas` say of themselves.

    A decision belongs to the area of the first topic that it writes, a consumer to that of the first that it reads:
    there all of its topics and tables are drawn, elsewhere only the area's topics, as for a producer. Days are drawn in
    the area of the clock alone. A consumer that reads topics of most areas has a diagram of its own.
    """
    parts, areas = [], _areas()
    broad = [stage for stage in found if len({_area(name) for name in stage.reads}) > len(areas) / 2]
    for area, modules in areas.items():
        abouts = [(import_module(f"schemas.{module}").__doc__ or "").partition("\n")[0] for module in modules]
        edges = dict.fromkeys(
            edge for stage in found if stage not in broad for edge in _edges(stage, area, modules == ["clock"])
        )
        parts.append(f"## {area}\n\n{chr(10).join(abouts)}\n\n{_diagram(edges)}")
    for stage in broad:
        box, topics = _box(stage), f"topics([{len(stage.reads)} topics of all areas])"
        edges = dict.fromkeys([f"{topics} --> {box}", *(f"{box} --> {_table(name)}" for name in stage.owns)])
        parts.append(f"## {stage.name}\n\n{_diagram(edges)}")
    return "\n\n".join(parts)


def _areas() -> dict[str, list[str]]:
    """The modules of `schemas` that declare the events of each area, in the order of the topics."""
    from schemas.topics import TOPICS

    areas: dict[str, list[str]] = {}
    for topic in TOPICS:
        module = topic.event.__module__.removeprefix("schemas.")
        modules = areas.setdefault(_area(topic.name), [])
        if module not in modules:
            modules.append(module)
    return areas


def _area(topic: str) -> str:
    from schemas.topics import BY_NAME

    module = BY_NAME[topic].event.__module__.removeprefix("schemas.")
    return AREA_OF.get(module, module)


def _edges(stage: Stage, area: str, days: bool) -> Iterator[str]:
    """The arrows of the stage in the diagram of the area, `days` too or not."""
    from schemas.topic import Audience
    from schemas.topics import BY_NAME, DAY_BEGUN

    reads = [name for name in stage.reads if name != DAY_BEGUN.name]
    firsts = {"producers": (), "streams": stage.writes, "consumers": (*reads, *stage.reads)}[stage.kind]
    home, box = _area(firsts[0]) if firsts else None, _box(stage)
    for name in stage.reads if days else reads:
        if area in (home, _area(name)):
            yield f"{_topic(name)} --> {box}"
    for name in stage.writes:
        if area in (home, _area(name)):
            yield f"{box} --> {_topic(name)}"
        if area == _area(name) and BY_NAME[name].audience is Audience.PUBLIC:
            yield f"{_topic(name)} --> subscribers"
    if area == home:
        yield from (f"{box} --> {_table(name)}" for name in stage.owns)


def _diagram(edges: dict[str, None]) -> str:
    return "\n".join(["```mermaid", "flowchart LR", *(f"  {edge}" for edge in edges), "```"])


def _box(stage: Stage) -> str:
    return _id(stage.kind, stage.name) + SHAPES[stage.kind].format(stage.name)


def _topic(name: str) -> str:
    return f"{_id(name)}([{name.removeprefix('dfdg.')}])"


def _table(name: str) -> str:
    return f"{_id(name)}[({name})]"


def _id(*names: str) -> str:
    """A name that Mermaid takes whatever it is made of."""
    return re.sub(r"\W", "_", "_".join(names))
