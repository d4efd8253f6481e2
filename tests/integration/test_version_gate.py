"""An older program neither works on newer states nor takes a newer database, and says what to do."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from psycopg import Connection

from infra.addresses import Addresses
from infra.cli.ready import ready
from infra.engine.consumer import FORMAT, register
from infra.errors import AlarmError
from infra.migrate import migrate
from infra.postgres import connect

ROWS = "select consumer, needs, topic_ids from ledger.consumer"
APPLIED = "select number, sha256 from public.migration order by number"
NOWHERE = Addresses("127.0.0.1:9", "http://127.0.0.1:9", "")


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with closing(connect(database, "test")) as connection:
        connection.autocommit = True
        yield connection


def test_a_consumer_whose_states_a_newer_program_has_written_is_not_started_by_this_one(connection: Connection) -> None:
    register(connection, "titles", {"a": "1"})
    assert connection.execute(ROWS).fetchall() == [("titles", FORMAT, {"a": "1"})]
    connection.execute("update ledger.consumer set needs = %s", (FORMAT + 1,))
    with pytest.raises(AlarmError, match=rf"form {FORMAT + 1}, and this one reads up to {FORMAT}.*before the upgrade"):
        register(connection, "titles", {"a": "1"})
    assert connection.execute(ROWS).fetchall() == [("titles", FORMAT + 1, {"a": "1"})]


def test_a_consumer_of_before_there_were_forms_is_started_and_has_one_from_then_on(connection: Connection) -> None:
    connection.execute("insert into ledger.consumer (consumer, slices, topic_ids) values ('titles', 8, '{}')")
    register(connection, "titles", {"a": "1"})
    assert connection.execute(ROWS).fetchall() == [("titles", FORMAT, {"a": "1"})]


def test_a_database_that_a_newer_program_has_migrated_is_left_as_it_is_and_nothing_starts_on_it(
    connection: Connection, database: str
) -> None:
    connection.execute("insert into public.migration (number, name, sha256) values (9999, '9999_later.sql', '')")
    connection.execute("delete from public.migration where number = 1")  # so there would be something to apply
    before, said = connection.execute(APPLIED).fetchall(), list[str]()
    with pytest.raises(AlarmError, match=r"migration 9999, which this program does not know.*before the upgrade"):
        migrate(database, said.append)
    with pytest.raises(AlarmError, match="migration 9999, which this program does not know"):
        ready(replace(NOWHERE, dsn=database))
    assert (said, connection.execute(APPLIED).fetchall()) == ([], before)


def test_nothing_starts_on_a_database_that_lacks_a_migration(connection: Connection, database: str) -> None:
    connection.execute("delete from public.migration where number = (select max(number) from public.migration)")
    with pytest.raises(AlarmError, match=r"lacks 1 migration\(s\), the first .*: run `dfdg init`"):
        ready(replace(NOWHERE, dsn=database))
