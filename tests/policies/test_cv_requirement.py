"""CV-1, CV-2: the tables of law, row by row, and both sides of every day on which an exemption begins or ends."""

from datetime import date, timedelta

import pytest

from schemas.cv import EXEMPTIONS, TARGET_GROUPS
from schemas.dates import midnight
from streams.cv_requirement import decision
from streams.policies.cv_requirement import DUTIES, LIFTS, decide
from streams.policies.cv_state import CvDuties
from tests.builders import BOTH, CITIZEN, NO_DUTY, REGISTER, exemption, situation
from tests.stories.playbook import Playbook

FROM_REGISTERING, FROM_BEING_SEARCHABLE = {"from-registering"}, {"from-being-searchable"}
BOTH_EXEMPTIONS = FROM_REGISTERING | FROM_BEING_SEARCHABLE


def requirement(state: CvDuties | None) -> tuple[bool, bool]:
    assert state is not None
    return state.must_register, state.must_be_searchable


def test_every_known_target_group_and_exemption_has_exactly_one_row_of_law() -> None:
    assert sorted(duty.target_group for duty in DUTIES) == sorted(TARGET_GROUPS)
    assert sorted(lift.exemption for lift in LIFTS) == sorted(EXEMPTIONS)


def test_every_row_of_law_names_its_requirement_and_its_source() -> None:
    assert {duty.rule for duty in DUTIES} == {"CV-1"}
    assert {lift.rule for lift in LIFTS} == {"CV-2"}
    assert all(row.source for row in (*DUTIES, *LIFTS))


@pytest.mark.parametrize(
    ("group", "none", "registering", "searchable", "both"),
    [
        ("insured-unemployed", BOTH, NO_DUTY, REGISTER, NO_DUTY),
        ("job-ready", BOTH, NO_DUTY, REGISTER, NO_DUTY),
        ("openly-education-ready", BOTH, NO_DUTY, REGISTER, NO_DUTY),
        ("flex-job-unemployment-benefit", BOTH, NO_DUTY, REGISTER, NO_DUTY),
        ("not-job-ready", REGISTER, NO_DUTY, REGISTER, NO_DUTY),
        ("employed", NO_DUTY, NO_DUTY, NO_DUTY, NO_DUTY),
        ("other", NO_DUTY, NO_DUTY, NO_DUTY, NO_DUTY),
    ],
)
def test_target_group_and_exemptions_give_the_two_duties(
    group: str,
    none: tuple[bool, bool],
    registering: tuple[bool, bool],
    searchable: tuple[bool, bool],
    both: tuple[bool, bool],
) -> None:
    no_exemption: set[str] = set()
    cases = (
        (no_exemption, none),
        (FROM_REGISTERING, registering),
        (FROM_BEING_SEARCHABLE, searchable),
        (BOTH_EXEMPTIONS, both),
    )
    for kinds, expected in cases:
        state, _ = decide(None, situation("2021-06-14 08:00", target_group=group))
        for kind in sorted(kinds):
            state, _ = decide(state, exemption("2021-06-14 08:01", exemption=kind, kind=kind))
        lifted = (none[0] and not expected[0]) or (none[1] and not expected[1])
        assert requirement(state) == expected
        assert (state.exempt_from_registering, state.exempt_from_being_searchable) == (
            "from-registering" in kinds,
            "from-being-searchable" in kinds,
        )
        assert state.rule == ("CV-2" if lifted else "CV-1")


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2021-07-01", "2021-07-31"),
        ("2021-07-01", "2021-07-01"),  # one day
        ("2021-03-28", "2021-03-28"),  # summer time begins: 23 hours
        ("2021-10-31", "2021-10-31"),  # summer time ends: 25 hours
        ("2024-02-28", "2024-02-29"),
        ("2024-02-29", "2024-03-01"),
        ("2023-02-28", "2023-03-01"),
        ("2021-12-31", "2022-01-01"),
    ],
)
def test_an_exemption_holds_from_the_first_moment_of_its_first_day_to_the_last_of_its_last(
    first: str, last: str
) -> None:
    begins, ends = date.fromisoformat(first), date.fromisoformat(last)
    one_day, one_moment = timedelta(days=1), timedelta(microseconds=1)
    after = {
        midnight(begins) - one_moment: BOTH,
        midnight(begins): NO_DUTY,
        midnight(ends + one_day) - one_moment: NO_DUTY,
        midnight(ends + one_day): BOTH,
    }
    for at, expected in after.items():  # recorded at that moment
        book = Playbook(decision).fact(situation("2020-01-01"))
        book.fact(exemption("2020-01-01", first, last).model_copy(update={"occurred_at": at}))
        assert requirement(book.state("citizen-1")) == expected
    days = {begins - one_day: BOTH, begins: NO_DUTY, ends: NO_DUTY, ends + one_day: BOTH, ends + 2 * one_day: BOTH}
    book = Playbook(decision).fact(situation("2020-01-01")).fact(exemption("2020-01-01", first, last))
    for today, expected in sorted(days.items()):  # known long before
        assert requirement(book.day(today).state("citizen-1")) == expected


