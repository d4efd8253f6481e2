"""Records that no producer of ours can write: librdkafka's own interface accepts any bytes for a header's name."""

import ctypes
from typing import Any

from confluent_kafka import cimpl

PRODUCER = 0
END, TOPIC, PARTITION, VALUE, KEY, HEADER = 0, 1, 3, 4, 5, 9
"""Values of `rd_kafka_type_t` and `rd_kafka_vtype_t` (public in rdkafka.h)."""
DEADLINE_MS = 30_000


def produce_with_header(servers: str, topic: str, partition: int, key: bytes, value: bytes, name: bytes) -> None:
    """Writes one record with one header of that name; it is delivered when this returns."""
    library = ctypes.CDLL(cimpl.__file__)
    library.rd_kafka_conf_new.restype = library.rd_kafka_new.restype = ctypes.c_void_p
    said = ctypes.create_string_buffer(512)
    settings = ctypes.c_void_p(library.rd_kafka_conf_new())
    library.rd_kafka_conf_set(settings, b"bootstrap.servers", servers.encode(), said, len(said))
    producer = ctypes.c_void_p(library.rd_kafka_new(PRODUCER, settings, said, len(said)))
    assert producer, said.value
    fields: list[Any] = [TOPIC, topic.encode(), PARTITION, ctypes.c_int32(partition)]
    fields += [VALUE, value, ctypes.c_size_t(len(value)), KEY, key, ctypes.c_size_t(len(key))]
    fields += [HEADER, name, b"x", ctypes.c_ssize_t(1), END]
    assert library.rd_kafka_producev(producer, *fields) == 0
    assert library.rd_kafka_flush(producer, DEADLINE_MS) == 0
    library.rd_kafka_destroy(producer)
