"""What a long-running command logs, and what stays quiet."""

import logging
import sys
from enum import Enum

FORMAT = "%(asctime)s %(levelname)s [%(process)d] %(name)s: %(message)s"

CHATTY = ("httpx", "httpx2", "httpcore", "httpcore2", "faust", "mode", "asyncio", "streams.app")
"""Libraries that tell every step: only their warnings are of use. Faust logs under the name of our app's module."""

HARMLESS = ("Failed to acquire idempotence PID",)
"""librdkafka says so as an error at every start, because it asks before its connection stands; then it asks again."""


class Level(Enum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class _Calm(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return not any(text in record.getMessage() for text in HARMLESS)


def log_to_stderr(level: Level) -> None:
    """Everything of this process that is at least so grave goes to stderr, one line each."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(FORMAT))
    if level is not Level.DEBUG:
        handler.addFilter(_Calm())
    logging.basicConfig(level=level.name, handlers=[handler], force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
