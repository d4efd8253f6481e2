"""What the register's views say of searches (TIT-5), adverts (TIT-6) and the time between the waves (TIT-8)."""

from collections.abc import Iterator
from typing import Any

import pytest
from psycopg import Connection

from consumers import cv_status
from consumers.title_register import apply
from schemas.event import Event
from tests.builders import BOTH, CITIZEN, JOBCENTRE, NO_DUTY
from tests.builders import changed as requirement_changed
from tests.consumers.batches import slice_connection
from tests.consumers.title_batches import SLICE, begun, incoming_events, rows, store
from tests.title_builders import (
    COOK,
    EMPLOYER,
    HERMIT,
    NEW_COOK,
    NEW_WAITER,
    TABLE,
    WAITER,
    asks_for,
    asks_for_old,
    changed,
    choice,
    chosen,
    corrected,
    expired,
    free_text,
    wish,
)

ADVERT: dict[str, Any] = {"holder": EMPLOYER, "holder_kind": "employer", "area": "adverts", "item": "a1"}
AT = "2021-06-01 10:00"
SEARCHES = "select area, search, gives_results, rule, titles, invalid_items from titles.search order by area, search"
ADVERTS = "select advert, title, searchable, expired from titles.advert order by advert"
PAIRS = "select citizen, jobcentre, area, item, title, label, outcome, wish from titles.mismatch order by area, item"


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    """A register whose decision uses table v1; v2 is imported and not in use."""
    with slice_connection(database) as connection:
        store(connection, TABLE)
        store(connection, corrected("v2"))
        connection.execute("insert into ledger.consumer (consumer, slices) values ('titles', 8)")
        connection.execute(
            "insert into ledger.slice (consumer, slice, reference) values ('titles', 0, null), ('titles', %s, 'v1')",
            (SLICE,),
        )
        yield connection


def applied(connection: Connection, *events: Event) -> None:
    with connection.transaction():
        apply(connection, incoming_events(*events))


def test_tit_5_a_search_that_includes_a_retired_title_gives_no_results_even_beside_valid_ones(
    connection: Connection,
) -> None:
    for area in ("saved-searches", "job-agents", "cv-agents"):
        applied(connection, wish(AT, COOK, area=area, item="s1.1"), wish(AT, HERMIT, area=area, item="s1.2"))
    applied(connection, wish(AT, COOK, area="saved-searches", item="s2.1"), wish(AT, HERMIT, item="w1"))
    applied(connection, free_text(AT, "kok", area="saved-searches", item="s3"))
    before = rows(connection, SEARCHES)
    assert [row[2:4] for row in before] == [(True, None)] * 5
    applied(connection, begun("2021-06-12"))
    for area in ("saved-searches", "job-agents", "cv-agents"):
        applied(connection, changed("2021-06-12", "converted", NEW_COOK, area=area, item="s1.1"))
        applied(connection, changed("2021-06-12", "retired", area=area, item="s1.2"))
    assert rows(connection, SEARCHES) == [
        ("cv-agents", "s1", False, "TIT-5", [NEW_COOK], ["s1.2"]),
        ("job-agents", "s1", False, "TIT-5", [NEW_COOK], ["s1.2"]),
        ("saved-searches", "s1", False, "TIT-5", [NEW_COOK], ["s1.2"]),
        ("saved-searches", "s2", False, "TIT-5", [], ["s2.1"]),  # its wave has begun, and nothing is decided yet
        ("saved-searches", "s3", True, None, [], []),
    ]
    applied(connection, changed("2021-06-12", "converted", NEW_COOK, area="saved-searches", item="s2.1"))
    mended = asks_for("2021-06-20 10:00", NEW_WAITER, area="saved-searches", item="s1.2")
    applied(connection, chosen(mended), wish("2021-06-20 10:00", HERMIT, area="cv-agents", item="s1.2", removed=True))
    assert rows(connection, SEARCHES) == [
        ("cv-agents", "s1", True, None, [NEW_COOK], []),
        ("job-agents", "s1", False, "TIT-5", [NEW_COOK], ["s1.2"]),
        ("saved-searches", "s1", True, None, [NEW_COOK, NEW_WAITER], []),
        ("saved-searches", "s2", True, None, [NEW_COOK], []),
        ("saved-searches", "s3", True, None, [], []),
    ]


