"""One Danish text with its version."""

from typing import NamedTuple


class Text(NamedTuple):
    """`danish` is a `str.format` pattern over the details of a notice or an answer."""

    version: int
    danish: str
