"""The command line tool `dfdg`. One module per kind of command; each imports what it needs when it runs."""

import importlib
from typing import Any

import typer

from infra.cli import common

app = typer.Typer(
    name="dfdg",
    cls=common.Commands,
    help="The event backbone of the Danish employment service's release 2021-2.",
    epilog=common.EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # they may hold CPR numbers and passwords
)

SERVERS, ENTER, LOOK = "Servers and the engine", "What goes in", "What came of it"


def _there(module: str) -> Any:  # TEMPORARY guard while modules are being written; becomes plain imports
    try:
        return importlib.import_module(f"infra.cli.{module}")
    except ModuleNotFoundError as error:
        if error.name != f"infra.cli.{module}":
            raise
        return None


for panel, name, functions in (
    (SERVERS, "servers", ("up", "init", "status", "down")),
    (SERVERS, "work", ("run",)),
    (ENTER, "enter", ("publish", "titles_app", "clock_app")),
    (LOOK, "look", ("watch", "notices", "topics", "dead_letters", "flow", "snapshot")),
    (LOOK, "explain", ("explain",)),
    (LOOK, "flood", ("flood_app",)),
):
    for function in functions:
        found = getattr(_there(name), function, None)
        if isinstance(found, typer.Typer):
            app.add_typer(found, rich_help_panel=panel)
        elif found is not None:
            app.command(rich_help_panel=panel)(found)
