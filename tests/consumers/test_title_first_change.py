"""The one statement for ordinary changes does what `Item.change` does, and leaves everything else to it."""

from collections.abc import Iterator
from typing import Any

import pytest
from psycopg import Connection

from consumers.title_first_change import About, apply_first_changes
from consumers.title_item import Item
from consumers.title_register import apply
from schemas.event import Event
from schemas.titles import TitleChanged
from tests.consumers.batches import slice_connection
from tests.consumers.title_batches import begun, incoming_events, rows
from tests.title_builders import COOK, HERMIT, NEW_COOK, NEW_SOMMELIER, NEW_WAITER, changed, choice, free_text, wish

AT = "2021-06-12 00:00"
CONVERTED = changed(AT, "converted", NEW_COOK)
DROPPED = changed(AT, "converted", NEW_COOK, alias_dropped=True, rule="TIT-3")
ASKED = changed(AT, "must-choose", candidates=[NEW_WAITER, NEW_SOMMELIER])
RETIRED = changed(AT, "retired", wave=2, table_version="v9", from_day="2021-07-01")
AGAIN = changed(AT, "converted", NEW_COOK, rule="TIT-10", alias_dropped=True)

OLD = wish("2021-06-01 10:00", COOK)
ORDINARY: tuple[tuple[Event, ...], ...] = (
    (OLD,),
    (wish("2021-06-01 10:00", COOK, alias="(gourmetkok)"),),
    (wish(AT, COOK),),
    (OLD, begun("2021-06-12")),
    (OLD, wish("2021-06-02 10:00", COOK)),
    (OLD, wish("2021-06-02 10:00", COOK, removed=True)),
    (free_text("2021-06-01 10:00", "Kok"), begun("2021-06-11"), wish("2021-06-11 10:00", COOK)),
)
OTHERS: tuple[tuple[Event, ...], ...] = (
    (),
    (choice("2021-06-01 10:00", NEW_WAITER),),
    (free_text("2021-06-01 10:00", "Kok"),),
    (wish("2021-06-12 00:01", COOK),),
    (OLD, changed("2021-06-12 00:00", "retired")),
    (OLD, CONVERTED, wish("2021-06-20 10:00", HERMIT)),
)


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with slice_connection(database) as connection:
        yield connection


def items(connection: Connection) -> list[Item]:
    found = rows(connection, "select to_jsonb(h)::text from titles.held h order by holder, area, item")
    return [Item.model_validate_json(row) for (row,) in found]


def stand(connection: Connection, *events: Event) -> None:
    for event in events:
        with connection.transaction():
            apply(connection, incoming_events(event))


@pytest.mark.parametrize("change", [CONVERTED, DROPPED, ASKED, RETIRED, AGAIN])
@pytest.mark.parametrize("before", ORDINARY)
def test_an_ordinary_change_by_statement_equals_the_change_of_the_item(
    connection: Connection, before: tuple[Event, ...], change: TitleChanged
) -> None:
    other = wish("2021-06-01 10:00", COOK, item="w2")
    stand(connection, *before, other)
    expected, untouched = items(connection)
    expected.change(change)
    assert apply_first_changes(connection, [change]) == []
    assert items(connection) == [expected, untouched]


@pytest.mark.parametrize("before", OTHERS)
def test_any_other_change_is_left_to_the_item_and_nothing_is_touched(
    connection: Connection, before: tuple[Event, ...]
) -> None:
    stand(connection, *before)
    untouched = items(connection)
    assert apply_first_changes(connection, [CONVERTED]) == [CONVERTED]
    assert items(connection) == untouched


def test_an_item_of_which_a_batch_tells_two_things_is_left_in_its_order(connection: Connection) -> None:
    stand(connection, OLD, wish("2021-06-01 10:00", COOK, item="w2"))
    second = changed(AT, "converted", NEW_COOK, item="w2")
    batch: list[About] = [RETIRED, choice("2021-06-15 08:00", NEW_WAITER), second]
    assert apply_first_changes(connection, batch) == batch[:2]
    batch = [CONVERTED, changed(AT, "retired", rule="TIT-10")]
    assert apply_first_changes(connection, batch) == batch


def test_a_transaction_that_is_rolled_back_leaves_no_change(connection: Connection) -> None:
    stand(connection, OLD)
    before = items(connection)

    def fail() -> Any:
        with connection.transaction(force_rollback=True):
            apply(connection, incoming_events(CONVERTED))
            assert items(connection) != before

    fail()
    assert items(connection) == before
