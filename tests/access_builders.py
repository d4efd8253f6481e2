"""Referrals with good defaults, told in Copenhagen's local time: `referral("2021-06-14 08:00", "2021-06-14", …)`."""

from datetime import date
from typing import Any

from schemas.dates import copenhagen_day
from schemas.referrals import AccessChanged, ProviderRecorded, ReferralRecorded
from tests.builders import CITIZEN, day, moment

PROVIDER, OTHER = "provider-1", "provider-2"


def referral(at: str, first_day: str, last_day: str, **fields: Any) -> ReferralRecorded:
    """Of citizen-1 to provider-1, as referral-1, unless told otherwise."""
    known = {"citizen": CITIZEN, "record": "referral-1", "provider": PROVIDER}
    cancelled_on = day(fields.pop("cancelled_on", None))
    days = {"first_day": day(first_day), "last_day": day(last_day), "cancelled_on": cancelled_on}
    return ReferralRecorded(occurred_at=moment(at), **days, **known | fields)


def opened(at: str, provider: str = PROVIDER, **fields: Any) -> AccessChanged:
    return _turned(at, provider, True, "ACC-1", fields)


def closed(at: str, provider: str = PROVIDER, **fields: Any) -> AccessChanged:
    return _turned(at, provider, False, "ACC-3", fields)


def provider(name: str = PROVIDER, at: str = "2021-05-20 08:00", **fields: Any) -> ProviderRecorded:
    return ProviderRecorded(occurred_at=moment(at), provider=name, name=fields.get("called", f"{name} ApS"))


def _turned(at: str, provider: str, is_open: bool, rule: str, fields: dict[str, Any]) -> AccessChanged:
    known: dict[str, str | date] = {"citizen": CITIZEN, "from_day": copenhagen_day(moment(at))}
    return AccessChanged(occurred_at=moment(at), provider=provider, opened=is_open, rule=rule, **known | fields)
