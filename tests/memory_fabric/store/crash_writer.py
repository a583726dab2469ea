"""Writes into a store until it is killed; run as a program by the crash test.

Each line on standard input starts a round: a forked child opens the store and writes batches, one JSON line for each
that was acknowledged. The process id of the child goes first, `done` comes when it is dead.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from memory_fabric.store.store import ItemDraft, Store
from tests.memory_fabric.store.samples import file_state, item

Contents = dict[str, list[str]]
"""Fragments by uri."""


def batch(number: int) -> tuple[list[ItemDraft], list[str]]:
    """Return what batch `number` puts and drops: new items, a replaced one, and one of an earlier batch."""
    puts = [item(f"/new/{number}/{n}", f"{number} {n} one", f"{number} {n} two " * 40) for n in range(3)]
    puts.append(item(f"/shared/{number % 5}", "always the same", f"in turn {number}", f"{number}"))
    return puts, [f"/new/{number - 2}/0"]


def applied(contents: Contents, number: int) -> Contents:
    """Return what the store holds after batch `number`."""
    puts, drops = batch(number)
    after = {uri: texts for uri, texts in contents.items() if uri not in drops}
    for draft in puts:
        after[draft.uri] = [chunk.text for chunk in draft.chunks]
    return after


def _write(folder: Path, number: int) -> None:
    store = Store.open(folder)
    while True:
        puts, drops = batch(number)
        receipt = store.write(
            put=puts, drop_uris=[("p", uri) for uri in drops], files=[file_state(f"/file/{number % 7}")]
        )
        os.write(1, json.dumps({"batch": number, "seq": receipt.last_seq}).encode() + b"\n")
        number += 1


def main() -> None:
    """Serve rounds: the number of the first batch on each line."""
    folder = Path(sys.argv[1])
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _write(folder, int(line))
        os.write(1, f"{child}\n".encode())
        os.waitpid(child, 0)
        os.write(1, b"done\n")


if __name__ == "__main__":
    main()
