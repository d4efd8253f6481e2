"""Enough of two protocols to lose one reply: PostgreSQL's reply to COMMIT, Kafka's reply to one kind of request.

Neither is encrypted on loopback: PostgreSQL has no certificate and answers "N" to a client that asks for TLS.
"""

import struct
from collections.abc import Callable
from typing import Protocol

Take = Callable[[str], bool]
"""True when a reply of that kind must be lost now."""

COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"
READY = b"Z\x00\x00\x00\x05I"
"""The server has carried out the request, and no transaction is open."""

APIS = {0: "produce", 8: "offset commit"}
_SIZE, _HEAD = struct.Struct(">i"), struct.Struct(">ihhi")


class Cut(Exception):  # noqa: N818 - no error: the connection is to end now
    """The reply is lost, and with it the connection."""


class Wire(Protocol):
    """The data on one connection, in both directions. Raises `Cut` when a reply has been lost."""

    def up(self, data: bytes) -> bytes: ...
    def down(self, data: bytes) -> bytes: ...


class PostgresWire:
    """Lets COMMIT through, and loses the server's reply to it."""

    def __init__(self, take: Take) -> None:
        self._take, self._losing = take, False

    def up(self, data: bytes) -> bytes:
        self._losing = self._losing or (COMMIT in data and self._take("commit"))
        return data

    def down(self, data: bytes) -> bytes:
        if not self._losing:
            return data
        if data.endswith(READY):
            raise Cut
        return b""


class KafkaWire:
    """Knows the kind of each request by its correlation id, and loses the reply to one."""

    def __init__(self, take: Take) -> None:
        self._take = take
        self._asked: dict[int, int] = {}
        self._up, self._down = b"", b""

    def up(self, data: bytes) -> bytes:
        self._up += data
        while len(self._up) >= _HEAD.size:
            size, api, _, correlation = _HEAD.unpack_from(self._up)
            if len(self._up) < _SIZE.size + size:
                break
            self._asked[correlation] = api
            self._up = self._up[_SIZE.size + size :]
        return data

    def down(self, data: bytes) -> bytes:
        self._down += data
        whole = 0
        while len(self._down) >= whole + 2 * _SIZE.size:
            size, correlation = struct.unpack_from(">ii", self._down, whole)
            if len(self._down) < whole + _SIZE.size + size:
                break
            kind = APIS.get(self._asked.pop(correlation, -1))
            if kind is not None and self._take(kind):
                raise Cut
            whole += _SIZE.size + size
        passed, self._down = self._down[:whole], self._down[whole:]
        return passed
