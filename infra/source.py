"""Where a consumer's records come from: membership by the lead topic, records of the slices that are ours.

Librdkafka consumers in one thread. The *member* subscribes to the lead topic only and reads nothing: it says which
slices are ours. The *reader* is in no group: it reads those slices of every topic from the ledger's positions.
A slice has at most one piece of work under way; what arrives meanwhile is its next batch.
"""

import logging
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import closing

from confluent_kafka import KafkaError, Message

from infra import failpoints
from infra.buffer import Buffer, Ends
from infra.hearing import COORDINATOR
from infra.hints import Hints
from infra.lane import STOPS, Lane, Work, stop_for
from infra.membership import Membership
from infra.reader import Reader
from schemas.topic import Topic

LOG = logging.getLogger(__name__)

POLL_S, IDLE_POLL_S = 0.01, 0.1
"""How long the thread waits for a record before it looks after membership and slices; longer while all are idle."""

DRAIN_S = 8.0
"""How long a revoked or stopping slice may finish what it has begun (10 s in all, with the producer's flush)."""


class Source:
    """Runs from `start` to `stop` in its own thread. `deliver` takes work, `let_go` the slices that are given up;
    `ends_of` reads the ends that a day carries."""

    def __init__(
        self,
        name: str,
        reads: Sequence[Topic],
        servers: str,
        deliver: Callable[[Work], None],
        let_go: Callable[[Sequence[int]], None],
        ends_of: Callable[[Message], Ends],
        linger_s: float = 0.0,
    ) -> None:
        self.name, self.topics, self._deliver = name, tuple(topic.name for topic in reads), deliver
        self._let_go, self._ends_of, self._linger_s = let_go, ends_of, linger_s
        self._membership, self.hints = Membership(name, servers, self._gained, self._release), Hints(name, servers)
        self._reader = Reader(name, servers, self.topics, linger_s)
        self._lanes: dict[int, Lane] = {}
        self._changed = threading.Condition(threading.RLock())
        self._starts: list[tuple[int, int, dict[str, int]]] = []
        self._stopping = self._drained = self._deaf = False
        self._thread = threading.Thread(target=self._run, name=f"source-{name}", daemon=True)
        self.failure: BaseException | None = None
        self.lapsed: str | None = None
        """What is wrong with our member: it was seen to lose its word in a broker's outage, and to believe for ever in
        slices that are another's. Only a new process puts that right."""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish what is begun (at most `DRAIN_S`), leave the group, end the thread."""
        self._stopping = True
        self._thread.join()

    def started(self, slice_: int, epoch: int, positions: dict[str, int]) -> None:
        """The slice is taken over: read from these positions on."""
        with self._changed:
            self._starts.append((slice_, epoch, positions))
            if (lane := self._lanes.get(slice_)) is not None:
                lane.busy = False  # nothing is under way any more: whoever releases the slice need not wait
            self._changed.notify_all()

    def done(self, slice_: int, more: bool, unsettled: bool) -> None:
        """The slice's work is done; it gets its next batch at once, if there is one."""
        with self._changed:
            if (lane := self._lanes.get(slice_)) is not None:
                lane.done(more, unsettled)
                self._dispatch(lane)
            self._changed.notify_all()

    def failed(self, slice_: int, alarm: str | None) -> None:
        """The slice's work failed: it is taken over again after a while, or, with an alarm, stays stopped."""
        with self._changed:
            if (lane := self._lanes.get(slice_)) is not None:
                lane.failed(alarm)
            self._changed.notify_all()

    def fenced(self, slice_: int) -> None:
        """Another has taken the slice over: as `failed`, unless that goes on for too long."""
        with self._changed:
            if (lane := self._lanes.get(slice_)) is not None and lane.fenced():
                self.lapsed = "its slices are another's"
            self._changed.notify_all()

    def stir(self, slice_: int) -> None:
        """There is something to do that no record tells of, if the slice is ours."""
        with self._changed:
            if (lane := self._lanes.get(slice_)) is not None:
                lane.stir()

    def missed(self, ends: Sequence[Mapping[str, int]]) -> set[Hashable] | None:
        """What Kafka holds, by these ends of each slice's topics, and the reader has not brought; None if all the time
        it had something in hand. Who has no slice misses the group's coordinator; for working it is not needed."""
        with self._changed:
            drained, self._drained = self._drained, False
            if not self._lanes:
                return set() if self._membership.coordinated else {COORDINATOR}
            return {place for lane in self._lanes.values() for place in lane.missed(ends)} if drained else None

    def renew(self, missed: Hashable) -> None:
        """Who does not hear the coordinator gives up; in the place of a deaf reader there is soon a new one."""
        if missed == COORDINATOR:
            self.lapsed = f"it does not hear {COORDINATOR}"
        else:
            self._deaf = True

    def _run(self) -> None:
        try:
            self._membership.join()
            while not self._stopping:
                self._turn()
            self._release(list(self._lanes))
        except BaseException as error:
            self.failure = error
            LOG.exception("%s: the source has failed", self.name)
        finally:
            with closing(self._reader), closing(self.hints):
                self._membership.leave()

    def _turn(self) -> None:
        self._membership.poll()
        self.hints.commit()
        with self._changed:
            if self._deaf:
                self._deaf = False
                self._reader.renew([lane.buffer for lane in self._lanes.values() if lane.buffer is not None])
            self._start_lanes()
            idle = all(lane.idle for lane in self._lanes.values())
        records = self._reader.poll(IDLE_POLL_S if idle else POLL_S)
        with self._changed:
            self._drained |= not records
            for record in records:
                self._route(record)
            for lane in self._lanes.values():
                self._dispatch(lane)
                if lane.buffer is not None:
                    self._reader.change(lane.slice, *lane.buffer.change())

    def _route(self, record: Message) -> None:
        error, lane = record.error(), self._lanes.get(record.partition())  # type: ignore[arg-type] # fetched: it has one
        if error is None or error.code() == KafkaError._PARTITION_EOF:
            if lane is not None and lane.buffer is not None:
                lane.buffer.take_in(record)
        elif error.code() in STOPS and lane is not None and lane.buffer is not None:
            self._reader.hold(lane.slice)
            lane.release()
            self._deliver(stop_for(lane.slice, record))
        else:
            LOG.info("%s: %s", self.name, error)

    def _dispatch(self, lane: Lane) -> None:
        if not (self._stopping or self.lapsed) and (work := lane.next_work()) is not None:
            self._deliver(work)

    def _start_lanes(self) -> None:
        for slice_, epoch, positions in self._starts:
            if (lane := self._lanes.get(slice_)) is not None:
                self._reader.begin(slice_, positions)
                lane.begin(Buffer(slice_, epoch, self.topics, positions, self._ends_of))
                self._dispatch(lane)
        self._starts.clear()

    def _gained(self, slices: Sequence[int]) -> None:
        with self._changed:
            for slice_ in slices:
                lane = self._lanes[slice_] = Lane(slice_, self._linger_s, take_over_at=0.0)
                self._dispatch(lane)

    def _release(self, slices: Sequence[int]) -> None:
        """Let what is begun finish, then forget the slices. What does not finish in time is fenced by its epoch."""
        with self._changed:
            ours = [self._lanes[s] for s in slices if s in self._lanes]
            for lane in ours:
                lane.release()
            self._changed.wait_for(lambda: not any(lane.busy for lane in ours), DRAIN_S)
        failpoints.reach("drained")
        self._let_go([lane.slice for lane in ours])
        failpoints.reach("let go")
        with self._changed:
            for lane in ours:
                self._reader.end(lane.slice)
                del self._lanes[lane.slice]
                self.hints.drop(lane.slice)
            self._starts = [start for start in self._starts if start[0] in self._lanes]
