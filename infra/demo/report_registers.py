"""The demo's findings about retention: counts by requirement, and numbers that do not add up (RET-1 … RET-9)."""

from typing import TYPE_CHECKING, NamedTuple

from infra.demo.section import Section, Total, counted

if TYPE_CHECKING:
    from psycopg import Connection


class _Row(NamedTuple):
    """`wrong`: what is the matter when the count is not 0; empty where any number is right."""

    requirement: str
    what: str
    query: str
    wrong: str = ""


_DELETED = "select count(*) from retention.receipt where rule = '{}'"
_TOLD = "select count(*) from mailbox.notice where reason = '{}'"
_BLOCKED = "select coalesce(sum(records), 0) from retention.blocked where reason = '{}'"
_BACK = """
select (select count(*) from register.job_suggestion_check t join retention.receipt using (record)
        where area = 'job-suggestion-checks')
    + (select count(*) from register.joblog_entry t join retention.receipt using (record)
        where area = 'joblog-mandatory' or (area = 'joblog-voluntary' and num_nonnulls(note, answer) > 0))
"""
_LEFT = """
select coalesce(sum(overdue), 0)
from retention.standing((select min(day) from ledger.slice where consumer = 'registers'))
where outcome = 'goes'
"""
_ROWS = (
    _Row("RET-1", "checks of job suggestions deleted", _DELETED.format("RET-1")),
    _Row("RET-2", "referrals deleted", _DELETED.format("RET-2")),
    _Row("RET-3", "Joblog entries without their voluntary fields", _DELETED.format("RET-3")),
    _Row("RET-4", "Joblog entries deleted", _DELETED.format("RET-4")),
    _Row("RET-5", "citizens told 30 days ahead", _TOLD.format("joblog-closes-soon")),
    _Row("RET-5", "Joblogs closed, citizens told", _TOLD.format("joblog-closed")),
    _Row("RET-5", "Joblogs closed now", "select count(*) from register.joblog_closed"),
    _Row("RET-6", "found blocked for want of an archive receipt", _BLOCKED.format("no-receipt")),
    _Row("RET-6", "found blocked by a legal hold", _BLOCKED.format("hold")),
    _Row("RET-6", "holds in force", "select count(*) from retention.hold"),
    _Row("RET-6", "deleted without the approval that their area needs",
         "select count(*) from retention.receipt where rule <> 'RET-3' and reference is null", "went unarchived"),
    _Row("RET-7", "deleted early", "select count(*) from retention.receipt where deleted_on < due", "went early"),
    _Row("RET-8", "records that came back", _BACK, "have a receipt and are there"),
    _Row("RET-9", "overdue, and nothing blocks them", _LEFT, "are overdue though nothing blocks them"),
)  # fmt: skip


def registers(connection: "Connection") -> Section:
    """RET-1 … RET-9, counted from the tables; the receipts' chains are checked."""
    from schemas.receipts import BrokenChainError, Receipt, check

    faults, rows = [], []
    for row in _ROWS:
        (count,) = connection.execute(row.query).fetchone() or (0,)
        rows.append((row.requirement, row.what, int(count)))
        if row.wrong and count:
            faults.append(f"{row.requirement}: {count} records {row.wrong}.")
    receipts = connection.execute("select * from retention.receipt order by slice, number").fetchall()
    try:
        ends = check(Receipt(*receipt) for receipt in receipts)
        rows.append(("RET-8", f"receipts in {len(ends)} unbroken chains", len(receipts)))
    except BrokenChainError as error:
        faults.append(str(error))
    faults += ["Nothing was deleted at all."] * (not receipts)
    deleted = {f"by {row.requirement}": count for row, (_, _, count) in zip(_ROWS[:4], rows, strict=False)}
    blocked = sum(
        count
        for row, (_, _, count) in zip(_ROWS, rows, strict=False)
        if "blocked by" in row.what or "blocked for" in row.what
    )
    summary = f"{len(receipts):,} deletions, {blocked:,} found blocked"
    return counted("Retention", summary, rows, faults, [Total("deletions", "receipts", len(receipts), deleted)])
