"""The same database as a container, for those who have a Docker engine."""

import shutil
import subprocess

import psycopg
import pytest
from testcontainers.community.postgres import PostgresContainer


def engine_answers() -> bool:
    """True when a Docker engine can be reached, not merely its command found."""
    return bool(shutil.which("docker")) and subprocess.run(["docker", "info"], capture_output=True).returncode == 0


@pytest.mark.skipif(not engine_answers(), reason="no Docker engine answers `docker info` on this machine")
def test_postgresql_in_a_container_answers() -> None:
    with (
        PostgresContainer("postgres:18", driver=None) as container,
        psycopg.connect(container.get_connection_url()) as sql,
    ):
        assert sql.execute("SELECT 1").fetchall() == [(1,)]
