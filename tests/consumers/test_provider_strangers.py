"""ACC-1: a provider writes its own SQL, and yet no plan, count, message or statistic tells it of a person that is not
referred to it. Asked in worlds that differ only in a stranger, by the provider's own login and through the gateway."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from itertools import product
from typing import Any

import psycopg
import pytest
from psycopg import Connection, sql

from consumers import cv_status, title_register
from consumers.admin.provider_roles import role_of
from tests.access_builders import OTHER, PROVIDER, referral
from tests.builders import BOTH, CITIZEN, NO_DUTY, changed, moment
from tests.consumers.access_lab import admitted, applied, gateway_account, set_clock
from tests.consumers.batches import slice_connection
from tests.consumers.title_batches import incoming_events
from tests.title_builders import wish

CROWD, SECOND, STRANGER, ENDED = 1000, "citizen-2", "stranger", "ended"
SECRET = "a stranger's own words"

_CROWD = f"""
insert into cv.status select c, true, true, false, false, 'jc-' || mod(n, 98), null, '2021-06-14', now(), 'CV-1',
    gen_random_uuid() from (select 'crowd-' || n as c, n from generate_series(1, {CROWD}) n) crowd;
insert into titles.held (holder, area, item, slice, holder_kind, scheme, text)
select 'crowd-' || n, 'job-wishes', 'w1', 0, 'citizen', 'free-text', 'words'
from generate_series(1, {CROWD}) n;
insert into access.referral (record, citizen, slice, provider, first_day, last_day, updated_at)
select 'crowd-' || n, 'crowd-' || n, 0, 'provider-2', '2021-06-14', '2021-06-30', now()
from generate_series(1, {CROWD}) n;
create index on titles.held (text); create index on cv.status (from_day); create index on access.referral (first_day);
analyze cv.status, titles.held, access.referral
"""
# Every operator that PostgreSQL has between a column of that type and a constant.
_PROBES = """
select table_name, column_name, data_type, o.oprname from information_schema.columns
join pg_operator o on o.oprleft = data_type::regtype and o.oprright = data_type::regtype
    and o.oprresult = 'bool'::regtype
where table_schema = 'provider' order by 1, 2, 4
"""
_CATALOG = """
select c.oid::regclass::text from pg_class c
where relkind in ('r', 'v', 'm') and relnamespace = 'pg_catalog'::regnamespace and c.oid <> 'pg_stat_activity'::regclass
"""
_ASKED = {
    "pg_class": "select oid, relname, relnatts, relhasindex from pg_class",
    "pg_stats": "select * from pg_stats where schemaname <> 'pg_catalog'",
}
_SIZES = ("pg_relation_size", "pg_table_size", "pg_indexes_size", "pg_total_relation_size")
_VALUES = {"text": SECRET, "date": "2021-06-14", "boolean": "true"}
_EXPLAIN = "explain (analyze, verbose, buffers, wal, settings, timing off, summary off, format json) "
_HOSTILE = ("enable_indexscan = off", "enable_seqscan = on", "random_page_cost = 1000000", "plan_cache_mode = auto")

World = Callable[[Connection], object]


@pytest.fixture
def owner(database: str) -> Iterator[Connection]:
    """Noon of 2021-06-20, and a crowd. The provider has two citizens; a third one's referral to it has ended."""
    with slice_connection(database) as connection:
        for table in ("cv.status", "titles.held", "access.referral"):  # or it would run when it likes
            connection.execute(sql.SQL("alter table {} set (autovacuum_enabled = off)").format(sql.SQL(table)))
        for citizen in (CITIZEN, SECOND, ENDED):
            _known(connection, citizen, f"words of {citizen}")
        applied(
            connection,
            referral("2021-06-14 08:00", "2021-06-14", "2021-06-30"),
            referral("2021-06-14 08:00", "2021-06-14", "2021-06-30", record="r-2", citizen=SECOND),
            referral("2021-06-01 08:00", "2021-06-01", "2021-06-19", record="r-3", citizen=ENDED),
        )
        connection.execute(_CROWD.encode())
        set_clock(connection, moment("2021-06-20 12:00"))
        yield connection


