"""Named points between two side effects. They do nothing: only the fault tests put something in the place of `reach`.

No environment can make an installed system kill or hold itself: `tests/faults/inject/armed.py`, which does, is not
installed. A point costs one call. It is reached once a batch, a take-over or a command, never once an event.
"""

from collections.abc import Callable


def pass_by(_point: str) -> None:
    """What a point does outside the fault tests: nothing."""


reach: Callable[[str], None] = pass_by
