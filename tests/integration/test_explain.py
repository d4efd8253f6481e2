"""One subject explained: what happened, by which rules, who was told, what is still to come, and no secrets (OPS-3)."""

import json
from typing import Any

import psycopg
import pytest

from consumers import journal, mailboxes
from infra.engine.record import IncomingEvent
from schemas.event import Event
from schemas.ids import derived_id
from streams.policies.job_ad_numbers import decide as check_numbers
from tests.builders import CITIZEN, FUND, JOBCENTRE, NO_DUTY, REGISTER, change_notice, changed, situation
from tests.consumers.batches import set_ceiling, slice_connection
from tests.integration.looking import BAD_INPUT, COULD_NOT, FINE, TOPIC_OF, Desk, desk
from tests.jobad_builders import ADVERT, CLIENT, CVR, HEADLINE, P_NUMBER, to_check
from tests.request_builders import REQUEST
from tests.title_builders import COOK, HERMIT, NEW_COOK
from tests.title_builders import changed as title_changed

__all__ = ["desk"]
AT = "2021-06-14 08:00"


def id_of(number: int) -> bytes:
    return derived_id(b"%d" % number)


def happened(*events: Event) -> list[IncomingEvent]:
    """Each with an id of its number, caused by the first."""
    causes = [None, *[id_of(0)] * (len(events) - 1)]
    return [
        IncomingEvent(TOPIC_OF[type(event)], number, id_of(number), event, cause)
        for number, (event, cause) in enumerate(zip(events, causes, strict=True))
    ]


def known(desk: Desk, decision: str, subject: str, body: dict[str, Any], wakes_on: str | None = None) -> None:
    query = "insert into ledger.state (decision, slice, subject, body, wakes_on, cause) values (%s, 0, %s, %s, %s, %s)"
    with psycopg.connect(desk.dsn) as connection:
        connection.execute(query, (decision, subject, json.dumps(body), wakes_on, id_of(0).hex()))


@pytest.fixture
def told(desk: Desk) -> Desk:
    """A situation, the requirement that followed, and two notices, of which the guard holds one."""
    incoming_events = happened(
        situation(AT),
        changed(AT, before=NO_DUTY, now=REGISTER),
        change_notice(AT, before=NO_DUTY, now=REGISTER),
        change_notice(AT, FUND, before=NO_DUTY, now=REGISTER),
    )
    with slice_connection(desk.dsn) as connection:
        set_ceiling(connection, 1)
        journal.apply(connection, [*reversed(incoming_events)])
        mailboxes.apply(connection, incoming_events[2:])
    known(desk, "cv-requirement", CITIZEN, {"citizen": CITIZEN, "rule": "CV-1"}, "2021-09-18")
    return desk


def test_ops_3_a_citizen_is_explained_from_the_fact_over_the_rules_to_who_was_told_and_what_is_to_come(
    told: Desk,
) -> None:
    (found,) = told.json("explain", CITIZEN)
    assert [(step["type"], step["rule"]) for step in found["steps"]] == [
        ("situation-recorded.v1", None), ("cv-requirement-changed.v1", "CV-1"),
        ("notice-issued.v1", "CV-3"), ("notice-issued.v1", "CV-3"),
    ]  # fmt: skip
    assert [step["cause"] is None for step in found["steps"]] == [True, False, False, False]
    notices = [step["notice"] for step in found["steps"] if step["notice"]]
    reason = "cv-requirement-changed"
    assert notices == [
        {"recipient_kind": "jobcentre", "recipient": JOBCENTRE, "reason": reason, "status": "delivered"},
        {"recipient_kind": "fund", "recipient": FUND, "reason": reason, "status": "held"},
    ]
    assert [(state["decision"], state["state"]["rule"]) for state in found["states"]] == [("cv-requirement", "CV-1")]
    assert found["to_come"] == [{"decision": "cv-requirement", "day": "2021-09-18"}]
    assert found["dead_letters"] == []

    shown = told.dfdg("explain", CITIZEN)
    assert shown.exit_code == FINE
    assert "2021-06-14 08:00:00" in shown.stdout
    assert "2021-09-18  cv-requirement looks again" in shown.stdout
    assert f"fund {FUND} is told: {reason} (held)" in shown.stdout


def test_nobody_elses_events_are_in_the_explanation(told: Desk) -> None:
    with slice_connection(told.dsn) as connection:
        journal.apply(connection, [*happened(situation(AT, citizen="citizen-2"))])
    known(told, "cv-requirement", "citizen-2", {"citizen": "citizen-2"})
    (found,) = told.json("explain", CITIZEN)
    assert len(found["steps"]) == 4
    assert "citizen-2" not in json.dumps(found)


