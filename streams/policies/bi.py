"""bi.star.dk: users are mailed, log in by NemLog-in, move their rights, and are given modules (BI-1 … BI-4).

**Chosen**, where the newsletter is silent:

* A user who gets access from the day of NemLog-in on has no old access, and so nothing to move.
* A module that is granted while the rights are not moved comes with the others when they are.
* A request for a module waits until the person responsible has decided, however long; the first decision is its answer.
* A decision that was read before its request waits for it until the next day begins: by then all of its day is read.
* A user who loses access is forgotten, but for requests that still wait.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from schemas.bi import (
    BiAccessRecorded,
    BiLoginRequested,
    BiModuleAnswered,
    BiModuleDecidedRecorded,
    BiModuleRequested,
    BiRightsMovedAnswered,
    BiRightsMovedRequested,
    BiUserChanged,
)
from schemas.dates import midnight, next_day
from schemas.event import Event
from schemas.release_dates import BI_NEMLOGIN
from schemas.texts import render
from schemas.texts.days import danish_day
from streams.policies import bi_notices as notices
from streams.policies.answers import answered
from streams.policies.bi_logins import login
from streams.policies.bi_notices import MAIL_DAY
from streams.policies.bi_state import Asked, BiUser, Decided

Outcome = tuple[BiUser | None, Sequence[Event]]


def decide(state: BiUser | None, event: Event, today: date) -> Outcome:
    """A fact about a user's access, or a user's request."""
    if isinstance(event, BiLoginRequested):
        return state, (login(state, event),)
    user = state or BiUser(user=event.key)
    out: list[Event] = []
    if isinstance(event, BiAccessRecorded):
        user, out = _access(user, event)
    elif isinstance(event, BiRightsMovedRequested):
        user, out = _move(user, event)
    elif isinstance(event, BiModuleRequested):
        user, out = _ask(user, event)
    elif isinstance(event, BiModuleDecidedRecorded):
        decided = Decided(event.request, event.responsible, event.granted, event.occurred_at, event.day)
        user = user.model_copy(update={"decided": (*user.decided, decided)})
    else:
        raise TypeError(f"bi.star.dk does not read {type(event).__name__}; only the decision's READS belong here")
    user, settled = _settle(user)
    rule = "BI-3" if isinstance(event, BiRightsMovedRequested) else "BI-4"
    return _go_on(state, user, event.occurred_at, event.day, [*out, *settled], rule, today)


def wake(state: BiUser, day: date, today: date) -> Outcome:
    """BI-1, BI-2, BI-3: the day of the mail, the day of NemLog-in, or the end of a decision's day."""
    user = state.model_copy(update={"decided": tuple(each for each in state.decided if each.day >= day)})
    if user.status == "old-login" and day >= BI_NEMLOGIN:
        user = user.model_copy(update={"status": "rights-to-move"})
    return _go_on(state, user, midnight(day), day, [], "BI-3", today)


def _access(user: BiUser, fact: BiAccessRecorded) -> tuple[BiUser, list[Event]]:
    """BI-4: modules are added. The user and the person responsible are told of access that the latter created."""
    if fact.removed:
        return BiUser(user=user.user, asked=user.asked, decided=user.decided), []
    new = [module for module in fact.modules if module not in user.modules]
    is_news = not fact.initial and (user.status is None or bool(new))
    told = notices.access_created(user.user, fact.responsible, new, fact.occurred_at) if is_news else ()
    return _with(user, new, fact.responsible, fact.day), [*told]


def _with(user: BiUser, modules: Iterable[str], responsible: str, day: date) -> BiUser:
    """The user with these modules added."""
    status = user.status or ("old-login" if day < BI_NEMLOGIN else "nemlogin")
    known = {"status": status, "responsible": responsible, "modules": tuple(sorted({*user.modules, *modules}))}
    return user.model_copy(update=known)


