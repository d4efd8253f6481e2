"""Recipients of notices, for operators: the size of a mailbox, whether a recipient is known, and all offices."""

from psycopg import Connection

_VISIBLE = """
select count(*) from mailbox.visible_to(%(recipient)s)
where recipient_kind = coalesce(%(kind)s, recipient_kind)
"""
_KNOWN = """
select exists (select from mailbox.notice where recipient = %(name)s)
    or exists (select from journal.entry where subject = %(name)s)
"""
_OFFICES = "select distinct recipient from mailbox.notice where recipient_kind <> 'citizen'"


def visible(connection: Connection, recipient: str, kind: str | None = None) -> int:
    """How many notices the recipient (of that kind) may see in all."""
    (count,) = connection.execute(_VISIBLE, {"recipient": recipient, "kind": kind}).fetchone() or (0,)
    return int(count)


def is_known(connection: Connection, name: str) -> bool:
    """True when somebody of that id ever had a notice, whatever became of it, or is a subject of the journal."""
    (known,) = connection.execute(_KNOWN, {"name": name}).fetchone() or (False,)
    return bool(known)


def offices(connection: Connection) -> list[str]:
    """Every recipient that is no citizen: those whose names people type."""
    return [name for (name,) in connection.execute(_OFFICES).fetchall()]
