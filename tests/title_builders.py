"""Title facts and outcomes with good defaults, told in Copenhagen's local time, and a table made for stories."""

from datetime import date
from typing import Any

from schemas.dates import copenhagen_day
from schemas.notices import NoticeIssued
from schemas.registration import RegistrationAnswered, RegistrationRequested
from schemas.texts import render
from schemas.title_choice import TitleChoiceAnswered, TitleChoiceRequested, TitleChosen
from schemas.title_table import TitleOutcome, TitleTable
from schemas.titles import AdvertExpired, TitleChanged, TitleHeldRecorded, TitleReconversionDue, TitleReplaced
from tests.builders import CITIZEN, JOBCENTRE, moment

COOK, WAITER, HERMIT, LAMPLIGHTER = "5120001", "5131001", "9999001", "9999002"
"""Old titles: converted; must choose; retired; retired."""
NEW_COOK, NEW_HEAD_COOK, NEW_WAITER, NEW_SOMMELIER = "5120.1", "5120.2", "5131.1", "5131.2"

EMPLOYER = "employer-1"

LABELS = {NEW_COOK: "Kok", NEW_HEAD_COOK: "Køkkenchef", NEW_WAITER: "Tjener", NEW_SOMMELIER: "Sommelier"}
OUTCOMES = {
    COOK: TitleOutcome("converted", "TIT-2", title=NEW_COOK, label="Kok"),
    WAITER: TitleOutcome("must-choose", "TIT-2", candidates=(NEW_WAITER, NEW_SOMMELIER), label="Opvarter"),
    HERMIT: TitleOutcome("retired", "TIT-2", label="Eremit"),
    LAMPLIGHTER: TitleOutcome("retired", "TIT-2", label="Lygtetænder"),
}
TABLE = TitleTable("v1", OUTCOMES, LABELS)


def corrected(version: str = "v2", **outcomes: TitleOutcome) -> TitleTable:
    """The table with other outcomes for some old codes, written `_5120001=…`."""
    return TitleTable(version, OUTCOMES | {code[1:]: found for code, found in outcomes.items()}, LABELS)


def wish(at: str, title: str | None = COOK, **fields: Any) -> TitleHeldRecorded:
    """A job wish with an old title, unless told otherwise."""
    known = {"holder": CITIZEN, "holder_kind": "citizen", "area": "job-wishes", "item": "w1", "scheme": "discoams08"}
    return TitleHeldRecorded(occurred_at=moment(at), title=title, **known | fields)


def choice(at: str, title: str, **fields: Any) -> TitleHeldRecorded:
    """A person picks an ESCO-STAR title."""
    return wish(at, title, scheme="esco-star", **fields)


def free_text(at: str, text: str, **fields: Any) -> TitleHeldRecorded:
    return wish(at, None, scheme="free-text", text=text, **fields)


def changed(at: str, outcome: str, title: str | None = None, **fields: Any) -> TitleChanged:
    """What became of job wish w1 by table v1, from the day of `at`."""
    known = {
        "holder": CITIZEN,
        "holder_kind": "citizen",
        "area": "job-wishes",
        "item": "w1",
        "candidates": [],
        "alias_dropped": False,
        "wave": 1,
        "table_version": "v1",
        "from_day": copenhagen_day(moment(at)),
        "rule": "TIT-2",
    }
    return TitleChanged(occurred_at=moment(at), outcome=outcome, title=title, **known | fields)


def replaced(at: str, original: str, by: str, **fields: Any) -> TitleReplaced:
    known = {
        "holder": CITIZEN,
        "holder_kind": "citizen",
        "area": "job-wishes",
        "item": "w1",
        "table_version": "v1",
    }
    return TitleReplaced(occurred_at=moment(at), original=original, replaced_by=by, **known | fields)


def reconversion(at: str, outcome: str, title: str | None = None, **fields: Any) -> TitleReconversionDue:
    known = {
        "holder": CITIZEN,
        "holder_kind": "citizen",
        "area": "job-wishes",
        "item": "w1",
        "candidates": [],
        "table_version": "v2",
    }
    return TitleReconversionDue(occurred_at=moment(at), outcome=outcome, title=title, **known | fields)


def request(at: str, name: str = "request-1", **fields: Any) -> RegistrationRequested:
    return RegistrationRequested(occurred_at=moment(at), request=name, **{"citizen": CITIZEN} | fields)


def answer(
    at: str, *, granted: bool, name: str = "request-1", refusal: str = "registration-refused-title-retired"
) -> RegistrationAnswered:
    text, version = render("registration-granted" if granted else refusal, {})
    return RegistrationAnswered(
        occurred_at=moment(at),
        citizen=CITIZEN,
        request=name,
        granted=granted,
        rule="TIT-4",
        text=text,
        text_version=version,
    )


