"""The title help on PostgreSQL, with the sample's classification and its corrected version (TIT-11, TIT-12)."""

import secrets
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg import Connection, sql
from psycopg.conninfo import make_conninfo

from consumers.admin import title_help
from producers.classification import Published, import_titles
from schemas.labels import words
from schemas.release_dates import WAVE_1, WAVE_2
from schemas.topics import TOPICS
from streams.policies.title_table import outcome_of
from tests.consumers.batches import slice_connection
from tests.consumers.title_batches import rows

SAMPLE = Path(__file__).parents[2] / "infra" / "sample"
DATA = Path(__file__).parents[3] / "shared" / "data"
TITLES, RELATIONS, LABELS = (
    SAMPLE / name for name in ("escostar_occupations.csv", "esco_to_escostar.csv", "labels_da.csv")
)
BEFORE = WAVE_1 - timedelta(days=1)
CATEGORY = ("isco", "categor", "group")


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with slice_connection(database) as connection:
        yield connection


@pytest.fixture
def first(connection: Connection) -> Published:
    return import_titles(connection, TITLES, RELATIONS, outcome_of, "first", LABELS)


def renamed(tmp_path: Path, was: str, becomes: str) -> tuple[Path, Path]:
    """The sample's titles and relations with another label of an ESCO-STAR title."""
    changed = []
    for path in (TITLES, RELATIONS):
        changed.append(tmp_path / path.name)
        changed[-1].write_text(path.read_text(encoding="utf-8").replace(was, becomes), encoding="utf-8")
    return changed[0], changed[1]


def offered(connection: Connection, typed: str, day: date = WAVE_1, area: str = "joblog") -> list[tuple[str, str]]:
    found = title_help.suggest(connection, typed, day, area)
    assert not found.more_needed
    return [(each.code, each.name) for each in found.suggestions]


def test_tit_11_three_characters_bring_active_titles_and_aliases_and_no_retired_one(
    connection: Connection, first: Published
) -> None:
    assert title_help.suggest(connection, "tr", WAVE_1) == title_help.Help("esco-star", True, [])
    assert offered(connection, "tro") == [
        ("5120.1", "Troldekok"),
        ("5120.1", "Troldekok (Gryderører på trolde-kroen)"),
        ("5120.1", "Troldekok (Ældre troldekok)"),
    ]
    assert offered(connection, "stjernepudser") == [("9629.1", "Stjernepudser")]  # not by its alias's title alone
    assert offered(connection, "ældre trol") == [("5120.1", "Troldekok (Ældre troldekok)")]
    assert offered(connection, "skyvogter", BEFORE) == [("5414001", "skyvogter")]
    for retired in ("skyvogter", "månebager", "halvmånebager", "kedelrører", "grydevender"):
        assert offered(connection, retired, BEFORE) != []
        assert offered(connection, retired) == []
    assert first.version == "first"


def test_tit_11_a_label_resolves_for_every_title_ever_published_whatever_is_offered_now(
    connection: Connection, first: Published, tmp_path: Path
) -> None:
    files = renamed(tmp_path, "Heksebrygger", "Bryggemester for hekse")
    import_titles(connection, *files, outcome_of, "second", LABELS)
    everything = rows(
        connection,
        "select 'esco-star', code, label from reference.title union select 'discoams08', old_code, old_label"
        " from reference.title_outcome",
    )
    assert len(everything) == 12 + 14 + 1
    for scheme, code, label in everything:
        assert (scheme, label) in [(each.scheme, each.label) for each in title_help.labels(connection, code)]
    assert title_help.labels(connection, "5120.2") == [
        title_help.Label("esco-star", "Bryggemester for hekse", "second", in_use=True),
        title_help.Label("esco-star", "Heksebrygger", first.version, in_use=False),
    ]
    assert offered(connection, "heksebrygger") == []
    assert offered(connection, "hekse") == [("5120.2", "Bryggemester for hekse")]
    assert title_help.labels(connection, "5120.9") == []


@pytest.mark.parametrize(
    ("area", "day", "scheme"),
    [
        ("joblog", BEFORE, "discoams08"),
        ("joblog", WAVE_1, "esco-star"),
        ("job-wishes", WAVE_1, "esco-star"),
        ("my-plan", WAVE_1, "discoams08"),
        ("my-plan", WAVE_2 - timedelta(days=1), "discoams08"),
        ("my-plan", WAVE_2, "esco-star"),
    ],
)
def test_an_area_is_offered_the_classification_of_its_wave(
    connection: Connection, first: Published, area: str, day: date, scheme: str
) -> None:
    assert title_help.suggest(connection, first.version, day, area).scheme == scheme


@pytest.mark.parametrize(
    ("typed", "more_needed"),
    [("", True), ("tr", True), (" t r ", True), ("t.-(r", True), ("t ro", False), ("æøå", False)],
)
def test_only_letters_and_digits_count_towards_the_three_characters(
    connection: Connection, first: Published, typed: str, more_needed: bool
) -> None:
    assert title_help.suggest(connection, typed, WAVE_1).more_needed is more_needed
    asked = words(typed)
    found = rows(connection, "select * from titles.suggest(%s, 'esco-star', 9)", asked)
    assert not (more_needed and found)  # nor does the function itself answer, whoever calls it
    assert first.new


