"""All that `dfdg run` can run: the decisions and the sinks, by name."""

from typing import Any


def decisions() -> dict[str, Any]:
    """Every `Decision` by its name."""
    from streams import cv_requirement, joblog, retention, titles

    all_ = (cv_requirement.decision, titles.decision, joblog.decision, retention.decision)
    return {decision.name: decision for decision in all_}


def sinks() -> dict[str, Any]:
    """Every `Sink` by its name."""
    from consumers import cv_status, deletions, journal, mailboxes, registers, tidying, title_audit, title_register

    all_ = (cv_status.sink, mailboxes.sink, title_register.sink, title_audit.sink, journal.sink,
            registers.sink, deletions.sink, tidying.sink)  # fmt: skip
    return {sink.name: sink for sink in all_}


def dead_letter_topics() -> list[str]:
    """The topic for the unreadable records of each group, for each topic that it reads."""
    from infra.dead_letters import topic_of

    return [
        topic_of(each.name, topic.name) for each in (*decisions().values(), *sinks().values()) for topic in each.reads
    ]
