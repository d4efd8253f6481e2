"""Who is told of open choices: one notice a recipient, area and moment (TIT-4, TIT-15)."""

from datetime import date

from schemas.notices import NoticeIssued
from schemas.title_table import TitleTable
from streams.policies.title_areas import AREAS, Area, Tell
from streams.policies.title_conversion import Now
from streams.policies.title_state import HeldTitle, HeldTitles

NOTHING = "–"
"""Stands where there is no candidate to offer."""


def tell(state: HeldTitles, now: Now, table: TitleTable | None) -> tuple[HeldTitles, list[NoticeIssued]]:
    """Issue what recipients do not know yet. Someone who is not known (no jobcentre so far) is told when known."""
    notices: list[NoticeIssued] = []
    for area in AREAS:
        for to in area.tells:
            recipient = state.jobcentre if to.recipient_kind == "jobcentre" else state.holder
            untold = [t for t in state.titles if t.area == area.code and t.asked and to.recipient_kind not in t.told]
            if recipient is None or not untold:
                continue
            notices.append(_notice(state, area, to, recipient, untold, now, table))
            known = [_knows(held, to) if held in untold else held for held in state.titles]
            state = state.with_titles(known)
        if area.none_valid is not None:
            state, told = _none_valid(state, area, area.none_valid, now)
            notices += told
    return state, notices


def _none_valid(state: HeldTitles, area: Area, to: Tell, now: Now) -> tuple[HeldTitles, list[NoticeIssued]]:
    titles = [held for held in state.titles if held.area == area.code]
    if not titles:
        return state, []
    if not all(held.asked for held in titles):
        return (state.model_copy(update={"jobcentre_told": False}) if state.jobcentre_told else state), []
    if state.jobcentre_told or not state.unemployed or state.jobcentre is None:
        return state, []
    notice = _notice(state, area, to, state.jobcentre, titles, now, None)
    return state.model_copy(update={"jobcentre_told": True}), [notice]


def _notice(
    state: HeldTitles, area: Area, to: Tell, recipient: str, titles: list[HeldTitle], now: Now, table: TitleTable | None
) -> NoticeIssued:
    details = {"area": area.code, "items": ", ".join(held.item for held in titles), "count": str(len(titles))}
    if to.recipient_kind != "jobcentre":
        details["candidates"] = _candidates(titles, table)
    return NoticeIssued.trusted(
        occurred_at=now.moment,
        about=state.holder,
        recipient_kind=to.recipient_kind,
        recipient=recipient,
        reason=to.reason,
        rule=area.rule,
        from_day=_since(titles, now),
        details=details,
    )


def _since(titles: list[HeldTitle], now: Now) -> date:
    """The day from which the latest of the choices stands open: all of them do from then on."""
    return max((held.since for held in titles if held.since is not None), default=now.day)


def _candidates(titles: list[HeldTitle], table: TitleTable | None) -> str:
    """TIT-9 (chosen): a notice is kept, and would link its holder to the original once a choice is made. So it names
    items and candidates; the old title itself stands where the item is shown."""
    codes = dict.fromkeys(code for held in titles for code in held.candidates)
    return ", ".join(code if table is None else table.label(code) for code in codes) or NOTHING


def _knows(held: HeldTitle, to: Tell) -> HeldTitle:
    return held.model_copy(update={"told": (*held.told, to.recipient_kind)})
