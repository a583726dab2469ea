"""A small project in several languages, and ways to ask about it."""

from __future__ import annotations

from pathlib import Path

from memory_fabric.fabric import MemoryFabric
from memory_fabric.links.records import Neighbour, Place

__all__ = ["TREE", "neighbours", "write"]

TREE = {
    "src/app/__init__.py": "from app.store import Store\n",
    "src/app/store.py": (
        "class Store:\n    def open(self):\n        return _check(self)\n\n    def close(self):\n        pass\n\n\n"
        "def _check(store):\n    return store\n"
    ),
    "src/app/main.py": (
        "from app import tools\nfrom app.store import Store\n\n\ndef run():\n    store = Store()\n    store.close()\n"
        "    return tools.mend(store)\n"
    ),
    "src/app/tools.py": "def mend(thing):\n    return thing\n\n\ndef later():\n    return build_all()\n",
    "tests/test_main.py": "from app.main import run\n\n\ndef test_run():\n    assert run()\n",
    "docs/guide.md": "# Guide\n\nStart with `run`; see [the notes](notes.md) and `src/app/tools.py`.\n",
    "docs/notes.md": "# Notes\n\n`Store.open` opens it, `json.dumps` does not.\n",
}


def write(root: Path, files: dict[str, str]) -> None:
    """Write files below `root`."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def neighbours(fabric: MemoryFabric, place: Place, root: Path, **fields: str) -> set[tuple[str, str, str]]:
    """Return direction, relation and place of each neighbour: short path, line, symbol."""
    found = fabric.graph.related(place, **fields)[1]  # type: ignore[arg-type]  # as given
    return {(n.direction, n.relation, _short(n, root)) for n in found}


def _short(neighbour: Neighbour, root: Path) -> str:
    cite = neighbour.cite
    where = cite.path.removeprefix(f"{root}/") or cite.uri
    return f"{where}:{cite.line}" + (f" {cite.symbol}" if cite.symbol else "")
