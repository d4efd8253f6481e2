"""`dfdg jobkon`: who still uses what is phased out (JKO-3)."""

import typer

from infra.cli.common import Commands, Json, show_json
from infra.cli.reading import database, show_table

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
