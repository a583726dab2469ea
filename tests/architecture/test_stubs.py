"""The committed wire code is what the schema generates, and every method of the schema is served."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from proto.cairn.v1 import eval_pb2, memory_pb2, system_pb2
from servers.grpc_api.eval_servicer import EvalServicer
from servers.grpc_api.memory_servicer import MemoryServicer
from servers.grpc_api.system_servicer import SystemServicer

ROOT = Path(__file__).resolve().parents[2]

_SERVED = [
    (memory_pb2.DESCRIPTOR, "Memory", MemoryServicer),
    (system_pb2.DESCRIPTOR, "System", SystemServicer),
    (eval_pb2.DESCRIPTOR, "Eval", EvalServicer),
]


@pytest.mark.slow
def test_committed_stubs_are_fresh() -> None:
    """`scripts/gen_proto.py --check` finds no difference."""
    script = [sys.executable, str(ROOT / "scripts" / "gen_proto.py"), "--check"]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(("schema", "name", "servicer"), _SERVED)
def test_every_declared_method_is_served(schema: Any, name: str, servicer: type) -> None:
    """Nothing is declared that would answer UNIMPLEMENTED."""
    methods = {method.name for method in schema.services_by_name[name].methods}
    assert methods == {method for method in vars(servicer) if method[0].isupper()}


def test_every_method_is_documented() -> None:
    """A comment stands before each `rpc` of the schema."""
    for path in sorted((ROOT / "proto" / "cairn" / "v1").glob("*.proto")):
        lines = path.read_text().splitlines()
        bare = [line for before, line in pairwise(lines) if "  rpc " in line and "//" not in before]
        assert bare == [], path.name
