"""`dfdg vitas`: what a jobcentre sees under user administration (VIT-2)."""

from typing import Annotated

import typer

from infra.cli.common import Commands, Json, database
from infra.console import say, show_json, show_table

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

    \b
    Example:  dfdg vitas users jobcentre-101 --json
    """
    from consumers.vitas_list import listed

    with database("vitas") as connection:
        found = listed(connection, jobcentre, active_too=active_too)
    if as_json:
        show_json([user._asdict() for user in found])
        return
    rows = [(each.user, "active" if each.active else "inactive", *each[2:]) for each in found]
    show_table(("user", "status", "since", "company", "rule"), rows)
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
        found = [each._asdict() | {"last_day": row_of(each.function).last_day} for each in all_usage(connection)]
    if as_json:
        show_json(found)
        return
    show_table(("user", "function", "last used", "last day of the function"), [each.values() for each in found])
