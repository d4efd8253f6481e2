"""RET-8: every store that holds a copy has a row that says when the copy goes, and what is too old does go."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from psycopg import Connection

from consumers import tidying
from consumers.admin import open_ended
from infra.engine.ledger import Cursor
from schemas.dates import midnight
from schemas.lint import TODO
from schemas.new import STORES, stores_of
from schemas.topics import TOPICS
from tests.consumers.batches import slice_connection
from tests.consumers.title_batches import rows

TABLES = """
select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'm') and not c.relispartition
    and n.nspname not in ('pg_catalog', 'information_schema', 'reference')
"""
MONTHS = "select relname from pg_class where relkind = 'r' and relname ~ '^entry_2' order by 1 limit 1"


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with slice_connection(database) as connection:
        yield connection


def rows_of(heading: str) -> dict[str, str]:
    """What the document's table says of each store: its last column."""
    text = STORES.read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return {
        name: says.strip()
        for line in text.splitlines()
        if line.startswith("|")
        and (cells := line.strip("| ").split(" | ")) and (name := cells[0].strip("`")) and (says := cells[-1])
        and re.fullmatch(r"[a-z_.-]+[\w.*-]+", name) and name not in ("table", "topic", "---")
    }  # fmt: skip


def test_ret_8_every_table_has_a_row_that_says_when_its_copy_goes_and_no_row_lacks_its_table(
    connection: Connection,
) -> None:
    known = set(rows_of("Tables")) - {"reference.*"}
    assert {table for (table,) in rows(connection, TABLES)} == known


def test_ret_8_every_topic_has_a_row_with_its_own_retention_and_no_row_lacks_its_topic() -> None:
    assert rows_of("Topics") == {topic.name: f"{topic.retention_days} days" for topic in TOPICS}


def test_ret_8_every_topics_row_stands_in_its_place_and_says_what_it_holds() -> None:
    document = STORES.read_text(encoding="utf-8")
    assert document == stores_of(document), "`python -m schemas.new NAME` writes the row of a topic"
    assert TODO not in document, "a row is not filled in: say what the topic holds, and of whom"


def test_ret_8_whatever_has_no_rule_is_counted_and_says_who_decides() -> None:
    unruled = {table for table, says in rows_of("Tables").items() if "**no rule**" in says}
    assert unruled == {store.table for store in open_ended.STORES}
    assert not [table for table, says in rows_of("Tables").items() if "not built" in says]


def test_ret_8_rows_without_a_rule_are_counted_with_the_oldest_and_those_that_are_over(connection: Connection) -> None:
    connection.execute(
        "insert into titles.held (holder, area, item, slice, holder_kind, recorded_at, removed_at)"
        " select 'c', 'a', n::text, 0, 'citizen', %(at)s, case when n = 1 then %(at)s + interval '1 day' end"
        " from generate_series(1, 3) n",
        {"at": midnight(date(2021, 6, 14))},
    )
    found = {standing.table: standing for standing in open_ended.open_ended(connection)}
    held = found.pop("titles.held")
    assert (held.rows, held.ended, held.oldest) == (3, 1, midnight(date(2021, 6, 14)))
    assert {(standing.rows, standing.ended, standing.oldest) for standing in found.values()} == {(0, 0, None)}
    assert all(standing.decides for standing in (held, *found.values()))


def tidied(connection: Connection, day: str, slice_: int = 0) -> int:
    """How many pieces there were."""
    cursor = Cursor("tidying", slice_, 1, 1, date.fromisoformat(day), None, {}, {}, {})
    pieces = 0
    while True:
        with connection.transaction():
            if tidying.step(connection, cursor) is None:
                return pieces
        pieces += 1


def test_ret_8_a_notice_goes_four_years_after_its_day_in_bounded_pieces(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tidying, "PIECE", 2)
    connection.execute(
        "insert into mailbox.notice (id, recipient_kind, recipient, about, reason, rule, day, from_day, details, text,"
        " text_version, status) select gen_random_uuid(), 'fund', 'f', 'c', 'r', 'CV-3', d, d, '{}', 't', 1,"
        " 'delivered' from unnest(%s::date[]) d",
        ([date(2021, 6, 14)] * 3 + [date(2021, 6, 15)],),
    )
    assert (tidied(connection, "2025-06-13"), tidied(connection, "2025-06-14", slice_=1)) == (0, 0)
    assert tidied(connection, "2025-06-14") == 2
    assert rows(connection, "select day from mailbox.notice") == [(date(2021, 6, 15),)]


def test_ret_8_a_dead_letter_goes_a_year_after_it_was_buried(connection: Connection) -> None:
    for offset, at in enumerate((midnight(date(2021, 6, 15)) - timedelta(microseconds=1), midnight(date(2021, 6, 15)))):
        connection.execute(
            "insert into dead_letter.letter (consumer, topic, partition, at_offset, headers, reason, buried_at)"
            " values ('c', 't', 0, %s, '[]', 'r', %s)",
            (offset, at),
        )
    assert tidied(connection, "2022-06-13") == 0
    assert tidied(connection, "2022-06-14") == 1
    assert rows(connection, "select at_offset from dead_letter.letter") == [(1,)]


def test_a_letter_that_parks_a_key_and_what_waits_behind_it_are_never_tidied_away(connection: Connection) -> None:
    for offset, status in enumerate(("new", "waiting", "applied", "discarded")):
        connection.execute(
            "insert into dead_letter.letter"
            " (consumer, topic, partition, at_offset, headers, reason, status, subject, buried_at)"
            " values ('c', 't', 0, %s, '[]', 'r', %s, 'c-1', '2021-06-14')",
            (offset, status),
        )
    assert tidied(connection, "2026-12-31") == 1
    assert rows(connection, "select status from dead_letter.letter order by id") == [("new",), ("waiting",)]


def test_ret_8_a_month_of_the_journal_goes_when_all_of_it_is_six_years_old(connection: Connection) -> None:
    assert tidied(connection, "2027-01-31") == 0
    assert rows(connection, MONTHS) == [("entry_2021_01",)]
    assert tidied(connection, "2027-02-01") == 1
    assert rows(connection, MONTHS) == [("entry_2021_02",)]
    assert tidied(connection, "2027-06-01") == 4
    assert rows(connection, MONTHS) == [("entry_2021_06",)]
