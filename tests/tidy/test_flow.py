"""Nothing in the flow is loose: every topic has its writers and readers, every table its one owner."""

import re
from collections import Counter
from importlib import import_module
from pkgutil import iter_modules

import consumers
import streams
from infra.cli import catalog
from infra.cli.flow import Stage, as_mermaid, as_text, stages
from schemas.topic import Audience, Writer
from schemas.topics import DAY_BEGUN, TOPICS
from streams.policies.state import State
from tests.tidy.tree import ROOT

STAGES = stages()
PRODUCERS = [stage for stage in STAGES if stage.kind == "producers"]
GROUPS = [stage for stage in STAGES if stage.kind != "producers"]
PUBLIC = {topic.name for topic in TOPICS if topic.audience is Audience.PUBLIC}


def named(found: list[Stage], what: str) -> set[str]:
    return {name for stage in found for name in getattr(stage, what)}


def test_every_topic_is_read_by_one_of_us_or_is_public() -> None:
    assert {topic.name for topic in TOPICS} - named(GROUPS, "reads") - PUBLIC == set()


def test_the_readme_shows_the_flow_as_it_is() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = readme.partition("<!-- flow -->")[2].partition("<!-- /flow -->")[0]
    assert shown.strip() == f"```mermaid\n{as_mermaid(STAGES).strip()}\n```", "paste what `dfdg flow` prints"


def test_what_the_ledger_writes_no_producer_writes_and_every_other_topic_has_a_producer() -> None:
    ledger = {topic.name for topic in TOPICS if topic.writer is Writer.LEDGER}
    assert named(GROUPS, "writes") == ledger
    assert named(PRODUCERS, "writes") == {topic.name for topic in TOPICS} - ledger
    assert [stage.name for stage in PRODUCERS if DAY_BEGUN.name in stage.writes] == ["clock"]


def test_every_table_that_is_owned_has_one_owner_and_a_migration() -> None:
    owners = Counter(table for stage in GROUPS for table in stage.owns)
    assert {table for table, count in owners.items() if count > 1} == set()
    scripts = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "infra" / "migrations").glob("*.sql"))
    assert set(owners) - set(re.findall(r"create table (\w+\.\w+)", scripts)) == set()


def test_every_stage_module_opens_with_what_it_reads_and_the_catalog_knows_it() -> None:
    known = catalog.CONSUMERS
    modules = [
        import_module(f"{package.__name__}.{found.name}")
        for package in (streams, consumers)
        for found in iter_modules(package.__path__)
    ]
    opened = [module for module in modules if hasattr(module, "READS")]
    assert len(opened) == len(known)
    for module in opened:
        stage = getattr(module, "decision" if module.__name__.startswith("streams.") else "sink")
        assert any(stage is each for each in known), f"{module.__name__} is not in infra/cli/catalog.py"
        assert (stage.reads, stage.writes) == (module.READS, getattr(module, "WRITES", ()))
        assert getattr(stage, "owns", ()) == getattr(module, "OWNS", ())


def test_days_order_the_topics_of_every_decision_that_remembers_and_reads_several() -> None:
    assert [
        decision.name
        for decision in catalog.DECISIONS
        if decision.state is not State and len({*decision.reads} - {DAY_BEGUN}) > 1 and DAY_BEGUN not in decision.reads
    ] == []


def test_the_diagram_and_the_list_show_every_stage_topic_and_table() -> None:
    diagram, text = as_mermaid(STAGES), as_text(STAGES)
    assert diagram.startswith("flowchart LR\n")
    for stage in STAGES:
        assert f"[{stage.name}]" in diagram
        assert f"{stage.kind}/{stage.name}\n" in text
    for table in named(GROUPS, "owns"):
        assert f"[({table})]" in diagram
    for topic in TOPICS:
        assert f"([{topic.name.removeprefix('dfdg.')}])" in diagram
    assert {line.split()[0] for line in diagram.splitlines() if line.endswith("--> subscribers")} == {
        re.sub(r"\W", "_", name) for name in PUBLIC
    }
