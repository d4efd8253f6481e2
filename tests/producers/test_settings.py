"""Where things are, as the environment says or the local servers do."""

from pathlib import Path

import pytest

from infra.addresses import Addresses
from infra.errors import ServerError
from infra.settings import Settings

NAMED = {"DFDG_KAFKA": "kafka:9092", "DFDG_REGISTRY": "http://registry", "DFDG_DSN": "postgresql://u:secret@db/dfdg"}


@pytest.fixture(autouse=True)
def _nothing_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (*NAMED, "DFDG_KEYS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DFDG_STATE", str(tmp_path))


def test_servers_that_the_environment_names_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in NAMED.items():
        monkeypatch.setenv(name, value)
    assert Settings().addresses() == Addresses(*NAMED.values())
    assert "secret" not in repr(Settings())


@pytest.mark.parametrize("named", [(), ("DFDG_KAFKA", "DFDG_REGISTRY")])
def test_without_servers_the_error_says_how_to_get_some(
    monkeypatch: pytest.MonkeyPatch, named: tuple[str, ...]
) -> None:
    for name in named:
        monkeypatch.setenv(name, NAMED[name])
    with pytest.raises(ServerError, match=r"dfdg up.*DFDG_KAFKA, DFDG_REGISTRY and DFDG_DSN"):
        Settings().addresses()


def test_keys_lie_beside_the_state_unless_another_folder_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert Settings().keys == tmp_path / "keys"
    monkeypatch.setenv("DFDG_KEYS", "/elsewhere")
    assert Settings().keys == Path("/elsewhere")
