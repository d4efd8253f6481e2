"""The end state in a form that any two right runs share: all tables and topics, sorted, without data that may differ.

Data that may differ is named here with its reason; everything else must be the same to the byte.
"""

import json
from collections.abc import Iterable

import psycopg
from psycopg import sql

from schemas.headers import parse
from schemas.topic import Writer
from schemas.topics import DELETION_BLOCKED, DELETION_ORDERED, RECORD_AGED, RECORD_DELETED, TOPICS
from tests.integration.system import System

Dump = dict[str, list[str]]
"""The rows of each table or topic, sorted. A row of a topic holds a key's records in their order."""

LEFT_OUT = {
    "ledger.batch": "how records fall into batches depends on when they come",
    "ledger.lock_row": "an attempted delivery leaves its row, and some faults attempt one",
    "ledger.outbox": "empty, which `settled` checks",
    "ledger.consumer": "Kafka's ids of topics, which are created anew for each run",
    "ledger.slice": "positions and sequences depend on repeated records and on the order among subjects",
    "retention.ageing": "the search's progress depends on how days were joined into one batch",
    "retention.blocked": "counted on the day on which the slice looked: days share a batch when a worker was away",
    "retention.home": "this database's own row",
    "archive.run": "it has the attempts that were killed too",
    "retention.reading": "it has the readings of those attempts too",
    "audit.reading": "what was looked at by hand",
    "retention.used_ticket": "tickets of such looks",
    "public.migration": "depends on when the database was made",
}
COLUMNS = {
    "*": ("received_at", "arrived", "buried_at", "applied_at", "at", "id_number"),
    "audit.replaced_title": ("number",),
    "reference.title_version": ("published_at",),
    "mailbox.notice": ("number",),
    "dead_letter.letter": ("id", "at_offset"),
    "dead_letter.act": ("id", "letter", "asked_at", "due_at", "done_at", "batch"),
    "retention.receipt": ("number", "deleted_on", "previous", "hash", "reference"),
    "archive.delivered": ("delivery",),
    "archive.delivery": ("delivery", "reference", "made_at", "approved_at"),
    "flood.alarm": ("id",),
    "flood.action": ("id",),
}
"""Columns left out: counters, wall clock times, and the day on which a deletion happened (see retention.blocked)."""

DAY_DEPENDS = (RECORD_AGED, DELETION_ORDERED, DELETION_BLOCKED, RECORD_DELETED)
"""Topics whose events hold that day; their effects are in the tables. Of a parked citizen's record each day has an
order, which becomes a letter."""

_DAY_DEPENDS = {topic.name for topic in DAY_DEPENDS}
_TABLES = """
select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema') order by 1, 2
"""
_TOTALS = "select consumer, sum(records), sum(outgoing) from ledger.batch group by 1 order by 1"


def dump(system: System) -> Dump:
    """All tables and topics that the run has written."""
    found = _of_tables(system.dsn)
    for topic in TOPICS:
        if topic.writer is Writer.LEDGER and topic not in DAY_DEPENDS:
            by_key: dict[str, list[str]] = {}
            for id_, record in system.messages(topic).items():
                about = parse(record.headers())
                who = about["ce_source"].partition("/")[0]  # events of two decisions about one key have no common order
                told = f"{id_} after {about.get('ce_causationid', '')}: {(record.value() or b'')[5:].hex()}"
                by_key.setdefault(f"{(record.key() or b'').decode()} by {who}", []).append(told)
            if by_key:
                found[topic.name] = sorted(f"{key}: {'; '.join(records)}" for key, records in by_key.items())
    return found


def _of_tables(dsn: str) -> Dump:
    with psycopg.connect(dsn) as connection:
        names = [f"{schema}.{table}" for schema, table in connection.execute(_TABLES).fetchall()]
        found = {name: _rows(connection, name) for name in names if name not in LEFT_OUT}
        found["mailbox.notice in order"] = _mailboxes(connection)
        found["ledger.batch in all"] = [
            f"{consumer}: {records} records, {outgoing} outgoing"
            for consumer, records, outgoing in connection.execute(_TOTALS).fetchall()
            if consumer not in ("retention", "deletions", "registers", "referral-register")  # see retention.blocked
        ]
    return {name: rows for name, rows in found.items() if rows}


def _rows(connection: psycopg.Connection, name: str) -> list[str]:
    query = sql.SQL("select to_jsonb(t) - %s::text[] from {} t").format(sql.Identifier(*name.split(".")))
    ignored = [*COLUMNS["*"], *COLUMNS.get(name, ())]
    rows = [row for (row,) in connection.execute(query, (ignored,)).fetchall()]
    if name == "dead_letter.letter":
        rows = [row for row in rows if row["topic"] not in _DAY_DEPENDS]
    for row in rows:
        if row.get("decision") == "retention":
            # `cause` is the event that holds the day of the deletion. A record whose fields a hold withholds already is
            # found again for its own deadline only where days shared a batch; either way it goes once the hold ends.
            del row["cause"]
            row["body"].pop("waiting", None)
        if row.get("refused"):  # on the day on which the slice looked: days share a batch when a worker was away
            del row["day"]
            if "too far ahead" in row["reason"]:
                del row["reason"]  # it names that day
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def _mailboxes(connection: psycopg.Connection) -> list[str]:
    """Each citizen's notices of one decision in the order of the mailbox; those of two decisions have no common
    order."""
    query = """
        select about || ' ' || left(rule, 3), string_agg(id::text, ' ' order by number)
        from mailbox.notice group by 1
    """
    return sorted(f"{about}: {ids}" for about, ids in connection.execute(query).fetchall())


def differences(found: Dump, right: Dump, shown: int = 3) -> list[str]:
    """The first differences in both directions; empty when the two are the same."""
    told: list[str] = []
    for name in sorted(found.keys() | right.keys()):
        extra, missing = _both_ways(found.get(name, []), right.get(name, []))
        told += [f"{name} has also {row}" for row in extra[:shown]]
        told += [f"{name} lacks {row}" for row in missing[:shown]]
    return told


def _both_ways(found: Iterable[str], right: Iterable[str]) -> tuple[list[str], list[str]]:
    have, wanted = list(found), list(right)
    if have == wanted:
        return [], []
    missing = list(wanted)
    extra = []
    known = set(wanted)
    for row in have:
        if row in known and row in missing:
            missing.remove(row)
        else:
            extra.append(row)
    return extra, missing
