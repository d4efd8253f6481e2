"""`dfdg dead-letters accept`, `skip` and `set-aside`: a slice that records have stopped goes on, without a restart."""

from contextlib import closing
from datetime import datetime
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


def set_aside(
    consumer: Annotated[str, typer.Argument(metavar="GROUP", help="The decision or sink that has stopped.")],
    topic: Annotated[str, typer.Argument(help="The topic that its alarm names.")],
    slice_: Annotated[int, typer.Argument(metavar="SLICE", help="The slice that has stopped: the partition.")],
    offset: Annotated[int, typer.Argument(min=0, help="The offset that its alarm names.")],
    who: Who,
    yes: Yes = False,
) -> None:
    """Set exactly one record aside, in front of which a slice has stopped. It becomes a dead letter, whole.

    So with a forged record, a version of the title table that nobody has, an id that is there already. Its key waits
    behind it until you re-drive or discard the letter. Without --yes you see which record it would be.

    \b
    Example:  dfdg dead-letters set-aside mailboxes TOPIC 3 1705 --who Anna --yes
    """
    from infra.cli import catalog
    from infra.cli.ready import ready
    from infra.consumer_group import transaction_of
    from infra.dead_letters.set_aside import find
    from infra.dead_letters.set_aside import set_aside as put_aside
    from infra.postgres import connect
    from schemas.dates import COPENHAGEN

    check_names(consumer, topic)
    if not who.strip():
        raise failure(BAD_INPUT, "Say who you are: --who NAME.")
    wiring = ready(addresses())
    there = wiring.addresses
    with closing(connect(there.dsn, "dfdg-dead-letters")) as connection:
        connection.autocommit = True
        record = find(connection, there.kafka, consumer, topic, slice_, offset)
        if yes:
            put_aside(connection, consumer, slice_, record, who, transaction_of(catalog.consumer_of(consumer), wiring))
    written = f"{datetime.fromtimestamp(record.timestamp()[1] / 1000, COPENHAGEN):%Y-%m-%d %H:%M:%S}"
    does = "goes on behind it." if yes else "would go on behind it: --yes does it."
    say(f"Offset {offset} of {topic}/{slice_}: {len(record.value() or b'')} bytes of {written}.")
    say(f"{consumer}/{slice_} {does}")
