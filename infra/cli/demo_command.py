"""`dfdg demo`: the main job on servers of its own, and one page that says whether it all adds up."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.common import COULD_NOT, failure

if TYPE_CHECKING:
    from infra.demo.report import Report


def demo(
    citizens: Annotated[int, typer.Option(min=1_000, help="How many live in the made-up country.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Another seed, another country; the same seed, the same.")] = 2021,
    processes: Annotated[int, typer.Option(min=1, help="Worker processes that share the work.")] = 2,
    folder: Annotated[
        Path, typer.Option(help="For servers and data; what an earlier demo left there is removed first.")
    ] = Path(".local/demo"),
) -> None:
    """Play the release on a made-up country, from May 2021 to January 2023 on real servers, and show what came of it.

    Starts Kafka, the schema registry and PostgreSQL in a folder of its own and stops them at the end. Every date of the
    release calendar passes, for all systems at once; then one page: what each system did by requirement, and whether it
    all adds up. Tables and pictures are in report.html in the folder. Exit code 1 when anything does not add up.

    \b
    Example:  dfdg demo --citizens 2000
    """
    from infra.cli import app, catalog
    from infra.cli.explanation import explain
    from infra.demo import Tool, play_all
    from infra.demo.workers import DemoError, servers

    began = time.monotonic()
    tool = Tool(app, catalog.reads(), explain)
    try:
        with servers(folder.resolve()) as addresses:
            report = play_all(began, addresses, folder.resolve(), citizens, seed, processes, tool)
    except DemoError as error:
        raise failure(COULD_NOT, str(error)) from None
    tell(report, folder)


def tell(report: "Report", folder: Path) -> None:
    """Prints the page; raises the exit code when anything in it does not add up."""
    from infra.demo.page import show

    show(report, folder)
    if report.faults:
        raise typer.Exit(COULD_NOT)
