"""What the register shows: the decision's own state, whichever of facts, changes and days comes first."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Connection

from consumers import cv_status
from consumers.title_register import Row, apply, reconcile
from schemas.cv import CvRequirementChanged
from schemas.event import Event
from schemas.title_areas import areas_of
from schemas.title_choice import TitleChosen
from schemas.titles import TitleChanged
from streams.titles import decision
from tests.builders import BOTH, CITIZEN, JOBCENTRE, NO_DUTY
from tests.builders import changed as requirement_changed
from tests.consumers.batches import slice_connection
from tests.consumers.title_batches import begun, incoming_events, rows
from tests.stories.playbook import Playbook
from tests.title_builders import (
    COOK,
    HERMIT,
    NEW_COOK,
    NEW_HEAD_COOK,
    NEW_WAITER,
    TABLE,
    WAITER,
    asks_for,
    asks_for_old,
    changed,
    choice,
    free_text,
    wish,
)

FACT, CONVERTED = wish("2021-06-01 10:00", COOK), changed("2021-06-12 00:00", "converted", NEW_COOK)
OTHERS = sorted(area for area in areas_of(1) if area != "job-wishes")
SHOWN = "select item, scheme, title, alias, text, chosen, outcome from titles.current order by area, item"


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with slice_connection(database) as connection:
        yield connection


def applied(connection: Connection, *events: Event) -> None:
    with connection.transaction():
        apply(connection, incoming_events(*events))


def reconciled(connection: Connection) -> list[Row]:
    """The reconciliation, job wishes last."""
    return sorted(reconcile(connection), key=lambda row: row.area == "job-wishes")


def shown(connection: Connection) -> list[Any]:
    return list(rows(connection, SHOWN))


@pytest.mark.parametrize("order", [(FACT, CONVERTED), (CONVERTED, FACT)])
def test_tit_9_a_converted_title_is_shown_and_its_original_is_gone_whichever_topic_comes_first(
    connection: Connection, order: tuple[Event, ...]
) -> None:
    for event in order:
        applied(connection, event)
    assert shown(connection) == [("w1", "esco-star", NEW_COOK, None, None, False, "converted")]
    (row,) = rows(connection, "select to_jsonb(h)::text from titles.held h")
    assert COOK not in row[0]


def test_tit_3_a_dropped_alias_is_gone_too_and_that_it_was_dropped_is_on_record(connection: Connection) -> None:
    dropped = changed("2021-06-12 00:00", "converted", NEW_COOK, alias_dropped=True, rule="TIT-3")
    applied(connection, wish("2021-06-01 10:00", COOK, alias="(gourmetkok)"), dropped)
    (row,) = rows(connection, "select to_jsonb(h)::text, alias_dropped from titles.held h")
    assert "gourmet" not in row[0]
    assert row[1]


def test_an_old_title_recorded_after_the_change_shows_until_its_own_change_comes(connection: Connection) -> None:
    applied(connection, FACT, CONVERTED, begun("2021-06-12"), wish("2021-06-20 08:00", WAITER))
    assert shown(connection) == [("w1", "discoams08", WAITER, None, None, False, None)]
    applied(connection, changed("2021-06-20 08:00", "must-choose", candidates=[NEW_WAITER]))
    assert shown(connection) == [("w1", "discoams08", WAITER, None, None, False, "must-choose")]


def test_a_late_fact_keeps_its_title_until_its_own_change_comes(connection: Connection) -> None:
    applied(connection, FACT, begun("2021-06-12"), CONVERTED)
    applied(connection, wish("2021-06-11 18:00", HERMIT))
    assert shown(connection) == [("w1", "discoams08", HERMIT, None, None, False, None)]
    applied(connection, changed("2021-06-12 00:00", "retired"))
    assert shown(connection) == [("w1", "discoams08", HERMIT, None, None, False, "retired")]


@pytest.mark.parametrize("late", [False, True])
def test_tit_10_what_a_person_chose_stays_whatever_the_table_says_and_the_outcome_is_kept(
    connection: Connection, late: bool
) -> None:
    asked, chosen = changed("2021-06-12 00:00", "retired"), choice("2021-06-15 08:00", NEW_WAITER)
    applied(connection, wish("2021-06-01 10:00", HERMIT), *((chosen, asked) if late else (asked, chosen)))
    assert shown(connection) == [("w1", "esco-star", NEW_WAITER, None, None, True, None)]
    assert rows(connection, "select outcome from titles.held") == [("retired",)]
    assert rows(connection, "select * from titles.open_choice") == []


def test_a_reconverted_title_shows_the_corrected_one_and_stays_when_there_is_none_any_more(
    connection: Connection,
) -> None:
    again = changed("2021-06-20 12:00", "converted", NEW_HEAD_COOK, rule="TIT-10", table_version="v2")
    asked = changed("2021-06-21 12:00", "retired", rule="TIT-10", table_version="v3")
    expected = [("w1", "esco-star", NEW_HEAD_COOK, None, None, False, "retired")]
    applied(connection, CONVERTED, again, asked, FACT)
    assert shown(connection) == expected
    applied(connection, FACT.model_copy(update={"item": "w2"}))
    applied(connection, *(event.model_copy(update={"item": "w2"}) for event in (CONVERTED, again, asked)))
    assert shown(connection) == [*expected, ("w2", *expected[0][1:])]
    assert rows(connection, "select item from titles.open_choice order by item") == [("w1",), ("w2",)]


def test_a_removed_item_is_shown_to_nobody_and_stays_for_the_reconciliation(connection: Connection) -> None:
    applied(
        connection,
        FACT,
        wish("2021-06-02 10:00", COOK, removed=True),
        wish("2021-06-02 10:00", item="w9", removed=True),
    )
    assert shown(connection) == []
    stored = "select item, removed_at is not null, scheme from titles.held order by item"
    assert rows(connection, stored) == [("w1", True, "discoams08"), ("w9", True, None)]


def test_tit_4_an_open_choice_names_the_citizen_and_the_jobcentre_of_the_cv_status(connection: Connection) -> None:
    applied(connection, wish("2021-06-01 10:00", HERMIT), changed("2021-06-12 00:00", "retired"))
    look = "select citizen, jobcentre, area, label, outcome from titles.open_choice"
    assert rows(connection, look) == [(CITIZEN, None, "job-wishes", HERMIT, "retired")]
    status: CvRequirementChanged = requirement_changed("2021-06-14 00:00", before=NO_DUTY, now=BOTH)
    with connection.transaction():
        cv_status.apply(connection, incoming_events(status))
    assert rows(connection, look) == [(CITIZEN, JOBCENTRE, "job-wishes", HERMIT, "retired")]


def test_tit_10_the_wave_adds_up_and_free_text_is_the_same_before_and_after(connection: Connection) -> None:
    facts = (
        wish("2021-06-01 10:00", COOK, alias="(gourmetkok)"),
        wish("2021-06-01 10:00", WAITER, item="w2"),
        wish("2021-06-01 10:00", HERMIT, item="w3"),
        choice("2021-06-01 10:00", NEW_WAITER, item="w4"),
        free_text("2021-06-01 10:00", "Kok æøå \n '; drop", item="w5"),
        free_text("2021-06-01 10:00", "Tjener", item="w6"),
        wish("2021-06-01 10:00", item="w7"),
        wish("2021-06-11 23:00", item="w7", removed=True),
        wish("2021-06-01 10:00", area="my-plan", item="p1"),
        wish("2021-06-01 10:00", area="cv-education", item="c1"),
    )
    applied(connection, *facts, begun("2021-06-11"))
    assert reconcile(connection) == []
    applied(connection, wish("2021-06-12 07:00", HERMIT, item="w8"), begun("2021-06-12"))
    *empty, wishes = reconciled(connection)
    assert [(row.area, row.intake, row.difference) for row in empty] == [(area, 0, 0) for area in OTHERS]
    assert (wishes.intake, wishes.free_text, wishes.esco_star, wishes.difference) == (6, 2, 1, 3)
    dropped = changed("2021-06-12 00:00", "converted", NEW_COOK, alias_dropped=True, rule="TIT-3")
    asked = changed("2021-06-12 00:00", "must-choose", item="w2", candidates=[NEW_WAITER])
    applied(connection, dropped, asked, changed("2021-06-12 00:00", "retired", item="w3"))
    *_, after = reconciled(connection)
    counts = (after.intake, after.converted, after.alias_dropped, after.must_choose, after.retired)
    assert counts == (6, 1, 1, 1, 1)
    assert (after.free_text, after.esco_star, after.withdrawn, after.difference) == (2, 1, 0, 0)
    assert (after.texts_before, after.texts_now, after.texts_edited) == (2, 2, 0)
    assert after.texts_hash_before == after.texts_hash_now

    applied(connection, begun("2021-06-13"), choice("2021-06-15 08:00", NEW_WAITER, item="w3"))
    applied(connection, free_text("2021-06-15 08:00", "Overtjener", item="w6"))
    assert reconciled(connection) == [*empty, after._replace(texts_edited=1)]
    connection.execute("update titles.held set text = 'kok' where item = 'w5'")  # as no program of ours may
    *_, wrong = reconciled(connection)
    assert wrong.texts_hash_before != wrong.texts_hash_now


def test_what_is_known_only_after_the_wave_began_is_no_difference(connection: Connection) -> None:
    applied(connection, FACT, wish("2021-06-01 10:00", item="w2"), begun("2021-06-12"))
    applied(connection, wish("2021-06-11 23:59", item="w1", removed=True))
    applied(connection, choice("2021-06-11 23:59", NEW_COOK, item="w2"))
    *_, wishes = reconciled(connection)
    assert (wishes.intake, wishes.withdrawn, wishes.esco_star, wishes.difference) == (2, 1, 1, 0)


STEPS = st.lists(
    st.sampled_from(
        [
            ("fact", wish, COOK),
            ("fact", wish, WAITER),
            ("fact", wish, HERMIT),
            ("fact", choice, NEW_COOK),
            ("fact", free_text, "Kok"),
            ("request", asks_for, NEW_COOK),
            ("request", asks_for_old, HERMIT),
            ("removed", wish, COOK),
            ("day", None, None),
        ]
    ),
    max_size=8,
)
DAYS = ("2021-06-11", "2021-06-12", "2021-06-13", "2021-06-14", "2021-06-15")
Log = list[tuple[str, Event]]


def log_of(steps: list[Any]) -> tuple[Playbook[Any], Log]:
    """The decision's life of one job wish: each fact on its day, and what became of it, in the order of writing."""
    book, days = Playbook(decision, TABLE), list(DAYS)
    log: Log = []
    today = days.pop(0)
    for minute, (kind, make, what) in enumerate([*steps, *[("day", None, None)] * len(DAYS)]):
        if kind == "day":
            if not days:
                continue
            today = days.pop(0)
            log.append(("day", begun(today)))
            book.day(today)
        else:
            fact = make(f"{today} 08:{minute:02}", what, **({"removed": True} if kind == "removed" else {}))
            log += [] if kind == "request" else [("fact", fact)]
            book.fact(fact)
        outputs = book.new_outputs()
        log += [("chosen", event) for event in outputs if isinstance(event, TitleChosen)]
        log += [("change", event) for event in outputs if isinstance(event, TitleChanged)]
    return book, log


