"""Timers around functions: where a thread's time goes, part by part."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any


class Timers:
    """Wall and CPU seconds of this thread by part; entering a part pauses the one around it."""

    def __init__(self) -> None:
        self.wall_s: dict[str, float] = {}
        self.cpu_s: dict[str, float] = {}
        self.calls: dict[str, int] = {}
        self._inside: list[str] = []
        self._wall = self._cpu = 0.0

    def _turn(self) -> None:
        wall, cpu = time.perf_counter(), time.thread_time()
        if self._inside:
            part = self._inside[-1]
            self.wall_s[part] = self.wall_s.get(part, 0.0) + wall - self._wall
            self.cpu_s[part] = self.cpu_s.get(part, 0.0) + cpu - self._cpu
        self._wall, self._cpu = wall, cpu

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        self._turn()
        self._inside.append(name)
        try:
            yield
        finally:
            self._turn()
            self._inside.pop()

    def around(self, function: Callable[..., Any], name: str, *, lazy: bool = False) -> Callable[..., Any]:
        """The function, timed; a `lazy` one makes an iterator, which is run to its end."""

        @wraps(function)
        def timed(*arguments: Any, **named: Any) -> Any:
            self._turn()
            self._inside.append(name)
            self.calls[name] = self.calls.get(name, 0) + 1
            try:
                made = function(*arguments, **named)
                return list(made) if lazy else made
            finally:
                self._turn()
                self._inside.pop()

        return timed

    @staticmethod
    def cost_s(calls: int = 20_000) -> float:
        """What a timed call costs by itself, on this machine, now."""
        timers = Timers()
        nothing = timers.around(lambda: None, "nothing")
        begin = time.perf_counter()
        for _ in range(calls):
            nothing()
        return (time.perf_counter() - begin) / calls

    def execute(self, function: Callable[..., Any], parts: Mapping[str, str]) -> Callable[..., Any]:
        """`Connection.execute`, timed as the part of what is executed."""

        @wraps(function)
        def timed(connection: Any, query: Any, *arguments: Any, **named: Any) -> Any:
            with self.part(parts.get(str(query), "other SQL")):
                return function(connection, query, *arguments, **named)

        return timed
