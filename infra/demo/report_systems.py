"""What the demo prints of requests in VITAS, JobKon, bi.star.dk and JobAD: what was asked for, and what is answered."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from rich.table import Table

from infra.console import console

if TYPE_CHECKING:
    from psycopg import Connection

_ENTRIES = "select count(*) from journal.entry where type = %s and rule is not distinct from coalesce(%s, rule)"
_SUBJECTS = "select count(distinct subject) from journal.entry where type = %s"
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


def vitas_grants(connection: "Connection") -> list[str]:
    """VIT-1, VIT-4: every request has its answer."""
    pairs = (("VIT-1", "mentor-grant"), ("VIT-4", "vitas-advert"))
    rows = [row for rule, name in pairs for row in _asked_and_answered(connection, name, (rule,))]
    _show("VITAS: mentor grants and adverts", rows)
    return [fault for _, name in pairs for fault in _unanswered(connection, name)]


def jobkon(connection: "Connection") -> list[str]:
    """JKO-1 to JKO-3, TIT-12: answers, and notices on the days of the law only."""
    from streams.policies.jobkon import OTHERS, ROWS, notice_days

    rows = _asked_and_answered(connection, "jobkon-function", ("JKO-1", "JKO-2", "TIT-12"))
    told: list[tuple[date, int]] = connection.execute(_NOTICES, ("JKO-3",)).fetchall()
    rows += [Row("JKO-3", f"users told on {day}", count) for day, count in told]
    rows.append(Row("JKO-3", "functions still in use, by user", _one(connection, "select count(*) from jobkon.usage")))
    _show("JobKon is phased out", rows)
    allowed = {day for row in (*ROWS, OTHERS) for day in notice_days(row)}
    faults = [
        f"{count} users of JobKon were told on {day}, which is no such day."
        for day, count in told
        if day not in allowed
    ]
    return faults + _unanswered(connection, "jobkon-function")


def bi(connection: "Connection") -> list[str]:
    """BI-1 to BI-4: who was mailed, who moved the rights, and what was decided."""
    from streams.policies.bi_notices import MAIL_DAY

    users = _one(connection, _SUBJECTS, "bi-access-recorded.v1")
    mails, mailed, in_time = connection.execute(_MAILED, (MAIL_DAY,)).fetchone() or (0, 0, 0)
    rows = [
        Row("BI-1", f"users mailed by {MAIL_DAY}", in_time),
        Row("BI-1", "users mailed when they registered later", mails - in_time),
        *_asked_and_answered(connection, "bi-login", ("BI-2", "BI-3")),
        *_asked_and_answered(connection, "bi-rights-moved", ("BI-3",)),
        *_asked_and_answered(connection, "bi-module", ("BI-4",)),
    ]
    for status, count in connection.execute("select status, count(*) from bi.user group by 1 order by 1").fetchall():
        rows.append(Row("BI-3", f"users now: {status}", count))
    _show("bi.star.dk moves to NemLog-in", rows)
    decided, answered = (_entries(connection, f"bi-module-{what}.v1") for what in ("decided-recorded", "answered"))
    faults = [] if mails == mailed == users else [f"{users} users of bi.star.dk, {mailed} mailed, {mails} times."]
    faults += [] if decided == answered else [f"{decided} modules were decided, {answered} requests answered."]
    return faults + _unanswered(connection, "bi-login") + _unanswered(connection, "bi-rights-moved")


def jobad(connection: "Connection") -> list[str]:
    """AD-1, AD-2: every submission is answered, or waits for the register."""
    submitted, published = (_entries(connection, f"{name}.v1") for name in ("job-ad-submitted", "advert-published"))
    answered, waiting = _entries(connection, "job-ad-answered.v1"), _one(connection, _WAITING)
    rows = [Row("AD-1", "adverts submitted", submitted)]
    rows += [Row(rule, "answered by it", _entries(connection, "job-ad-answered.v1", rule)) for rule in ("AD-1", "AD-2")]
    rows.append(Row("AD-2", "anonymous, with numbers to check", _entries(connection, "job-ad-numbers-to-check.v1")))
    rows += [Row("AD-2", "waiting for the register", waiting), Row("AD-1", "published", published)]
    rows.append(Row("AD-1", "refused", answered - published))
    _show("Adverts through JobAD", rows)
    adds_up = submitted == answered + waiting and published <= answered
    return [] if adds_up else [f"{submitted} adverts were submitted, {answered} answered, {waiting} wait."]


def _asked_and_answered(connection: "Connection", name: str, rules: Sequence[str]) -> list[Row]:
    asked = Row(rules[0], f"{name}: asked", _entries(connection, f"{name}-requested.v1"))
    answers = [Row(rule, f"{name}: answered", _entries(connection, f"{name}-answered.v1", rule)) for rule in rules]
    return [asked, *answers]


def _unanswered(connection: "Connection", name: str) -> list[str]:
    asked, answered = (_entries(connection, f"{name}-{what}.v1") for what in ("requested", "answered"))
    return [] if asked == answered else [f"{name}: {asked} requests, {answered} answers."]


def _entries(connection: "Connection", type_: str, rule: str | None = None) -> int:
    return _one(connection, _ENTRIES, type_, rule)


def _one(connection: "Connection", query: str, *parameters: str | None) -> int:
    row = connection.execute(query, parameters).fetchone()
    return int(row[0]) if row else 0


def _show(title: str, rows: Iterable[Row]) -> None:
    table = Table("requirement", "what", "count", title=title, title_justify="left", title_style="bold")
    for row in rows:
        table.add_row(row.rule, row.what, f"{row.number:,}")
    console.print(table)
