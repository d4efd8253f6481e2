"""The audit: it keeps what was replaced, and says what a corrected table makes of it, once."""

from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from consumers.title_audit import apply
from schemas.event import Event
from schemas.ids import slice_of
from schemas.title_table import TitleOutcome
from schemas.titles import TitleReconversionDue
from schemas.topic import SLICES
from streams.titles import decision
from tests.builders import CITIZEN
from tests.consumers.batches import slice_connection
from tests.consumers.title_batches import SLICE, announced, incoming_events, rows, store
from tests.stories.playbook import Playbook
from tests.title_builders import (
    COOK,
    HERMIT,
    NEW_COOK,
    NEW_HEAD_COOK,
    NEW_WAITER,
    TABLE,
    changed,
    choice,
    corrected,
    reconversion,
    replaced,
    wish,
)

HEAD_COOK = corrected("v2", _5120001=TitleOutcome("converted", "TIT-2", title=NEW_HEAD_COOK, label="Kok"))
NO_COOK = corrected("v3", _5120001=TitleOutcome("retired", "TIT-2", label="Kok"))
V1, V2, V3 = (announced(at, v) for at, v in (("2021-06-01", "v1"), ("2021-06-20", "v2"), ("2021-06-25", "v3")))
REPLACED = replaced("2021-06-12 00:00", COOK, NEW_COOK)
DUE_V2 = reconversion("2021-06-20", "converted", NEW_HEAD_COOK)
DUE_V3 = reconversion("2021-06-25", "retired", table_version="v3")
STORED = "select original, replaced_by, table_version from audit.replaced_title order by number"


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with slice_connection(database) as connection:
        for table in (TABLE, HEAD_COOK, NO_COOK):
            store(connection, table)
        yield connection


def due(connection: Connection, *events: Event) -> list[Event]:
    with connection.transaction():
        return [produced.event for produced in apply(connection, incoming_events(*events))]


def test_tit_9_a_replaced_title_is_kept_with_its_alias_and_slice_and_nothing_is_due(connection: Connection) -> None:
    asked = replaced("2021-06-15 08:00", HERMIT, NEW_WAITER, item="w2", alias="(eneboer)")
    assert due(connection, V1, REPLACED, asked) == []
    query = "select slice, holder, item, original, alias, replaced_by from audit.replaced_title order by number"
    assert rows(connection, query) == [
        (SLICE, CITIZEN, "w1", COOK, None, NEW_COOK),
        (SLICE, CITIZEN, "w2", HERMIT, "(eneboer)", NEW_WAITER),
    ]


@pytest.mark.parametrize(
    "statement", ["update audit.replaced_title set original = ''", "delete from audit.replaced_title",
                  "truncate audit.replaced_title"],
)  # fmt: skip
def test_what_was_replaced_can_neither_be_changed_nor_deleted(connection: Connection, statement: str) -> None:
    due(connection, REPLACED)
    with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        connection.execute(statement)
    assert len(rows(connection, STORED)) == 1


@pytest.mark.parametrize(
    "batches",
    [[(V1, REPLACED, V2)], [(V1,), (REPLACED,), (V2,)], [(V1,), (V2,), (REPLACED,)], [(V1, V2), (REPLACED,)]],
)
def test_a_corrected_table_makes_a_replaced_title_due_whichever_topic_comes_first(
    connection: Connection, batches: list[Sequence[Event]]
) -> None:
    assert [event for batch in batches for event in due(connection, *batch)] == [DUE_V2]
    assert rows(connection, STORED) == [(COOK, NEW_COOK, "v1"), (COOK, NEW_HEAD_COOK, "v2")]
    assert due(connection, V2) == []


def test_each_further_table_is_compared_with_the_last_and_the_first_original_is_kept(connection: Connection) -> None:
    assert due(connection, V1, REPLACED, V2, V3) == [DUE_V2, DUE_V3]
    back = announced("2021-06-28", "v1")
    assert due(connection, back) == [reconversion("2021-06-28", "converted", NEW_COOK, table_version="v1")]
    assert [row[0] for row in rows(connection, STORED)] == [COOK] * 4


def test_a_title_replaced_by_a_table_that_is_not_announced_here_yet_is_left_alone(connection: Connection) -> None:
    ahead = replaced("2021-06-20 12:00", COOK, NEW_HEAD_COOK, table_version="v2")
    assert due(connection, V1, ahead) == []
    assert due(connection, V2) == []
    assert due(connection, V3) == [DUE_V3]


def test_a_title_that_the_corrected_table_does_not_list_any_more_is_retired(connection: Connection) -> None:
    unlisted = replaced("2021-06-12 00:00", "1111111", NEW_COOK, item="w3")
    assert due(connection, V1, unlisted, V2) == []
    store(connection, corrected("v4", _1111111=TitleOutcome("converted", "TIT-2", title=NEW_COOK, label="Ny")))
    expected = reconversion("2021-07-01", "converted", NEW_COOK, item="w3", table_version="v4")
    assert due(connection, announced("2021-07-01", "v4")) == [expected]
    assert due(connection, announced("2021-07-02", "v1")) == [
        reconversion("2021-07-02", "retired", item="w3", table_version="v1")
    ]


def test_only_the_last_title_of_an_item_is_due_and_only_in_its_own_slice(connection: Connection) -> None:
    elsewhere = next(f"c-{n}" for n in range(99) if slice_of(f"c-{n}".encode(), SLICES) != SLICE)
    due(connection, V1, REPLACED, replaced("2021-06-15 08:00", HERMIT, NEW_WAITER))
    due(connection, replaced("2021-06-12 00:00", COOK, NEW_COOK, holder=elsewhere))
    assert due(connection, V2) == []


def test_applying_everything_twice_keeps_each_title_once_and_gives_the_same_ids(connection: Connection) -> None:
    with connection.transaction():
        (first,) = apply(connection, incoming_events(V1, REPLACED, V2))
    stored = rows(connection, STORED)
    assert due(connection, REPLACED, V2) == []
    assert rows(connection, STORED) == stored
    with connection.transaction() as rolled_back:
        connection.execute("alter table audit.replaced_title disable trigger append_only")
        connection.execute("delete from audit.replaced_title")
        connection.execute("delete from audit.table_announced")
        assert apply(connection, incoming_events(V1, REPLACED, V2)) == [first]
        raise psycopg.Rollback(rolled_back)


def test_what_is_due_reconverts_a_converted_title_in_the_decision_and_not_a_chosen_one(connection: Connection) -> None:
    def subject(*facts: Event) -> Playbook[Any]:
        book = Playbook(decision, TABLE)
        for fact in facts[:1]:
            book.fact(fact)
        book.day("2021-06-14")
        for fact in facts[1:]:
            book.fact(fact)
        return book

    converted, chosen = (
        subject(wish("2021-06-01 10:00", COOK)),
        subject(wish("2021-06-01 10:00", COOK), choice("2021-06-15", NEW_WAITER)),
    )
    (reconverted,) = due(connection, V1, REPLACED, V2)
    assert isinstance(reconverted, TitleReconversionDue)
    for book in (converted, chosen):
        book.refer(HEAD_COOK).new_outputs()
        book.fact(reconverted)
    again = changed("2021-06-20", "converted", NEW_HEAD_COOK, table_version="v2", rule="TIT-10")
    assert (converted.new_outputs(), chosen.new_outputs()) == ([again], [])
