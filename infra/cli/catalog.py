"""All that `dfdg run` can run: the decisions and the sinks, by name."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from consumers.sink import Sink
    from streams.decision import Decision


def decisions() -> "dict[str, Decision[Any]]":
    """Every decision by its name."""
    from streams import cv_requirement, titles

    return {decision.name: decision for decision in (cv_requirement.decision, titles.decision)}


def sinks() -> "dict[str, Sink]":
    """Every sink by its name."""
    import importlib

    found = []
    for name in ("cv_status", "mailboxes", "title_register", "title_audit", "journal"):  # TEMPORARY until all exist
        try:
            found.append(importlib.import_module(f"consumers.{name}").sink)
        except ModuleNotFoundError as error:
            if error.name != f"consumers.{name}":
                raise
    return {sink.name: sink for sink in found}


def dead_letter_topics() -> list[str]:
    """The topic for the unreadable records of each group, for each topic that it reads."""
    from infra.dead_letters import topic_of

    return [topic_of(each.name, topic.name) for each in (*decisions().values(), *sinks().values()) for topic in each.reads]
