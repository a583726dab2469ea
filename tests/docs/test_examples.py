"""What the documentation shows is what happens: commands exist, examples run, links lead somewhere."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cli.main import cairn
from daemon.config import load_config
from foundation.places import places_of, profile_folder
from tests.e2e.running import Daemon

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "benchmarks" / "RESULTS.md"])

_BLOCK = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(cairn [^`]+)`")
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
_MAKE = re.compile(r"`make ([a-z-]+)|^make ([a-z-]+)", re.MULTILINE)
_ANSWER = re.compile(r"^1\. (\S+?):\d", re.MULTILINE)


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def _commands(page: Path) -> Iterator[str]:
    """Yield every command line of `cairn` that a page mentions."""
    text = page.read_text()
    for block in _BLOCK.findall(text):
        for line in block.splitlines():
            if line.removeprefix("$ ").startswith("cairn "):
                # what stands behind two spaces or a bar is an explanation or an alternative
                yield re.split(r"\s{2,}|\s[|#]\s", line.removeprefix("$ "))[0]
    yield from _INLINE.findall(_BLOCK.sub("", text))


def _resolve(words: list[str]) -> tuple[click.Command, list[str]]:
    """Return the command that the words name and the words behind it."""
    command: click.Command = cairn
    context = click.Context(cairn)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        assert found is not None, f"no command `{words[0]}`"
        command, words = found, words[1:]
    return command, words


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_command_and_option_exists(page: Path) -> None:
    """A name that was changed in the code and not in the text is found here."""
    for line in _commands(page):
        command, rest = _resolve(shlex.split(line)[1:])
        known = {name for parameter in command.params for name in [*parameter.opts, *parameter.secondary_opts]}
        used = {word.partition("=")[0] for word in rest if word.startswith("-")}
        assert used <= known | {"--help", "-h"}, f"`{line}` in {_name(page)}"


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_link_leads_somewhere(page: Path) -> None:
    """Links inside the repository."""
    links = [link for link in _LINK.findall(page.read_text()) if ":" not in link]
    missing = [link for link in links if not (page.parent / urllib.parse.unquote(link)).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_make_target_exists(page: Path) -> None:
    """As the Makefile names them."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {a or b for a, b in _MAKE.findall(page.read_text())} <= targets


def _run(daemon: Daemon, words: list[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli.main", "--profile", str(daemon.profile), *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A daemon without a model that has read this repository: the examples must work there too."""
    daemon = Daemon(tmp_path_factory.mktemp("docs") / "profile")
    daemon.profile.mkdir()
    daemon.start()
    assert _run(daemon, ["index", "."]).returncode == 0
    yield daemon
    assert daemon.end() == 0


@pytest.mark.slow
@pytest.mark.parametrize("page", ["README.md", "README.ru.md"])
def test_examples_run_and_answer_as_shown(page: str, daemon: Daemon) -> None:
    """Each `$ cairn …` succeeds on this repository, and an answer cites the file that the page shows."""
    blocks = _BLOCK.findall((ROOT / page).read_text())
    examples = [part for block in blocks for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]
    assert any(example.startswith("cairn recall") for example in examples)
    for example in examples:
        line, _, shown = example.partition("\n")
        words = [*shlex.split(line)[1:], *(["--k", "5"] if " recall " in line else [])]
        done = _run(daemon, words)
        assert done.returncode == 0, f"{line}: {done.stderr}"
        for cited in _ANSWER.findall(shown):
            assert cited in done.stdout, f"{line} cites {cited} in {page}, but now:\n{done.stdout}"


def test_a_setting_of_the_guide_is_understood(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The variable and the `--set` word of the guide say the same thing."""
    guide = (ROOT / "docs" / "guide.md").read_text()
    ((name, value),) = re.findall(r"`(CAIRN__[A-Z_]+)=([^`]+)`", guide)
    (word,) = re.findall(r"`--set ([^`]+)`", guide)
    monkeypatch.setenv("CAIRN_PROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    plain = load_config(places_of(profile_folder()))
    by_word = load_config(places_of(profile_folder()), overrides=[word])
    monkeypatch.setenv(name, value)
    assert plain != by_word == load_config(places_of(profile_folder()))
