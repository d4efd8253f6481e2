"""A TCP proxy between workers and one server: delays, cuts, resets, slices, lets pass one way only, loses a reply."""

import asyncio
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Literal, Self

from tests.faults.wire import Cut, Take, Wire

Direction = Literal["up", "down"]
Passes = Callable[[bytes], bytes]
CHUNK, PAUSE_S = 64 * 1024, 0.001
LINGER_NOT = struct.pack("ii", 1, 0)
"""Closing sends RST."""


class Proxy:
    """Forwards from `port` to `target` on loopback, from a thread of its own, while the block lasts.

    `latency_s` before each piece; `slice_bytes`: no piece is bigger; `muted`: nothing passes that way, and nothing is
    lost; `refusing`: who comes is turned away. `lose[kind]`: so many replies are lost; `lost` counts those that were.
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
        """The port by which the server knows who came to us from that one; 0 when nobody did."""
        return self._ports.get(port, 0)

    def heal(self) -> None:
        """From now on everything passes as it comes."""
        self.latency_s, self.slice_bytes, self.refusing = 0.0, CHUNK, False
        self.muted.clear()
        self.lose.clear()

    def cut(self, *, reset: bool = False) -> int:
        """End every connection now; how many there were."""
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
        except OSError:  # the server is down, and so are we
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
        """Until one end is gone; whether the other must be told roughly, as a reply was lost."""
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
    """The delay that is asked for."""
    passed = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, passed.set)
    await passed.wait()
