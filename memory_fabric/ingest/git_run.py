"""Asking the `git` program: arguments as a list, nothing of a repository's configuration that runs programs.

A repository may come from anyone. Its configuration can name programs for pagers, file system monitors, text conversion
and signatures; none of them is wanted for reading history, and each is switched off here.
"""

from __future__ import annotations

import os
import shutil
import subprocess

import structlog

__all__ = ["run_git"]

log = structlog.get_logger(__name__)

_TIMEOUT_S = 60.0
_MAX_BYTES = 256 * 1024 * 1024
"""Of one answer; what is asked for here is far smaller."""

_OPTIONS = (
    "--no-pager",
    "--literal-pathspecs",
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.quotePath=false"),
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "log.showSignature=false"),
    *("-c", "blame.ignoreRevsFile="),
    *("-c", "protocol.allow=never"),
)


def run_git(repo: str, *words: str, stdin: bytes = b"", timeout_s: float = _TIMEOUT_S) -> bytes | None:
    """Return what git prints, or None where it is not installed, refuses, or takes too long.

    Args:
        repo: Top folder of a repository; it is the working folder, and never part of the command.
        words: The command and its arguments; what comes from outside stands behind `--`.
        stdin: Read by commands that take a list.
        timeout_s: After which git is ended.
    """
    program = shutil.which("git")
    if program is None:
        return None
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment = {
        **kept,
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        # a partial clone must not fetch what it lacks
        "GIT_NO_LAZY_FETCH": "1",
    }
    try:
        done = subprocess.run(  # noqa: S603 (a fixed program, arguments as a list)
            [program, *_OPTIONS, *words],
            cwd=repo,
            env=environment,
            input=stdin,
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        log.warning("git_failed", command=words[0], error=type(error).__name__)
        return None
    if done.returncode != 0 or len(done.stdout) > _MAX_BYTES:
        log.info("git_refused", command=words[0], status=done.returncode)
        return None
    return done.stdout
