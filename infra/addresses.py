"""The addresses of the servers that consumers and commands talk to."""

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["kafka", "registry", "postgres"]
NAMES: dict[Kind, str] = {"kafka": "Kafka", "registry": "The schema registry", "postgres": "PostgreSQL"}
"""By kind of server: its name for people."""


@dataclass(frozen=True)
class Addresses:
    """Kafka's bootstrap list, the registry's URL and PostgreSQL's DSN (with its password)."""

    kafka: str
    registry: str
    dsn: str = field(repr=False)
