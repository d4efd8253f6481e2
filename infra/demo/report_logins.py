"""The demo's findings about logins: advice to change browser, and users of VITAS (WEB-1, WEB-2, VIT-2, VIT-3)."""

from typing import TYPE_CHECKING

from infra.demo.section import Section, Total, counted

if TYPE_CHECKING:
    from psycopg import Connection

_OF_TYPE = """
select count(*), count(distinct subject), count(*) filter (where occurred_at < %(from)s),
    count(*) filter (where rule = 'VIT-3')
from journal.entry where type = %(type)s
"""
_USERS = """
select count(*), count(*) filter (where not active), count(distinct jobcentre) filter (where not active),
    count(*) filter (where not active and since < %s)
from vitas.user
"""
_STATES = """
select count(*) filter (where body ? 'jobcentre'), count(*) filter (where body ? 'inactive')
from ledger.state where decision = 'vitas-users'
"""
_TOO_EARLY = """
select count(*) from vitas.user u join ledger.state s on s.decision = 'vitas-users' and s.subject = u.user_id
where not u.active and u.since < (s.body ->> 'counts_from')::date + interval '18 months'
"""


def browsers(connection: "Connection") -> Section:
    """WEB-1, WEB-2: some users are advised to change browser, and none before wave 1."""
    from schemas.release_dates import WAVE_1

    seen, advised = _of_type(connection, "login-recorded"), _of_type(connection, "browser-advice-given")
    rows = [
        ("WEB-2", "logins judged", seen[0]),
        ("WEB-1", "times that a user was advised to change browser", advised[0]),
        ("WEB-1", "users advised", advised[1]),
    ]
    checks = {
        f"{advised[2]} users were advised before {WAVE_1}.": advised[2],
        "Nobody was advised to change browser.": not advised[0],
    }
    summary = f"{seen[0]:,} logins, {advised[1]:,} users advised"
    return counted("Browsers at login", summary, rows, [fault for fault, found in checks.items() if found])


def vitas_users(connection: "Connection") -> Section:
    """VIT-2, VIT-3: nobody is inactive early, requests are answered, and the list says what the decision knows."""
    from schemas.release_dates import RELEASE_2021_2

    (changed,) = _of_type(connection, "vitas-user-changed")[3:]
    asked, answered = (_of_type(connection, f"vitas-login-{what}")[0] for what in ("requested", "answered"))
    (back, *_) = _of_type(connection, "vitas-user-reactivated-recorded")
    users, inactive, jobcentres, early = connection.execute(_USERS, (RELEASE_2021_2,)).fetchone() or (0, 0, 0, 0)
    states = connection.execute(_STATES).fetchone()
    (too_early,) = connection.execute(_TOO_EARLY).fetchone() or (0,)
    rows = [
        ("VIT-2", "users of VITAS", users),
        ("VIT-2", f"of them inactive, on the lists of {jobcentres} jobcentres", inactive),
        ("VIT-3", "requests to log in to VITAS, each answered", answered),
        ("VIT-3", "re-activations by a jobcentre", back),
        ("VIT-3", "users active again, by a jobcentre or by a login that arrived late", changed),
    ]
    checks = {
        f"{early} users of VITAS are inactive from a day before {RELEASE_2021_2}.": early,
        f"{too_early} users of VITAS became inactive before their 18 months were over.": too_early,
        f"The lists have {(users, inactive)} users and inactive ones, the decision {states}.": states
        != (users, inactive),
        "No user of VITAS became inactive.": not inactive,
        "No user of VITAS became active again.": not changed,
    }
    return counted(
        "VITAS users",
        f"{users:,} users, {inactive:,} inactive, {changed:,} active again",
        rows,
        [fault for fault, found in checks.items() if found],
        [Total("requests", "asked", asked, {"answered": answered}, "vitas-login")],
    )


def _of_type(connection: "Connection", type_: str) -> tuple[int, ...]:
    """Events of that type: all, their subjects, those before wave 1, those that VIT-3 decided."""
    from schemas.dates import midnight
    from schemas.release_dates import WAVE_1

    parameters = {"type": f"{type_}.v1", "from": midnight(WAVE_1)}
    return tuple(connection.execute(_OF_TYPE, parameters).fetchone() or (0, 0, 0, 0))
