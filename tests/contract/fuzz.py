"""`python -m tests.contract.fuzz [FOLDER] -runs=N -seed=N`: bytes for the decode path, led by what they reach in it.

libFuzzer's options; FOLDER keeps what reached something new. It begins with every schema's examples. Linux only.
"""

import sys
import tempfile
from pathlib import Path

import atheris  # type: ignore[import-untyped]  # it comes without types

with atheris.instrument_imports(include=["schemas", "infra.engine.intake", "streams"]):
    from schemas.codec import UnreadableError, encode
    from tests.contract.catalogue import KINDS, example
    from tests.contract.test_fuzz import INPUTS, INTAKE, happens, message

SCHEMA_ID = 7


def one(data: bytes) -> None:
    """Of any bytes comes an event that no rule fails on, or `UnreadableError`. The first byte says which topic."""
    if not data:
        return
    topic = INPUTS[data[0] % len(INPUTS)]
    try:
        event = INTAKE._event(topic, message(topic, data[1:]))
    except UnreadableError:
        return
    happens(topic, event)


def write_examples(folder: Path) -> None:
    for number, topic in enumerate(INPUTS):
        for kind in KINDS:
            (folder / f"{topic.event.SCHEMA}-{kind}").write_bytes(
                bytes([number]) + encode(example(topic.event, kind), SCHEMA_ID)
            )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as examples:
        write_examples(Path(examples))
        options = sys.argv[1:]
        kept = [option for option in options if not option.startswith("-")]
        atheris.Setup([sys.argv[0], *kept, examples, *(each for each in options if each.startswith("-"))], one)
        atheris.Fuzz()
