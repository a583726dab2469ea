"""The command line of the process: what is refused, and how."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from daemon.__main__ import main
from daemon.exits import Exit
from daemon.lock import locked_profile

_HEAVY = "onnxruntime onnx tokenizers pypdf tree_sitter qdrant_client tantivy qdrant_edge cryptography"


def test_all_mistakes_are_told_with_their_places_and_exit_code_two(
    own_profile: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """File and line, variable, and word of the command line, in one go."""
    own_profile.mkdir()
    (own_profile / "config.toml").write_text("[daemon]\n\ndrain = 3\n")
    monkeypatch.setenv("CAIRN__MEMORY__EMBED__THREADS", "many")
    assert main(["--set", "daemon.log_level=loud", "--set", "nonsense"]) == Exit.USAGE
    said = capsys.readouterr().err
    assert f"{own_profile}/config.toml:3: unknown key `daemon.drain`; did you mean `drain_s`?" in said
    assert "`CAIRN__MEMORY__EMBED__THREADS`: `memory.embed.threads`: expected `int`" in said
    assert "`daemon.log_level=loud`" in said
    assert "`nonsense` is not of the form key.path=value" in said
    assert said.startswith("error: ")


def test_a_taken_profile_is_refused_before_anything_is_loaded(
    own_profile: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One clear line and exit code one."""
    own_profile.mkdir()
    with locked_profile(own_profile):
        assert main([]) == Exit.FAILED
    assert "a daemon already runs on the profile" in capsys.readouterr().err


def test_a_profile_that_is_a_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By its name."""
    (tmp_path / "file").write_text("")
    assert main(["--profile", str(tmp_path / "file")]) == Exit.FAILED
    assert capsys.readouterr().err == f"error: `{tmp_path / 'file'}` is not a folder; choose another profile folder\n"


@pytest.mark.slow
def test_nothing_heavy_is_imported_before_serving() -> None:
    """Models, readers, grammars and engines are loaded when they are first used."""
    code = f"import sys, daemon.__main__, daemon.app; print([m for m in {_HEAVY.split()} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.slow
def test_the_parent_of_a_detached_daemon_is_light() -> None:
    """It waits and prints: neither trio nor gRPC nor logging is needed for that."""
    code = "import sys, daemon.__main__; print([m for m in ('trio', 'grpc', 'structlog', 'numpy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
