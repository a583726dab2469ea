"""A receipt is what was signed, byte for byte, or it is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from foundation.errors import ConflictError, NotFoundError, ResourceError
from foundation.receipts import fingerprint, known_key, open_key, signed, verify

DOCUMENT = {"kind": "cairn.erasure", "items": 3, "limits": ["a `ü`"], "places": {"store": {"found": 0}}, "x": None}


@pytest.fixture
def receipt(tmp_path: Path) -> bytes:
    """A receipt signed by the key of a profile."""
    return signed(DOCUMENT, open_key(tmp_path))


def test_a_receipt_verifies(tmp_path: Path, receipt: bytes) -> None:
    """With the profile's public key, and it gives back what was signed."""
    verdict = verify(receipt, {known_key(tmp_path)})
    assert verdict.is_valid
    assert verdict.key == fingerprint(known_key(tmp_path))
    assert {name: verdict.document[name] for name in DOCUMENT} == DOCUMENT


def test_every_changed_byte_is_noticed(tmp_path: Path, receipt: bytes) -> None:
    """Each byte in turn is flipped, doubled and left out."""
    keys = {known_key(tmp_path)}
    for at in range(len(receipt)):
        before, byte, after = receipt[:at], receipt[at : at + 1], receipt[at + 1 :]
        for changed in (before + bytes([byte[0] ^ 1]) + after, before + byte + byte + after, before + after):
            assert not verify(changed, keys).is_valid or changed == receipt


def test_the_same_content_in_another_form_is_no_receipt(tmp_path: Path, receipt: bytes) -> None:
    """Compact, or with a name twice."""
    keys = {known_key(tmp_path)}
    assert not verify(json.dumps(json.loads(receipt)).encode(), keys).is_valid
    assert not verify(receipt.replace(b"{\n", b'{\n  "items": 3,\n', 1), keys).is_valid


def test_another_key_is_not_trusted(tmp_path: Path, receipt: bytes) -> None:
    """Whoever forges a receipt can sign it with a key of his own."""
    (tmp_path / "other").mkdir()
    forged = signed({**DOCUMENT, "items": 4}, open_key(tmp_path / "other"))
    verdict = verify(forged, {known_key(tmp_path)})
    assert not verdict.is_valid
    assert "not known here" in verdict.reason
    body = json.loads(receipt)
    body["public_key"] = known_key(tmp_path / "other")
    assert not verify((json.dumps(body, indent=2, sort_keys=True) + "\n").encode(), {known_key(tmp_path)}).is_valid


NO_RECEIPTS = [b"", b"{}", b"[]", b"null", b"\xff", b'{"public_key": 3, "signature": "ab"}', b"[" * 9_999]


@pytest.mark.parametrize("content", NO_RECEIPTS)
def test_what_is_no_receipt_is_refused(content: bytes) -> None:
    """Whatever it is."""
    assert not verify(content, set()).is_valid


def test_the_key_is_made_once_and_is_its_owners(tmp_path: Path) -> None:
    """Mode 0600, and the same key the next time."""
    with pytest.raises(NotFoundError):
        known_key(tmp_path)
    open_key(tmp_path)
    first = known_key(tmp_path)
    open_key(tmp_path)
    assert known_key(tmp_path) == first
    assert (tmp_path / "receipt-key.pem").stat().st_mode & 0o777 == 0o600


def test_a_key_that_is_none_is_not_replaced(tmp_path: Path) -> None:
    """It may be the only one that earlier receipts can be checked with."""
    (tmp_path / "receipt-key.pem").write_text("-----BEGIN NONSENSE-----")
    with pytest.raises(ConflictError, match="is no key"):
        open_key(tmp_path)
    with pytest.raises(ResourceError):
        open_key(tmp_path / "nowhere")
