"""All that `dfdg run` can run: the decisions and the sinks, by name."""

from typing import Any


def decisions() -> dict[str, Any]:
    """Every `Decision` by its name."""
    from streams import browser_advice, cv_requirement, referrals, titles, vitas_users

    modules = (cv_requirement, titles, browser_advice, vitas_users, referrals)
    return {module.decision.name: module.decision for module in modules}


def sinks() -> dict[str, Any]:
    """Every `Sink` by its name."""
    from consumers import cv_status, journal, mailboxes, referral_register, title_audit, title_register, vitas_list

    modules = (cv_status, mailboxes, title_register, title_audit, vitas_list, referral_register, journal)
    return {module.sink.name: module.sink for module in modules}


def dead_letter_topics() -> list[str]:
    """The topic for the unreadable records of each group, for each topic that it reads."""
    from infra.dead_letters import topic_of

    return [
        topic_of(each.name, topic.name) for each in (*decisions().values(), *sinks().values()) for topic in each.reads
    ]
