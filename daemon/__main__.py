"""The process: `python -m daemon`. People start it by `cairn up`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from daemon.detach import start_detached
from daemon.exits import Exit
from daemon.lock import ProfileLockedError, locked_profile
from foundation.errors import CairnError, InputError
from foundation.places import Running, profile_folder

__all__ = ["main"]


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m daemon", description="The Cairn daemon.")
    parser.add_argument("--profile", type=Path, help="folder that holds everything")
    parser.add_argument("--config", default="", metavar="FILE", help="a file, or a name in `configs/`")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="override one setting")
    parser.add_argument("--detach", action="store_true", help="go to the background once serving")
    parser.add_argument("--ready-fd", type=int, default=-1, help=argparse.SUPPRESS)
    return parser.parse_args(words)


def _serve(arguments: argparse.Namespace, profile: Path) -> None:
    # imported late: a wrong word, a held lock and the parent of a detached daemon need no engines
    import trio

    from daemon.app import run
    from daemon.config import load_config
    from daemon.lifecycle import Shutdown, obey_signals
    from foundation.log import log_uncaught, start_logging
    from foundation.places import places_of

    places = places_of(profile)
    config = load_config(places, preset=arguments.config, overrides=arguments.set)
    start_logging(config.daemon.log_level, places.logs / "daemon.jsonl", is_quiet=arguments.ready_fd >= 0)
    log_uncaught()

    async def serve() -> None:
        shutdown = Shutdown()
        async with trio.open_nursery() as nursery:
            # before anything is opened: a stop that comes early is a stop, too
            await nursery.start(obey_signals, shutdown)
            await run(config, places, shutdown, lambda running: _tell(arguments.ready_fd, profile, running))
            nursery.cancel_scope.cancel()

    trio.run(serve)


def _tell(ready_fd: int, profile: Path, running: Running) -> None:
    """Say that the daemon serves: to the parent of a detached one, else to the terminal."""
    if ready_fd < 0:
        sys.stderr.write(f"cairn serves on {running.socket}; stop it with Ctrl-C or `cairn down`\n")
        return
    import msgspec

    # every file of the configuration has been read; the folder it was started in may now be deleted or unmounted
    os.chdir(profile)
    try:
        os.write(ready_fd, msgspec.json.encode(running))
    except BrokenPipeError:
        # the parent has lost its patience or its life; who asks again finds a daemon that serves
        return
    finally:
        os.close(ready_fd)


def main(words: Sequence[str] | None = None) -> int:
    """Run the daemon, or start one in the background.

    Args:
        words: The command line; None is the process's own.

    Returns:
        A code of `Exit`.
    """
    # before anything is written: the files of a profile are nobody else's business
    os.umask(0o077)
    arguments = _arguments(words)
    try:
        profile = profile_folder(arguments.profile)
        if arguments.detach:
            return start_detached(profile, arguments.config, arguments.set)
        with locked_profile(profile):
            _serve(arguments, profile)
    except Exception as error:  # the last line of defence: one line for people, and the exit code for programs
        return _failed(error, is_detached=arguments.ready_fd >= 0)
    return Exit.CLEAN


def _failed(error: Exception, *, is_detached: bool) -> int:
    leaves = list(_leaves(error))
    known = next((leaf for leaf in leaves if isinstance(leaf, CairnError)), None)
    if known is not None:
        sys.stderr.write(f"error: {known}\n")
        if isinstance(known, ProfileLockedError) and is_detached:
            return Exit.TAKEN
        return Exit.USAGE if isinstance(known, InputError) else Exit.FAILED
    last = leaves[0]
    if isinstance(last, OSError):
        sys.stderr.write(f"error: {last.strerror}: `{last.filename}`\n" if last.filename else f"error: {last}\n")
        return Exit.FAILED
    import structlog

    # its message may quote a document; where it was raised does not
    structlog.get_logger(__name__).critical("daemon_died", exc_info=last)
    sys.stderr.write(f"error: the daemon died of `{type(last).__name__}`; its log says where\n")
    return Exit.FAILED


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error


if __name__ == "__main__":
    sys.exit(main())
