"""The demo's findings about referrals: the database asked as the providers, at the edges of windows (ACC-1 … 3)."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from infra.demo.section import Section, counted

if TYPE_CHECKING:
    from psycopg import Connection

PROBED = 1
"""Windows of each provider whose edges are probed; each moment asks for all that the provider may read."""

_REFERRALS = """
select record, citizen, provider, first_day, last_day, cancelled_on from access.referral where reach = 'open'
order by provider, md5(record)
"""
_COUNTS = """
select count(*), count(cancelled_on), count(*) filter (where ends < first_day),
    (select count(distinct a.record) from access.referral a join access.referral b using (citizen, provider)
        where a.record <> b.record and a.first_day <= b.ends and b.first_day <= a.ends)
from access.referral
"""
_PROFILES = "select count(*), count(distinct citizen) from access.profile"
_TURNS = "select count(*) from journal.entry where type = 'access-changed.v1' and rule = %s"


class _Referral(NamedTuple):
    record: str
    citizen: str
    provider: str
    first_day: date
    last_day: date
    cancelled_on: date | None

    def open_on(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day and (self.cancelled_on is None or day < self.cancelled_on)


def access(connection: "Connection") -> Section:
    """What came of referrals; a fault is a referral that a provider reads and should not, or should and does not."""
    from consumers.admin.provider_roles import providers

    referrals = [_Referral(*row) for row in connection.execute(_REFERRALS).fetchall()]
    known = providers(connection)
    moments, readable = 0, 0
    wrong: list[str] = []
    for provider in (each.provider for each in known):
        for at in _edges([each for each in referrals if each.provider == provider][:PROBED]):
            found, fault = _probe(connection, provider, at, referrals)
            moments, readable, wrong = moments + 1, readable + found, wrong + fault
    total, cancelled, never, overlapping = connection.execute(_COUNTS).fetchone() or (0, 0, 0, 0)
    shown, citizens = connection.execute(_PROFILES).fetchone() or (0, 0)
    turns = [(connection.execute(_TURNS, (rule,)).fetchone() or (0,))[0] for rule in ("ACC-1", "ACC-3")]
    rows = (
        ("ACC-1", "providers, each with a role of its own", len(known)),
        ("ACC-1", "times that access opened", turns[0]),
        ("ACC-2", "referrals that the profiles show", shown),
        ("ACC-2", "citizens whose profile shows one", citizens),
        ("ACC-3", "referrals", total),
        ("ACC-3", "of these cancelled", cancelled),
        ("ACC-3", "of these before they began", never),
        ("ACC-3", "of these overlapping another to the same provider", overlapping),
        ("ACC-3", "times that access closed", turns[1]),
        (
            "ACC-1, ACC-3",
            "moments at which a provider was let read: a microsecond around the edges of windows",
            moments,
        ),
        ("ACC-1, ACC-3", "referrals that it read in all", readable),
        ("ACC-1, ACC-3", "moments at which it read another set than the model gives", len(wrong)),
    )
    empty = [f"No {what}." for _, what, number in rows[:6] + rows[8:11] if not number]
    faults = wrong + empty + ["Access closed more often than it opened."] * (turns[1] > turns[0])
    summary = f"{total:,} referrals, {cancelled:,} cancelled"
    return counted("Referrals", summary, rows, faults)


def _edges(referrals: list[_Referral]) -> list[datetime]:
    from schemas.dates import midnight, next_day

    tick = timedelta(microseconds=1)
    ends = [
        next_day(each.last_day) if each.cancelled_on is None else min(each.cancelled_on, next_day(each.last_day))
        for each in referrals
    ]
    return sorted(
        {midnight(day) - n * tick for day in (*(each.first_day for each in referrals), *ends) for n in (0, 1)}
    )


def _probe(connection: "Connection", provider: str, at: datetime, referrals: list[_Referral]) -> tuple[int, list[str]]:
    """How many referrals the provider reads at that moment, and what is wrong with them."""
    from consumers.admin.provider_gateway import as_provider
    from schemas.dates import copenhagen_day

    day = copenhagen_day(at)
    expected = {each.record for each in referrals if each.provider == provider and each.open_on(day)}
    with as_provider(connection, provider, at) as reader:
        found = {record for (record,) in reader.execute("select record from provider.referral").fetchall()}
    if found == expected:
        return len(found), []
    return len(found), [f"{provider} at {at}: reads {len(found - expected)} too many, {len(expected - found)} too few."]