def asked(at: str, candidates: str = "–", items: str = "w1", **fields: Any) -> NoticeIssued:
    """The citizen is asked to choose among the job wishes (TIT-4); the choice stands open since wave 1."""
    details = {"area": "job-wishes", "candidates": candidates}
    return _notice(at, "citizen", "title-choice-asked", details, items, fields)


def none_valid(at: str, items: str = "w1", **fields: Any) -> NoticeIssued:
    """The jobcentre is told that an unemployed citizen has no valid title left (TIT-4)."""
    return _notice(at, "jobcentre", "no-valid-title", {"area": "job-wishes"}, items, fields)


def plan_retired(at: str, candidates: str = "–", items: str = "p1", **fields: Any) -> list[NoticeIssued]:
    """Citizen and jobcentre are told of retired titles in My Plan (TIT-15)."""
    named = {"area": "my-plan", "candidates": candidates}
    fields = {"rule": "TIT-15"} | fields
    return [
        _notice(at, "citizen", "title-retired", named, items, fields),
        _notice(at, "jobcentre", "title-retired-in-plan", {"area": "my-plan"}, items, fields),
    ]


def asks_for(at: str, title: str = NEW_COOK, **fields: Any) -> TitleChoiceRequested:
    """The citizen asks to have an ESCO-STAR title as job wish w1, unless told otherwise."""
    known = {"holder": CITIZEN, "holder_kind": "citizen", "area": "job-wishes", "item": "w1", "scheme": "esco-star"}
    return TitleChoiceRequested(occurred_at=moment(at), title=title, **known | {"request": "choice-1"} | fields)


def asks_for_old(at: str, title: str = COOK, **fields: Any) -> TitleChoiceRequested:
    return asks_for(at, title, **{"scheme": "discoams08"} | fields)


def chosen(request: TitleChoiceRequested) -> TitleChosen:
    """What that request comes to when it is granted."""
    return TitleChosen(**request.model_dump())


def choice_answer(
    request: TitleChoiceRequested, text_id: str = "title-choice-granted", rule: str = "TIT-8", first_day: str = ""
) -> TitleChoiceAnswered:
    """The answer with that text; it grants nothing but by its own text."""
    text, version = render(text_id, {"first_day": first_day})
    fields = request.model_dump(include={"occurred_at", "holder", "holder_kind", "request", "area", "item"})
    granted = text_id == "title-choice-granted"
    return TitleChoiceAnswered(**fields, granted=granted, rule=rule, text=text, text_version=version)


def told(at: str, kind: str, reason: str, rule: str, items: str, **fields: Any) -> NoticeIssued:
    """A notice of open choices in an area, which `fields` names; others than jobcentres hear of candidates."""
    area = {"area": fields.pop("area")}
    candidates = {} if kind == "jobcentre" else {"candidates": fields.pop("candidates", "–")}
    return _notice(at, kind, reason, area | candidates, items, {"rule": rule} | fields)


def employer_told(at: str, reason: str, adverts: str = "–", **fields: Any) -> NoticeIssued:
    """The employer is told of adverts, and of job orders, on retired titles since wave 1 (TIT-6)."""
    details = {"adverts": adverts, "job_orders": "–", "last_day": "07.08.2021", "candidates": "–"}
    details |= {name: fields.pop(name) for name in list(fields) if name in details}
    known = {"about": EMPLOYER, "recipient": EMPLOYER, "from_day": date(2021, 6, 12)} | fields
    return NoticeIssued(
        occurred_at=moment(at), recipient_kind="employer", reason=reason, rule="TIT-6", details=details, **known
    )


def expired(at: str, item: str = "a1", **fields: Any) -> AdvertExpired:
    known = {"holder": EMPLOYER, "area": "adverts", "rule": "TIT-6", "from_day": copenhagen_day(moment(at))}
    return AdvertExpired(occurred_at=moment(at), item=item, **known | fields)


def _notice(
    at: str, kind: str, reason: str, details: dict[str, str], items: str, fields: dict[str, Any]
) -> NoticeIssued:
    known = {
        "about": CITIZEN,
        "recipient_kind": kind,
        "recipient": CITIZEN if kind == "citizen" else JOBCENTRE,
        "rule": "TIT-4",
        "from_day": copenhagen_day(moment(at)),
    }
    details = details | {"items": items, "count": str(len(items.split(", ")))}
    return NoticeIssued(occurred_at=moment(at), reason=reason, details=details, **known | fields)
