"""A consumer's poll loop: one thread, which asks the group for slices, reads their records and hands out batches.

The *member* subscribes to the lead topic only and reads nothing: it says which slices this process owns. The *reader*
is in no group: it reads every topic of those slices, from the ledger's positions. A slice has at most one piece of work
under way; the records that come meanwhile are its next batch.
"""

import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import closing

from confluent_kafka import KafkaError, Message

from infra.engine import failpoints
from infra.kafka import away
from infra.log import get_logger
from infra.source.buffer import Buffer, Ends
from infra.source.membership import Membership
from infra.source.offset_commit import OffsetCommitter
from infra.source.partition_state import STOPS, PartitionState, Work, stop_for
from infra.source.reader import Reader
from infra.source.stuck_detector import COORDINATOR
from schemas.topic import Topic

LOG = get_logger(__name__)

POLL_S, IDLE_POLL_S = 0.01, 0.1
"""Seconds that the thread waits for a record before it looks after membership and slices: more when all are idle."""

DRAIN_S = 8.0
"""Seconds for a revoked or stopping slice to finish its work under way; 10 s with the producer's flush."""


class Source:
    """Runs from `start` to `stop` in its own thread. `deliver` takes a piece of work, `let_go` slices that are given
    up, and `ends_of` reads the ends that a day carries."""

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
        self._membership = Membership(name, servers, self._gained, self._release)
        self.offsets = OffsetCommitter(name, servers)
        self._reader = Reader(name, servers, self.topics, linger_s)
        self._states: dict[int, PartitionState] = {}
        self._changed = threading.Condition(threading.RLock())
        self._starts: list[tuple[int, int, dict[str, int]]] = []
        self._stopping = self._drained = self._stuck = False
        self._thread = threading.Thread(target=self._run, name=f"source-{name}", daemon=True)
        self.ids: dict[str, str] = {}
        """By topic: Kafka's id of it when this process started."""
        self.failure: BaseException | None = None
        self.lapsed: str | None = None
        """Why this process must end. A member was seen to lose a message in a broker's outage, and then to believe for
        ever in slices that another process owns: only a new process mends that."""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finishes the work under way (at most `DRAIN_S`), leaves the group, ends the thread."""
        self._stopping = True
        self._thread.join()

    def started(self, slice_: int, epoch: int, positions: dict[str, int]) -> None:
        """The slice is taken over: its records are read from these positions on."""
        with self._changed:
            self._starts.append((slice_, epoch, positions))
            if (state := self._states.get(slice_)) is not None:
                state.busy = False  # no work is under way any more: a release of the slice need not wait
            self._changed.notify_all()

    def done(self, slice_: int, more: bool, unsettled: bool) -> None:
        """The slice's work is done. The slice gets its next batch at once, if there is one."""
        with self._changed:
            if (state := self._states.get(slice_)) is not None:
                state.done(more, unsettled)
                self._dispatch(state)
            self._changed.notify_all()

    def failed(self, slice_: int, alarm: str | None) -> None:
        """The slice's work failed: it is taken over again after a back-off; with an alarm, it stays stopped."""
        with self._changed:
            if (state := self._states.get(slice_)) is not None:
                state.failed(alarm)
            self._changed.notify_all()

    def fenced(self, slice_: int) -> None:
        """Another process has taken the slice over: as `failed`, until this process must give way."""
        with self._changed:
            if (state := self._states.get(slice_)) is not None and state.fenced():
                self.lapsed = "another process owns its slices"
            self._changed.notify_all()

    def notify(self, slice_: int) -> None:
        """The slice has work that no record tells of; ignored if this process does not own the slice."""
        with self._changed:
            if (state := self._states.get(slice_)) is not None:
                state.notify()

    def unseen(self, ends: Sequence[Mapping[str, int]]) -> set[Hashable] | None:
        """The places that Kafka has, by these ends of each slice's topics, and that the reader has not brought; None if
        the reader was never idle since the last call. A consumer without slices needs the group's coordinator."""
        with self._changed:
            drained, self._drained = self._drained, False
            if not self._states:
                return set() if self._membership.coordinated else {COORDINATOR}
            return {place for state in self._states.values() for place in state.unseen(ends)} if drained else None

    def made_anew(self, ids: Mapping[str, str]) -> None:
        """If a topic has another id by now, all slices are taken over again, which says so."""
        if any(ids.get(topic, id_) != id_ for topic, id_ in self.ids.items()):
            with self._changed:
                for state in self._states.values():
                    state.again()

    def reconnect(self, unseen: Hashable) -> None:
        """Without its coordinator this process must end. A stuck reader is replaced by a new one at the next turn."""
        if unseen == COORDINATOR:
            self.lapsed = f"it is cut off from {COORDINATOR}"
        else:
            self._stuck = True

    def _run(self) -> None:
        try:
            self._membership.join()
            while not self._stopping:
                self._turn()
            self._release(list(self._states))
        except BaseException as error:
            self.failure = error
            LOG.exception("the source has failed", consumer=self.name)
        finally:
            with closing(self._reader), closing(self.offsets):
                self._membership.leave()

    def _turn(self) -> None:
        self._membership.poll()
        self.offsets.commit()
        with self._changed:
            if self._stuck:
                self._stuck = False
                self._reader.reconnect([state.buffer for state in self._states.values() if state.buffer is not None])
            self._start_slices()
            idle = all(state.idle for state in self._states.values())
        records = self._reader.poll(IDLE_POLL_S if idle else POLL_S)
        with self._changed:
            self._drained |= not records
            self.made_anew(self._reader.new_ids())
            for record in records:
                self._route(record)
            for state in self._states.values():
                self._dispatch(state)
                if state.buffer is not None:
                    self._reader.change(state.slice, *state.buffer.change())

    def _route(self, record: Message) -> None:
        error, state = record.error(), self._states.get(record.partition())  # type: ignore[arg-type] # fetched: it has one
        if error is None or error.code() == KafkaError._PARTITION_EOF:
            if state is not None and state.buffer is not None:
                state.buffer.take_in(record)
        elif error.code() in STOPS and state is not None and state.buffer is not None:
            self._reader.hold(state.slice)
            state.release()
            self._deliver(stop_for(state.slice, record))
        else:
            LOG.info("the reader says", consumer=self.name, topic=record.topic(), why=str(error), away=away(error))

    def _dispatch(self, state: PartitionState) -> None:
        if not (self._stopping or self.lapsed) and (work := state.next_work()) is not None:
            self._deliver(work)

    def _start_slices(self) -> None:
        for slice_, epoch, positions in self._starts:
            if (state := self._states.get(slice_)) is not None:
                self._reader.begin(slice_, positions)
                state.begin(Buffer(slice_, epoch, self.topics, positions, self._ends_of))
                self._dispatch(state)
        self._starts.clear()

    def _gained(self, slices: Sequence[int]) -> None:
        with self._changed:
            for slice_ in slices:
                state = self._states[slice_] = PartitionState(slice_, self._linger_s, take_over_at=0.0)
                self._dispatch(state)

    def _release(self, slices: Sequence[int]) -> None:
        """Lets the work under way finish, then forgets the slices. The epoch fences work that is not done in time."""
        with self._changed:
            ours = [self._states[s] for s in slices if s in self._states]
            for state in ours:
                state.release()
            self._changed.wait_for(lambda: not any(state.busy for state in ours), DRAIN_S)
        failpoints.reach("drained")
        self._let_go([state.slice for state in ours])
        failpoints.reach("let go")
        with self._changed:
            for state in ours:
                self._reader.end(state.slice)
                del self._states[state.slice]
                self.offsets.drop(state.slice)
            self._starts = [start for start in self._starts if start[0] in self._states]
