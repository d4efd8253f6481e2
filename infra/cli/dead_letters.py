"""`dfdg dead-letters`: records that could not be read, never their contents; and the operator commands for them."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.common import BAD_INPUT, COULD_NOT, EVERYBODY, Commands, Json, Who, addresses, database, failure, noted
from infra.cli.nearest import check_names
from infra.console import MOMENTS, say, show_json, show_table

if TYPE_CHECKING:
    from infra.dead_letters.queries import Chosen, DeadLetterSummary

letters_app = typer.Typer(
    name="dead-letters",
    cls=Commands,
    no_args_is_help=True,
    help="Records that could not be read. Later records of their keys wait until somebody decides.",
)


class Status(StrEnum):
    """Of a dead letter: open, or settled one way or the other."""

    NEW = "new"
    APPLIED = "applied"
    DISCARDED = "discarded"


Number = Annotated[int | None, typer.Option("--letter", help="Only this one.")]
Consumer = Annotated[str | None, typer.Option("--consumer", "--group", help="Only of this decision or sink.")]
Topic = Annotated[str | None, typer.Option(help="Only from this topic.")]
Reason = Annotated[str | None, typer.Option(help="Only those whose reason has this in it.")]
Key = Annotated[str | None, typer.Option(help="Only of this key: the id of a citizen, a user or an employer.")]
Moment = typer.Option(
    metavar="YYYY-MM-DD[ HH:MM:SS]", formats=[*MOMENTS], help="By when they were stored, Copenhagen time."
)
Since = Annotated[datetime | None, Moment]
Until = Annotated[datetime | None, Moment]
Limit = Annotated[int, typer.Option(min=1, help="The latest so many.")]
Statuses = Annotated[
    list[Status] | None,
    typer.Option(
        "--status",
        metavar="new|applied|discarded",
        help="Only with this status; again for another.",
        show_default="all",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do it. Without this nothing is changed, and you see what would be.")]
Rate = Annotated[float, typer.Option(min=0.01, help="At most so many letters a second.")]


@letters_app.command("list")
def listed(
    letter: Number = None, consumer: Consumer = None, topic: Topic = None, reason: Reason = None, key: Key = None,
    since: Since = None, until: Until = None, status: Statuses = None, limit: Limit = 100, as_json: Json = False,
) -> None:  # fmt: skip
    """List the records that could not be read, with the reason and the position, never their contents.

    The newest come first. "waits" says how many later records wait behind one, whose key is parked by it. The records
    themselves are on the topics <consumer>.<topic>-dlq. A letter is new until it is applied or discarded.

    \b
    Example:  dfdg dead-letters list --since 2021-06-14 --status new
    """
    from infra.dead_letters.queries import letters, totals

    chosen, statuses = _chosen(letter, consumer, topic, reason, key, since, until), status or [*Status]
    with database("dead-letters") as connection:
        noted(connection, "dead-letters list", key or EVERYBODY)
        found = letters(connection, chosen, limit, statuses)
        counts = totals(connection, chosen, statuses)
    if as_json:
        told = {"total": counts.all, "chosen": counts.chosen, "parked": counts.parked}
        show_json(told | {"dead_letters": [each._asdict() for each in found]})
        return
    _show(found)
    aside = f" These are the latest {len(found)}." if len(found) < counts.chosen else ""
    say(f"{counts.chosen} of {counts.all} dead letters; behind {counts.parked} of them their keys are parked.{aside}")


@letters_app.command()
def show(letter: Annotated[int, typer.Argument(help="Its id, as `list` shows it.")], as_json: Json = False) -> None:
    """Show one dead letter: where it was, what waits behind it, whether it could be read now, and all commands for it.

    \b
    Example:  dfdg dead-letters show 17
    """
    from infra.dead_letters.queries import Chosen, commands, letters

    with database("dead-letters") as connection:
        noted(connection, "dead-letters show", str(letter))
        found, given = letters(connection, Chosen(letter), 1), commands(connection, letter)
    if not found:
        raise failure(COULD_NOT, f"There is no dead letter {letter}. See `dfdg dead-letters list`.")
    verdicts = _dry_runs(found)
    if as_json:
        show_json(found[0]._asdict() | {"now": verdicts[letter], "commands": [each._asdict() for each in given]})
        return
    _show(found)
    say(f"Driven again now: {verdicts[letter]}.")
    columns = ("command", "who", "when", "due", "what came of it", "done")
    show_table(columns, given, first=("command", "who", "what came of it", "done"))


@letters_app.command()
def redrive(
    who: Who, letter: Number = None, consumer: Consumer = None, topic: Topic = None, reason: Reason = None,
    key: Key = None, since: Since = None, until: Until = None, limit: Limit = 1_000, rate: Rate = 50.0,
    yes: Yes = False,
) -> None:  # fmt: skip
    """Apply letters that can be read now, because a defect was mended or a schema registered; then what waits behind.

    Without --yes it only says of each what would come of it. The engine carries the commands out, each once.

    \b
    Example:  dfdg dead-letters redrive --reason "schema 42" --who Anna --yes
    """
    found, aside = _open_letters(_chosen(letter, consumer, topic, reason, key, since, until), limit)
    verdicts = _dry_runs(found)
    fit = [each.id for each in found if not verdicts[each.id].startswith("refused")]
    _show(found, verdicts)
    if yes:
        _command("redrive", fit, who, rate)
    else:
        say(f"{len(fit)} of {len(found)} letters would be applied.{aside} --yes does it.")


@letters_app.command()
def discard(
    who: Who, letter: Number = None, consumer: Consumer = None, topic: Topic = None, reason: Reason = None,
    key: Key = None, since: Since = None, until: Until = None, limit: Limit = 1_000, rate: Rate = 50.0,
    yes: Yes = False,
) -> None:  # fmt: skip
    """Give letters up for good: what they say is never applied. What waits behind them goes on.

    So when their source has published the facts again, with new ids. Without --yes it only says which it would be.

    \b
    Example:  dfdg dead-letters discard --key c-5f0c2a9e --who Anna --yes
    """
    found, aside = _open_letters(_chosen(letter, consumer, topic, reason, key, since, until), limit)
    _show(found)
    if yes:
        _command("discard", [each.id for each in found], who, rate)
    else:
        say(f"{len(found)} letters would be discarded.{aside} --yes does it.")


def _chosen(
    letter: int | None, consumer: str | None, topic: str | None, reason: str | None, key: str | None,
    since: datetime | None, until: datetime | None,
) -> "Chosen":  # fmt: skip
    from infra.dead_letters.queries import Chosen
    from schemas.dates import COPENHAGEN

    check_names(consumer, topic)
    moments = (at and at.replace(tzinfo=COPENHAGEN) for at in (since, until))
    return Chosen(letter, consumer, topic, reason, key, *moments)


def _open_letters(chosen: "Chosen", limit: int) -> "tuple[list[DeadLetterSummary], str]":
    """The open letters of the choice, and a sentence when the limit leaves some of them out."""
    from infra.dead_letters.queries import ANY, OPEN, letters, totals

    if chosen == ANY:
        raise failure(BAD_INPUT, "Say which letters: --letter, --consumer, --topic, --reason, --key, --since, --until.")
    with database("dead-letters") as connection:
        found, count = letters(connection, chosen, limit, OPEN), totals(connection, chosen, OPEN).chosen
    if not found:
        raise failure(COULD_NOT, "There is no such letter that is still open. See `dfdg dead-letters list`.")
    more = f" {count} are open as chosen: these are the latest, --limit takes more."
    return found, more if len(found) < count else ""


def _dry_runs(found: "list[DeadLetterSummary]") -> dict[int, str]:
    from consumers.deletion_orders import never
    from consumers.journal import newer
    from infra.cli import catalog
    from infra.dead_letters.dry_run import dry_run
    from infra.registry import Registry

    there = addresses("registry", "postgres")
    registry = Registry(there.registry, there.dsn)
    with database("dead-letters") as connection:
        return {each.id: dry_run(connection, registry, catalog.reads(), each, never, newer) for each in found}


def _command(act: str, ids: list[int], who: str, rate: float) -> None:
    from infra.dead_letters.queries import command

    with database("dead-letters") as connection:
        count = command(connection, act, ids, who, rate)
    say(f"{count} commands were given. The engine carries them out; `dfdg dead-letters show ID` says what came of one.")


def _show(found: "list[DeadLetterSummary]", verdicts: dict[int, str] | None = None) -> None:
    known, now = (verdicts or {}).get, ["now"] * (verdicts is not None)
    rows = [
        (
            x.id,
            x.buried_at,
            x.consumer,
            x.topic,
            f"{x.partition}/{x.offset}",
            x.status,
            x.waiting,
            x.reason,
            known(x.id),
        )
        for x in found
    ]
    show_table(
        ("id", "stored", "consumer", "topic", "position", "status", "waits", "reason", *now), rows,
        first=("id", *now, "reason", "status", "waits", "consumer", "stored", "position"),
        rest="`dfdg dead-letters list --json` has all",
    )  # fmt: skip
