"""Lists that other systems ask for: users of VITAS (VIT-2), uses of JobKon (JKO-3)."""

from typing import Annotated

import typer

from infra.cli.common import BAD_INPUT, EVERYBODY, Commands, Json, database, failure, noted
from infra.cli.nearest import did_you_mean, refuse_cpr
from infra.console import say, show_json, show_table

_JOBCENTRES = "select distinct jobcentre from vitas.user where jobcentre is not null"

vitas_app = typer.Typer(name="vitas", cls=Commands, no_args_is_help=True, help="Users of VITAS.")


@vitas_app.callback()
def vitas() -> None:
    """Users of VITAS."""


@vitas_app.command()
def users(
    jobcentre: Annotated[str, typer.Argument(help="The jobcentre's id, as in the events.")],
    active_too: Annotated[bool, typer.Option("--all", help="Active users as well.")] = False,
    as_json: Json = False,
) -> None:
    """Show the users that a jobcentre administers and that became inactive, longest inactive first.

    Ends with exit code 4 when no user was ever recorded for that jobcentre, and names the nearest ones.

    \b
    Example:  dfdg vitas users jobcentre-101 --json
    """
    from consumers.vitas_list import listed

    refuse_cpr(jobcentre)
    with database("vitas") as connection:
        noted(connection, "vitas users", jobcentre)
        found = listed(connection, jobcentre, active_too=active_too)
        known = [name for (name,) in connection.execute(_JOBCENTRES).fetchall()]
    if jobcentre not in known:
        asked = did_you_mean(jobcentre, known)
        raise failure(BAD_INPUT, f"No user of VITAS was ever recorded for a jobcentre {jobcentre}.{asked}")
    if as_json:
        show_json([user._asdict() for user in found])
        return
    rows = [(each.user, "active" if each.active else "inactive", *each[2:]) for each in found]
    show_table(("user", "status", "since", "company", "rule"), rows, first=("user", "since", "status"))
    say(f"{sum(not each.active for each in found)} users of {jobcentre} are inactive.")


jobkon_app = typer.Typer(name="jobkon", cls=Commands, no_args_is_help=True, help="The phase-out of JobKon.")


@jobkon_app.callback()
def jobkon() -> None:
    """The phase-out of JobKon."""


@jobkon_app.command()
def usage(as_json: Json = False) -> None:
    """Show who used which function of JobKon in the last 90 days, and the function's last day.

    \b
    Example:  dfdg jobkon usage
    """
    from consumers.jobkon_usage import usage as all_usage
    from streams.policies.jobkon import row_of

    with database("jobkon") as connection:
        noted(connection, "jobkon usage", EVERYBODY)
        found = [each._asdict() | {"last_day": row_of(each.function).last_day} for each in all_usage(connection)]
    if as_json:
        show_json(found)
        return
    columns = ("user", "function", "last used", "last day of the function")
    show_table(columns, [each.values() for each in found], first=("user", "function"))
