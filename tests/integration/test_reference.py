"""Versions of the title table in PostgreSQL: inserted once, the same content only once, never changed."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import Connection

from infra.errors import AlarmError
from infra.postgres import connect
from infra.reference.tables import load_table
from producers.classification import BadFileError, import_titles
from streams.policies.title_table import TitleOutcome, outcome_of

SAMPLE = Path(__file__).parents[2] / "infra" / "sample"
TITLES, RELATIONS = SAMPLE / "escostar_occupations.csv", SAMPLE / "esco_to_escostar.csv"


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with connect(database, "test-reference") as connection:
        connection.autocommit = True
        yield connection


def corrected(tmp_path: Path) -> Path:
    """The sample's mapping with the moon baker given a title."""
    path = tmp_path / "corrected.csv"
    moon = "broadMatch,isco,7512,,Bagere i eventyr"
    cook = "exactMatch,escostar,5120.1,http://sample.invalid/star/troldekok,Troldekok"
    path.write_text(RELATIONS.read_text(encoding="utf-8").replace(moon, cook), encoding="utf-8")
    return path


def test_what_was_imported_is_what_is_loaded_and_its_old_side_is_marked_as_constructed(connection: Connection) -> None:
    published = import_titles(connection, TITLES, RELATIONS, outcome_of)
    assert (published.outcomes, published.new) == (14, True)
    assert published.counts == {"converted": 7, "must-choose": 4, "retired": 3}
    assert "CONSTRUCTED" in str(published)
    table = load_table(connection, published.version)
    assert len(table.outcomes) == 14
    assert len(table.labels) == 12
    assert table.outcome("5120003") == TitleOutcome(
        "converted", "TIT-2: one exact match", title="5120.1", label="troldekok"
    )
    assert table.outcome("5120002").candidates == ("5120.2", "5120.1")
    assert connection.execute("select distinct constructed from reference.title_outcome").fetchall() == [(True,)]


def test_the_same_content_again_changes_nothing_and_says_so(connection: Connection) -> None:
    first = import_titles(connection, TITLES, RELATIONS, outcome_of)
    again = import_titles(connection, TITLES, RELATIONS, outcome_of, version="another-name")
    assert again == first._replace(new=False)
    assert "nothing was changed" in str(again)
    assert connection.execute("select version from reference.title_version").fetchall() == [(first.version,)]


def test_changed_content_is_a_new_version_that_speaks_of_the_same_old_titles(
    connection: Connection, tmp_path: Path
) -> None:
    first = import_titles(connection, TITLES, RELATIONS, outcome_of)
    second = import_titles(connection, TITLES, corrected(tmp_path), outcome_of)
    assert second.new
    assert second.version != first.version
    assert load_table(connection, first.version).outcome("7512001").outcome == "retired"
    assert load_table(connection, second.version).outcome("7512001").title == "5120.1"
    with pytest.raises(ValueError, match="there already with other content"):
        import_titles(connection, TITLES, _third(tmp_path), outcome_of, version=second.version)


def _third(tmp_path: Path) -> Path:
    path = tmp_path / "third.csv"
    path.write_text(RELATIONS.read_text(encoding="utf-8").replace("narrowMatch", "closeMatch"), encoding="utf-8")
    return path


def test_a_bad_file_writes_nothing(connection: Connection, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("wrong,columns\n", encoding="utf-8")
    with pytest.raises(BadFileError):
        import_titles(connection, TITLES, bad, outcome_of)
    assert connection.execute("select count(*) from reference.title").fetchall() == [(0,)]


@pytest.mark.parametrize("table", ["title_version", "title", "title_outcome"])
@pytest.mark.parametrize("change", ["delete from reference.{}", "update reference.{} set version = 'x'"])
def test_a_version_can_be_neither_changed_nor_deleted(connection: Connection, table: str, change: str) -> None:
    import_titles(connection, TITLES, RELATIONS, outcome_of)
    with pytest.raises(psycopg.errors.RaiseException, match="insert-only"):
        connection.execute(change.format(table).encode())


def test_a_version_that_is_not_there_is_an_alarm_that_says_what_to_do(connection: Connection) -> None:
    with pytest.raises(AlarmError, match="Import the files of that version again"):
        load_table(connection, "nowhere")
