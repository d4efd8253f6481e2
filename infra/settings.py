"""Settings: from the environment (`DFDG_…`), else from the servers that `dfdg up` started."""

from collections.abc import Iterable
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from infra.addresses import NAMES, Addresses, Kind
from infra.errors import ServerError
from infra.local import ServerStatus, Stack

VARIABLES: dict[Kind, str] = {"kafka": "DFDG_KAFKA", "registry": "DFDG_REGISTRY", "postgres": "DFDG_DSN"}


class Settings(BaseSettings):
    """The settings in the environment. `state`: the local servers' folder; `keys`: the folder of `identity`'s two
    keys; `receipt_key`: the file of the key that signs receipts of deletions."""

    model_config = SettingsConfigDict(env_prefix="DFDG_", hide_input_in_errors=True)

    state: Path = Path(".local/state")
    keys: Path = Field(default_factory=lambda known: known["state"] / "keys")
    receipt_key: Path = Field(default_factory=lambda known: known["keys"] / "receipts.pem")
    kafka: str | None = None
    registry: str | None = None
    dsn: str | None = Field(default=None, repr=False)  # it may hold a password

    @property
    def named(self) -> dict[Kind, str | None]:
        """By kind of server: where the environment says that it is."""
        return {"kafka": self.kafka, "registry": self.registry, "postgres": self.dsn}

    def addresses(self, uses: Iterable[Kind] = tuple(NAMES)) -> Addresses:
        """Kafka, registry and database: each from the environment, else as the local servers have it, running or not.

        The address of a server that is not in `uses` may be empty. Raises `ServerError` that says what to do when
        nothing says where one of `uses` is.
        """
        local = None if all(self.named.values()) else Stack(self.state).addresses()
        found = self.named
        if local is not None:
            configured: dict[Kind, str] = {"kafka": local.kafka, "registry": local.registry, "postgres": local.dsn}
            found = {kind: address or configured[kind] for kind, address in found.items()}
        if unknown := [VARIABLES[kind] for kind in uses if not found[kind]]:
            raise ServerError(
                f"No servers run in {self.state}. Start them with `dfdg up`, or name your own with DFDG_KAFKA,"
                f" DFDG_REGISTRY and DFDG_DSN; this command needs {', '.join(unknown)}."
            )
        return Addresses(found["kafka"] or "", found["registry"] or "", found["postgres"] or "")

    def stopped(self, uses: Iterable[Kind] = tuple(NAMES)) -> dict[Kind, str]:
        """Those of `uses` that are local servers and do not run, each with a sentence for people that says since when.
        A Kafka of which one broker runs is not stopped."""
        rows = [] if all(self.named.values()) else Stack(self.state).status()
        found: dict[Kind, str] = {}
        for kind in uses:
            own = [row for row in rows if row.kind == kind and not self.named[kind]]
            if own and not any(row.running for row in own):
                found[kind] = f"{NAMES[kind]} is away: it does not run, {since(own)}. Start it with `dfdg up`."
        return found


def since(rows: Iterable[ServerStatus]) -> str:
    """Since when servers of one kind do not run: nothing but the last line of a log tells when a process has ended."""
    known = [row.last_line for row in rows if row.last_line is not None]
    return f"since {max(known).astimezone():%Y-%m-%d %H:%M:%S} (its log's last line)" if known else "unknown since when"
