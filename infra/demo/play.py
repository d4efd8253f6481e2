"""The demo's story on a running engine: what is handed in on which day, and how long each part took."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from itertools import chain, product
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple

from infra.console import messages
from infra.demo.sources import TitleFiles

if TYPE_CHECKING:
    from psycopg import Connection

    from infra.addresses import Addresses
    from infra.demo.country.citizens import Facts
    from infra.demo.country.people import Line
    from infra.demo.workers import Workers
    from producers.identity import Identity
    from producers.sender import Sender
    from schemas.topic import Topic

SOURCE = "producers/made-up"
OPERATOR = "demo"
AT_ONCE = 8
"""Topics handed in side by side: each waits more than it works."""

_REASONS = "select reason from flood.ceiling where reason <> '*'"
_APPLIED = "select coalesce(sum(records), 0) from ledger.batch"


class Part(NamedTuple):
    """`handed_in`: events published; `applied`: records that decisions and sinks applied, each for itself."""

    name: str
    seconds: float
    handed_in: int = 0
    applied: int = 0


class OneByOne:
    """Asks for subject ids one caller at a time: they share a connection."""

    def __init__(self, identity: "Identity") -> None:
        self._identity, self._lock = identity, threading.Lock()

    def subjects(self, cprs: "Sequence[str]") -> dict[str, str]:
        with self._lock:
            return self._identity.subjects(cprs)


@contextmanager
def edge(kafka: str) -> Iterator["SimpleQueue[Sender]"]:
    """Producers for the whole calendar: a new one is now and then half a second old before Kafka takes a record."""
    from producers.sender import Sender

    with ExitStack() as open_:
        senders = SimpleQueue[Sender]()
        for _ in range(AT_ONCE):
            senders.put(open_.enter_context(Sender(kafka, "dfdg-demo")))
        yield senders


@dataclass
class Play:
    """`titles`: how many titles were handed in before their wave, by area and scheme."""

    addresses: "Addresses"
    connection: "Connection"
    identity: OneByOne
    schema_ids: dict[str, int]
    senders: "SimpleQueue[Sender]"
    parts: list[Part] = field(default_factory=list)
    titles: Counter[tuple[str, str]] = field(default_factory=Counter)
    handed_in: int = 0
    adverts: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By CVR or P-number: advert and request ids of the anonymous adverts that gave it (AD-2)."""

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Measures what happens inside."""
        began, handed_in, applied = time.monotonic(), self.handed_in, self._applied()
        with messages.status(f"{name} ..."):
            yield
        seconds = time.monotonic() - began
        self.parts.append(Part(name, seconds, self.handed_in - handed_in, self._applied() - applied))
        messages.print(f"{name}: {seconds:.1f} s", highlight=False)

    def until_quiet(self, workers: "Workers", last: date) -> None:
        """Returns when everything has had its effect; see `Workers.until_quiet`."""
        with messages.status("") as status:
            workers.until_quiet(self.connection, last, lambda left: status.update(f"{left:,} records to apply ..."))

    def import_titles(self, files: TitleFiles, day: date) -> tuple[str, str]:
        """Builds the conversion table and announces it; returns its version, and what it holds, for a person."""
        from infra.reference.publication import titles_of
        from producers import classification, title_table
        from schemas.dates import midnight
        from streams.policies.title_table import outcome_of

        published = classification.import_titles(
            self.connection, files.escostar, files.mapping, outcome_of, aliases=files.aliases
        )
        titles = titles_of(self.connection, published.version)
        title_table.announce(self.addresses.kafka, self.schema_ids, published, titles, midnight(day))
        return published.version, str(published)

    def begin(self, day: date) -> None:
        """Every day up to that one begins."""
        from producers.clock import begin_days

        with self._sender() as sender:
            begin_days(self.connection, self.addresses.kafka, self.schema_ids, day, day, sender=sender)

    def hand_in(
        self, facts: "Facts", submissions: "Mapping[str, Sequence[Line]] | None" = None, *, initial: bool = False
    ) -> None:
        """Through the edge, as `dfdg publish` does: CPR numbers become subject ids there, and go no further.

        AD-1: `submissions` are adverts through JobAD, by who is connected, as `dfdg publish --client` tells it.
        """
        from schemas.topics import JOB_AD_SUBMITTED, TITLE_HELD_RECORDED

        submissions = submissions or {}
        with ThreadPoolExecutor(AT_ONCE) as edge:  # topics have no common order
            sent = [edge.submit(self._publish, topic, lines, initial=initial) for topic, lines in facts.items()]
            sent += [
                edge.submit(self._publish, JOB_AD_SUBMITTED, lines, client=name) for name, lines in submissions.items()
            ]
            self.handed_in += sum(each.result() for each in sent)
        self.titles.update((line["area"], line["scheme"]) for line in facts.get(TITLE_HELD_RECORDED, ()))
        for line in chain.from_iterable(submissions.values()):
            for number in filter(None, (line.get("cvr"), line.get("p_number"))):
                self.adverts[number] |= {line["advert"], line["request"]}

    def _publish(self, topic: "Topic", lines: "Sequence[Line]", **more: Any) -> int:
        from infra.demo.country.citizens import as_json_lines
        from producers.publisher import publish

        stream, schema_id = BytesIO(as_json_lines(lines)), self.schema_ids[topic.name]
        with self._sender() as sender:
            return publish(
                topic, stream, self.identity, self.addresses.kafka, schema_id, source=SOURCE, sender=sender, **more
            ).sent

    @contextmanager
    def _sender(self) -> Iterator["Sender"]:
        """One that nobody else has meanwhile."""
        sender = self.senders.get()
        try:
            yield sender
        finally:
            self.senders.put(sender)

    def deliver(self, folder: Path, day: date) -> None:
        """RET-6: what is due within a year goes to the National Archives, area by area."""
        from consumers.archive.delivery import deliver
        from schemas.archive_areas import AREAS
        from schemas.dates import add_years, midnight

        folder.mkdir(exist_ok=True)
        for area in AREAS:
            deliver(self.connection, folder, area, due_by=add_years(day, 1), at=midnight(day), who=OPERATOR)

    def approve(self, day: date) -> None:
        """The Archives approve what was delivered."""
        from consumers.archive.approval import approve, deliveries
        from schemas.dates import midnight

        for stand in deliveries(self.connection):
            reference = f"made-up-reference-{stand.delivery}"
            approve(self.connection, stand.delivery, reference, OPERATOR, midnight(day))

    def announce_nights(self, ceiling: int) -> None:
        """CV-6: what an operator does before the waves, on whose days so many notices are meant."""
        from consumers.admin.flood import announce
        from schemas.release_dates import NOTICES_FROM, WAVE_2

        reasons = [reason for (reason,) in self.connection.execute(_REASONS).fetchall()]
        for day, reason in product((NOTICES_FROM, WAVE_2), reasons):
            announce(self.connection, reason, day, ceiling, OPERATOR)

    def _applied(self) -> int:
        row = self.connection.execute(_APPLIED).fetchone()
        return int(row[0]) if row else 0
