"""Two hundred secrets go through a real daemon on every way in; then every file of the profile is searched for them."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest
import tantivy

from memory_fabric.config import ScanConfig
from memory_fabric.erasure.decoders import is_packed, unpacked
from memory_fabric.scan import PERSONAL_KINDS, SECRET_KINDS, Scanner
from tests.e2e.running import Daemon, summary_of, with_tiny_model
from tests.memory_fabric.scan.planting import Plant, plants
from tests.memory_fabric.scan.test_planted import CUT_ALL

pytestmark = pytest.mark.slow

CUTS = [f"memory.scan.{kind}=redact" for kind in (*SECRET_KINDS, *PERSONAL_KINDS)]


def _lines(plant: Plant) -> list[str]:
    return [line for line in plant.secret.split("\n") if not line.startswith("-----")]


def _found(count: int) -> list[Plant]:
    """Return plants that the scan finds: where the others are is what another test tells."""
    scanner = Scanner(CUT_ALL)
    return [one for one in plants(count) if not any(line in scanner.scan(one.text).text for line in _lines(one))]


def _write(tree: Path, chosen: list[Plant]) -> None:
    for number, plant in enumerate(chosen):
        name = f"d{number % 7}/{number}-{plant.name.lstrip('.')}"
        if number % 5 == 4:
            with zipfile.ZipFile(tree / f"{number}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr(name, plant.text)
            continue
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_text(plant.text, encoding="utf-8")


def _needles(chosen: list[Plant], tree: Path) -> dict[bytes, str]:
    """Return what must not be there: the secrets in three encodings, and hashes from which they could be guessed."""
    needles = {}
    for plant in chosen:
        for line in _lines(plant):
            for code in ("utf-8", "utf-16-le"):
                needles[line.encode(code)] = plant.form
            needles[line.lower().encode()] = plant.form
    for file in tree.rglob("*"):
        if file.is_file() and file.suffix != ".zip":
            digest = hashlib.blake2b(file.read_bytes(), digest_size=16).digest()
            needles |= {digest: f"hash of {file.name}", digest.hex().encode(): f"hash of {file.name}"}
    return needles


def _terms_left(folder: Path, chosen: list[Plant]) -> list[str]:
    """Return secrets of which the dictionary of the term index knows a long word."""
    index = tantivy.Index.open(str(folder))
    searcher = index.searcher()
    left = []
    for plant in chosen:
        for word in {word.lower() for line in _lines(plant) for word in line.split() if len(word) >= 20}:
            queries = [tantivy.Query.term_query(index.schema, field, word) for field in ("body", "names")]
            left += [plant.form for query in queries if searcher.search(query, 1).hits]
    return left


def test_nothing_of_two_hundred_secrets_is_in_any_file_of_the_profile(own_profile: Path, tmp_path: Path) -> None:
    """Store, log, journal, both indexes, vector cache and daemon log, after questions that name the secrets."""
    chosen = _found(200)
    assert len(chosen) >= 198
    tree = tmp_path / "tree"
    tree.mkdir()
    _write(tree, chosen)
    own_profile.mkdir()
    daemon = Daemon(own_profile, [with_tiny_model(own_profile), "daemon.log_level=debug", *CUTS])
    daemon.start()
    with daemon.client() as client:
        summary = summary_of(client.index([str(tree)]))
        records = [
            {"id": str(number), "text": plant.text, "title": plant.text, "meta": {"note": plant.text}}
            for number, plant in enumerate(chosen)
        ]
        imported = client.ingest(records, project="imported")
        for plant in chosen[:31]:
            client.remember(plant.text, title=plant.text, tags=[plant.text], project="notes")
            client.recall(plant.secret)
        list(client.compact())
        cut = sum(item.meta.secrets_redacted for item in client.list_items(project="imported", limit=1000).items)
    # half of the profile is read while the daemon has it open, as a thief of the disk would
    needles = _needles(chosen, tree)
    before = _hits(own_profile, needles)
    assert daemon.end() == 0
    assert summary.redacted >= len(chosen)
    assert imported.redacted == cut >= 2 * len(chosen)
    assert before == []
    assert _hits(own_profile, needles) == []
    assert _terms_left(next(own_profile.rglob("indexes/sparse*")), chosen) == []


def _hits(profile: Path, needles: dict[bytes, str]) -> list[str]:
    """Return which needles stand in which files; those of its model are none of the user's words."""
    files = [file for file in profile.rglob("*") if file.is_file() and "models" not in file.parts]
    assert {"store", "indexes"} <= {part for file in files for part in file.relative_to(profile).parts}
    held = [(file.name, _written(file.read_bytes())) for file in files]
    held += [(file.name, b"".join(unpacked(file))) for file in files if is_packed(file)]
    return [f"{form} in {name}" for name, data in held for needle, form in needles.items() if needle in data]


def _written(data: bytes) -> bytes:
    """Leave out pages of zeros: engines reserve tens of megabytes ahead."""
    pages = (data[start : start + 4096] for start in range(0, len(data), 4096))
    return b"".join(page for page in pages if page.strip(b"\x00"))


def test_the_search_would_find_what_was_not_cut(own_profile: Path, tmp_path: Path) -> None:
    """With the scan switched off the same secrets are all over the profile."""
    chosen = _found(31)
    tree = tmp_path / "tree"
    tree.mkdir()
    _write(tree, chosen)
    own_profile.mkdir()
    daemon = Daemon(own_profile, [with_tiny_model(own_profile), *(cut.replace("redact", "off") for cut in CUTS)])
    daemon.start()
    with daemon.client() as client:
        summary_of(client.index([str(tree)]))
    assert daemon.end() == 0
    hits = _hits(own_profile, _needles(chosen, tree))
    assert any("hash of" in hit for hit in hits)
    assert len({hit.partition(" in ")[0] for hit in hits if "hash of" not in hit}) > 20
    assert _terms_left(next(own_profile.rglob("indexes/sparse*")), chosen) != []
    assert ScanConfig().email == "tag"
