"""What no consumer has put down: reference data, ceilings, approvals and the like, copied from database to database."""

from collections.abc import Collection

from psycopg import Connection, sql

_ENGINES = ["ledger", "dead_letter", "public", "identity"]
"""Schemas of the engine, and of the edge, whose CPR numbers stay where they are."""

_HOME = "retention.home"
"""Each database says for itself where it is at home."""

# A table's number is above those of the tables that it refers to, for they were made before it.
_TABLES = """
select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and not c.relispartition and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and n.nspname <> all(%s) and n.nspname || '.' || c.relname <> all(%s)
order by c.oid
"""
_COUNTERS = """
select pg_get_serial_sequence(%(table)s, attname), attname from pg_attribute
where attrelid = %(table)s::regclass and attidentity <> '' and not attisdropped
"""


def copy_given(old: Connection, new: Connection, owned: Collection[str]) -> None:
    """Afterwards every table that is not `owned` holds in `new` what it holds in `old`. `new` is in autocommit."""
    rows = new.execute(_TABLES, (_ENGINES, [*owned, _HOME])).fetchall()
    tables = [sql.Identifier(*row) for row in rows]
    with new.transaction():
        for table in reversed(tables):  # a migration's own rows; a table that takes inserts only is empty
            if new.execute(sql.SQL("select from {} limit 1").format(table)).rowcount:
                new.execute(sql.SQL("delete from {}").format(table))
        for table in tables:
            _copy(old, new, table)


def _copy(old: Connection, new: Connection, table: sql.Identifier) -> None:
    out = sql.SQL("copy {} to stdout (format binary)").format(table)
    into = sql.SQL("copy {} from stdin (format binary)").format(table)
    with old.cursor().copy(out) as taken, new.cursor().copy(into) as put:
        for block in taken:
            put.write(block)
    for counter, column in new.execute(_COUNTERS, {"table": table.as_string(new)}).fetchall():
        last = sql.SQL("select setval(%s, max({}) + 1, false) from {}").format(sql.Identifier(column), table)
        new.execute(last, (counter,))
