"""`dfdg dead-letters accept` and `skip`: a slice that bad records have stopped goes on, without a restart."""

from contextlib import closing
from typing import Annotated

import typer

from infra.cli.common import BAD_INPUT, COULD_NOT, Who, addresses, database, failure
from infra.cli.dead_letters import Yes
from infra.cli.nearest import check_names
from infra.console import progress_bar, say


def accept(
    consumer: Annotated[str, typer.Argument(help="The decision or sink that has stopped.")],
    topic: Annotated[str, typer.Argument(help="The topic that its alarm names.")],
    letters: Annotated[int, typer.Argument(min=1, help="So many more may come, in each slice that has stopped.")],
    who: Who,
    yes: Yes = False,
) -> None:
    """Let a consumer go on that too many dead letters of a topic have stopped: the records are bad, not the program.

    \b
    Example:  dfdg dead-letters accept journal TOPIC 500 --who Anna --yes
    """
    from infra.dead_letters.queries import accept as let_through

    check_names(consumer, topic)
    with database("dead-letters") as connection:
        slices = let_through(connection, consumer, topic, letters, who, dry_run=not yes)
    if not slices:
        raise failure(COULD_NOT, f"No slice of {consumer} has stopped at dead letters of {topic}. See `dfdg topics`.")
    say(f"Slices {slices} of {consumer} {'go on' if yes else 'would go on: --yes does it'}.")


def skip(
    consumer: Annotated[str, typer.Argument(help="The decision or sink that has stopped.")],
    topic: Annotated[str, typer.Argument(help="The topic that its alarm names.")],
    slice_: Annotated[int, typer.Argument(metavar="SLICE", help="The slice that has stopped.")],
    who: Who,
    yes: Yes = False,
) -> None:
    """Let a slice go on behind records that cannot be unpacked. A dead letter says where they were.

    What they hold is not applied: their source must publish it again. Each other slice or consumer that has stopped
    there is asked for by itself.

    \b
    Example:  dfdg dead-letters skip journal TOPIC 3 --who Anna --yes
    """
    from infra.dead_letters.skip import skip as move_over
    from infra.dead_letters.skip import stretch
    from infra.postgres import connect
    from infra.recovery.restore import published

    check_names(consumer, topic)
    if not who.strip():
        raise failure(BAD_INPUT, "Say who you are: --who NAME.")
    there = addresses("kafka", "postgres")
    with closing(connect(there.dsn, "dfdg-dead-letters")) as connection, progress_bar() as bar:
        connection.autocommit = True
        task = bar.add_task("offsets that cannot be unpacked", total=None)
        first, end = found = stretch(connection, there.kafka, consumer, topic, slice_, lambda _: bar.advance(task))
        if first == end:
            raise failure(
                COULD_NOT, f"Nothing to skip: {consumer}/{slice_} stands at {first} of {topic}, where it can read on."
            )
        if yes:
            move_over(connection, consumer, topic, slice_, found, who, published)
    does = f"goes on from {end}." if yes else f"would go on from {end}: --yes does it."
    say(f"Offsets {first} to {end - 1} of {topic}/{slice_} cannot be unpacked. {consumer}/{slice_} {does}")
