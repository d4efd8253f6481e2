"""The events after a decision about CV duties: one change for subscribers, and notices (CV-3 … CV-7)."""

from collections.abc import Sequence
from datetime import date, datetime

from schemas.cv import EXEMPTIONS, CvRequirementChanged
from schemas.event import Event
from schemas.notices import NoticeIssued
from schemas.release_dates import NOTICES_FROM
from schemas.texts.days import danish_day
from streams.policies.cv_state import CvDuties

_CODE = {True: "yes", False: "no"}


def said(before: CvDuties | None, after: CvDuties, occurred_at: datetime, *, initial: bool) -> Sequence[Event]:
    """CV-5, CV-6: the change of anything that is shown, and its notices. Nothing before a situation is known.

    Neither a first load nor an effect on a day before NOTICES_FROM is announced (chosen).
    """
    if after.target_group is None or (before is not None and _shown(before) == _shown(after)):
        return ()
    changed = CvRequirementChanged.trusted(
        occurred_at=occurred_at,
        citizen=after.citizen,
        must_register=after.must_register,
        must_be_searchable=after.must_be_searchable,
        must_register_before=before is not None and before.must_register,
        must_be_searchable_before=before is not None and before.must_be_searchable,
        exempt_from_registering=after.exempt_from_registering,
        exempt_from_being_searchable=after.exempt_from_being_searchable,
        jobcentre=after.jobcentre,
        fund=after.fund,
        from_day=after.as_of,
        rule=after.rule,
        initial=initial,
    )
    if initial or after.as_of < NOTICES_FROM:
        return (changed,)
    return (changed, *_notices(before, after, changed))


def _shown(state: CvDuties) -> tuple[object, ...]:
    """CV-5: the fields that are shown. No jobcentre differs from any jobcentre, so a first situation always shows."""
    return (
        state.must_register,
        state.must_be_searchable,
        state.exempt_from_registering,
        state.exempt_from_being_searchable,
        state.jobcentre,
        state.fund,
    )


def _notices(before: CvDuties | None, after: CvDuties, changed: CvRequirementChanged) -> Sequence[Event]:
    """CV-3, CV-4: at most one notice a recipient and moment.

    A new requirement goes to jobcentre and fund; without one, the status goes to the jobcentre or fund that the citizen
    moved to, also when there are no duties (chosen). A first situation is no move (chosen). Each names the exemption.
    """
    register, searchable = changed.must_register, changed.must_be_searchable
    register_before, searchable_before = changed.must_register_before, changed.must_be_searchable_before
    details = {"must_register": _CODE[register], "must_be_searchable": _CODE[searchable]}
    details |= _exemption(before, after)
    if register != register_before or searchable != searchable_before:
        details["must_register_before"] = _CODE[register_before]
        details["must_be_searchable_before"] = _CODE[searchable_before]
        reason, rule = "cv-requirement-changed", "CV-3"
        jobcentre, fund = True, changed.fund is not None
    elif before is not None and before.jobcentre is not None:
        reason, rule = "cv-status-on-move", "CV-4"
        jobcentre = changed.jobcentre != before.jobcentre
        fund = changed.fund is not None and changed.fund != before.fund
    else:
        return ()
    recipients = [("jobcentre", changed.jobcentre)] * jobcentre + [("fund", changed.fund)] * fund
    return [
        NoticeIssued.trusted(
            occurred_at=changed.occurred_at,
            about=changed.citizen,
            recipient_kind=kind,
            recipient=recipient,
            reason=reason,
            rule=rule,
            from_day=changed.from_day,
            details=details,
        )
        for kind, recipient in recipients
    ]


def _exemption(before: CvDuties | None, after: CvDuties) -> dict[str, str]:
    """CV-3: the exemption that holds, its last day if it has one, and the one that holds no more. **Chosen**: of both
    kinds the one from registering, which lifts more; of several of a kind the one that lasts longest."""
    had, has = _kinds(before), _kinds(after)
    details = {}
    if has:
        details["exemption"] = has[0]
        held = (each for each in after.exemptions if each.kind == has[0] and each.holds_on(after.as_of))
        if (last := max(each.last_day or date.max for each in held)) != date.max:
            details["exempt_until"] = danish_day(last)
    if had and had[0] not in has:
        details["exemption_ended"] = had[0]
    return details


def _kinds(state: CvDuties | None) -> list[str]:
    if state is None or state.target_group is None:  # nobody was told of an exemption before a situation was known
        return []
    holds = (state.exempt_from_registering, state.exempt_from_being_searchable)
    return [kind for kind, held in zip(EXEMPTIONS, holds, strict=True) if held]
