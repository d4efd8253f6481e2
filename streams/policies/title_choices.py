"""Which titles may be chosen: old ones until an area's wave has come, new ones from then on (TIT-8, TIT-13, TIT-15).

**Chosen**, where the newsletter is silent: a request is judged by the day on which it was made. Before the wave any old
title is granted, also a retired one and one that the table does not list, for DiscoAMS08 is not ours to judge. From the
wave on the title must be one of ESCO-STAR's, as the table in use has it. An area whose titles are never converted, or
that holds none, has no choice to grant; nor has an area of employers for a citizen, and the other way round.
"""

from collections.abc import Sequence
from typing import NamedTuple

from schemas.event import Event
from schemas.texts import render
from schemas.title_choice import ChosenScheme, TitleChoiceAnswered, TitleChoiceRequested, TitleChosen
from schemas.title_table import TitleTable
from streams.policies.title_areas import BY_CODE
from streams.policies.title_conversion import Now, hold
from streams.policies.title_state import HeldTitles


class Choice(NamedTuple):
    """`granted`: a title of `scheme` may be chosen, before the area's wave or from it on. `text` is the answer."""

    wave_has_come: bool
    scheme: ChosenScheme
    granted: bool
    text: str


CHOICES = (
    Choice(False, "discoams08", True, "title-choice-granted"),
    Choice(False, "esco-star", False, "title-choice-refused-too-early"),
    Choice(True, "discoams08", False, "title-choice-refused-too-late"),
    Choice(True, "esco-star", True, "title-choice-granted"),
)
NO_SUCH_AREA, NO_SUCH_TITLE = "title-choice-refused-no-area", "title-choice-refused-no-title"
NOT_YOURS, NO_SUCH_SCHEME = "title-choice-refused-not-yours", "title-choice-refused-no-scheme"


def choose(
    state: HeldTitles, request: TitleChoiceRequested, now: Now, table: TitleTable | None
) -> tuple[HeldTitles, Sequence[Event]]:
    """The one answer; when it is granted, the item holds the title as if it had been recorded."""
    area = BY_CODE.get(request.area)
    if area is None:
        return state, (_answer(request, now, "TIT-1", NO_SUCH_AREA),)
    if request.holder_kind != area.holder:
        return state, (_answer(request, now, "TIT-1", NOT_YOURS),)
    come = now.day >= area.wave_day
    rule = area.on_edit if come else "TIT-8"
    choice = next((row for row in CHOICES if (row.wave_has_come, row.scheme) == (come, request.scheme)), None)
    if choice is None:
        return state, (_answer(request, now, rule, NO_SUCH_SCHEME),)
    if not choice.granted:
        first_day = f"{area.wave_day:%d.%m.%Y}"
        return state, (_answer(request, now, rule, choice.text, first_day=first_day),)
    if come and (table is None or request.title not in table.labels):
        return state, (_answer(request, now, rule, NO_SUCH_TITLE),)
    before = state.find(request.area, request.item)
    chosen = _chosen(request, None if before is None else before.jobcentre)
    granted = (_answer(request, now, rule, choice.text, granted=True), chosen)
    if before is not None and before.outlives(request.occurred_at, by_request=True):
        return state, granted
    held, out = hold(before, chosen.as_held(), now, by_request=True)
    return state.having([held]), (*granted, *out)


def _answer(
    request: TitleChoiceRequested, now: Now, rule: str, text_id: str, *, granted: bool = False, **details: str
) -> TitleChoiceAnswered:
    text, version = render(text_id, details)
    return TitleChoiceAnswered.trusted(
        occurred_at=now.moment,
        holder=request.holder,
        holder_kind=request.holder_kind,
        request=request.request,
        area=request.area,
        item=request.item,
        granted=granted,
        rule=rule,
        text=text,
        text_version=version,
    )


def _chosen(request: TitleChoiceRequested, known_jobcentre: str | None) -> TitleChosen:
    """**Chosen**: a choice that names no jobcentre leaves the item with the one that deals with it."""
    return TitleChosen.trusted(**request.__dict__ | {"jobcentre": request.jobcentre or known_jobcentre})
