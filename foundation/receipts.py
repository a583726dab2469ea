"""Signed receipts: a JSON document in one canonical form with an Ed25519 signature, checked without a daemon.

The form is part of what is signed: sorted names, two spaces, one line feed at the end. A file that was touched
anywhere, even in a space, is not the receipt any more.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

import msgspec

from foundation.errors import ConflictError, NotFoundError, ResourceError

__all__ = ["Verdict", "fingerprint", "known_key", "open_key", "signed", "verify"]

_PRIVATE = "receipt-key.pem"
_PUBLIC = "receipt-key.pub"
_KEY_BYTES = 32
"""Length of a public key. Source: RFC 8032, 5.1.5."""


class Verdict(msgspec.Struct, frozen=True):
    """What a look at a receipt gave."""

    is_valid: bool
    """Whether every byte is as it was signed, by a key that is known here."""
    reason: str
    """Why not; empty when it is valid."""
    key: str
    """Fingerprint of the key that signed; empty where none can be read."""
    document: dict[str, Any]
    """The receipt; empty where it cannot be read."""


def open_key(folder: Path) -> Any:
    """Return the private key of a profile, made on first use; the file is its owner's only.

    Raises:
        ResourceError: The file cannot be read or written.
        ConflictError: What stands there is no Ed25519 key.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    path = folder / _PRIVATE
    try:
        if not path.exists():
            made = Ed25519PrivateKey.generate()
            form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            _write(path, made.private_bytes(*form))
        key = serialization.load_pem_private_key(path.read_bytes(), None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ConflictError(f"`{path}` is no Ed25519 key", fix="move it away; a new one is made")
        (folder / _PUBLIC).write_text(_public_hex(key) + "\n")
    except OSError as error:
        raise ResourceError(f"cannot use the key `{path}`: {error.strerror}", fix="check its permissions") from error
    except (ValueError, TypeError) as error:
        raise ConflictError(f"`{path}` is no key: {error}", fix="move it away; a new one is made") from error
    return key


def _write(path: Path, content: bytes) -> None:
    """Write a secret whole or not at all: half a key would lock the profile out of its own receipts."""
    temporary = path.with_suffix(".tmp")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def known_key(folder: Path) -> str:
    """Return the public key of a profile in hexadecimal, without making one.

    Raises:
        NotFoundError: The profile has signed nothing yet.
    """
    try:
        return (folder / _PUBLIC).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise NotFoundError(f"the profile `{folder}` has no key of receipts") from error


def _public_hex(key: Any) -> str:
    return str(key.public_key().public_bytes_raw().hex())


def fingerprint(public_key: str) -> str:
    """Return a short name of a public key, for people to compare."""
    digest = hashlib.sha256(bytes.fromhex(public_key)).hexdigest()
    return ":".join(digest[at : at + 4] for at in range(0, 24, 4))


def _rendered(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, indent=2, sort_keys=True) + "\n").encode()


def signed(document: dict[str, Any], key: Any) -> bytes:
    """Return the bytes of a receipt: the document with the public key and its signature.

    Args:
        document: Plain JSON values, without `public_key` and `signature`.
        key: As `open_key` returned it.
    """
    whole = {**document, "public_key": _public_hex(key)}
    return _rendered({**whole, "signature": key.sign(_rendered(whole)).hex()})


def verify(content: bytes, known: Collection[str]) -> Verdict:
    """Return whether a receipt is as it was signed, and by a key that is known.

    Args:
        content: All bytes of the file.
        known: Public keys in hexadecimal: a receipt carries its own, which by itself proves nothing of who signed.
    """
    try:
        document = json.loads(content)
        public = bytes.fromhex(document["public_key"])
        signature = bytes.fromhex(document["signature"])
        if len(public) != _KEY_BYTES or _rendered(document) != content:
            return Verdict(False, "it is not in the form in which receipts are written", "", {})
    except (ValueError, KeyError, TypeError, RecursionError):
        return Verdict(False, "it is no receipt", "", {})
    name = fingerprint(document["public_key"])
    if not _is_signed(public, signature, document):
        return Verdict(False, "it was changed after it was signed", name, {})
    if document["public_key"] not in known:
        return Verdict(False, f"it is whole, but its key {name} is not known here", name, document)
    return Verdict(True, "", name, document)


def _is_signed(public: bytes, signature: bytes, document: dict[str, Any]) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    body = {name: value for name, value in document.items() if name != "signature"}
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, _rendered(body))
    except (InvalidSignature, ValueError):
        return False
    return True
