"""What a long-running command logs, and what stays quiet."""

import logging
import os
import sys
import threading
from enum import Enum
from types import TracebackType
from typing import Any

import structlog

from infra.cli.outages import Outages
from infra.log import ANSWERS

CHATTY = ("httpx", "httpx2", "httpcore", "httpcore2", "faust", "mode", "asyncio", "streams.app")
"""Libraries that tell every step: only their warnings are of use. Faust logs under the name of our app's module."""

HARMLESS = ("Failed to acquire idempotence PID",)
"""librdkafka says so as an error at every start, because it asks before its connection stands; then it asks again."""

LOG = logging.getLogger(__name__)


class Level(Enum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Format(Enum):
    CONSOLE = "console"
    JSON = "json"


def _without_none(_logger: Any, _method: str, fields: Any) -> Any:
    """A field that a line may have is left out when it has none: `away` of an error that is no outage."""
    return {name: value for name, value in fields.items() if value is not None}


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.ExtraAdder(),
    _without_none,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso"),
    structlog.processors.CallsiteParameterAdder([structlog.processors.CallsiteParameter.PROCESS]),
]


class _Calm(logging.StreamHandler[Any]):
    """Writes to stderr, without what is harmless, and few lines of a server that is away."""

    def __init__(self, least: int) -> None:
        super().__init__(sys.stderr)
        self._outages = Outages(least)

    def handle(self, record: logging.LogRecord) -> bool:
        if any(text in record.getMessage() for text in HARMLESS):
            return False
        shown = self._outages.shown(record)
        return shown is not None and bool(super().handle(shown))


def log_to_stderr(level: Level, form: Format = Format.CONSOLE) -> None:
    """Every line of this process that is at least so grave goes to stderr: for people, or one JSON object each.

    So do warnings of Python and exceptions that nobody catches. A trace shows code, never a variable's value: it may be
    a CPR number or a password. At level debug no line is held back."""
    renderers: list[Any] = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]
    if form is Format.CONSOLE:
        colors = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
        plain = structlog.dev.plain_traceback  # the default shows the variables of each frame
        renderers = [structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=plain)]
    least = logging.getLevelNamesMapping()[level.name]
    handler = logging.StreamHandler(sys.stderr) if level is Level.DEBUG else _Calm(least)
    meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=_SHARED, processors=[meta, *renderers]))
    logging.basicConfig(level=least, handlers=[handler], force=True)
    logging.captureWarnings(True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger(ANSWERS).setLevel(logging.DEBUG)  # the handler needs them at every level
    sys.excepthook = _uncaught
    threading.excepthook = lambda told: _uncaught(told.exc_type, told.exc_value, told.exc_traceback)


def _uncaught(kind: type[BaseException], error: BaseException | None, at: TracebackType | None) -> None:
    LOG.critical("an exception that nobody caught", exc_info=(kind, error or kind(), at))
