"""Slices are Kafka's partitions: the hash is the Java client's, bit by bit."""

import pytest

from schemas.ids import murmur2, slice_of

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
def test_murmur2_is_what_java_computes(text: str, java: int) -> None:
    assert murmur2(text.encode()) == java & 0xFFFFFFFF
    assert slice_of(text.encode(), 8) == (java & 0x7FFFFFFF) % 8
