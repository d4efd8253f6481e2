"""Every user of bi.star.dk: how he or she logs in, and with which modules (BI-3, BI-4)."""

import json
from collections.abc import Sequence

from psycopg import Connection

from consumers.sink import Sink
from infra.arrays import jsons, texts
from infra.engine.record import IncomingEvent
from schemas.bi import BiUserChanged
from schemas.topics import BI_USER_CHANGED

READS = (BI_USER_CHANGED,)
OWNS = ("bi.user",)

_COLUMNS = "id, status, responsible, modules, modules_to_move, changed_at, rule"
_WRITE = f"""
insert into bi.user ({_COLUMNS})
select {_COLUMNS} from unnest(%b::jsonb[]) body, jsonb_populate_record(null::bi.user, body)
on conflict (id) do update set ({_COLUMNS}) = row (excluded.{_COLUMNS.replace(", ", ", excluded.")})
"""
_ERASE = "delete from bi.user where id = any(%b::text[])"


def apply(connection: Connection, incoming_events: Sequence[IncomingEvent]) -> None:
    """Each user's last change is the row; a removed user has none (RET-8)."""
    last: dict[str, BiUserChanged] = {}
    for incoming in incoming_events:
        assert isinstance(incoming.event, BiUserChanged)  # by its topic; only mypy needs to be told
        last[incoming.event.user] = incoming.event
    kept = [change for change in last.values() if change.status != "removed"]
    if kept:
        connection.execute(_WRITE, (jsons(map(_row, kept)),))
    if len(kept) < len(last):
        connection.execute(_ERASE, (texts(user for user, change in last.items() if change.status == "removed"),))


def _row(change: BiUserChanged) -> bytes:
    fields = change.model_dump(mode="json")
    return json.dumps(fields | {"id": change.user, "changed_at": fields["occurred_at"]}).encode()


sink = Sink("bi-user", READS, OWNS, apply)
