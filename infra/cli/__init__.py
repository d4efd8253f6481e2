"""The command line tool `dfdg`. One module per kind of command; each imports what it needs when it runs."""

from collections.abc import Callable
from typing import Any

import typer

from infra.cli import (
    again,
    archive,
    common,
    demo,
    enter,
    explain,
    flood,
    jobkon,
    letters,
    look,
    provider,
    retention,
    servers,
    stopped,
    story,
    titles,
    vitas,
    work,
)

app = typer.Typer(
    name="dfdg",
    cls=common.Commands,
    callback=common.quiet,
    help="The event backbone of the Danish employment service's release 2021-2.",
    epilog=common.EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # they may hold CPR numbers and passwords
)

SERVERS, ENTER, LOOK = "Servers and the engine", "What goes in", "What came of it"

PANELS: tuple[tuple[str, tuple[Callable[..., Any], ...]], ...] = (
    (SERVERS, (servers.up, servers.init, servers.status, servers.down, demo.demo, work.run, again.replay)),
    (ENTER, (enter.publish,)),
    (LOOK, (look.watch, look.notices, explain.explain, story.story)),
    (LOOK, (look.topics, look.flow, look.snapshot)),
)
for panel, functions in PANELS:
    for function in functions:
        app.command(rich_help_panel=panel)(function)

for function in (stopped.accept, stopped.skip):
    letters.letters_app.command()(function)

app.add_typer(titles.titles_app, rich_help_panel=ENTER)
app.add_typer(enter.clock_app, rich_help_panel=ENTER)
app.add_typer(letters.letters_app, rich_help_panel=LOOK)
app.add_typer(flood.flood_app, rich_help_panel=LOOK)
app.add_typer(vitas.vitas_app, rich_help_panel=LOOK)
app.add_typer(provider.provider_app, rich_help_panel=LOOK)
app.add_typer(jobkon.jobkon_app, rich_help_panel=LOOK)
app.add_typer(archive.archive_app, rich_help_panel=LOOK)
app.add_typer(retention.retention_app, rich_help_panel=LOOK)
