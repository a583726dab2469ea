"""What `make run` does: start the daemon, index a folder, answer three questions, say what to type next."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from foundation.paths import real_path

CAIRN = Path(sys.executable).with_name("cairn")
HERE = Path(__file__).resolve().parent.parent

QUESTIONS = {
    True: (
        "how does the daemon stop",
        "which function refuses a path outside the allowed folders",
        "какие папки разрешено индексировать",
    ),
    False: ("how to get started", "where is the configuration read", "error handling"),
}
"""About this repository, and about any other folder."""


def run(*arguments: str) -> int:
    """Run one `cairn` command in view of the user and return its exit status."""
    shown = " ".join(f'"{a}"' if " " in a else a for a in arguments)
    print(f"\n\x1b[1m$ cairn {shown}\x1b[0m" if sys.stdout.isatty() else f"\n$ cairn {shown}", flush=True)
    return subprocess.run([str(CAIRN), *arguments], check=False).returncode


def main() -> int:
    """Return 0 when every step worked."""
    named = sys.argv[1] if len(sys.argv) > 1 else "."
    try:
        folder = real_path(named)
    except ValueError as error:
        print(f"error: `{named}`: {error}", file=sys.stderr)
        return 2
    steps: list[tuple[str, ...]] = [("up", "--detach"), ("index", str(folder))]
    steps += [("recall", question, "--k", "3", "--under", str(folder)) for question in QUESTIONS[folder == HERE]]
    for step in steps:
        if status := run(*step):
            return status
    print(
        "\nThe daemon keeps running. What to type next:\n"
        f'  {CAIRN} recall "your question"     ask\n'
        f"  {CAIRN} index PATH…                remember more\n"
        f"  {CAIRN} watch PATH                 keep a folder current while you work\n"
        f"  {CAIRN} status                     what it holds\n"
        f"  {CAIRN} down                       stop it\n"
        f"  {CAIRN} --help                     everything else"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