def test_tit_5_find_job_shows_old_titles_until_the_wave_and_then_only_those_of_esco_star(
    connection: Connection,
) -> None:
    look = "select code from titles.searchable order by code"
    assert rows(connection, "select version from titles.table_in_use") == [("v1",)]
    applied(connection, begun("2021-06-11"))
    assert {code for (code,) in rows(connection, look)} == set(TABLE.outcomes)
    applied(connection, begun("2021-06-12"))
    assert {code for (code,) in rows(connection, look)} == set(TABLE.labels)
    assert rows(connection, "select label, scheme from titles.searchable where code = %s", NEW_COOK) == [
        ("Kok", "esco-star")
    ]


def test_tit_6_an_advert_on_a_retired_title_is_not_searchable_until_it_is_edited(connection: Connection) -> None:
    other = ADVERT | {"item": "a2"}
    applied(connection, wish(AT, HERMIT, **ADVERT), wish(AT, COOK, **other))
    assert rows(connection, ADVERTS) == [("a1", HERMIT, True, False), ("a2", COOK, True, False)]
    applied(
        connection, changed("2021-06-12", "retired", **ADVERT), changed("2021-06-12", "converted", NEW_COOK, **other)
    )
    assert rows(connection, ADVERTS) == [("a1", HERMIT, False, False), ("a2", NEW_COOK, True, False)]
    applied(connection, choice("2021-06-20 10:00", NEW_WAITER, **ADVERT))
    assert rows(connection, ADVERTS) == [("a1", NEW_WAITER, True, False), ("a2", NEW_COOK, True, False)]


GONE = (wish(AT, HERMIT, **ADVERT), changed("2021-06-12", "retired", **ADVERT), expired("2021-08-08"))


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_tit_6_an_expired_advert_is_marked_so_whichever_topic_comes_first(
    connection: Connection, order: tuple[int, ...]
) -> None:
    for place in order:
        applied(connection, GONE[place])
    assert rows(connection, ADVERTS) == [("a1", HERMIT, False, True)]


@pytest.mark.parametrize("late", [False, True])
def test_tit_6_an_edit_that_was_made_in_time_outlives_the_expiry(connection: Connection, late: bool) -> None:
    edit = choice("2021-08-07 23:00", NEW_COOK, **ADVERT)
    applied(connection, *GONE[:2], *((GONE[2], edit) if late else (edit, GONE[2])))
    assert rows(connection, ADVERTS) == [("a1", NEW_COOK, True, False)]


def test_tit_6_an_expired_advert_that_is_recorded_again_stays_expired_until_its_title_is_another_one(
    connection: Connection,
) -> None:
    applied(connection, *GONE, wish("2021-08-09 03:00", HERMIT, **ADVERT))
    applied(connection, wish("2021-08-10 03:00", HERMIT, removed=True, **ADVERT))
    applied(connection, wish("2021-08-11 03:00", HERMIT, **ADVERT))
    assert rows(connection, ADVERTS) == [("a1", HERMIT, False, True)]
    applied(connection, wish("2021-08-12 03:00", WAITER, **ADVERT))
    applied(connection, changed("2021-08-12 03:00", "must-choose", candidates=[NEW_COOK, NEW_WAITER], **ADVERT))
    assert rows(connection, ADVERTS) == [("a1", WAITER, False, False)]


