"""Fixtures: empty topics, and an identity with keys of its own."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from infra.addresses import Addresses
from infra.kafka import admin
from infra.postgres import connect
from producers.identity import Identity, Keys, create_keys
from tests.integration.edge import empty_topics


@pytest.fixture
def kafka(addresses: Addresses) -> Iterator[str]:
    """The address of Kafka, on which every topic exists and is empty, before the test and after it."""
    empty_topics(admin(addresses.kafka))
    yield addresses.kafka
    empty_topics(admin(addresses.kafka))


@pytest.fixture
def real_database(database: str) -> str:
    """The DSN of a new database whose calendar is real: those of the tests are simulated (`tests/conftest.py`)."""
    with closing(connect(database, "test")) as connection:
        connection.execute("update clock.stand set simulated = false")
        connection.execute("delete from clock.act")
        connection.commit()
    return database


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    create_keys(tmp_path / "keys")
    return Keys.read(tmp_path / "keys")


@pytest.fixture
def identity(database: str, keys: Keys) -> Iterator[Identity]:
    with closing(connect(database, "test")) as connection:
        yield Identity(connection, keys)
