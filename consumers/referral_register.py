"""The table of referrals, by which the database itself lets providers read, and their roles (ACC-1 … ACC-3)."""

from collections.abc import Sequence
from functools import partial

from psycopg import Connection

from consumers.ageing import step
from consumers.record_lock import lock_records
from consumers.rounds import rounds
from consumers.sink import Sink
from infra.arrays import dates, texts
from infra.engine.record import IncomingEvent
from infra.log import get_logger
from schemas.ids import slice_of
from schemas.referrals import ProviderRecorded, ReferralRecorded
from schemas.topic import SLICES
from schemas.topics import DAY_BEGUN, PROVIDER_RECORDED, RECORD_AGED, REFERRAL_RECORDED

LOG = get_logger(__name__)

READS = (DAY_BEGUN, PROVIDER_RECORDED, REFERRAL_RECORDED)
WRITES = (RECORD_AGED,)
OWNS = ("access.provider", "access.referral")
AREAS = ("referrals",)

# `taken`: facts that may be taken in: none of a record that was deleted (RET-8), none that is older than its row. A
# record stays with the citizen for whom it was first recorded (chosen); records of others are returned. A new deadline
# brings a withheld record back (RET-7). What says again what the row holds is no update: else no delivery to the
# National Archives would ever cover the record.
_REFERRALS = """
with taken as (
    select * from unnest(%b::text[], %b::text[], %b::text[]::int[], %b::text[], %b::date[], %b::date[], %b::date[],
        %b::text[]::timestamptz[]) with ordinality
        as new (record, citizen, slice, provider, first_day, last_day, cancelled_on, updated_at, number)
    where not exists (select from retention.receipt r where r.area = 'referrals' and r.record = new.record)
    and not exists (select from access.referral r where r.record = new.record and r.citizen = new.citizen
        and coalesce(r.said_at, r.updated_at) > new.updated_at)
), put as (
    insert into access.referral as r
        (record, citizen, slice, provider, first_day, last_day, cancelled_on, updated_at)
    select distinct on (record) record, new.citizen, new.slice, new.provider, new.first_day, new.last_day,
        new.cancelled_on, new.updated_at
    from taken new left join access.referral known using (record)
    order by record, known.citizen is distinct from new.citizen, number
    on conflict (record) do update set
        provider = excluded.provider, first_day = excluded.first_day, last_day = excluded.last_day,
        cancelled_on = excluded.cancelled_on, said_at = excluded.updated_at,
        updated_at = case when (r.provider, r.first_day, r.last_day, r.cancelled_on) is not distinct from
            (excluded.provider, excluded.first_day, excluded.last_day, excluded.cancelled_on)
            then r.updated_at else excluded.updated_at end,
        reach = case when (r.last_day, r.cancelled_on) is not distinct from (excluded.last_day, excluded.cancelled_on)
            then r.reach else 'open' end
        where r.citizen = excluded.citizen
    returning record, citizen
)
select record from taken where (record, citizen) not in (select record, citizen from put)
"""
# Roles are made for those that are new, in the same transaction (ACC-1).
_NEW = """
select coalesce(array_agg(provider), '{}') from unnest(%b::text[]) provider
where not exists (select from access.provider known where known.provider = provider.provider)
"""
_ADMIT = "select access.admit(%s)"
_PROVIDERS = """
insert into access.provider (provider, name, recorded_at)
select * from unnest(%b::text[], %b::text[], %b::text[]::timestamptz[])
on conflict (provider) do update set name = excluded.name, recorded_at = excluded.recorded_at
where access.provider.recorded_at <= excluded.recorded_at
"""


def apply(connection: Connection, incoming_events: Sequence[IncomingEvent]) -> None:
    """Of the facts about one record the one that was recorded last is the row; of two of one moment the later on the
    topic."""
    events = [incoming.event for incoming in incoming_events if incoming.topic is not DAY_BEGUN]
    providers = [event for event in events if isinstance(event, ProviderRecorded)]
    for each in rounds(providers, lambda event: event.provider):
        _put_providers(connection, each)
    if referrals := [event for event in events if isinstance(event, ReferralRecorded)]:
        lock_records(connection, {event.citizen for event in referrals})
        for some in rounds(referrals, lambda event: (event.record, event.citizen)):
            _put_referrals(connection, some)


def _put_providers(connection: Connection, providers: Sequence[ProviderRecorded]) -> None:
    (new,) = connection.execute(_NEW, (texts(each.provider for each in providers),)).fetchone() or ([],)
    if new:
        connection.execute(_ADMIT, (sorted(new),))
    rows = (
        texts(each.provider for each in providers),
        texts(each.name for each in providers),
        texts(each.occurred_at.isoformat() for each in providers),
    )
    connection.execute(_PROVIDERS, rows)


def _put_referrals(connection: Connection, some: Sequence[ReferralRecorded]) -> None:
    rows = (
        texts(each.record for each in some),
        texts(each.citizen for each in some),
        texts(str(slice_of(each.key.encode(), SLICES)) for each in some),
        texts(each.provider for each in some),
        dates(each.first_day for each in some),
        dates(each.last_day for each in some),
        dates(each.cancelled_on for each in some),
        texts(each.occurred_at.isoformat() for each in some),
    )
    for (record,) in connection.execute(_REFERRALS, rows).fetchall():
        LOG.error(
            "ALARM referrals: %s is another citizen's. Nothing was changed, and nobody gained access by it. The source"
            " must cancel the one and give the other an id of its own.",
            record,
        )


sink = Sink("referral-register", READS, OWNS, apply, WRITES, partial(step, AREAS))
