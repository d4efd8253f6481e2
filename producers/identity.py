"""Citizens by name and by number: the only code that turns CPR numbers into subject ids and back (invariant 4)."""

import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from uuid import uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg import Connection

from infra.errors import AlarmError
from producers.cpr import CprError, normal

__all__ = ["CprError", "Identity", "Keys", "create_keys"]

KEY_BYTES = 32
_NONCE_BYTES = 12
_FILES = ("cpr-seal.key", "cpr-index.key")

_FIND = "select cpr_index, subject from identity.person where cpr_index = any(%b)"
_ADD = """
insert into identity.person (cpr_index, cpr_sealed, subject) select * from unnest(%b::bytea[], %b::bytea[], %s::text[])
on conflict (cpr_index) do nothing
"""


@dataclass(frozen=True)
class Keys:
    """`seal` encrypts numbers, `index` finds them. If they were lost or exchanged, no known citizen would be found."""

    seal: bytes = field(repr=False)
    index: bytes = field(repr=False)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The keys that `create_keys` made, or `AlarmError`: missing, damaged, or readable by others."""
        return cls(*(_read(folder / name) for name in _FILES))


def create_keys(folder: Path) -> None:
    """Two random keys, readable by the owner only. Never overwrites: raises `AlarmError` when one is there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if there := [name for name in _FILES if (folder / name).exists()]:
        raise AlarmError(f"{folder} has {' and '.join(there)} already. Keep: without them no CPR number can be read.")
    for name in _FILES:
        with os.fdopen(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())


class Identity:
    """The random subject id of each CPR number. The connection is READ COMMITTED, PostgreSQL's default."""

    def __init__(self, connection: Connection, keys: Keys) -> None:
        """Raises `AlarmError` when the keys are not those that the database was filled with."""
        self._connection, self._keys = connection, keys
        self._cipher = AESGCM(keys.seal)
        with connection.transaction():
            row = connection.execute("select cpr_sealed, cpr_index from identity.person limit 1").fetchone()
        if row is not None and self._index(self._open(*row)) != row[1]:
            raise AlarmError(_OTHER_KEYS)

    def subjects(self, cprs: Sequence[str]) -> dict[str, str]:
        """The subject id of each number, as given; a new number gets one. `CprError` for a text that is none.

        Committed on return, unless the caller has a transaction open. Two processes at once get the same ids.
        """
        index_of = {cpr: self._index(normal(cpr)) for cpr in cprs}
        number_of = {index: normal(cpr) for cpr, index in index_of.items()}
        with self._connection.transaction():
            known = self._find(list(number_of))
            if new := sorted(number_of.keys() - known):  # sorted: two processes lock in one order
                sealed = [self._seal(number_of[index], index) for index in new]
                self._connection.execute(_ADD, (new, sealed, [f"c-{uuid4().hex}" for _ in new]))
                # A statement of its own: it also sees the rows of a process that was faster by a moment.
                known |= self._find(new)
        return {cpr: known[index] for cpr, index in index_of.items()}

    def cpr_of(self, subject: str) -> str | None:
        """The number of a subject, ten digits; None for a subject that is nobody's here."""
        with self._connection.transaction():
            row = self._connection.execute(
                "select cpr_sealed, cpr_index from identity.person where subject = %s", (subject,)
            ).fetchone()
        return None if row is None else self._open(*row)

    def _find(self, indexes: list[bytes]) -> dict[bytes, str]:
        return dict(self._connection.execute(_FIND, (indexes,), binary=True).fetchall())

    def _index(self, number: str) -> bytes:
        return hmac.digest(self._keys.index, number.encode(), hashlib.sha256)

    def _seal(self, number: str, index: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, number.encode(), index)

    def _open(self, sealed: bytes, index: bytes) -> str:
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], index).decode()
        except InvalidTag:
            raise AlarmError(_OTHER_KEYS) from None


_OTHER_KEYS = (
    "The keys of `identity` are not those that this database was filled with (or a row was tampered with): going on"
    " would give every citizen a second identity. Point DFDG_KEYS to the right folder."
)


def _read(path: Path) -> bytes:
    if not path.exists():
        raise AlarmError(f"{path} is missing. Put back its safe copy; for a new database `dfdg init` makes one.")
    if path.stat().st_mode & 0o077:
        raise AlarmError(f"{path} can be read by others. `chmod 600 {path}`, and ask who has.")
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise AlarmError(f"{path} has {len(key)} bytes instead of {KEY_BYTES}: it is damaged. Put back its safe copy.")
    return key