@pytest.fixture
def readers(owner: Connection) -> Iterator[list[Connection]]:
    """The provider, by its own login and through the gateway."""
    with admitted(owner) as dsns, gateway_account(owner) as gateway, ExitStack() as stack:
        own, through = (stack.enter_context(psycopg.connect(dsn, autocommit=True)) for dsn in (dsns[PROVIDER], gateway))
        through.execute(sql.SQL("set role {}").format(sql.Identifier(role_of(PROVIDER))))
        yield [own, through]


def _known(owner: Connection, citizen: str, text: str) -> None:
    with owner.transaction():
        status = changed("2021-06-14 08:00", before=NO_DUTY, now=BOTH, citizen=citizen)
        cv_status.apply(owner, incoming_events(status))
        words = wish("2021-06-14 08:00", None, scheme="free-text", text=text, holder=citizen)
        title_register.apply(owner, incoming_events(words))


def _comes(owner: Connection) -> None:
    _known(owner, STRANGER, SECRET)
    applied(
        owner, referral("2021-06-14 08:00", "2021-06-14", "2021-06-30", record="s", citizen=STRANGER, provider=OTHER)
    )


def _changes(owner: Connection) -> None:
    for n in range(40):
        owner.execute("update titles.held set text = %s || %s where holder = any(%s)", (SECRET, n, [STRANGER, ENDED]))
        owner.execute("update cv.status set from_day = from_day + 1 where citizen = any(%s)", ([STRANGER, ENDED],))
        owner.execute("update access.referral set last_day = last_day + 1 where record = 's'")


def _goes(owner: Connection) -> None:
    owner.execute("delete from titles.held where holder = any(%s)", ([STRANGER, ENDED],))
    owner.execute("delete from cv.status where citizen = any(%s)", ([STRANGER, ENDED],))
    owner.execute("delete from access.referral where citizen = %s", (STRANGER,))


def _own_citizen_is_another_providers_too(owner: Connection) -> None:
    for n in range(5):
        one = referral("2021-06-14 08:00", "2021-06-14", "2021-06-30", record=f"o-{n}", provider=OTHER)
        applied(owner, one)


WORLDS: tuple[World, ...] = (_comes, _changes, _goes, _own_citizen_is_another_providers_too)


def _told(reader: Connection, probes: list[tuple[str, str, str, str]]) -> dict[tuple[str, ...], Any]:
    """All that PostgreSQL tells of each probe."""
    told: dict[tuple[str, ...], Any] = {}
    for view in sorted({view for view, *_ in probes}):  # plans are made anew after `analyze`
        reader.execute(sql.SQL("select * from provider.{}").format(sql.Identifier(view)))
    for view, column, kind, operator in probes:
        query = sql.SQL(_EXPLAIN + "select * from provider.{} where {} {} {}").format(
            sql.Identifier(view), sql.Identifier(column), sql.SQL(operator), sql.Literal(_VALUES[kind])
        )
        ((plan,),) = reader.execute(query).fetchall()
        told |= {(view, column, operator, *place): value for place, value in _leaves(plan)}
    return told


def _differs(
    probe: tuple[str, str, str, str], known: dict[tuple[str, ...], Any], found: dict[tuple[str, ...], Any]
) -> bool:
    view, column, _, operator = probe
    return any(found[place] != value for place, value in known.items() if place[:3] == (view, column, operator))


