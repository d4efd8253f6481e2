"""All that `dfdg run` can run: the decisions and the sinks, in the order of the flow."""

from collections import defaultdict
from typing import Any

import consumers.bi_user
import consumers.cv_status
import consumers.deletions
import consumers.jobkon_usage
import consumers.journal
import consumers.mailboxes
import consumers.referral_register
import consumers.registers
import consumers.tidying
import consumers.title_audit
import consumers.title_register
import consumers.vitas_list
import streams.bi
import streams.browser_advice
import streams.cv_requirement
import streams.job_ad_numbers
import streams.job_ads
import streams.jobkon
import streams.joblog
import streams.referrals
import streams.retention
import streams.titles
import streams.vitas_grants
import streams.vitas_users
from consumers.sink import Sink
from infra.dead_letters.store import topic_of
from infra.engine.consumer import LedgerConsumer
from schemas.topic import SLICES, Topic
from streams.decision import Decision
from streams.processor import Processor

DECISIONS: tuple[Decision[Any], ...] = (
    streams.cv_requirement.decision,
    streams.titles.decision,
    streams.joblog.decision,
    streams.retention.decision,
    streams.referrals.decision,
    streams.browser_advice.decision,
    streams.vitas_users.decision,
    streams.vitas_grants.decision,
    streams.job_ads.decision,
    streams.job_ad_numbers.decision,
    streams.jobkon.decision,
    streams.bi.decision,
)
SINKS: tuple[Sink, ...] = (
    consumers.cv_status.sink,
    consumers.mailboxes.sink,
    consumers.title_register.sink,
    consumers.title_audit.sink,
    consumers.registers.sink,
    consumers.deletions.sink,
    consumers.tidying.sink,
    consumers.referral_register.sink,
    consumers.vitas_list.sink,
    consumers.jobkon_usage.sink,
    consumers.bi_user.sink,
    consumers.journal.sink,
)
CONSUMERS: tuple[Decision[Any] | Sink, ...] = (*DECISIONS, *SINKS)
NAMES = tuple(each.name for each in CONSUMERS)


def reads() -> dict[str, tuple[Topic, ...]]:
    """By name of decision or sink: the topics that it reads."""
    return {each.name: each.reads for each in CONSUMERS}


def sources() -> dict[str, frozenset[str]]:
    """By topic, dead letter topics among them: the `ce_source` of every slice of the decisions and sinks that write it.
    Also of slices other than the key's: an answer may have another key than the request."""
    found: dict[str, set[str]] = defaultdict(set)
    for each in CONSUMERS:
        written = [topic.name for topic in each.writes] + [topic_of(each.name, topic.name) for topic in each.reads]
        for topic in written:
            found[topic].update(f"{each.name}/{slice_}" for slice_ in range(SLICES))
    return {topic: frozenset(who) for topic, who in found.items()}


def consumer_of(name: str) -> LedgerConsumer:
    """The decision's processor, or the sink."""
    decided = (Processor(decision) for decision in DECISIONS if decision.name == name)
    return next(decided, None) or next(sink for sink in SINKS if sink.name == name)


def dead_letter_topics() -> list[str]:
    """The topic for the dead letters of each decision and sink, for each topic that it reads."""
    return [topic_of(each.name, topic.name) for each in CONSUMERS for topic in each.reads]
