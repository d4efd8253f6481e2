"""How long work reports its progress to its caller."""

from collections.abc import Callable

Say = Callable[[str], None]


def silent(_: str) -> None:
    """Reports nothing: the default."""
