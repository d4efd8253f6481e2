"""The result of a run in the terms of the expected result, and where the two differ."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import psycopg

from schemas.codec import contract, decode, frame
from schemas.cv import CvRequirementChanged
from schemas.event import Event
from schemas.notices import NoticeIssued
from schemas.referrals import AccessChanged
from schemas.registration import RegistrationAnswered
from schemas.titles import TitleChanged
from schemas.topic import Topic
from schemas.topics import ACCESS_CHANGED, CV_REQUIREMENT_CHANGED, REGISTRATION_ANSWERED, TITLE_CHANGED
from tests.faults.oracles.dump import Dump, differences
from tests.faults.oracles.result import Access, Change, ExpectedResult, Notice, Original, Standing, Turn
from tests.integration.system import System

_ORIGINALS = "select holder, item, original, replaced_by from audit.replaced_title order by number"


def change_of(event: CvRequirementChanged) -> Change:
    exempt = event.exempt_from_registering, event.exempt_from_being_searchable
    duties = event.must_register, event.must_be_searchable
    now = Standing(*duties, *exempt, event.jobcentre, event.fund, event.rule)
    before = event.must_register_before, event.must_be_searchable_before
    return Change(before, now, event.from_day, event.initial)


def notice_of(event: NoticeIssued) -> Notice:
    return Notice(event.recipient, event.reason, event.from_day, tuple(sorted(event.details.items())))


def turn_of(event: TitleChanged) -> Turn:
    became = event.outcome, event.title, tuple(event.candidates), event.alias_dropped
    return Turn(event.item, *became, event.from_day, event.rule)


def access_of(event: AccessChanged) -> Access:
    return Access(event.provider, event.opened, event.from_day)


def wrong(system: System, expected: ExpectedResult) -> list[str]:
    """The differences of topics, mailboxes and receipts from the expected result; empty when there are none."""
    return differences(_found(system), _wanted(expected))


def _wanted(expected: ExpectedResult) -> Dump:
    notices = {citizen: list(told) for citizen, told in expected.notices.items()}
    return {
        "changes of CV duties": _rows(expected.changes),
        "access": _rows(expected.access),
        "mailboxes, CV": _rows(notices),
        "mailboxes, Joblog": _rows(expected.of_joblogs),
        "receipts": sorted(map(str, expected.receipts)),
        "titles": _rows(expected.turns),
        "replaced titles": _rows(expected.originals),
        "answers": _rows(expected.answers),
    }


def _found(system: System) -> Dump:
    changes, access, turns, answers = (defaultdict[str, list[Any]](list) for _ in range(4))
    for event in _events(system, CV_REQUIREMENT_CHANGED):
        assert isinstance(event, CvRequirementChanged)
        changes[event.citizen].append(change_of(event))
    for event in _events(system, ACCESS_CHANGED):
        assert isinstance(event, AccessChanged)
        access[event.citizen].append(access_of(event))
    for event in _events(system, TITLE_CHANGED):
        assert isinstance(event, TitleChanged)
        turns[event.holder].append(turn_of(event))
    for event in _events(system, REGISTRATION_ANSWERED):
        assert isinstance(event, RegistrationAnswered)
        answers[event.citizen].append((event.request, event.granted))
    mailboxes, originals = defaultdict[str, dict[str, list[Notice]]](lambda: defaultdict(list)), defaultdict(list)
    with psycopg.connect(system.dsn) as connection:
        for about, recipient, reason, from_day, details in connection.execute(
            "select about, recipient, reason, from_day, details from mailbox.visible order by number"
        ):
            notice = Notice(recipient, reason, from_day, tuple(sorted(details.items())))
            mailboxes[reason.partition("-")[0]][about].append(notice)
        for holder, *original in connection.execute(_ORIGINALS).fetchall():
            originals[holder].append(Original(*original))
        receipts = connection.execute("select area, record, due from retention.receipt").fetchall()
    return {
        "changes of CV duties": _rows(changes),
        "access": _rows(access),
        "mailboxes, CV": _rows(mailboxes["cv"]),
        "mailboxes, Joblog": _rows(mailboxes["joblog"]),
        "receipts": sorted(map(str, receipts)),
        "titles": _rows(turns),
        "replaced titles": _rows(originals),
        "answers": _rows(answers),
    }


def _events(system: System, topic: Topic) -> Iterator[Event]:
    for record in system.messages(topic).values():
        yield decode(frame(record.value()).body, contract(topic.event.SCHEMA), topic.event)


def _rows(by_citizen: Mapping[str, Sequence[object]]) -> list[str]:
    return sorted(f"{citizen}: {each}" for citizen, each in by_citizen.items() if each)
