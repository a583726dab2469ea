"""Generates the wire code from the repository root; `--check` proves that what is committed is fresh."""

from __future__ import annotations

import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path("proto/cairn/v1")


def generate(out: Path) -> None:
    """Write stubs and their types below `out`.

    Raises:
        SystemExit: The compiler refused a file.
    """
    sources = sorted(str(path.relative_to(ROOT)) for path in (ROOT / FOLDER).glob("*.proto"))
    includes = files("grpc_tools") / "_proto"
    arguments = ["protoc", f"-I{ROOT}", f"-I{includes}", f"--python_out={out}", f"--pyi_out={out}"]
    if protoc.main([*arguments, f"--grpc_python_out={out}", *sources]):
        raise SystemExit("protoc failed")


def stale(fresh: Path) -> list[str]:
    """Return the names of committed files that differ from those below `fresh`."""
    names = {path.relative_to(fresh) for path in fresh.rglob("*_pb2*.py*")}
    names |= {path.relative_to(ROOT) for path in (ROOT / FOLDER).glob("*_pb2*.py*")}

    def content(path: Path) -> bytes | None:
        return path.read_bytes() if path.exists() else None

    return sorted(str(name) for name in names if content(fresh / name) != content(ROOT / name))


def main() -> int:
    """Return 0 when the committed stubs are, or now are, fresh."""
    if "--check" not in sys.argv:
        generate(ROOT)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder))
        found = stale(Path(folder))
    for name in found:
        print(f"stale: {name}; run `python scripts/gen_proto.py`")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
