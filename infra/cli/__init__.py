"""The command line tool `dfdg`. One module per kind of command; each imports what it needs when it runs."""

from collections.abc import Callable
from typing import Any

import typer

from infra.cli import (
    archive,
    clock,
    common,
    dead_letters,
    demo_command,
    explain,
    flood,
    flow,
    lists,
    provider,
    publish,
    registry,
    replay,
    retention,
    run,
    servers,
    show,
    story,
    texts,
    titles,
    unblock,
    watch,
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
    (SERVERS, (servers.up, servers.init, servers.status, servers.down, demo_command.demo, run.run, replay.replay)),
    (ENTER, (publish.publish,)),
    (LOOK, (watch.watch, show.notices, explain.explain, story.story)),
    (LOOK, (show.topics, flow.flow, texts.texts, show.snapshot)),
)
for panel, functions in PANELS:
    for function in functions:
        app.command(rich_help_panel=panel)(function)

for function in (unblock.accept, unblock.skip, unblock.set_aside):
    dead_letters.letters_app.command()(function)

app.add_typer(titles.titles_app, rich_help_panel=ENTER)
app.add_typer(clock.clock_app, rich_help_panel=ENTER)
app.add_typer(registry.registry_app, rich_help_panel=SERVERS)
app.add_typer(dead_letters.letters_app, rich_help_panel=LOOK)
app.add_typer(flood.flood_app, rich_help_panel=LOOK)
app.add_typer(lists.vitas_app, rich_help_panel=LOOK)
app.add_typer(provider.provider_app, rich_help_panel=LOOK)
app.add_typer(lists.jobkon_app, rich_help_panel=LOOK)
app.add_typer(archive.archive_app, rich_help_panel=LOOK)
app.add_typer(retention.retention_app, rich_help_panel=LOOK)
