"""Settings: from the environment (`DFDG_…`), else from the servers that `dfdg up` started."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from infra.addresses import Addresses
from infra.errors import ServerError
from infra.local import Stack


class Settings(BaseSettings):
    """The settings in the environment. `state`: the local servers' folder; `keys`: the folder of `identity`'s two
    keys."""

    model_config = SettingsConfigDict(env_prefix="DFDG_", hide_input_in_errors=True)

    state: Path = Path(".local/state")
    keys: Path = Field(default_factory=lambda known: known["state"] / "keys")
    kafka: str | None = None
    registry: str | None = None
    dsn: str | None = Field(default=None, repr=False)  # it may hold a password

    def addresses(self) -> Addresses:
        """Kafka, registry and database: each from the environment, else from the running local servers.

        Raises `ServerError`, which says what to do, when an address is missing.
        """
        if self.kafka and self.registry and self.dsn:
            return Addresses(self.kafka, self.registry, self.dsn)
        local = Stack(self.state).addresses()
        if local is None:
            raise ServerError(
                f"No servers run in {self.state}. Start them with `dfdg up`,"
                " or name your own with DFDG_KAFKA, DFDG_REGISTRY and DFDG_DSN (all three)."
            )
        return Addresses(self.kafka or local.kafka, self.registry or local.registry, self.dsn or local.dsn)
