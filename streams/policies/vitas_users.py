"""Users of VITAS: when they become inactive, the jobcentre's list of them, and their logins (VIT-2, VIT-3).

The row of law is `CLEAN_UP` in `vitas_state`. **Chosen**, where the newsletter is silent:

* A user who never logged in counts from the day of creation, and one whom the jobcentre re-activated from that day.
* A user who is past 18 months when the clean-up begins becomes inactive on its first day. A user of whom we first hear
  then becomes inactive on the next day, so that logins which arrive with the record are known.
* A login recorded on or after the day of inactivation re-activates nobody: only the jobcentre does. One before that day
  does, whenever it arrives, and a request is answered as things stood at its own moment.
* The jobcentre has the list, and gets no notice. A user of whom VITAS has told nothing is let in.
"""

from collections.abc import Sequence
from datetime import date, datetime

from schemas.dates import midnight
from schemas.event import Event
from schemas.logins import LoginRecorded
from schemas.texts import render
from schemas.vitas_users import (
    VitasLoginAnswered,
    VitasLoginRequested,
    VitasUserChanged,
    VitasUserReactivatedRecorded,
    VitasUserRecorded,
)
from streams.policies.vitas_state import CLEAN_UP, VitasUser

Outcome = tuple[VitasUser | None, Sequence[Event]]

REACTIVATED = "VIT-3"
VITAS = "vitas"


def decide(state: VitasUser | None, event: Event) -> Outcome:
    """VIT-2, VIT-3: the user's day of inactivation after a fact, or the answer to a login."""
    if isinstance(event, VitasLoginRequested):
        return state, (_answer(state, event),)
    if isinstance(event, LoginRecorded) and event.system != VITAS:
        return state, ()
    before, day = state or VitasUser(user=event.key), event.day
    rule = REACTIVATED
    if isinstance(event, LoginRecorded):
        after = before.known(day, logins=(day,))
    elif isinstance(event, VitasUserReactivatedRecorded):
        after = before.reactivated(event.occurred_at, day)
    elif isinstance(event, VitasUserRecorded):
        rule = CLEAN_UP.rule
        after = _told(before, event).known(day, counts_from=event.created_on)
    else:
        raise TypeError(f"vitas-users does not read {type(event).__name__}")
    return after, _said(before, after, event.occurred_at, day, rule)


def wake(state: VitasUser, day: date) -> Outcome:
    """VIT-2: the day of inactivation begins."""
    after = state.model_copy(update={"wakes_on": None, "inactive": True})
    return after, _said(state, after, midnight(day), day, CLEAN_UP.rule)


def _told(user: VitasUser, event: VitasUserRecorded) -> VitasUser:
    """What was recorded last counts, whichever is read last."""
    told: dict[str, object] = {"recorded_on": user.recorded_on or event.day}
    if user.told_at is None or user.told_at <= event.occurred_at:
        told |= {"jobcentre": event.jobcentre, "company": event.company, "told_at": event.occurred_at}
    return user.model_copy(update=told)


def _said(before: VitasUser, after: VitasUser, moment: datetime, day: date, rule: str) -> Sequence[Event]:
    """VIT-2: an event when anything that the list shows has changed. None while the jobcentre is not known."""
    if after.jobcentre is None or _shown(before) == _shown(after):
        return ()
    return (
        VitasUserChanged.trusted(
            occurred_at=moment,
            user=after.user,
            active=not after.inactive,
            since=after.inactive_on if after.inactive else day,
            jobcentre=after.jobcentre,
            company=after.company,
            rule=rule,
        ),
    )


def _shown(user: VitasUser) -> tuple[object, ...]:
    return user.jobcentre, user.company, user.inactive_on if user.inactive else None


def _answer(state: VitasUser | None, request: VitasLoginRequested) -> VitasLoginAnswered:
    """VIT-3: refused from the day of inactivation on, until the moment of the re-activation."""
    refused = state is not None and state.stood_inactive(request.occurred_at, request.day)
    text, version = render("vitas-login-refused-inactive" if refused else "vitas-login-granted", {})
    return VitasLoginAnswered.trusted(
        occurred_at=request.occurred_at,
        user=request.user,
        request=request.request,
        granted=not refused,
        rule="VIT-3",
        text=text,
        text_version=version,
    )
