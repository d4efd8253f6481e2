"""What a long-running command logs, and what stays quiet."""

import logging
import os
import sys
from enum import Enum
from typing import Any

import structlog

CHATTY = ("httpx", "httpx2", "httpcore", "httpcore2", "faust", "mode", "asyncio", "streams.app")
"""Libraries that tell every step: only their warnings are of use. Faust logs under the name of our app's module."""

HARMLESS = ("Failed to acquire idempotence PID",)
"""librdkafka says so as an error at every start, because it asks before its connection stands; then it asks again."""


class Level(Enum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Format(Enum):
    CONSOLE = "console"
    JSON = "json"


_SHARED: list[Any] = [
    structlog.stdlib.ExtraAdder(),
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso"),
    structlog.processors.CallsiteParameterAdder([structlog.processors.CallsiteParameter.PROCESS]),
]


class _Calm(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return not any(text in record.getMessage() for text in HARMLESS)


def log_to_stderr(level: Level, form: Format = Format.CONSOLE) -> None:
    """Every line of this process that is at least so grave goes to stderr: for people, or one JSON object each."""
    renderers: list[Any] = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]
    if form is Format.CONSOLE:
        renderers = [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty() and not os.environ.get("NO_COLOR"))]
    handler = logging.StreamHandler(sys.stderr)
    meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=_SHARED, processors=[meta, *renderers]))
    if level is not Level.DEBUG:
        handler.addFilter(_Calm())
    logging.basicConfig(level=level.name, handlers=[handler], force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
