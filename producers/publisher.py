"""Publishes JSON lines to a topic: all of them or none, in order, and repeating it changes nothing."""

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, nullcontext
from datetime import date
from pathlib import Path
from textwrap import indent
from typing import BinaryIO, NamedTuple, TextIO, cast

from infra.kafka import admin, topic_ids
from producers import bi_star, cvr, jobad, jobcentre, jobkon, jobnet, operators, portals, vitas
from producers.lines import BadLine, Checked, Line, PublishError, Subjects, check_lines, read_lines
from producers.sender import DeliveryError, Sender
from schemas.codec import encode
from schemas.headers import headers
from schemas.ids import derived_id, slice_of
from schemas.topic import SLICES, Topic, Writer
from schemas.topics import DAY_BEGUN

__all__ = ["BadLine", "DeliveryError", "Line", "PublishError", "Published", "publish", "read_lines"]

SYSTEMS = (jobcentre, jobnet, portals, vitas, jobkon, jobad, cvr, bi_star, operators)
"""The source systems whose facts and requests are published here."""
WRITES = tuple(topic for system in SYSTEMS for topic in system.WRITES)

OWN = "producers/publisher"
"""The source of lines that say by their content which fact they are, and of all lines before systems were named."""

LEGACY = "legacy"
_SYSTEM = re.compile("[a-z][a-z0-9-]{0,39}")

SHOWN_FAULTS = 100
"""Bad lines that an error carries; the rest is only counted."""

PROGRESS_LINES = 1_000

Progress = Callable[[int], None]


class Published(NamedTuple):
    """Lines sent and acknowledged, and bad lines that were kept aside."""

    sent: int
    skipped: int


def source_of(system: str) -> str:
    """The `ce_source` of a system's lines: its name; `legacy` is all that was published before systems were named.
    Raises `PublishError` for what is spelt like no system; ours have a slash, so nobody else's is mistaken for one."""
    if not _SYSTEM.fullmatch(system):
        known = ", ".join(each.__name__.rpartition(".")[2].replace("_", "-") for each in SYSTEMS)
        raise PublishError(
            f"Nothing was sent: a source system has a name of small letters, digits and hyphens: {known}, or another."
        )
    return OWN if system == LEGACY else system


def publish(
    topic: Topic,
    stream: BinaryIO,
    identity: Subjects,
    kafka: str,
    schema_id: int,
    *,
    source: str | None = None,
    skip_bad: Path | None = None,
    initial: bool = False,
    client: str | None = None,
    latest: date | None = None,
    sender: Sender | None = None,
    progress: Progress = lambda _: None,
    sending: Callable[[Line], None] = lambda _: None,
) -> Published:
    """Sends the lines of `stream` once all are found good; `sending` is told each, `progress` how many.

    `initial` marks the events, where they can be marked, as a first load; their ids stay those of their lines.
    `source`: whose own ids the lines have; two systems may both have a fact `1`.
    `client` is the one connected, for topics whose events name it (AD-1). `latest`: the last day that a fact may be of,
    as the engine judges it too. `sender`: an open one.
    With `skip_bad` the bad lines are kept in that new file, as they are, and the rest is sent. Raises `PublishError`
    when nothing was sent, `DeliveryError` when Kafka did not take all.
    """
    refuse_foreign(topic)
    with ExitStack() as open_files:
        lines = stream if stream.seekable() else open_files.enter_context(_spooled(stream))
        start = lines.tell()
        bad = _bad_lines(check_lines(topic, lines, client, latest), skip_bad, client, named=source is not None)
        lines.seek(start)
        topic_ids(admin(kafka), [topic.name])  # raises at once when the topic is missing
        with nullcontext(sender) if sender else Sender(kafka, "dfdg-publisher") as sender:
            good = _good(read_lines(topic, lines, identity, client, latest), skip_bad)
            good = _marked(good) if initial and "initial" in topic.event.model_fields else good
            sent = _send(topic, _told(good, sending), sender, schema_id, source or OWN, progress)
            sender.finish()
    progress(sent)
    return Published(sent, bad)


def refuse_foreign(topic: Topic) -> None:
    """Raises `PublishError` for a topic that nobody may publish lines to."""
    if topic.writer is Writer.LEDGER:
        raise PublishError(f"{topic.name} is written by our own decisions only; publish the facts that they decide on.")
    if topic is DAY_BEGUN:
        raise PublishError("Days are begun by the clock, which knows how far the other topics are: use `dfdg clock`.")


def _send(topic: Topic, lines: Iterator[Line], sender: Sender, schema_id: int, source: str, progress: Progress) -> int:
    sent = 0
    for sent, line in enumerate(lines, 1):
        key, value = line.event.key.encode(), encode(line.event, schema_id)
        if topic.broadcast:
            for partition in range(SLICES):
                id_ = derived_id(bytes.fromhex(line.id), b"%d" % partition).hex()
                sender.send(topic.name, partition, key, value, headers(id_, source, line.event))
        else:
            sender.send(topic.name, slice_of(key, SLICES), key, value, headers(line.id, source, line.event))
        if sent % PROGRESS_LINES == 0:
            progress(sent)
    return sent


def _told(lines: Iterator[Line], sending: Callable[[Line], None]) -> Iterator[Line]:
    for line in lines:
        sending(line)
        yield line


def _marked(lines: Iterator[Line]) -> Iterator[Line]:
    for line in lines:
        yield line._replace(event=line.event.model_copy(update={"initial": True}))


def _good(lines: Iterator[Line | BadLine], skip_bad: Path | None) -> Iterator[Line]:
    for line in lines:
        if isinstance(line, Line):
            yield line
        elif skip_bad is None:
            raise PublishError(f"The file was changed while it was read: {line}. Lines before it may have been sent.")


def _bad_lines(lines: Iterable[Checked | BadLine], skip_bad: Path | None, client: str | None, named: bool) -> int:
    """How many lines are bad; they are written to `skip_bad`, or refused. Raises `PublishError` for an own id when
    nobody is `named` whose it is: neither the source nor a client."""
    shown: list[BadLine] = []
    count = 0
    with ExitStack() as open_files:
        aside: TextIO | None = None
        for line in lines:
            if not isinstance(line, BadLine):
                if line.own_id is not None and not named and client is None:
                    raise PublishError(
                        f"Nothing was sent: line {line.number} has an `id` of its own, and another system may have the"
                        f" same. Say whose it is: --source SYSTEM; --source {LEGACY} for what was published without."
                    )
                continue
            count += 1
            if skip_bad is not None:
                aside = aside or open_files.enter_context(_aside(skip_bad))
                aside.write(line.text if line.text.endswith("\n") else line.text + "\n")
            elif len(shown) < SHOWN_FAULTS:
                shown.append(line)
    if shown:
        faults = indent("\n".join(map(str, shown)), "  ") + ("\n  …" if count > len(shown) else "")
        raise PublishError(f"Nothing was sent: {count} line(s) are wrong.\n{faults}", tuple(shown))
    return count


def _aside(path: Path) -> TextIO:
    """A new file that only its owner reads: the lines may hold CPR numbers."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise PublishError(f"Nothing was sent: {path} is there already. Name a new file for the bad lines.") from None
    return os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape", newline="")


def _spooled(stream: BinaryIO) -> BinaryIO:
    """A copy that can be read twice; it has no name, so nobody else can open it, and it goes when it is closed."""
    copy = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 # the caller closes it
    shutil.copyfileobj(stream, copy)
    copy.seek(0)
    return copy
