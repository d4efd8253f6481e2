"""What `dfdg retention` does beyond looking: holds through the edge, announced nights, receipts to be replayed."""

import json
from contextlib import closing
from datetime import date, datetime
from io import BytesIO
from typing import Any

from infra.cli.common import BAD_INPUT, COULD_NOT, addresses, database, failure, settings
from infra.cli.nearest import did_you_mean, refuse_cpr

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


def _publish(hold: dict[str, Any], at: datetime | None) -> None:
    from infra.postgres import connect
    from infra.registry import Registry
    from producers.calendar import act_moment, latest
    from producers.identity import Identity, Keys
    from producers.publisher import publish
    from schemas.topics import LEGAL_HOLD_RECORDED

    there = addresses()
    ids = Registry(there.registry, there.dsn).resolve([LEGAL_HOLD_RECORDED])
    with closing(connect(there.dsn, "dfdg-retention")) as connection:
        moment = act_moment(connection, at and at.date())
        line = json.dumps(hold | {"occurred_at": moment.isoformat()}).encode() + b"\n"
        identity = Identity(connection, Keys.read(settings().keys))
        id_, last = ids[LEGAL_HOLD_RECORDED.name], latest(connection)
        publish(LEGAL_HOLD_RECORDED, BytesIO(line), identity, there.kafka, id_, latest=last)
