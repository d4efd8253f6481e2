"""`dfdg dead-letters`: records that could not be read, never their contents; driven again or discarded by order."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.common import BAD_INPUT, COULD_NOT, Commands, Json, addresses, database, failure
from infra.console import say, show_json, show_table

if TYPE_CHECKING:
    from infra.dead_letters.queries import Chosen, DeadLetterSummary

letters_app = typer.Typer(
    name="dead-letters",
    cls=Commands,
    no_args_is_help=True,
    help="Records that could not be read. Later records of their keys wait until somebody decides.",
)

Number = Annotated[int | None, typer.Option("--letter", help="Only this one.")]
Group = Annotated[str | None, typer.Option(help="Only of this decision or sink.")]
Topic = Annotated[str | None, typer.Option(help="Only from this topic.")]
Reason = Annotated[str | None, typer.Option(help="Only those whose reason has this in it.")]
Key = Annotated[str | None, typer.Option(help="Only of this key: the id of a citizen, a user or an employer.")]
Moment = typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="By when they were buried, Copenhagen time.")
Since = Annotated[datetime | None, Moment]
Until = Annotated[datetime | None, Moment]
Limit = Annotated[int, typer.Option(min=1, help="The latest so many.")]
Who = Annotated[str, typer.Option("--who", help="Your name: every order is recorded with one.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it. Without this nothing is changed, and you see what would be.")]
Rate = Annotated[float, typer.Option(min=0.01, help="At most so many letters a second.")]


@letters_app.command("list")
def listed(
    letter: Number = None, group: Group = None, topic: Topic = None, reason: Reason = None, key: Key = None,
    since: Since = None, until: Until = None, limit: Limit = 100, as_json: Json = False,
) -> None:  # fmt: skip
    """List the records that could not be read, with the reason and the position, never their contents.

    The newest come first. "waits" says how many later records wait behind one, whose key is parked by it. The records
    themselves are on the topics <group>.<topic>-dlq.

    \b
    Example:  dfdg dead-letters list --reason "not Avro" --since 2021-06-14
    """
    from infra.dead_letters.queries import letters, total

    with database("dead-letters") as connection:
        found = letters(connection, _chosen(letter, group, topic, reason, key, since, until), limit)
        count = total(connection)
    if as_json:
        show_json({"total": count, "dead_letters": [each._asdict() for each in found]})
        return
    _show(found)
    parked = [each for each in found if each.parks]
    say(f"{len(found)} of {count} dead letters; behind {len(parked)} of them their keys are parked.")


@letters_app.command()
def show(letter: Annotated[int, typer.Argument(help="Its id, as `list` shows it.")], as_json: Json = False) -> None:
    """Show one dead letter: where it was, what waits behind it, whether it could be read now, and all orders for it.

    \b
    Example:  dfdg dead-letters show 17
    """
    from infra.dead_letters.queries import Chosen, commands, letters

    with database("dead-letters") as connection:
        found, given = letters(connection, Chosen(letter), 1), commands(connection, letter)
    if not found:
        raise failure(COULD_NOT, f"There is no dead letter {letter}. See `dfdg dead-letters list`.")
    verdicts = _verdicts(found)
    if as_json:
        show_json(found[0]._asdict() | {"now": verdicts[letter], "orders": [each._asdict() for each in given]})
        return
    _show(found)
    say(f"Driven again now: {verdicts[letter]}.")
    show_table(("order", "who", "when", "due", "what came of it", "done"), given)


@letters_app.command()
def redrive(
    who: Who, letter: Number = None, group: Group = None, topic: Topic = None, reason: Reason = None, key: Key = None,
    since: Since = None, until: Until = None, limit: Limit = 1_000, rate: Rate = 50.0, yes: Yes = False,
) -> None:  # fmt: skip
    """Apply letters that can be read now, because a defect was mended or a schema registered; then what waits behind.

    Without --yes it only says of each what would come of it. The engine carries the orders out, each once.

    \b
    Example:  dfdg dead-letters redrive --reason "schema 42 is not registered" --who "Anna Holm" --yes
    """
    found = _to_order(_chosen(letter, group, topic, reason, key, since, until), limit)
    verdicts = _verdicts(found)
    fit = [each.id for each in found if not verdicts[each.id].startswith("refused")]
    _show(found, verdicts)
    if not yes:
        say(f"{len(fit)} of {len(found)} letters would be applied. --yes does it.")
        return
    _order("redrive", fit, who, rate)


@letters_app.command()
def discard(
    who: Who, letter: Number = None, group: Group = None, topic: Topic = None, reason: Reason = None, key: Key = None,
    since: Since = None, until: Until = None, limit: Limit = 1_000, rate: Rate = 50.0, yes: Yes = False,
) -> None:  # fmt: skip
    """Give letters up for good: what they say is never applied. What waits behind them goes on.

    So when their source has published the facts again, with new ids. Without --yes it only says which it would be.

    \b
    Example:  dfdg dead-letters discard --key c-5f0c2a9e --who "Anna Holm" --yes
    """
    found = _to_order(_chosen(letter, group, topic, reason, key, since, until), limit)
    _show(found)
    if not yes:
        say(f"{len(found)} letters would be discarded. --yes does it.")
        return
    _order("discard", [each.id for each in found], who, rate)


def _chosen(
    letter: int | None, group: str | None, topic: str | None, reason: str | None, key: str | None,
    since: datetime | None, until: datetime | None,
) -> "Chosen":  # fmt: skip
    from infra.dead_letters.queries import Chosen
    from schemas.dates import COPENHAGEN

    moments = (at and at.replace(tzinfo=COPENHAGEN) for at in (since, until))
    return Chosen(letter, group, topic, reason, key, *moments)


def _to_order(chosen: "Chosen", limit: int) -> "list[DeadLetterSummary]":
    from infra.dead_letters.queries import OPEN, Chosen, letters

    if chosen == Chosen():
        raise failure(BAD_INPUT, "Say which letters: --letter, --group, --topic, --reason, --key, --since, --until.")
    with database("dead-letters") as connection:
        found = letters(connection, chosen, limit, OPEN)
    if not found:
        raise failure(COULD_NOT, "There is no such letter that is still open. See `dfdg dead-letters list`.")
    return found


def _verdicts(found: "list[DeadLetterSummary]") -> dict[int, str]:
    from consumers.journal import newer
    from consumers.record_lock import deleted_for_good
    from infra.cli import catalog
    from infra.dead_letters.dry_run import dry_run
    from infra.registry import Registry

    registry = Registry(addresses(waiting=True).registry)
    with database("dead-letters") as connection:
        return {
            each.id: dry_run(connection, registry, catalog.reads(), each, deleted_for_good, newer) for each in found
        }


def _order(act: str, ids: list[int], who: str, rate: float) -> None:
    from infra.dead_letters.queries import command

    with database("dead-letters") as connection:
        count = command(connection, act, ids, who, rate)
    say(f"{count} orders were given. The engine carries them out; `dfdg dead-letters show ID` says what came of one.")


def _show(found: "list[DeadLetterSummary]", verdicts: dict[int, str] | None = None) -> None:
    columns = ("id", "buried at", "group", "topic", "position", "status", "waits", "reason", *["now"] * bool(verdicts))
    rows: list[tuple[Any, ...]] = [
        (x.id, f"{x.buried_at:%F %T%z}", x.group, x.topic, f"{x.partition}/{x.offset}", x.status, x.waiting, x.reason)
        for x in found
    ]
    show_table(columns, [(*row, verdicts[row[0]]) for row in rows] if verdicts else rows)
