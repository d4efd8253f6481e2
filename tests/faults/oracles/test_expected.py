"""The expected result and the decisions were written independently and agree in memory, so that either may check a
run."""

from datetime import date

from schemas.cv import CvRequirementChanged
from schemas.event import Event
from schemas.notices import NoticeIssued
from schemas.referrals import AccessChanged
from schemas.registration import RegistrationAnswered
from schemas.title_table import TitleOutcome, TitleTable
from schemas.titles import TitleChanged, TitleReplaced
from streams import cv_requirement, joblog, referrals, titles
from streams.decision import Decision, Subject
from tests.faults.load.country import Country, country
from tests.faults.load.titles import NEW, TABLE, VERSION
from tests.faults.oracles.differences import access_of, change_of, notice_of, turn_of
from tests.faults.oracles.expected import expected_result
from tests.faults.oracles.result import Original

COUNTRY = country(20210614, citizens=300, days=50, daily=40)


def decided(load: Country, decision: Decision, table: TitleTable | None = None) -> list[Event]:  # type: ignore[type-arg] # any decision
    """The events of the decision, run in memory for each citizen."""
    subjects: dict[str, Subject] = {}  # type: ignore[type-arg] # any decision
    found: list[Event] = []
    today: date | None = None
    for step in [*load.first, *load.wishes, *load.steps]:
        if isinstance(step, date):
            today = step
            found += [out.event for subject in subjects.values() for out in subject.advance_to(today)]
        elif step.topic in decision.reads:
            subject = subjects.setdefault(step.event.key, Subject(decision, None, bytes(16), table))
            found += [out.event for out in subject.apply(step.event, step.id.encode(), today)]
    return found


def test_the_expected_result_has_the_same_cv_changes_and_notices_as_the_decision() -> None:
    expected, found = expected_result(COUNTRY), decided(COUNTRY, cv_requirement.decision)
    changes = [(event.citizen, change_of(event)) for event in found if isinstance(event, CvRequirementChanged)]
    assert {citizen: [c for who, c in changes if who == citizen] for citizen in expected.changes} == expected.changes
    notices = [(event.about, notice_of(event)) for event in found if isinstance(event, NoticeIssued)]
    assert {citizen: [n for who, n in notices if who == citizen] for citizen in expected.notices} == expected.notices
    assert len(notices) == sum(map(len, expected.notices.values())) > 500
    assert len(changes) == sum(map(len, expected.changes.values())) > 500


def test_the_expected_result_has_the_same_turns_of_access_and_endings_of_joblogs_as_the_decisions() -> None:
    expected = expected_result(COUNTRY)
    turns = [(e.citizen, access_of(e)) for e in decided(COUNTRY, referrals.decision) if isinstance(e, AccessChanged)]
    assert {who: [t for citizen, t in turns if citizen == who] for who in expected.access} == expected.access
    told = [(e.about, notice_of(e)) for e in decided(COUNTRY, joblog.decision) if isinstance(e, NoticeIssued)]
    assert {who: [n for about, n in told if about == who] for who in expected.of_joblogs} == expected.of_joblogs
    assert len(turns) == sum(map(len, expected.access.values())) > 50
    assert len(told) == sum(map(len, expected.of_joblogs.values())) > 50


def test_the_expected_result_has_the_same_turns_of_titles_their_originals_and_answers_as_the_decision() -> None:
    outcomes = {old: TitleOutcome(of, "TIT-2", title, any_, old) for old, (of, title, any_) in TABLE.items()}
    table = TitleTable(VERSION, outcomes, {code: code for code in NEW})
    expected, found = expected_result(COUNTRY), decided(COUNTRY, titles.decision, table)
    turns = [(event.holder, turn_of(event)) for event in found if isinstance(event, TitleChanged)]
    assert {who: [t for holder, t in turns if holder == who] for who in expected.turns} == expected.turns
    kept = [(e.holder, Original(e.item, e.original, e.replaced_by)) for e in found if isinstance(e, TitleReplaced)]
    assert {who: [o for holder, o in kept if holder == who] for who in expected.originals} == expected.originals
    answers = [(e.citizen, (e.request, e.granted)) for e in found if isinstance(e, RegistrationAnswered)]
    assert {who: [a for citizen, a in answers if citizen == who] for who in expected.answers} == expected.answers
    assert len(turns) == sum(map(len, expected.turns.values())) > 200
    assert len(kept) == sum(map(len, expected.originals.values())) > 100
    assert 0 < sum(not granted for _, (_, granted) in answers) < len(answers)


def test_every_kind_of_record_becomes_due_in_the_country_and_some_of_each_stay() -> None:
    areas = [area for area, _, _ in expected_result(COUNTRY).receipts]
    assert {area: areas.count(area) > 20 for area in set(areas)} == dict.fromkeys(
        ("joblog-voluntary", "joblog-mandatory", "job-suggestion-checks"), True
    )
