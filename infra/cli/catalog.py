"""All that `dfdg run` can run: the decisions and the sinks, by name."""

from typing import Any


def decisions() -> dict[str, Any]:
    """Every `Decision` by its name."""
    from streams import browser_advice, cv_requirement, titles, vitas_users

    all_ = (cv_requirement.decision, titles.decision, browser_advice.decision, vitas_users.decision)
    return {decision.name: decision for decision in all_}


def sinks() -> dict[str, Any]:
    """Every `Sink` by its name."""
    from consumers import cv_status, journal, mailboxes, title_audit, title_register, vitas_list

    all_ = (
        cv_status.sink,
        mailboxes.sink,
        title_register.sink,
        title_audit.sink,
        vitas_list.sink,
        journal.sink,
    )
    return {sink.name: sink for sink in all_}


def dead_letter_topics() -> list[str]:
    """The topic for the unreadable records of each group, for each topic that it reads."""
    from infra.dead_letters import topic_of

    return [
        topic_of(each.name, topic.name) for each in (*decisions().values(), *sinks().values()) for topic in each.reads
    ]
