"""Nothing in the flow is loose: every topic has its writers and readers, every table its one owner."""

import re
from collections import Counter
from importlib import import_module
from pkgutil import iter_modules

import pytest
import typer

import consumers
import streams
from infra.cli import catalog
from infra.cli.flow import Stage, as_markdown, as_text, inserted, stages
from producers import clock, publisher, title_table
from schemas.topic import Audience, Writer
from schemas.topics import DAY_BEGUN, TOPICS
from streams.policies.state import State
from tests.tidy.tree import ROOT

STAGES = stages()
PRODUCERS = [stage for stage in STAGES if stage.kind == "producers"]
GROUPS = [stage for stage in STAGES if stage.kind != "producers"]
MOST_ARROWS = 45
"""Lines of a diagram: those of titles have 36 arrows."""
PUBLIC = {topic.name for topic in TOPICS if topic.audience is Audience.PUBLIC}


def named(found: list[Stage], what: str) -> set[str]:
    return {name for stage in found for name in getattr(stage, what)}


def test_every_topic_is_read_by_one_of_us_or_is_public() -> None:
    assert {topic.name for topic in TOPICS} - named(GROUPS, "reads") - PUBLIC == set()


def test_the_document_shows_the_flow_as_it_is() -> None:
    document = (ROOT / "docs" / "flow.md").read_text(encoding="utf-8")
    assert document == inserted(document, as_markdown(STAGES)), "`make flow` draws it anew"


def test_diagrams_go_between_the_markers_of_a_file_and_nowhere_else() -> None:
    assert inserted("a\n<!-- flow -->\nold\n<!-- /flow -->\nb\n", "new") == (
        "a\n<!-- flow -->\n\nnew\n\n<!-- /flow -->\nb\n"
    )
    for document in ("", "<!-- flow -->", "<!-- /flow --> <!-- flow -->"):
        with pytest.raises(typer.BadParameter, match="has no lines <!-- flow --> and <!-- /flow -->"):
            inserted(document, "new")


def test_what_the_ledger_writes_no_producer_writes_and_every_other_topic_has_a_producer() -> None:
    ledger = {topic.name for topic in TOPICS if topic.writer is Writer.LEDGER}
    assert named(GROUPS, "writes") == ledger
    assert named(PRODUCERS, "writes") == {topic.name for topic in TOPICS} - ledger
    assert [stage.name for stage in PRODUCERS if DAY_BEGUN.name in stage.writes] == ["clock"]


def test_every_topic_that_anyone_may_write_has_one_producing_module_and_the_publisher_sends_for_every_system() -> None:
    producing = Counter(name for stage in PRODUCERS for name in stage.writes)
    assert producing == Counter(topic.name for topic in TOPICS if topic.writer is Writer.ANYONE)
    own = {*clock.WRITES, *title_table.WRITES}
    assert set(map(str, publisher.WRITES)) == set(producing) - set(map(str, own)), "is the module among its SYSTEMS?"


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


def test_the_diagrams_and_the_list_show_every_stage_topic_and_table() -> None:
    diagrams, text = as_markdown(STAGES), as_text(STAGES)
    for stage in STAGES:
        assert re.search(rf"[\[{{/]{stage.name}[\]}}/]", diagrams)
        assert f"{stage.kind}/{stage.name}\n" in text
    for table in named(GROUPS, "owns"):
        assert f"[({table})]" in diagrams
    for topic in TOPICS:
        assert f"([{topic.name.removeprefix('dfdg.')}])" in diagrams
    led = re.findall(r"\(\[(.*)\]\) --> subscribers$", diagrams, re.MULTILINE)
    assert sorted(led) == sorted(name.removeprefix("dfdg.") for name in PUBLIC)


def test_no_diagram_is_larger_than_a_screen() -> None:
    assert max(diagram.count("\n") for diagram in as_markdown(STAGES).split("```mermaid\n")[1:]) <= MOST_ARROWS


def test_a_decisions_notices_are_in_the_diagram_of_its_own_area_and_a_producers_other_topics_are_not() -> None:
    cv = as_markdown(STAGES).partition("## cv\n")[2].partition("\n## ")[0]
    assert "streams_cv_requirement{{cv-requirement}} --> dfdg_notice_issued_v1([notice-issued-v1])" in cv
    assert "producers_jobcentre[/jobcentre/] --> dfdg_citizen_situation_recorded_v1" in cv
    assert "referral" not in cv
