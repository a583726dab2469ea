"""The process: `python -m daemon`. People start it by `cairn up`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

import msgspec
import trio

from daemon.detach import start_detached
from foundation.errors import CairnError
from foundation.places import Running, profile_folder

__all__ = ["main"]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m daemon", description="The Cairn daemon.")
    parser.add_argument("--profile", type=Path, help="folder that holds everything")
    parser.add_argument("--config", type=Path, help="a configuration file below the user's own")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="override one setting")
    parser.add_argument("--detach", action="store_true", help="go to the background once serving")
    parser.add_argument("--ready-fd", type=int, default=-1, help=argparse.SUPPRESS)
    return parser.parse_args()


async def _serve(arguments: argparse.Namespace, profile: Path) -> None:
    # imported late: `--help` and a refused lock must not wait for engines
    from daemon.app import run
    from daemon.config import load_config
    from foundation.log import start_logging

    config = load_config(profile, extra=arguments.config, overrides=arguments.set)
    start_logging(config.daemon.log_level, profile / "logs" / "daemon.jsonl", is_quiet=arguments.ready_fd >= 0)
    stop = trio.Event()

    def on_serving(running: Running) -> None:
        if arguments.ready_fd >= 0:
            os.write(arguments.ready_fd, msgspec.json.encode(running))
            os.close(arguments.ready_fd)
        else:
            sys.stderr.write(f"cairn serves on {running.socket}; stop it with Ctrl-C or `cairn down`\n")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(_obey_signals, stop)
        await run(config, profile, stop, on_serving)
        nursery.cancel_scope.cancel()


async def _obey_signals(stop: trio.Event) -> None:
    """The first signal drains; a second one ends at once."""
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for _ in signals:
            if stop.is_set():
                os._exit(1)
            stop.set()


def main() -> int:
    """Return 0 after a clean stop, 2 for a wrong configuration, 1 otherwise."""
    # written before anything of the user's is: files of the profile are nobody else's business
    os.umask(0o077)
    arguments = _arguments()
    from daemon.lock import locked_profile

    try:
        profile = profile_folder(arguments.profile)
        if arguments.detach:
            return start_detached(profile, arguments.config, arguments.set)
        with locked_profile(profile):
            trio.run(_serve, arguments, profile)
    except (CairnError, BaseExceptionGroup) as group:
        error: BaseException = group
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        sys.stderr.write(f"error: {error}\n")
        return 2 if isinstance(error, CairnError) and error.code == "invalid_argument" else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
