"""Slices are Kafka's partitions: the hash is the Java client's, bit by bit."""

import pytest

from schemas.ids import slice_of

# From Apache Kafka's own UtilsTest.testMurmur2.
JAVA = {
    "21": -973932308,
    "foobar": -790332482,
    "a-little-bit-long-string": -985981536,
    "a-little-bit-longer-string": -1486304829,
    "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    "abc": 479470107,
}


@pytest.mark.parametrize(("text", "java"), JAVA.items())
def test_a_key_lies_where_java_puts_it(text: str, java: int) -> None:
    for slices in (8, 2**31 - 1):
        assert slice_of(text.encode(), slices) == (java & 0x7FFFFFFF) % slices