def taken(log: Log, data: st.DataObject) -> list[Event]:
    """The log as a slice may read it: each topic in order, and a day when all that was written before it is read."""
    left, out = list(log), []
    while left:
        firsts = [
            next((n for n, (kind, _) in enumerate(left) if kind == topic), None)
            for topic in ("fact", "chosen", "change")
        ]
        ready = [n for n in firsts if n is not None] + ([0] if left[0][0] == "day" else [])
        out.append(left.pop(data.draw(st.sampled_from(sorted(ready))))[1])
    return out


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, data=st.data())
def test_in_whatever_order_and_batches_the_topics_arrive_the_register_shows_what_the_decision_knows(
    connection: Connection, steps: list[Any], data: st.DataObject
) -> None:
    connection.execute("truncate titles.held, titles.wave_intake")
    book, log = log_of(steps)
    events = taken(log, data)
    while events:
        size = data.draw(st.integers(1, len(events)))
        applied(connection, *events[:size])
        events = events[size:]
    state = book.subjects[CITIZEN].state if book.subjects else None
    known = [
        (held.scheme, held.title, held.status == "chosen", None if held.status in ("held", "chosen") else held.status)
        for held in (state.titles if state else ())
    ]
    assert (
        rows(connection, "select scheme, title, chosen, outcome from titles.current where scheme <> 'free-text'")
        == known
    )


@pytest.mark.parametrize("size", [1, 3, 100])
def test_applying_everything_twice_in_any_grouping_equals_once(connection: Connection, size: int) -> None:
    asked, chosen = changed("2021-06-12 00:00", "retired", item="w2"), choice("2021-06-15 08:00", NEW_COOK, item="w2")
    text = free_text("2021-06-01 10:00", "Kok", item="w3")
    events = [FACT, wish("2021-06-01 10:00", HERMIT, item="w2"), text, begun("2021-06-12"), CONVERTED, asked, chosen]
    applied(connection, *events)
    everything = "select * from titles.held order by item", "select * from titles.wave_intake order by area"
    once = [rows(connection, query) for query in everything], reconcile(connection)
    for start in range(0, len(events), size):
        applied(connection, *events[start : start + size])
    assert ([rows(connection, query) for query in everything], reconcile(connection)) == once
