"""Copies the tables that no consumer writes (reference data, ceilings, approvals and the like) between databases."""

from collections.abc import Collection

from psycopg import Connection, sql

_ENGINES = ["ledger", "dead_letter", "public", "identity"]
"""Schemas of the engine, and the edge's schema `identity`: its CPR numbers stay where they are."""

_HOME = "retention.home"
"""Each database has its own row there."""

# A table's oid is above those of the tables that it refers to, because they were created before it.
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


def copy_tables(old: Connection, new: Connection, owned: Collection[str]) -> None:
    """Afterwards every table that is not `owned` has the same rows in `new` as in `old`. `new` is in autocommit."""
    rows = new.execute(_TABLES, (_ENGINES, [*owned, _HOME])).fetchall()
    tables = [sql.Identifier(*row) for row in rows]
    with new.transaction():
        for table in reversed(tables):  # rows that a migration inserted; a table that allows inserts only is empty
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
