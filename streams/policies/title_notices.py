"""Notices of open choices: one notice a recipient, area and moment (TIT-4, TIT-5, TIT-15)."""

from schemas.event import Event
from schemas.notices import NoticeIssued
from schemas.title_areas import search_of
from schemas.title_table import TitleTable
from streams.policies.title_adverts import follow_up
from streams.policies.title_areas import AREAS, Area, Tell
from streams.policies.title_conversion import Now
from streams.policies.title_state import HeldTitle, HeldTitles
from streams.policies.title_words import candidates, since


def tell(state: HeldTitles, now: Now, table: TitleTable | None) -> tuple[HeldTitles, list[Event]]:
    """Issue the notices that recipients lack. One who is not known (no jobcentre so far) is told once known."""
    events: list[Event] = []
    held_in = {held.area for held in state.titles}
    for area in AREAS:
        if area.code not in held_in:
            continue
        for to in area.tells:
            state, told = _tell(state, area, to, now, table)
            events += told
        if area.none_valid is not None:
            state, told = _none_valid(state, area, area.none_valid, now)
            events += told
    state, told_employers = follow_up(state, now, table)
    return state, events + told_employers


def _tell(
    state: HeldTitles, area: Area, to: Tell, now: Now, table: TitleTable | None
) -> tuple[HeldTitles, list[NoticeIssued]]:
    asked = [held for held in state.titles if held.area == area.code and held.asked]
    untold: dict[str, list[HeldTitle]] = {}
    for held in asked:
        recipient = _recipient(state, held, to)
        if recipient is not None and to.recipient_kind not in held.told:
            untold.setdefault(recipient, []).append(held)
    # TIT-5 (chosen): the owner is told once of a search, not once of each title in it.
    known = {search_of(held.item) for held in asked if area.search and to.recipient_kind in held.told}
    notices = []
    for recipient, titles in untold.items():
        new = [held for held in titles if search_of(held.item) not in known]
        notices += [_notice(state, area, to, recipient, new, now, table)] if new else []
        items = {held.item for held in titles}
        state = state.with_titles(
            held.knowing(to.recipient_kind) if held.area == area.code and held.item in items else held
            for held in state.titles
        )
    return state, notices


def _recipient(state: HeldTitles, held: HeldTitle, to: Tell) -> str | None:
    return state.holder if to.recipient_kind != "jobcentre" else held.jobcentre or state.jobcentre


def _none_valid(state: HeldTitles, area: Area, to: Tell, now: Now) -> tuple[HeldTitles, list[NoticeIssued]]:
    titles = [held for held in state.titles if held.area == area.code]
    if not all(held.asked for held in titles):
        return (state.model_copy(update={"jobcentre_told": False}) if state.jobcentre_told else state), []
    if state.jobcentre_told or not state.unemployed or state.jobcentre is None:
        return state, []
    notice = _notice(state, area, to, state.jobcentre, titles, now, None)
    return state.model_copy(update={"jobcentre_told": True}), [notice]


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
