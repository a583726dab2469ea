"""`completion`: scripts for three shells, and the words that they then offer."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import memory_eval
from cli.completions import GOLDEN_SETS
from tests.cli.commands.home import Home, home_in

pytestmark = pytest.mark.slow


@pytest.fixture
def cold(tmp_path: Path) -> Home:
    """A home whose daemon does not run: none is needed, and none may be started."""
    return Home(tmp_path)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_each_shell(cold: Home, shell: str) -> None:
    """It asks `cairn` itself for the words."""
    script = cold.good("completion", shell)
    assert f"_CAIRN_COMPLETE={shell}_complete" in script
    if tool := shutil.which(shell):
        subprocess.run([tool, "-n"], input=script, text=True, check=True)


def test_an_unknown_shell_is_refused(cold: Home) -> None:
    """With those that are known."""
    done = cold.cairn("completion", "cmd")
    assert done.returncode == 2
    assert "'bash', 'zsh', 'fish'" in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("sta", {"status", "stats"}),
        ("rec", {"recall"}),
        ("eval ", {"bench", "run"}),
        ("completion z", {"zsh"}),
        ("recall --strategy w", {"weighted"}),
        ("recall --qu", {"--queries"}),
        ("recall --modality c", {"code", "conversation"}),
        ("list --modality a", {"audio"}),
        ("eval run --set r", {"r", "russian"}),
        ("eval run --strategy r", {"rrf"}),
        ("up --config s", {"s", "small"}),
        ("recall --project ", set()),
        ("--profile no-such-folder recall --project ", set()),
        ("nonsense", set()),
    ],
    ids=str,
)
def test_each_shell_is_offered_the_same_words(cold: Home, shell: str, line: str, offered: set[str]) -> None:
    """Commands, values and options; where a file may stand, what is typed is for the shell to complete."""
    words = ["cairn", *line.split(" ")]
    place = words[-1] if shell == "fish" else str(len(words) - 1)
    # fish gives the words before the one that is being typed
    typed = " ".join(words[:-1] if shell == "fish" else words)
    done = cold.cairn(_CAIRN_COMPLETE=f"{shell}_complete", COMP_WORDS=typed, COMP_CWORD=place)
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    found = lines[1::3] if shell == "zsh" else [row.split(",")[1].split("\t")[0] for row in lines if row]
    assert set(found) == offered


def test_golden_sets_are_those_that_ship() -> None:
    """One that is added is offered."""
    golden = Path(memory_eval.__file__).with_name("golden")
    assert set(GOLDEN_SETS) == {path.stem for path in golden.glob("*.jsonl")}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_what_the_daemon_holds_is_offered(tmp_path: Path, shell: str) -> None:
    """Projects and languages; never a name that a shell would run, and no profile is made on the way."""
    with home_in(tmp_path) as home:
        for name in ("atlas", "atoll", "at$(touch ran)", "at most"):
            home.good("ingest", "-", "--project", name, stdin='{"id": "1", "text": "def f(x):\\n    return x"}')
        for option, typed, wanted in (("project", "at", {"atlas", "atoll"}), ("language", "py", {"python"})):
            place = typed if shell == "fish" else "3"
            words = f"cairn recall --{option}" + ("" if shell == "fish" else f" {typed}")
            done = home.cairn(_CAIRN_COMPLETE=f"{shell}_complete", COMP_WORDS=words, COMP_CWORD=place)
            lines = done.stdout.splitlines()
            found = lines[1::3] if shell == "zsh" else [row.split(",")[1].split("\t")[0] for row in lines if row]
            assert (done.stderr, set(found)) == ("", wanted)


def test_a_missing_profile_is_not_made(cold: Home) -> None:
    """A slip of the finger and a press of Tab leave no folder behind."""
    done = cold.cairn(
        _CAIRN_COMPLETE="bash_complete", COMP_WORDS="cairn --profile slip recall --project x", COMP_CWORD="5"
    )
    assert (done.stdout.strip(), done.stderr) == ("", "")
    assert not (cold.work / "slip").exists()


def test_bash_completes_a_subcommand(cold: Home) -> None:
    """The real shell, the real script, the installed command."""
    script = (
        'eval "$(cairn completion bash)"; COMP_WORDS=(cairn recal); COMP_CWORD=1; '
        '_cairn_completion cairn recal cairn; echo "${COMPREPLY[@]}"'
    )
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, env=cold.environment(PATH=path), check=True
    )
    assert (done.stdout, done.stderr) == ("recall\n", "")
