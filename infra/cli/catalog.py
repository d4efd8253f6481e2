"""All that `dfdg run` can run: the decisions and the sinks, by name."""

from typing import Any


def decisions() -> dict[str, Any]:
    """Every `Decision` by its name."""
    from streams import (
        bi,
        browser_advice,
        cv_requirement,
        job_ad_numbers,
        job_ads,
        jobkon,
        referrals,
        titles,
        vitas_grants,
        vitas_users,
    )

    modules: tuple[Any, ...] = (cv_requirement, titles, browser_advice, vitas_users, referrals)
    modules += (vitas_grants, jobkon, bi, job_ads, job_ad_numbers)
    return {module.decision.name: module.decision for module in modules}


def sinks() -> dict[str, Any]:
    """Every `Sink` by its name."""
    from consumers import (
        bi_user,
        cv_status,
        jobkon_usage,
        journal,
        mailboxes,
        referral_register,
        title_audit,
        title_register,
        vitas_list,
    )

    modules: tuple[Any, ...] = (cv_status, mailboxes, title_register, title_audit, vitas_list, referral_register)
    modules += (jobkon_usage, bi_user, journal)
    return {module.sink.name: module.sink for module in modules}


def dead_letter_topics() -> list[str]:
    """The topic for the unreadable records of each group, for each topic that it reads."""
    from infra.dead_letters import topic_of

    return [
        topic_of(each.name, topic.name) for each in (*decisions().values(), *sinks().values()) for topic in each.reads
    ]