def _move(user: BiUser, request: BiRightsMovedRequested) -> tuple[BiUser, list[Event]]:
    """BI-3: moved once; again changes nothing."""
    granted = False
    if request.day < BI_NEMLOGIN:
        text = "bi-rights-refused-not-yet"
    elif user.status is None:
        text = "bi-rights-refused-nothing"
    else:
        granted = True
        text = "bi-rights-moved-before" if user.status == "nemlogin" else "bi-rights-moved"
        user = user.model_copy(update={"status": "nemlogin"})
    details = {"day": danish_day(BI_NEMLOGIN)}
    answer = answered(BiRightsMovedAnswered, request, granted=granted, rule="BI-3", text=text, details=details)
    return user, [answer]


def _ask(user: BiUser, request: BiModuleRequested) -> tuple[BiUser, list[Event]]:
    """BI-4: the person responsible is told, unless the decision is there already."""
    if any(each.request == request.request for each in user.asked):
        return user, []
    user = user.model_copy(update={"asked": (*user.asked, Asked(request.request, request.module))})
    if any(each.request == request.request for each in user.decided):
        return user, []
    return user, [*notices.module_asked(user.user, request.responsible, request.module, request.occurred_at)]


def _settle(user: BiUser) -> tuple[BiUser, list[Event]]:
    """BI-4: each request that has its decision is answered, at the moment of the decision."""
    out: list[Event] = []
    waiting = {each.request: each for each in user.asked}
    for decided in user.decided:
        asked = waiting.pop(decided.request, None)
        if asked is None:
            continue
        out.append(_module_answered(user.user, asked, decided))
        out += notices.module_decided(user.user, decided.responsible, asked.module, decided.at, granted=decided.granted)
        user = user.model_copy(
            update={
                "asked": tuple(each for each in user.asked if each is not asked),
                "decided": tuple(each for each in user.decided if each.request != asked.request),
            }
        )
        if decided.granted:
            user = _with(user, [asked.module], decided.responsible, decided.day)
    return user, out


def _module_answered(user: str, asked: Asked, decided: Decided) -> BiModuleAnswered:
    text, version = render("bi-module-granted" if decided.granted else "bi-module-refused", {"module": asked.module})
    return BiModuleAnswered.trusted(
        occurred_at=decided.at,
        requester=user,
        request=asked.request,
        granted=decided.granted,
        rule="BI-4",
        text=text,
        text_version=version,
        module=asked.module,
    )


def _go_on(
    before: BiUser | None, user: BiUser, at: datetime, day: date, out: Sequence[Event], rule: str, today: date
) -> Outcome:
    """Publish the change, mail a user with access who was not mailed yet (BI-1), and wait for the next day."""
    events = [*out]
    if _shown(before, day) != _shown(user, day):
        events.append(_changed(user, before, at, day, rule))
    if user.status is not None and not user.mailed and day >= MAIL_DAY and notices.concerns(user.status, today):
        events += notices.nemlogin_comes(user.user, at)
        user = user.model_copy(update={"mailed": True})
    if user.status is None and not user.asked and not user.decided:
        return None, events
    return user.model_copy(update={"wakes_on": _wakes_on(user, day)}), events


def _wakes_on(user: BiUser, day: date) -> date | None:
    days = [next_day(each.day) for each in user.decided]
    if user.status == "old-login":
        days += [BI_NEMLOGIN] if user.mailed else [MAIL_DAY, BI_NEMLOGIN]
    return min((each for each in days if each > day), default=None)


def _shown(user: BiUser | None, day: date) -> tuple[object, ...]:
    if user is None or user.status is None:
        return (None,)
    return user.status, user.responsible, user.modules, user.usable(day)


def _changed(user: BiUser, before: BiUser | None, at: datetime, day: date, rule: str) -> BiUserChanged:
    usable = user.usable(day)
    has = {*usable}
    responsible = user.responsible or (before.responsible if before else None)
    return BiUserChanged.trusted(
        occurred_at=at,
        user=user.user,
        status=user.status or "removed",
        responsible=responsible or user.user,
        modules=list(usable),
        modules_to_move=[module for module in user.modules if module not in has],
        rule=rule,
    )
