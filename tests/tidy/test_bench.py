"""The benchmark wraps functions of the product by name: a name that is gone would end it only when somebody runs it."""

from bench.profile import instrumented
from bench.timers import Timers
from streams.decision import Subject


def test_every_function_that_the_profile_wraps_is_there_and_comes_back() -> None:
    before = Subject.apply
    with instrumented(Timers()):
        assert Subject.apply is not before
    assert Subject.apply is before
