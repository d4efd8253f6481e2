"""All that `dfdg run` can run: the decisions and the sinks, by name."""

from importlib import import_module
from typing import Any

DECISIONS = (
    *("cv_requirement", "titles", "joblog", "retention", "referrals", "browser_advice", "vitas_users"),
    *("vitas_grants", "job_ads", "job_ad_numbers", "jobkon", "bi"),
)
SINKS = (
    *("cv_status", "mailboxes", "title_register", "title_audit", "registers", "deletions", "tidying"),
    *("referral_register", "vitas_list", "jobkon_usage", "bi_user", "journal"),
)
"""Module by module."""


def decisions() -> dict[str, Any]:
    """Every `Decision` by its name."""
    return {each.name: each for each in (import_module(f"streams.{name}").decision for name in DECISIONS)}


def sinks() -> dict[str, Any]:
    """Every `Sink` by its name."""
    return {each.name: each for each in (import_module(f"consumers.{name}").sink for name in SINKS)}


def dead_letter_topics() -> list[str]:
    """The topic for the unreadable records of each group, for each topic that it reads."""
    from infra.dead_letters import topic_of

    return [
        topic_of(each.name, topic.name) for each in (*decisions().values(), *sinks().values()) for topic in each.reads
    ]