@pytest.mark.parametrize(
    ("recorded", "last", "wakes_on"),
    [
        ("2021-06-14", "2021-07-31", "2021-07-01"),
        ("2021-06-30", "2021-07-31", "2021-07-01"),
        ("2021-07-01", "2021-07-31", "2021-08-01"),
        ("2021-07-31", "2021-07-31", "2021-08-01"),
        ("2021-08-01", "2021-07-31", "2022-09-05"),  # 400 days: until then it is remembered
        ("2021-07-01", None, None),
        ("2021-07-01", "9999-12-31", None),
    ],
)
def test_a_citizen_is_woken_on_the_next_day_on_which_an_exemption_begins_or_has_ended(
    recorded: str, last: str | None, wakes_on: str | None
) -> None:
    state, _ = decide(None, exemption(f"{recorded} 12:00", "2021-07-01", last))
    assert state.wakes_on == (None if wakes_on is None else date.fromisoformat(wakes_on))


def test_an_exemption_that_has_ended_may_still_be_corrected_and_an_older_fact_brings_none_back() -> None:
    book = Playbook(decision).fact(situation("2021-06-14 07:00"))
    book.fact(exemption("2021-06-14 09:00", "2021-06-14", "2021-06-20")).day("2021-06-21")
    book.fact(exemption("2021-06-14 08:00", "2021-06-14", "2021-07-31"))  # corrected already, before it was read
    assert requirement(book.state(CITIZEN)) == BOTH
    book.fact(exemption("2021-06-22 08:00", "2021-06-14", "2021-06-30"))
    assert requirement(book.state(CITIZEN)) == NO_DUTY
    book.fact(exemption("2021-06-23 08:00", "2021-06-14", "2021-06-30", withdrawn=True))
    book.fact(exemption("2021-06-22 09:00", "2021-06-14", "2021-06-30"))
    assert requirement(book.state(CITIZEN)) == BOTH


@pytest.mark.parametrize("withdrawn", [False, True])
def test_an_exemption_that_is_over_is_remembered_for_400_days_and_its_end_is_announced_to_nobody(
    withdrawn: bool,
) -> None:
    book = Playbook(decision).fact(situation("2021-06-14 07:00"))
    book.fact(exemption("2021-06-14 08:00", "2021-06-14", "2021-06-20", withdrawn=withdrawn)).day("2022-07-18")
    before, said = book.state(CITIZEN), len(book.produced)
    after = book.day("2022-07-19").state(CITIZEN)
    assert before is not None
    assert after is not None
    assert (len(before.exemptions), after.exemptions, after.wakes_on) == (1, (), None)
    assert len(book.produced) == said


def test_of_two_situations_the_one_recorded_later_counts_whichever_is_read_last() -> None:
    late = situation("2021-06-15 08:00", jobcentre="jobcentre-2")
    book = Playbook(decision).fact(situation("2021-06-16 08:00", target_group="employed"))
    said = len(book.produced)
    state = book.fact(late).day("2021-06-18").state(CITIZEN)
    assert state is not None
    assert (requirement(state), state.jobcentre) == (NO_DUTY, "jobcentre-1")
    assert len(book.produced) == said
    tie = situation("2021-06-16 08:00")
    assert requirement(book.fact(tie).state(CITIZEN)) == BOTH  # of one moment: the later on the topic


def test_a_state_survives_the_ledger_unchanged() -> None:
    state, _ = decide(None, situation("2021-06-14 08:00", fund="fund-1"))
    state, _ = decide(state, exemption("2021-06-14 08:01", "2021-07-01", "2021-07-31"))
    assert CvDuties.model_validate_json(state.model_dump_json()) == state


def test_an_event_of_a_topic_that_the_decision_does_not_read_is_refused_aloud() -> None:
    _, (_, notice) = decide(None, situation("2021-06-14 08:00"))
    with pytest.raises(TypeError, match="NoticeIssued"):
        decide(None, notice)