def test_a_title_that_waits_is_shown_and_one_that_was_replaced_or_retired_is_not(desk: Desk) -> None:
    with slice_connection(desk.dsn) as connection:
        journal.apply(connection, happened(title_changed("2021-06-12", "converted", NEW_COOK)))
    titles = [
        {"area": "job-wishes", "item": "w1", "scheme": "esco-star", "title": NEW_COOK, "status": "converted"},
        {"area": "job-wishes", "item": "w2", "scheme": "discoams08", "title": HERMIT, "status": "retired"},
        {"area": "my-plan", "item": "p1", "scheme": "discoams08", "title": COOK, "status": "held"},
    ]
    known(desk, "titles", CITIZEN, {"holder": CITIZEN, "titles": titles})
    (found,) = desk.json("explain", CITIZEN)
    assert [title["title"] for title in found["states"][0]["state"]["titles"]] == [NEW_COOK, "(auditors only)", COOK]
    assert HERMIT not in desk.dfdg("explain", CITIZEN).output


def test_an_advert_is_explained_through_its_employer(desk: Desk) -> None:
    advert = title_changed(AT, "converted", NEW_COOK, holder="employer-1", holder_kind="employer", area="adverts")
    with slice_connection(desk.dsn) as connection:
        journal.apply(connection, happened(advert))
        insert = "insert into titles.held (holder, area, item, slice, holder_kind) values (%s, 'adverts', %s, 0, %s)"
        connection.execute(insert, ("employer-1", "advert-7", "employer"))
        connection.execute(insert, ("citizen-9", "advert-7", "citizen"))
    (found,) = desk.json("explain", "advert-7")
    assert (found["subject"], [step["rule"] for step in found["steps"]]) == ("employer-1", ["TIT-2"])
    assert "Advert advert-7 belongs to employer-1" in desk.dfdg("explain", "advert-7").stdout


def test_the_dead_letters_of_a_subject_are_told_without_their_contents(desk: Desk) -> None:
    query = """
    insert into dead_letter.letter (consumer, topic, partition, at_offset, key, value, headers, reason)
    values ('journal', 'dfdg.notice-issued-v1', 3, 17, %s, 'a secret', '[]', 'not a valid notice')
    """
    with psycopg.connect(desk.dsn) as connection:
        connection.execute(query, (CITIZEN.encode(),))
        connection.execute(query.replace("17", "18"), (b"citizen-2",))
    (found,) = desk.json("explain", CITIZEN)
    assert [(letter["offset"], letter["reason"]) for letter in found["dead_letters"]] == [(17, "not a valid notice")]
    assert "secret" not in desk.dfdg("explain", CITIZEN).output


def test_of_a_stranger_it_says_so_with_exit_code_1(told: Desk) -> None:
    done = told.dfdg("explain", "citizen-404")
    assert done.exit_code == COULD_NOT
    assert "Nothing is known of citizen-404" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("number", ["0101011234", "010101-1234", "010101 1234"])
def test_a_cpr_number_is_refused_and_not_repeated(told: Desk, number: str) -> None:
    done = told.dfdg("explain", number)
    assert done.exit_code == BAD_INPUT
    assert "looks like a CPR number" in done.stderr
    assert number not in done.output


def test_the_story_of_the_citizen_who_met_most_rules_is_told_day_by_day_with_texts_and_rules(told: Desk) -> None:
    moments = told.json("story", "citizen")
    at = "2021-06-14T08:00:00+02:00"
    assert [(moment["at"], moment["what"], moment["rule"]) for moment in moments] == [
        (at, "situation recorded", None),
        (at, "cv requirement changed", "CV-1"),
        (at, f"jobcentre {JOBCENTRE} is told: cv-requirement-changed", "CV-3"),
        (at, f"fund {FUND} is told: cv-requirement-changed (held)", "CV-3"),
    ]
    assert "Skal registrere CV: ja" in moments[2]["told"]
    told_to_people = told.dfdg("story", "citizen", CITIZEN)
    assert "2021-06-14" in told_to_people.stdout
    assert "[CV-3]" in told_to_people.stdout


def test_where_nobody_has_a_story_it_says_so(desk: Desk) -> None:
    assert desk.dfdg("story", "vitas-user").exit_code == COULD_NOT


def test_ad_2_a_company_is_explained_without_the_anonymous_advert_that_waits_for_its_register(desk: Desk) -> None:
    company, _ = check_numbers(None, to_check(AT))
    assert company is not None
    known(desk, "job-ad-numbers", CVR, company.model_dump(mode="json"), "2021-06-16")
    for arguments in (("explain", CVR), ("explain", CVR, "--json")):
        done = desk.dfdg(*arguments)
        assert "2021-06-16" in done.stdout
        assert not any(secret in done.output for secret in (ADVERT, P_NUMBER, CLIENT, HEADLINE, REQUEST))
