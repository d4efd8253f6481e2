"""`dfdg titles`: import of the classification, the title help, and the classification as a file for anyone."""

from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from infra.cli.common import BAD_INPUT, COULD_NOT, At, Commands, Json, addresses, database, failure
from infra.cli.nearest import check_known
from infra.console import say, show_json, show_table

titles_app = typer.Typer(name="titles", cls=Commands, help="The classification of job titles.", no_args_is_help=True)


@titles_app.command("import")
def import_titles(
    escostar: Annotated[Path, typer.Option(metavar="FILE", help="The ESCO-STAR titles, CSV.")],
    mapping: Annotated[Path, typer.Option(metavar="FILE", help="Their relations to ESCO, CSV.")],
    aliases: Annotated[Path | None, typer.Option(metavar="FILE", help="The Danish labels of ESCO, CSV.")] = None,
    version: Annotated[
        str | None, typer.Option(help="A name for this version; by default made of its content.")
    ] = None,
    at: At = None,
) -> None:
    """Import the classification and build the conversion table from old titles to new.

    The table goes into the database, its titles are published for anyone, and an event tells every part of the engine
    to use it from then on. The old side (DiscoAMS08) is not public and therefore constructed, and so are aliases, from
    ESCO's labels. The same files again change nothing.

    \b
    Example:  dfdg titles import --escostar titles.csv --mapping relations.csv
    """
    from infra.postgres import connect
    from infra.reference.publication import titles_of
    from infra.registry import Registry
    from producers import classification, title_table
    from producers.calendar import act_moment
    from streams.policies.title_table import outcome_of

    there = addresses()
    ids = Registry(there.registry, there.dsn).resolve(title_table.WRITES)
    with closing(connect(there.dsn, "dfdg-titles")) as connection:
        occurred_at = act_moment(connection, at and at.date())
        published = classification.import_titles(connection, escostar, mapping, outcome_of, version, aliases)
        connection.commit()
        titles = titles_of(connection, published.version)
    title_table.announce(there.kafka, ids, published, titles, occurred_at)
    say(f"{published} Announced to every slice.")


@titles_app.command("suggest")
def suggest(
    text: Annotated[str, typer.Argument(help="What somebody has typed so far.")],
    area: Annotated[str, typer.Option(help="The business area in which a title is wanted.")] = "joblog",
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="On that day; today by default.")] = None,
    at_most: Annotated[int, typer.Option(min=1, help="So many names.")] = 20,
    as_json: Json = False,
) -> None:
    """Offer the titles and aliases that may be chosen and begin as the text does. It needs 3 characters.

    \b
    Example:  dfdg titles suggest "ældre" --on 2021-06-14
    """
    from consumers.admin import title_help
    from producers.clock import wall_clock
    from schemas.dates import copenhagen_day
    from schemas.title_areas import BY_CODE as TITLE_AREAS_BY_CODE

    check_known("area", area, TITLE_AREAS_BY_CODE.keys() | {title_help.JOBLOG}, hint="--area")
    day = on.date() if on else copenhagen_day(wall_clock())
    with database("titles") as connection:
        found = title_help.suggest(connection, text, day, area, at_most)
    if as_json:
        show_json(found._asdict() | {"suggestions": [each._asdict() for each in found.suggestions]})
    elif found.more_needed:
        say(f"Type at least {title_help.MIN_CHARACTERS} letters or digits.")
    else:
        rows = [(s.code, s.name, "alias" * s.is_alias) for s in found.suggestions]
        show_table(("code", "name", "alias"), rows)
        more = " or more" if len(rows) == at_most else ""
        say(f"{len(rows)}{more} names of {found.scheme}.")


@titles_app.command("label")
def label(code: Annotated[str, typer.Argument(help="A code of either classification.")], as_json: Json = False) -> None:
    """Tell what a title is called, and what it was called in every version that was ever published.

    \b
    Example:  dfdg titles label 5120.1
    """
    from consumers.admin.title_help import labels

    with database("titles") as connection:
        found = labels(connection, code)
    if as_json:
        show_json([each._asdict() for each in found])
    elif not found:
        raise failure(COULD_NOT, f"No version of the classification has a title {code}.")
    else:
        show_table(("classification", "label", "last version", "in use"), found)


@titles_app.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="A new file: CSV with semicolons, which Excel opens.")],
    version: Annotated[str | None, typer.Option(help="Another version than the one in use.")] = None,
) -> None:
    """Write the retired titles with their candidates, and the whole classification, to a file for anyone.

    \b
    Example:  dfdg titles export stillingsbetegnelser.csv
    """
    from infra.reference.publication import titles_of, version_in_use, write_csv

    if file.exists():
        raise typer.BadParameter(f"{file} is there already; name a new file.")
    with database("titles") as connection:
        wanted = version or version_in_use(connection)
        titles = titles_of(connection, wanted) if wanted else []
    if not wanted or not titles:
        raise failure(BAD_INPUT, f"There is no version {version}." if version else "Run `dfdg titles import` first.")
    part = file.with_name(f"{file.name}.part")  # so that a file with its own name is always whole
    with part.open("w", encoding="utf-8", newline="") as out:
        write_csv(titles, wanted, out)
    part.replace(file)
    say(f"{len(titles)} titles of version {wanted} are in {file}.")
