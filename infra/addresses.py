"""The addresses of the servers that consumers and commands talk to."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Addresses:
    """Kafka's bootstrap list, the registry's URL and PostgreSQL's DSN (with its password)."""

    kafka: str
    registry: str
    dsn: str = field(repr=False)
