"""Notices of open choices: one notice a recipient, area and moment (TIT-4, TIT-5, TIT-15)."""

from collections.abc import Set
from datetime import date

from schemas.event import Event
from schemas.notices import NoticeIssued
from schemas.title_areas import search_of
from schemas.title_table import TitleTable
from streams.policies.title_adverts import follow_up, is_due
from streams.policies.title_areas import AREAS, Area, Tell
from streams.policies.title_conversion import Now
from streams.policies.title_index import Case
from streams.policies.title_state import HeldTitle, HeldTitles
from streams.policies.title_words import candidates, since


def tell(state: HeldTitles, now: Now, table: TitleTable | None) -> tuple[HeldTitles, list[Event]]:
    """Issue the notices that recipients lack. One who is not known (no jobcentre so far) is told once known."""
    events: list[Event] = []
    for area in _areas(state):
        for to in area.tells:
            state, told = _tell(state, area, to, now, table)
            events += told
        if area.none_valid is not None:
            state, told = _none_valid(state, area, area.none_valid, now)
            events += told
    state, told_employers = follow_up(state, now, table)
    return state, events + told_employers


def would_tell(state: HeldTitles, day: date) -> bool:
    """Whether `tell` would issue anything on that day."""
    return any(is_due(case, day) for case in state.indexed.cases) or any(
        any(_has_news(state, area, to, _untold(state, area, to)) for to in area.tells)
        or (area.none_valid is not None and _lacks_all(state, area) and _may_hear(state))
        for area in _areas(state)
    )


def _areas(state: HeldTitles) -> list[Area]:
    held_in = {case.area for case in state.indexed.cases}
    return [area for area in AREAS if area.code in held_in]


def _tell(
    state: HeldTitles, area: Area, to: Tell, now: Now, table: TitleTable | None
) -> tuple[HeldTitles, list[NoticeIssued]]:
    cases = _untold(state, area, to)
    if not cases:
        return state, []
    known = _known(state, area, to)
    untold: dict[str | None, list[HeldTitle]] = {}
    for held in state.indexed.of(cases):
        untold.setdefault(_recipient(state, held, to), []).append(held)
    notices = []
    for recipient, titles in untold.items():
        assert recipient is not None  # or the case could not be told of; only mypy needs to be told
        new = [held for held in titles if search_of(held.item) not in known]
        notices += [_notice(state, area, to, recipient, new, now, table)] if new else []
    told = [held.knowing(to.recipient_kind) for titles in untold.values() for held in titles]
    return state.having(told), notices


def _untold(state: HeldTitles, area: Area, to: Tell) -> list[Case]:
    """The cases of open choices that the recipient lacks, if it is known who that is."""
    everybody = to.recipient_kind != "jobcentre" or state.jobcentre is not None
    return [
        case
        for case in state.indexed.cases
        if case.area == area.code and case.asked and to.recipient_kind not in case.told
        if everybody or case.dealt_with
    ]


def _known(state: HeldTitles, area: Area, to: Tell) -> Set[str]:
    """TIT-5 (chosen): the owner is told once of a search, not once of each title in it."""
    if not area.search:
        return frozenset()
    titles = state.indexed
    return titles.searches(c for c in titles.cases if c.area == area.code and c.asked and to.recipient_kind in c.told)


def _has_news(state: HeldTitles, area: Area, to: Tell, untold: list[Case]) -> bool:
    return bool(untold) and not state.indexed.searches(untold) <= _known(state, area, to)


def _recipient(state: HeldTitles, held: HeldTitle, to: Tell) -> str | None:
    return state.holder if to.recipient_kind != "jobcentre" else held.jobcentre or state.jobcentre


def _none_valid(state: HeldTitles, area: Area, to: Tell, now: Now) -> tuple[HeldTitles, list[NoticeIssued]]:
    if not _lacks_all(state, area):
        return (state.model_copy(update={"jobcentre_told": False}) if state.jobcentre_told else state), []
    if state.jobcentre is None or not _may_hear(state):
        return state, []
    titles = state.indexed.where(lambda case: case.area == area.code)
    notice = _notice(state, area, to, state.jobcentre, titles, now, None)
    return state.model_copy(update={"jobcentre_told": True}), [notice]


def _lacks_all(state: HeldTitles, area: Area) -> bool:
    return all(case.asked for case in state.indexed.cases if case.area == area.code)


def _may_hear(state: HeldTitles) -> bool:
    return state.unemployed and not state.jobcentre_told and state.jobcentre is not None


def _notice(
    state: HeldTitles, area: Area, to: Tell, recipient: str, titles: list[HeldTitle], now: Now, table: TitleTable | None
) -> NoticeIssued:
    items = list(dict.fromkeys(search_of(held.item) if area.search else held.item for held in titles))
    details = {"area": area.code, "items": ", ".join(items), "count": str(len(items))}
    if to.recipient_kind != "jobcentre":
        details["candidates"] = candidates(titles, table)
    return NoticeIssued.trusted(
        occurred_at=now.moment,
        about=state.holder,
        recipient_kind=to.recipient_kind,
        recipient=recipient,
        reason=to.reason,
        rule=area.rule,
        from_day=since(titles, now),
        details=details,
    )
