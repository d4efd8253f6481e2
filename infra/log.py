"""Log lines: an event in plain words, with its consumer, slice, batch and topic as fields."""

import logging
from typing import cast

import structlog
from structlog.stdlib import BoundLogger
from structlog.typing import Processor

ANSWERS = "infra.answers"
"""The logger of `answered`."""

HEAR_OUT_S = 10.0
"""Seconds for clients that learn late: librdkafka connects again within 10 s, a connection pool gives up after 5 s."""


def get_logger(name: str) -> BoundLogger:
    """The logger of a module. Fields travel in the standard library's records, beside the lines of other libraries;
    `infra/cli/logs.py` prints both. A field must not be named like an attribute of `logging.LogRecord`.

    A line that tells that a server is away names it in the field `away`: `dfdg run` shows one of many."""
    processors: list[Processor] = [
        structlog.stdlib.filter_by_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.render_to_log_kwargs,
    ]
    wrapped = structlog.wrap_logger(logging.getLogger(name), processors=processors, wrapper_class=BoundLogger)
    return cast(BoundLogger, wrapped)


def answered(server: str, asked: float, hear_out_s: float = HEAR_OUT_S) -> None:
    """Tells the log that a server ("kafka", "registry", "postgres") has answered a question that was asked at that
    moment of `time.monotonic`. The server is back if no line has told that it is away for `hear_out_s` before: 0 for a
    caller that no other client's line can contradict. Shown if the server was away, and at log level debug."""
    logging.getLogger(ANSWERS).debug(
        "%s has answered", server, extra={"back": server, "quiet_since": asked - hear_out_s}
    )
