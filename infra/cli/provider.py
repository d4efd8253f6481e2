"""`dfdg provider`: who may read about citizens that are referred to them, and what they can read (ACC-1)."""

from datetime import datetime
from typing import Annotated

import typer

from infra.cli.common import COULD_NOT, Commands, Json, Who, database, failure, noted
from infra.cli.nearest import did_you_mean
from infra.console import MOMENTS, say, show_json, show_table, spelt

provider_app = typer.Typer(
    name="provider",
    cls=Commands,
    no_args_is_help=True,
    help="Providers that citizens are referred to.",
)

PASSWORD_BYTES = 24

Provider = Annotated[str, typer.Argument(help="The provider's id, as `dfdg provider list` shows it.")]
At = Annotated[
    datetime | None,
    typer.Option(
        "--at", metavar="YYYY-MM-DD[ HH:MM:SS]", formats=[*MOMENTS, "%Y-%m-%dT%H:%M:%S.%f"], help="A Copenhagen time."
    ),
]


@provider_app.command("list")
def listed(as_json: Json = False) -> None:
    """Show every provider: whether it is admitted, can log in, and about how many citizens it can read now.

    \b
    Example:  dfdg provider list
    """
    from consumers.admin.provider_roles import moment, providers

    with database("provider") as connection:
        found, now = providers(connection), moment(connection)
    if as_json:
        show_json({"today": now.today, "simulated": now.simulated, "providers": [each._asdict() for each in found]})
        return
    columns = ("provider", "name", "admitted", "can log in", "until", "citizens")
    show_table(columns, found, first=("provider", "admitted", "can log in", "citizens"))
    if now.simulated is not None:
        at = f"{spelt(now.simulated)} in Copenhagen (access.clock)"
        say(f"ATTENTION: windows are judged by a SIMULATED moment, {at}, not by the clock.")


@provider_app.command()
def grant(provider: Provider, who: Who) -> None:
    """Let a provider in: make a new password for its role, and print it, once. It is kept nowhere.

    \b
    Example:  dfdg provider grant job-vejen --who "Anna Holm"
    """
    from secrets import token_urlsafe

    from consumers.admin.provider_roles import grant as let_in
    from consumers.admin.provider_roles import role_of

    password = token_urlsafe(PASSWORD_BYTES)
    with database("provider") as connection:
        connection.autocommit = True
        let_in(connection, provider, password, who)
    typer.echo(password)
    say(
        f"This is the password of role {role_of(provider)}. It is shown only now, and holds for 180 days;"
        " to grant again makes another."
    )


@provider_app.command()
def revoke(provider: Provider, who: Who) -> None:
    """Shut a provider out at once, and end its sessions. Referrals stay; `dfdg provider grant` lets it in again.

    \b
    Example:  dfdg provider revoke job-vejen --who "Anna Holm"
    """
    from consumers.admin.provider_roles import revoke as shut_out

    with database("provider") as connection:
        connection.autocommit = True
        shut_out(connection, provider, who)
    say(f"{provider} reads nothing any more.")


@provider_app.command()
def show(provider: Provider, at: At = None, as_json: Json = False) -> None:
    """Show which referrals a provider can read, as the database answers the provider itself, now or at a moment.

    \b
    Example:  dfdg provider show job-vejen --at 2021-06-30T23:59:59.999999
    """
    from consumers.admin.provider_gateway import as_provider
    from consumers.admin.provider_roles import providers
    from schemas.dates import COPENHAGEN

    moment = at and at.replace(tzinfo=COPENHAGEN)
    with database("provider") as connection:
        connection.autocommit = True
        noted(connection, "provider show", provider)
        admitted = [each.provider for each in providers(connection) if each.admitted]
        if provider not in admitted:
            asked = did_you_mean(provider, admitted)
            raise failure(COULD_NOT, f"{provider} is no provider that is admitted.{asked} See `dfdg provider list`.")
        with as_provider(connection, provider, moment) as reader:
            found = reader.execute("select * from provider.referral order by citizen, first_day, record").fetchall()
    columns = ("referral", "citizen", "first day", "last day")
    if as_json:
        show_json([dict(zip(columns, row, strict=True)) for row in found])
        return
    show_table(columns, found, first=("referral", "first day", "last day"))
