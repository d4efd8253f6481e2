"""What the demo prints of logins: advice to change browser, and users of VITAS (WEB-1, WEB-2, VIT-2, VIT-3)."""

from typing import TYPE_CHECKING

from rich.table import Table

from infra.console import console

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


def logins(connection: "Connection") -> list[str]:
    """Nobody is advised or inactive early, every request is answered, and the list says what the decision knows."""
    from schemas.dates import midnight
    from schemas.release_dates import RELEASE_2021_2, WAVE_1

    def of_type(type_: str) -> tuple[int, ...]:
        parameters = {"type": f"{type_}.v1", "from": midnight(WAVE_1)}
        return tuple(connection.execute(_OF_TYPE, parameters).fetchone() or (0, 0, 0, 0))

    seen, advised, changed = of_type("login-recorded"), of_type("browser-advice-given"), of_type("vitas-user-changed")
    asked, answered = of_type("vitas-login-requested"), of_type("vitas-login-answered")
    back = of_type("vitas-user-reactivated-recorded")
    users, inactive, jobcentres, early = connection.execute(_USERS, (RELEASE_2021_2,)).fetchone() or (0, 0, 0, 0)
    states = connection.execute(_STATES).fetchone()
    (too_early,) = connection.execute(_TOO_EARLY).fetchone() or (0,)

    table = Table("requirement", "what", "count", title="Logins", title_justify="left", title_style="bold")
    table.add_row("WEB-2", "logins judged", f"{seen[0]:,}")
    table.add_row("WEB-1", "times that a user was advised to change browser", f"{advised[0]:,}")
    table.add_row("WEB-1", "users advised", f"{advised[1]:,}")
    table.add_row("VIT-2", "users of VITAS", f"{users:,}")
    table.add_row("VIT-2", f"of them inactive, on the lists of {jobcentres} jobcentres", f"{inactive:,}")
    table.add_row("VIT-3", "requests to log in to VITAS, each answered", f"{answered[0]:,}")
    table.add_row("VIT-3", "re-activations by a jobcentre", f"{back[0]:,}")
    table.add_row("VIT-3", "users active again, by a jobcentre or by a login that arrived late", f"{changed[3]:,}")
    console.print(table)
    checks = {
        f"{advised[2]} users were advised before {WAVE_1}.": advised[2],
        f"{early} users of VITAS are inactive from a day before {RELEASE_2021_2}.": early,
        f"{too_early} users of VITAS became inactive before their 18 months were over.": too_early,
        f"The lists have {(users, inactive)} users and inactive ones, the decision {states}.": states
        != (users, inactive),
        f"{asked[0]} requests to log in to VITAS, {answered[0]} answers.": asked[0] != answered[0],
        "Nobody was advised to change browser.": not advised[0],
        "No user of VITAS became inactive.": not inactive,
        "No user of VITAS became active again.": not changed[3],
    }
    return [fault for fault, found in checks.items() if found]