def test_tit_8_the_caseworker_sees_the_pair_of_a_plan_and_a_job_wish_that_can_no_longer_name_its_title(
    connection: Connection,
) -> None:
    requirement = {"area": "job-search-requirements", "item": "k1"}
    plan = {"area": "my-plan"}
    applied(connection, wish(AT, HERMIT), wish(AT, COOK, item="w2"), wish(AT, WAITER, item="w3"))
    applied(connection, wish(AT, HERMIT, **plan, item="p1"), wish(AT, COOK, **plan, item="p2"), begun("2021-06-11"))
    assert rows(connection, PAIRS) == []
    applied(connection, begun("2021-06-12"), changed("2021-06-12", "retired"))
    applied(connection, changed("2021-06-12", "converted", NEW_COOK, item="w2"))
    applied(connection, changed("2021-06-12", "must-choose", item="w3", candidates=[NEW_WAITER]))
    open_choices = "select area, label from titles.open_choice order by label"
    assert rows(connection, open_choices) == [("job-wishes", "Eremit"), ("job-wishes", "Opvarter")]
    asked = asks_for_old("2021-07-01 10:00", WAITER, **requirement)
    applied(connection, chosen(asked))
    status = requirement_changed("2021-06-14 00:00", before=NO_DUTY, now=BOTH)
    with connection.transaction():
        cv_status.apply(connection, incoming_events(status))
    pairs = [
        (CITIZEN, JOBCENTRE, "job-search-requirements", "k1", WAITER, "Opvarter", "must-choose", "Opvarter"),
        (CITIZEN, JOBCENTRE, "my-plan", "p1", HERMIT, "Eremit", "retired", "Eremit"),
    ]
    assert rows(connection, PAIRS) == pairs
    applied(connection, chosen(asks_for("2021-07-02 10:00", NEW_COOK)))
    alone = (*pairs[1][:7], None)
    assert rows(connection, PAIRS) == [pairs[0], alone]
    applied(connection, begun("2021-09-18"))
    assert rows(connection, PAIRS) == []


def test_a_granted_choice_and_a_fact_are_ordered_by_their_moments_whichever_topic_comes_first(
    connection: Connection,
) -> None:
    early, late = asks_for("2021-07-01 10:00", NEW_COOK), choice("2021-07-01 10:05", NEW_WAITER)
    applied(connection, late)
    applied(connection, chosen(early))
    gone = {"item": "w2"}
    applied(connection, choice("2021-07-01 10:05", NEW_COOK, removed=True, **gone))
    applied(connection, chosen(asks_for("2021-07-01 10:00", NEW_COOK, **gone)))
    last = {"item": "w3"}
    applied(connection, chosen(asks_for("2021-07-01 10:05", NEW_WAITER, **last)))
    applied(connection, choice("2021-07-01 10:00", NEW_COOK, **last))
    shown = rows(connection, "select item, title, chosen from titles.current order by item")
    assert shown == [("w1", NEW_WAITER, True), ("w3", NEW_WAITER, True)]


def test_a_batch_that_is_rolled_back_leaves_neither_choice_nor_expiry(connection: Connection) -> None:
    applied(connection, *GONE[:2])
    with connection.transaction(force_rollback=True):
        apply(connection, incoming_events(GONE[2], chosen(asks_for("2021-07-01 10:00"))))
    assert rows(connection, ADVERTS) == [("a1", HERMIT, False, False)]
    assert rows(connection, "select count(*) from titles.held") == [(1,)]


@pytest.mark.parametrize(
    ("role", "view", "may"),
    [
        ("dfdg_citizen_view", "search", True),
        ("dfdg_citizen_view", "advert", True),
        ("dfdg_citizen_view", "searchable", True),
        ("dfdg_citizen_view", "mismatch", False),
        ("dfdg_citizen_view", "standing", False),
        ("dfdg_operator", "mismatch", True),
        ("dfdg_operator", "search", True),
    ],
)
def test_each_role_reads_the_views_that_it_serves_and_no_other(
    connection: Connection, role: str, view: str, may: bool
) -> None:
    assert rows(connection, "select has_table_privilege(%s, %s, 'select')", role, f"titles.{view}") == [(may,)]
