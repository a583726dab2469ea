"""`audit list`, `audit verify-receipt`."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import click
import msgspec

from cli.commands.common import json_option
from cli.connect import connect
from cli.render import show_erasure
from cli.screen import out, print_json
from foundation.errors import InputError, NotFoundError
from foundation.places import profile_folder
from foundation.receipts import Verdict, known_key, verify

__all__ = ["COMMANDS"]

_MOST_BYTES = 16 * 1024 * 1024
"""A receipt is a few kilobytes; what is larger is none."""

_HEX_CHARS = 64


@click.group()
def audit() -> None:
    """List audited erasures, and check their receipts."""


@audit.command("list")
@json_option
@click.pass_obj
def list_command(profile: Path | None, is_json: bool) -> int:
    """List the audited erasures, newest first; each with its receipt in JSON."""
    with connect(profile) as client:
        erasures = client.erasures()
    if is_json:
        print_json({"erasures": erasures})
        return 0
    for erasure in erasures:
        show_erasure(erasure)
    if not erasures:
        out.print("no audited erasure yet", style="dim")
    return 0


@audit.command("verify-receipt")
@click.argument("file", type=click.File("rb"))
@click.option("--key", default="", help="Public key to trust, in hexadecimal; the profile's own by default.")
@json_option
@click.pass_obj
def verify_receipt(profile: Path | None, file: BinaryIO, key: str, is_json: bool) -> int:
    """Check that every byte of a receipt is as it was signed; needs no daemon."""
    content = file.read(_MOST_BYTES + 1)
    keys = {_checked(key)} if key else _own_keys(profile)
    verdict = verify(content, keys) if len(content) <= _MOST_BYTES else Verdict(False, "it is no receipt", "", {})
    if is_json:
        print_json({"ok": verdict.is_valid, **msgspec.structs.asdict(verdict)})
        return 0 if verdict.is_valid else 1
    if not verdict.is_valid:
        out.print(f"not valid: {verdict.reason}", style="bold red")
        return 1
    _show(verdict)
    return 0


def _checked(key: str) -> str:
    """Return a key as receipts write it.

    Raises:
        InputError: It is none.
    """
    try:
        if len(key) == _HEX_CHARS and bytes.fromhex(key):
            return key.lower()
    except ValueError:
        pass
    raise InputError("key", f"must be {_HEX_CHARS} hexadecimal digits", fix="`receipt-key.pub` of a profile holds one")


def _own_keys(profile: Path | None) -> set[str]:
    try:
        return {known_key(profile_folder(profile))}
    except NotFoundError:
        return set()


def _show(verdict: Verdict) -> None:
    receipt = verdict.document
    out.print(f"valid, signed by {verdict.key}", style="green")
    out.print(f"  {receipt['id']}: {receipt['verdict']}, {receipt['items']} items, {receipt['chunks']} chunks")
    out.print(f"  {receipt['finished_at']} by {receipt['tool']}, store {receipt['store_id']}")
    files = sum(place["files"] for place in receipt["places"].values())
    size = sum(place["bytes"] for place in receipt["places"].values())
    out.print(f"  {files} files, {size / 1e6:.1f} MB looked through, {receipt['found']} traces found")
    for limit in receipt["limits"]:
        out.print(f"  not proved: {limit}", style="yellow")
    for scope in receipt["out_of_scope"]:
        out.print(f"  not looked at: {scope}", style="dim")


COMMANDS = {"audit": audit}
