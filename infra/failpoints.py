"""Named points between two side effects, which do nothing: only the fault tests put something in the place of `reach`.

So no environment can make an installed system kill or hold itself: what does is `tests/faults/armed.py`, which is not
installed. A point costs one call, and is reached once a batch, a take-over or a command, never once an event.
"""

from collections.abc import Callable


def pass_by(_point: str) -> None:
    """What a point does outside of the fault tests: nothing."""


reach: Callable[[str], None] = pass_by
