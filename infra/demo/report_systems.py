"""The demo's findings about requests in VITAS, JobKon, bi.star.dk and JobAD: asked for, and answered."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from infra.demo.section import Section, Total, counted

if TYPE_CHECKING:
    from psycopg import Connection

_ENTRIES = "select count(*) from journal.entry where type = %s and rule is not distinct from coalesce(%s, rule)"
_WITH_RIGHTS_TO_MOVE = """
select count(distinct subject) from journal.entry where type = 'bi-access-recorded.v1' and occurred_at < %s
"""
_NOTICES = "select day, count(*) from mailbox.notice where rule = %s group by day order by day"
_MAILED = """
select count(*), count(distinct about), count(*) filter (where day <= %s) from mailbox.notice where rule = 'BI-1'
"""
_WAITING = """
select coalesce(sum(jsonb_array_length(body -> 'waiting')), 0) from ledger.state where decision = 'job-ad-numbers'
"""


class Row(NamedTuple):
    rule: str
    what: str
    number: int


def vitas_grants(connection: "Connection") -> Section:
    """VIT-1, VIT-4: every request has its answer."""
    pairs = (("VIT-1", "mentor-grant"), ("VIT-4", "vitas-advert"))
    rows = [row for rule, name in pairs for row in _asked_and_answered(connection, name, (rule,))]
    totals = [_answers(connection, name) for _, name in pairs]
    grants, adverts = (total.whole for total in totals)
    summary = f"{grants:,} mentor grants, {adverts:,} adverts"
    return counted("VITAS requests", summary, rows, [], totals)


def jobkon(connection: "Connection") -> Section:
    """JKO-1 to JKO-3, TIT-12: answers, and notices on the days of the law only."""
    from streams.policies.jobkon import OTHERS, ROWS, notice_days

    rows = _asked_and_answered(connection, "jobkon-function", ("JKO-1", "JKO-2", "TIT-12"))
    told: list[tuple[date, int]] = connection.execute(_NOTICES, ("JKO-3",)).fetchall()
    rows += [Row("JKO-3", f"users told on {day}", count) for day, count in told]
    rows.append(Row("JKO-3", "functions still in use, by user", _one(connection, "select count(*) from jobkon.usage")))
    allowed = {day for row in (*ROWS, OTHERS) for day in notice_days(row)}
    faults = [
        f"{count} users of JobKon were told on {day}, which is no such day."
        for day, count in told
        if day not in allowed
    ]
    total, notices = _answers(connection, "jobkon-function"), sum(count for _, count in told)
    summary = f"{total.whole:,} requests, {notices:,} users told of the end"
    return counted("JobKon", summary, rows, faults, [total])


def bi(connection: "Connection") -> Section:
    """BI-1 to BI-4: users mailed, rights moved, modules decided on."""
    from schemas.dates import midnight
    from schemas.release_dates import BI_NEMLOGIN
    from streams.policies.bi_notices import MAIL_DAY

    users = _one(connection, _WITH_RIGHTS_TO_MOVE, f"{midnight(BI_NEMLOGIN)}")
    mails, mailed, in_time = connection.execute(_MAILED, (MAIL_DAY,)).fetchone() or (0, 0, 0)
    rows = [
        Row("BI-1", f"users mailed by {MAIL_DAY}", in_time),
        Row("BI-1", "users with rights to move", users),
        *_asked_and_answered(connection, "bi-login", ("BI-2", "BI-3")),
        *_asked_and_answered(connection, "bi-rights-moved", ("BI-3",)),
        *_asked_and_answered(connection, "bi-module", ("BI-4",)),
    ]
    for status, count in connection.execute("select status, count(*) from bi.user group by 1 order by 1").fetchall():
        rows.append(Row("BI-3", f"users now: {status}", count))
    decided, answered = (_entries(connection, f"bi-module-{what}.v1") for what in ("decided-recorded", "answered"))
    faults = [] if mails == mailed == users else [f"{users} users with rights to move, {mailed} mailed, {mails} times."]
    faults += [] if decided == answered else [f"{decided} modules were decided, {answered} requests answered."]
    totals = [_answers(connection, "bi-login"), _answers(connection, "bi-rights-moved")]
    summary = f"{mailed:,} users mailed, rights moved {totals[1].whole:,} times"
    return counted("bi.star.dk", summary, rows, faults, totals)


def jobad(connection: "Connection") -> Section:
    """AD-1, AD-2: every submission is answered, or waits for the register."""
    submitted, published = (_entries(connection, f"{name}.v1") for name in ("job-ad-submitted", "advert-published"))
    answered, waiting = _entries(connection, "job-ad-answered.v1"), _one(connection, _WAITING)
    rows = [Row("AD-1", "adverts submitted", submitted)]
    rows += [Row(rule, "answered by it", _entries(connection, "job-ad-answered.v1", rule)) for rule in ("AD-1", "AD-2")]
    rows += [Row("AD-2", "waiting for the register", waiting), Row("AD-1", "published", published)]
    rows.append(Row("AD-1", "refused", answered - published))
    total = Total("requests", "asked", submitted, {"answered": answered, "waiting": waiting}, "job-ad")
    faults = [f"{published} adverts were published, {answered} answered."] if published > answered else []
    summary = f"{published:,} of {submitted:,} adverts published"
    return counted("JobAD", summary, rows, faults, [total])


def _asked_and_answered(connection: "Connection", name: str, rules: Sequence[str]) -> list[Row]:
    asked = Row(rules[0], f"{name}: asked", _entries(connection, f"{name}-requested.v1"))
    answers = [Row(rule, f"{name}: answered", _entries(connection, f"{name}-answered.v1", rule)) for rule in rules]
    return [asked, *answers]


def _answers(connection: "Connection", name: str) -> Total:
    asked, answered = (_entries(connection, f"{name}-{what}.v1") for what in ("requested", "answered"))
    return Total("requests", "asked", asked, {"answered": answered}, name)


def _entries(connection: "Connection", type_: str, rule: str | None = None) -> int:
    return _one(connection, _ENTRIES, type_, rule)


def _one(connection: "Connection", query: str, *parameters: str | None) -> int:
    row = connection.execute(query, parameters).fetchone()
    return int(row[0]) if row else 0