def _leaves(plan: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each number and word of a plan, with its place in it."""
    if not isinstance(plan, dict | list):
        yield (), plan
        return
    for name, part in plan.items() if isinstance(plan, dict) else enumerate(plan):
        yield from (((str(name), *place), value) for place, value in _leaves(part))


def test_acc_1_plan_buffers_and_rows_removed_are_the_same_whatever_becomes_of_a_stranger(
    owner: Connection, readers: list[Connection]
) -> None:
    probes = owner.execute(_PROBES).fetchall()
    assert {"=", "<", "~~", "^@"} <= {operator for *_, operator in probes}
    for reader, setting in product(readers, _HOSTILE):
        reader.execute(f"set {setting}".encode())
    _, before = ([_told(reader, probes) for reader in readers] for _ in range(2))
    assert "cv.status" not in (text := str(before))
    assert "titles" not in text
    for world in WORLDS:
        world(owner)
        owner.execute("analyze cv.status, titles.held, access.referral")
        for reader, known in zip(readers, before, strict=True):
            found = _told(reader, probes)
            for _ in range(4):  # whatever makes the server plan anew costs buffers, once
                found |= _told(reader, [probe for probe in probes if _differs(probe, known, found)])
            assert dict(found.items() - known.items()) == {}, world.__name__
            assert found.keys() == known.keys()


def _catalog(reader: Connection, relations: list[str]) -> dict[str, list[str]]:
    """What every relation of the server's own tells, if it may be read."""
    told: dict[str, list[str]] = {}
    for relation in relations:
        try:
            told[relation] = sorted(
                map(str, reader.execute(_ASKED.get(relation, f"select * from {relation}").encode()).fetchall())
            )
        except psycopg.errors.InsufficientPrivilege as denied:
            told[relation] = [str(denied.sqlstate)]
    return told


def test_acc_1_no_figure_of_the_server_tells_a_provider_that_a_stranger_came_changed_or_went(
    owner: Connection, readers: list[Connection]
) -> None:
    relations = [relation for (relation,) in owner.execute(_CATALOG).fetchall()]
    before = [_catalog(reader, relations) for reader in readers]
    for world in WORLDS:
        world(owner)
        owner.execute("analyze cv.status, titles.held, access.referral")
        owner.execute("select pg_stat_force_next_flush()")
        for reader, known in zip(readers, before, strict=True):
            found = _catalog(reader, relations)
            assert {name for name in known if known[name] != found[name]} == set(), world.__name__
    (table,) = owner.execute("select 'titles.held'::regclass::oid").fetchone() or (0,)
    for reader, size in product(readers, _SIZES):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute(f"select {size}({table})".encode())
    for reader, column in product(readers, ("reltuples", "relpages")):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute(f"select {column} from pg_class".encode())


def test_acc_1_no_row_of_a_stranger_can_make_a_providers_query_fail(
    owner: Connection, readers: list[Connection]
) -> None:
    _comes(owner)
    owner.execute("update titles.held set text = '7' where holder <> all(%s)", ([STRANGER, ENDED],))
    for reader in readers:
        assert len(reader.execute("select from provider.job_wish where text::int = 7").fetchall()) == 2


def _noted(messages: list[str], notice: psycopg.errors.Diagnostic) -> None:
    messages.append(str(notice.message_detail))


def test_acc_1_what_the_server_can_be_told_to_print_says_nothing_of_the_functions_own_plans(
    owner: Connection, readers: list[Connection]
) -> None:
    _comes(owner)
    for reader in readers:
        messages: list[str] = []
        reader.add_notice_handler(partial(_noted, messages))
        for setting in ("debug_print_plan = on", "debug_print_parse = on", "client_min_messages = debug5"):
            reader.execute(f"set {setting}".encode())
        for view in ("referral", "citizen", "job_wish"):
            assert len(reader.execute(f"select * from provider.{view}".encode()).fetchall()) == 2
        assert any("PLANNEDSTMT" in message for message in messages), "nothing was printed, so nothing was tried"
        assert not [message for message in messages if "SCAN" in message.replace("FUNCTIONSCAN", "")
                    .replace("SUBQUERYSCAN", "")]  # fmt: skip
