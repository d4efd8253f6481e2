"""`dfdg vitas`: what a jobcentre sees under user administration (VIT-2)."""

from typing import Annotated

import typer

from infra.cli.common import Commands, Json, say, show_json
from infra.cli.reading import database, show_table

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
