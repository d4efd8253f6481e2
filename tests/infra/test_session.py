"""What a session means is ours to say: no setting of a server, a database or a role changes a row."""

from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from infra.postgres import SESSION, connect, open_pool

HOSTILE = {
    "DateStyle": "German, DMY", "IntervalStyle": "iso_8601", "TimeZone": "Pacific/Auckland", "bytea_output": "escape",
    "standard_conforming_strings": "off", "search_path": "elsewhere", "extra_float_digits": "-5",
    "transform_null_equals": "on", "row_security": "off", "default_transaction_isolation": "serializable",
    "default_transaction_read_only": "on", "default_transaction_deferrable": "on", "client_encoding": "LATIN1",
    "timezone_abbreviations": "Australia",
}  # fmt: skip
LOOK = r"select timestamptz '2021-06-14 10:00+02', date '2021-06-14', interval '1 day 2 hours', '\x00ff'::bytea, 'æ\n'"


def test_a_databases_or_roles_own_settings_change_nothing_on_any_of_our_connections(database: str) -> None:
    name = str(conninfo_to_dict(database)["dbname"])
    with psycopg.connect(database, autocommit=True) as owner:
        for setting, value in HOSTILE.items():
            alter = sql.SQL("alter database {} set {} = {}")
            value_ = sql.SQL(value) if setting == "DateStyle" else sql.Literal(value)
            owner.execute(alter.format(sql.Identifier(name), sql.Identifier(setting.lower()), value_))
    assert HOSTILE.keys() == SESSION.keys()
    with psycopg.connect(database) as foreign:
        assert foreign.execute("show DateStyle").fetchone() == ("German, DMY",)
    with open_pool(database, "test", 1) as pool, closing(connect(database, "test")) as alone, pool.connection() as ours:
        for connection in (alone, ours):
            shown = {each: connection.execute(sql.SQL("show {}").format(sql.Identifier(each.lower()))).fetchone() for
                     each in SESSION}  # fmt: skip
            meant = {each: value.replace("\\", "") for each, value in SESSION.items()} | {"DateStyle": "ISO, YMD"}
            assert {each: row and row[0] for each, row in shown.items()} == meant
            assert connection.execute(LOOK).fetchone() == (
                *(datetime(2021, 6, 14, 8, tzinfo=UTC), date(2021, 6, 14), timedelta(days=1, hours=2)),
                *(b"\x00\xff", "æ\\n"),
            )


def test_the_options_of_an_address_are_kept_but_ours_win(database: str) -> None:
    dsn = psycopg.conninfo.make_conninfo(database, options="-c work_mem=5MB -c DateStyle=German")
    with closing(connect(dsn, "test")) as connection:
        assert connection.execute("show work_mem").fetchone() == ("5MB",)
        assert connection.execute("show DateStyle").fetchone() == ("ISO, YMD",)
