"""Log lines: an event in plain words, with its consumer, slice, batch and topic as fields."""

import logging
from typing import cast

import structlog
from structlog.stdlib import BoundLogger
from structlog.typing import Processor


def get_logger(name: str) -> BoundLogger:
    """The logger of a module. Fields travel in the standard library's records, beside the lines of other libraries;
    `infra/cli/logs.py` prints both. A field must not be named like an attribute of `logging.LogRecord`."""
    processors: list[Processor] = [
        structlog.stdlib.filter_by_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.render_to_log_kwargs,
    ]
    wrapped = structlog.wrap_logger(logging.getLogger(name), processors=processors, wrapper_class=BoundLogger)
    return cast(BoundLogger, wrapped)
