"""Identifiers that are the same whenever they are computed again, and the slice that a key belongs to."""

import ctypes
import hashlib
from collections.abc import Callable
from functools import cache, lru_cache

from confluent_kafka import cimpl

ID_DIGITS = 32
OUR_PRODUCERS = "producers/"
"""How the source of a producer of ours begins. A source system that `dfdg publish` names has no slash."""

_HEX = frozenset("0123456789abcdefABCDEF")


def derived_id(*parts: bytes) -> bytes:
    """An id of 16 bytes that only its parts decide, so a repetition has the same one. PostgreSQL can compute it too."""
    return hashlib.sha256(b"\x1f".join(parts)).digest()[:16]


def id_of(ce_id: str, ce_source: str, *, ours: bool = True) -> bytes:
    """The 16 bytes by which we know a record.

    An id of our own ledger or producers has 32 hex digits and spells them. Any other gives a hash of source and id,
    which CloudEvents promises to be unique together; on a topic that is not `ours` to write alone, 32 digits too.
    """
    spelt = spelt_id(ce_id) if ours or ce_source.startswith(OUR_PRODUCERS) else None
    return spelt or derived_id(ce_source.encode(), ce_id.encode())


def spelt_id(ce_id: str) -> bytes | None:
    """The 16 bytes that 32 hex digits spell, with dashes or without."""
    digits = ce_id if len(ce_id) == ID_DIGITS else ce_id.replace("-", "")
    return bytes.fromhex(digits) if len(digits) == ID_DIGITS and _HEX.issuperset(digits) else None


@lru_cache(maxsize=65_536)  # a batch's subjects; a hit costs a tenth
def slice_of(key: bytes, slices: int) -> int:
    """The slice, that is the partition, of a key: `murmur2(key) % n`, as Kafka's own Java clients compute it."""
    return _partitioner()(None, key, len(key), slices, None, None)


@cache
def _partitioner() -> Callable[..., int]:
    """The client's own `murmur2` partitioner, of the librdkafka that it is linked with (public in rdkafka.h)."""
    partitioner = ctypes.PyDLL(cimpl.__file__).rd_kafka_msg_partitioner_murmur2
    pointer = ctypes.c_void_p
    partitioner.argtypes = (pointer, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int32, pointer, pointer)
    partitioner.restype = ctypes.c_int32
    return partitioner
