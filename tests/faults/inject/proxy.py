"""A TCP proxy between workers and one server: delays, cuts, resets, small pieces, one way only, lost replies."""

import asyncio
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Literal, Self

from tests.faults.inject.wire import Cut, Take, Wire

Direction = Literal["up", "down"]
Passes = Callable[[bytes], bytes]
CHUNK, PAUSE_S = 64 * 1024, 0.001
LINGER_NOT = struct.pack("ii", 1, 0)
"""Makes closing send RST."""


class Proxy:
    """Forwards from `port` to `target` on loopback, in a thread of its own, for the time of the block.

    `latency_s`: the delay before each piece. `slice_bytes`: the largest piece. `muted`: nothing passes in that
    direction, and nothing is lost. `refusing`: new connections are refused. `lose[kind]`: how many replies of that kind
    will be lost; `lost` counts those that were.
    """

    def __init__(self, target: int, wire: Callable[[Take], Wire]) -> None:
        self._target, self._wire = target, wire
        self.latency_s, self.slice_bytes = 0.0, CHUNK
        self.muted: set[Direction] = set()
        self.refusing = False
        self.lose: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.StreamWriter] = set()
        self._ports: dict[int, int] = {}
        self._server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"proxy-{target}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.cut()
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def beyond(self, port: int) -> int:
        """The port at which the server sees the connection from that client port; 0 when there is none."""
        return self._ports.get(port, 0)

    def heal(self) -> None:
        """Ends all faults: from now on everything passes unchanged."""
        self.latency_s, self.slice_bytes, self.refusing = 0.0, CHUNK, False
        self.muted.clear()
        self.lose.clear()

    def cut(self, *, reset: bool = False) -> int:
        """Ends every connection now; returns how many there were."""
        return asyncio.run_coroutine_threadsafe(self._cut(reset), self._loop).result()

    async def _cut(self, reset: bool) -> int:
        ended = list(self._open)
        for writer in ended:
            if reset:
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
            writer.transport.abort()
        return len(ended) // 2

    def _take(self, kind: str) -> bool:
        if self.lose[kind] <= 0:
            return False
        self.lose[kind] -= 1
        self.lost[kind] += 1
        return True

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refusing:
            writer.transport.abort()
            return
        try:
            to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:  # the server is down, so the proxy refuses too
            writer.transport.abort()
            return
        both = {writer, to_writer}
        self._open |= both
        self._ports[writer.get_extra_info("peername")[1]] = to_writer.get_extra_info("sockname")[1]
        wire = self._wire(self._take)
        ways = (self._pump("up", reader, to_writer, wire.up), self._pump("down", to_reader, writer, wire.down))
        pumps = [asyncio.create_task(way) for way in ways]
        done, going = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for pump in going:
            pump.cancel()
        lost = any(pump.result() for pump in done)
        for each in both:
            each.transport.abort() if lost else each.close()
        self._open -= both

    async def _pump(
        self,
        way: Direction,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        passes: Callable[[bytes], bytes],
    ) -> bool:
        """Forwards until one side closes. True when a reply was lost, so that the other side must be aborted."""
        try:
            while data := await reader.read(CHUNK):
                left = passes(data)
                while left:
                    piece, left = left[: self.slice_bytes], left[self.slice_bytes :]
                    if self.latency_s or left:
                        await _after(self.latency_s or PAUSE_S)
                    while way in self.muted:
                        await _after(PAUSE_S)
                    writer.write(piece)
                    await writer.drain()
        except (Cut, OSError):
            return True
        return False


async def _after(seconds: float) -> None:
    """Waits for so many seconds."""
    passed = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, passed.set)
    await passed.wait()