@pytest.mark.parametrize("typed", ["åbenlys", "ÅBENLYS", "A\u030abenlys", "  åbenlys   stjerne", "Stjernepudser (åben"])
def test_case_composition_and_spacing_do_not_count_when_a_title_is_searched(
    connection: Connection, first: Published, typed: str
) -> None:
    assert offered(connection, typed) == [("9629.1", "Stjernepudser (Åbenlys stjernepolerer)")]
    assert first.new


def test_what_is_typed_begins_words_and_is_no_pattern(connection: Connection, first: Published) -> None:
    for typed in ("oldekok", "%okk", "tro_de", "'; drop table x", "troldekok heks"):
        assert offered(connection, typed) == []
    assert offered(connection, "fundament") == [("7112.2", "Luftslotsmurer - fundament")]
    assert [name for _, name in offered(connection, "luftslotsmurer")] == [
        "Luftslotsmurer",
        "Luftslotsmurer - fundament",
    ]
    assert len(title_help.suggest(connection, "dra", WAVE_1, at_most=1).suggestions) == 1
    assert first.new


def test_importing_the_same_again_adds_no_words_and_fills_them_where_they_are_missing(
    connection: Connection, first: Published
) -> None:
    count = "select count(*) from reference.title_word"
    before = rows(connection, count)
    again = import_titles(connection, TITLES, RELATIONS, outcome_of, aliases=LABELS)
    assert (again.new, again.version, rows(connection, count)) == (False, first.version, before)
    connection.execute("drop trigger insert_only on reference.title_word")
    connection.execute("delete from reference.title_word")
    import_titles(connection, TITLES, RELATIONS, outcome_of, aliases=LABELS)
    assert rows(connection, count) == before


def test_tit_12_titles_are_found_by_their_names_only_and_nobody_is_offered_them_by_category(
    connection: Connection, first: Published, database: str
) -> None:
    for category in ("5120", "512", "C5120", "Kokke i eventyr", "Bagere i eventyr"):
        for day in (BEFORE, WAVE_1):
            assert offered(connection, category, day) == []
    password, name = secrets.token_hex(16), f"test_{secrets.token_hex(8)}"
    connection.execute(
        sql.SQL("create role {} login password {} in role dfdg_citizen_view, dfdg_edge").format(
            sql.Identifier(name), sql.Literal(password)
        )
    )
    try:
        with closing(psycopg.connect(make_conninfo(database, user=name, password=password), autocommit=True)) as user:
            assert rows(user, "select name from titles.suggest(%s, 'esco-star', 9)", ["stjernepudser"])[0] == (
                "Stjernepudser",
            )
            assert rows(user, "select label from titles.label('5120.1')") == [("Troldekok",)]
            assert _offered_by_category(user) == []
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                user.execute("select isco08 from reference.title")
    finally:
        connection.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))
    fields = [f"{topic.event.SCHEMA}: {field}" for topic in TOPICS for field in topic.event.model_fields]
    assert [field for field in fields if "title" in field and any(word in field for word in CATEGORY)] == []
    assert first.new


def _offered_by_category(user: Connection) -> list[object]:
    """Columns and parameters of titles, open to this account, that would let it ask by category."""
    return [
        each
        for each in rows(
            user,
            """
            select table_schema, table_name, column_name from information_schema.columns
            where table_schema in ('titles', 'reference')
                and has_schema_privilege(table_schema, 'usage') union all
            select n.nspname, p.proname, unnest(p.proargnames) from pg_proc p join pg_namespace n
                on n.oid = p.pronamespace where n.nspname in ('titles', 'reference')
                and has_schema_privilege(n.oid, 'usage') and has_function_privilege(p.oid, 'execute')
            """,
        )
        if any(word in each[2] for word in CATEGORY)
    ]


@pytest.mark.skipif(not DATA.exists(), reason="the published data is not on this machine")
def test_each_published_title_is_found_by_its_whole_label_in_a_moment(connection: Connection) -> None:
    folder = DATA / "escostar-2021"
    files = folder / "escostar_occupations.csv", folder / "esco_to_escostar.csv"
    import_titles(connection, *files, outcome_of, aliases=DATA / "esco-1.0.8-da" / "labels_da.csv")
    labels = rows(connection, "select code, label from reference.title")
    short = [label for _, label in labels if len("".join(words(label))) < title_help.MIN_CHARACTERS]
    assert short == []
    for code, label in labels:
        assert code in {c for c, _ in offered(connection, label)}, label
    connection.execute("analyze reference.title_word")
    plan = "\n".join(
        line
        for (line,) in rows(
            connection,
            "explain select * from reference.title_word where version = 'v' and scheme = 'esco-star'"
            " and word >= 'kok' and word < 'kok' || chr(1114111)",
        )
    )
    assert "Index" in plan, plan
