"""The key that signs exported receipts: who may check them need not be able to make them (RET-8).

Ed25519: the private half stays where exports are made, its public half lies beside it and wherever one is checked.
"""

import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from infra.errors import AlarmError


def public_of(path: Path) -> Path:
    """Where the public half lies."""
    return path.with_name(f"{path.name}.pub")


def create(path: Path) -> None:
    """Makes the key, readable by its owner only, and its public half. Never overwrites."""
    if there := [str(each) for each in (path, public_of(path)) if each.exists()]:
        raise AlarmError(f"{' and '.join(there)} is there already. Keep it: older exports are checked with it.")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key, pem = Ed25519PrivateKey.generate(), serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    for file, content, mode in ((path, private, 0o600), (public_of(path), public, 0o644)):
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())


def sign(path: Path, text: bytes) -> str | None:
    """The signature in hex; None when there is no key."""
    if not path.exists():
        return None
    if path.stat().st_mode & 0o077:
        raise AlarmError(f"{path} can be read by others. `chmod 600 {path}`, and ask who has.")
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise _damaged(path)
    return key.sign(text).hex()


def is_signed(path: Path, text: bytes, signature: str) -> bool:
    """Whether the signature is that of the key, whose public half is enough."""
    if not public_of(path).exists():
        raise AlarmError(
            f"{public_of(path)} is missing, without which nobody knows who made these receipts. Put back its copy; or"
            " name the folder that has it, with DFDG_RECEIPT_KEY."
        )
    try:
        key = serialization.load_pem_public_key(public_of(path).read_bytes())
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise _damaged(public_of(path))
    try:
        key.verify(bytes.fromhex(signature), text)
    except (InvalidSignature, ValueError):
        return False
    return True


def _damaged(path: Path) -> AlarmError:
    return AlarmError(f"{path} is no key of `dfdg retention keygen`, or is damaged. Put back its safe copy.")
