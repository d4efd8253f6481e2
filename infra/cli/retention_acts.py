"""What `dfdg retention` does beyond looking: holds through the edge, announced nights, receipts to be replayed."""

import json
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from datetime import date, datetime
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any

from infra.cli.common import BAD_INPUT, COULD_NOT, addresses, database, failure, settings
from infra.cli.nearest import did_you_mean, refuse_cpr
from infra.console import progress_bar

if TYPE_CHECKING:
    from psycopg import Connection

    from infra.addresses import Addresses

_HOLD = "select citizen, record, handler from retention.hold where hold = %s"
_ANNOUNCE = """
insert into retention.announced (area, day, share, who) values (%s, %s, %s, %s)
on conflict (area, day) do update set share = excluded.share, who = excluded.who, at = default
"""


def hold_placed(citizen: str, name: str, handler: str, record: str | None, at: datetime | None) -> None:
    """As a fact, through the edge."""
    refuse_cpr(citizen)
    _publish({"citizen": citizen, "hold": name, "handler": handler, "record": record}, at)


def hold_released(name: str, at: datetime | None) -> None:
    """Of whom it is, and what it covers, the hold itself says."""
    with database("retention") as connection:
        row = connection.execute(_HOLD, (name,)).fetchone()
    if row is None:
        raise failure(COULD_NOT, f"There is no hold {name} that is in force. Has `dfdg run` taken it in yet?")
    citizen, record, handler = row
    _publish({"citizen": citizen, "hold": name, "handler": handler, "record": record, "released": True}, at)


def announced(area: str, day: date, share: float, who: str) -> None:
    from schemas.retention_areas import AREAS

    codes = [known.code for known in AREAS]
    if area not in codes:
        see = "`dfdg retention plan DATE` shows those that have records."
        raise failure(BAD_INPUT, f"There is no area {area}.{did_you_mean(area, codes)} {see}")
    with database("retention") as connection:
        connection.execute(_ANNOUNCE, (area, day, share, who))


def known_again(connection: "Connection", dry_run: bool) -> int:
    """Let a database that was restored know what lies on the topics beyond it; returns how many records do."""
    from consumers.record_lock import is_original
    from infra.cli import catalog
    from infra.recovery.restore import catch_up
    from schemas.topic import Writer
    from schemas.topics import RECORD_DELETED, TOPICS

    if is_original(connection):
        return 0
    ours = [topic.name for topic in TOPICS if topic.writer is Writer.LEDGER]
    with progress_bar() as bar:
        task = bar.add_task("topics read", total=None)
        return catch_up(
            connection, addresses("kafka").kafka, catalog.NAMES, [*ours, *catalog.dead_letter_topics()],
            [RECORD_DELETED.name],
            progress=lambda done, total: bar.update(task, completed=done, total=total), dry_run=dry_run,
        )  # fmt: skip


def receipts_to_replay(file: Any, there: "Callable[..., Addresses] | None") -> "AbstractContextManager[IO[str]]":
    """Lines that can be read twice, copied where nobody else can open them: those of the file, and what goes beyond
    them on the topic."""
    from consumers.admin.receipt_topic import receipts_on_topic
    from consumers.admin.receipts import as_line, from_lines
    from infra.registry import Registry

    copy = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - the caller closes it
    copy.writelines(file or ())
    copy.seek(0)
    last = {receipt.slice: receipt.number for receipt in from_lines(copy)}
    if there is not None:
        found = there()
        receipts = receipts_on_topic(found.kafka, Registry(found.registry))
        copy.writelines(as_line(receipt) for receipt in receipts if receipt.number > last.get(receipt.slice, 0))
    copy.seek(0)
    return copy


def _publish(hold: dict[str, Any], at: datetime | None) -> None:
    from infra.postgres import connect
    from infra.registry import Registry
    from producers.clock import wall_clock
    from producers.identity import Identity, Keys
    from producers.publisher import publish
    from schemas.dates import midnight
    from schemas.topics import LEGAL_HOLD_RECORDED

    moment = midnight(at.date()) if at else wall_clock()
    there = addresses()
    ids = Registry(there.registry).resolve([LEGAL_HOLD_RECORDED])
    line = json.dumps(hold | {"occurred_at": moment.isoformat()}).encode() + b"\n"
    with closing(connect(there.dsn, "dfdg-retention")) as connection:
        identity = Identity(connection, Keys.read(settings().keys))
        publish(LEGAL_HOLD_RECORDED, BytesIO(line), identity, there.kafka, ids[LEGAL_HOLD_RECORDED.name])
