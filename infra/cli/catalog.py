"""All that `dfdg run` can run: the decisions and the sinks, by name."""

from typing import Any


def decisions() -> dict[str, Any]:
    """Every `Decision` by its name."""
    from streams import bi, cv_requirement, job_ad_numbers, job_ads, jobkon, titles, vitas_grants

    all_ = (
        cv_requirement.decision, titles.decision,
        vitas_grants.decision, jobkon.decision, bi.decision, job_ads.decision, job_ad_numbers.decision,
    )  # fmt: skip
    return {decision.name: decision for decision in all_}


def sinks() -> dict[str, Any]:
    """Every `Sink` by its name."""
    from consumers import bi_user, cv_status, jobkon_usage, journal, mailboxes, title_audit, title_register

    all_ = (
        cv_status.sink, mailboxes.sink, title_register.sink, title_audit.sink, journal.sink,
        jobkon_usage.sink, bi_user.sink,
    )  # fmt: skip
    return {sink.name: sink for sink in all_}


def dead_letter_topics() -> list[str]:
    """The topic for the unreadable records of each group, for each topic that it reads."""
    from infra.dead_letters import topic_of

    return [
        topic_of(each.name, topic.name) for each in (*decisions().values(), *sinks().values()) for topic in each.reads
    ]
