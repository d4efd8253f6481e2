"""The form of a log line: for people or JSON, with its fields, and never with the value of a variable."""

import json
import subprocess
import sys
from typing import Any

import pytest

from producers.cpr import made_up_cpr

SECRET = made_up_cpr(1)

PROGRAM = """
import asyncio, logging, sys, threading, warnings
import structlog
from infra.cli.logs import Format, Level, log_to_stderr
from infra.log import get_logger
log_to_stderr(Level(sys.argv[2]), Format(sys.argv[1]))
LOG = get_logger("a.module")
def fail(cpr):
    beside = {"cpr": cpr}
    raise ValueError("it failed", len(beside))
def caught(cpr):
    try:
        fail(cpr)
    except ValueError:
        LOG.exception("caught", consumer="titles", slice=3)
structlog.contextvars.bind_contextvars(consumer="titles", slice=4, batch=7, topic="a-topic")
LOG.info("of a batch", why="so")
logging.getLogger("faust.app").warning("of %s", "Faust")
logging.getLogger("infra.kafka").error("%s [%s] %s", "FAIL", "titles#consumer-1", "no permission")
structlog.contextvars.clear_contextvars()
warnings.warn("of Python")
caught(sys.argv[3])
thread = threading.Thread(target=fail, args=(sys.argv[3],))
thread.start(); thread.join()
async def task():
    await asyncio.wait({asyncio.create_task(asyncio.to_thread(fail, sys.argv[3]))})
asyncio.run(task())
fail(sys.argv[3])
"""


def said(form: str, level: str = "info") -> str:
    command = [sys.executable, "-c", PROGRAM, form, level, SECRET]
    return subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False).stderr


@pytest.mark.parametrize(("form", "level"), [("console", "info"), ("console", "debug"), ("json", "info")])
def test_no_trace_of_an_exception_shows_the_value_of_a_variable(form: str, level: str) -> None:
    lines = said(form, level)
    assert lines.count("it failed") >= 4, "caught, of a thread, of a task, of the whole process"
    assert SECRET not in lines


def test_in_json_every_line_is_one_object_whoever_wrote_it() -> None:
    lines: list[dict[str, Any]] = [json.loads(line) for line in said("json").splitlines()]
    told = {line["event"]: line for line in lines}
    batch = told["of a batch"]
    assert {name: batch[name] for name in ("consumer", "slice", "batch", "topic", "why")} == {
        "consumer": "titles", "slice": 4, "batch": 7, "topic": "a-topic", "why": "so",
    }  # fmt: skip
    assert told["of Faust"]["logger"] == "faust.app"
    assert told["FAIL [titles#consumer-1] no permission"]["consumer"] == "titles"
    assert any("of Python" in event for event in told)
    assert all({"event", "level", "logger", "timestamp", "process"} <= set(line) for line in lines)
    assert "batch" not in told["caught"]
