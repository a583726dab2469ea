"""Records as they arrive, a batch at a time: a client that is slow to send keeps nobody from writing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import count

from memory_fabric.operations import IndexSummary, IngestRecord
from proto.cairn.v1 import memory_pb2
from servers.errors import RequestError
from servers.grpc_api.requests import to_record

__all__ = ["added", "read_batches", "telling_stored"]

_BATCH_RECORDS = 500
"""As many as the memory writes in one transaction."""
_BATCH_CHARS = 16_000_000
"""Text after which a batch is full even when it has few records: one of them may have 10 million characters."""


def read_batches(messages: Iterable[memory_pb2.IngestRequest]) -> Iterator[list[IngestRecord]]:
    """Yield full batches, and at the end what is left, which may be nothing.

    Args:
        messages: As sent; a project counts from its message on.

    Raises:
        RequestError: All that is wrong with the first bad record; its batch is not yielded.
    """
    project, numbers, batch, size = "", count(), list[IngestRecord](), 0
    for message in messages:
        project = message.project or project
        for record in message.records:
            batch.append(to_record(record, project, next(numbers)))
            size += len(record.text)
            if len(batch) >= _BATCH_RECORDS or size >= _BATCH_CHARS:
                yield batch
                batch, size = [], 0
    yield batch


@contextmanager
def telling_stored(stored: Callable[[], int]) -> Iterator[None]:
    """Say with the refusal of a record how much of the stream before it stays.

    Args:
        stored: Tells how many records are written by now.

    Raises:
        RequestError: As it came, with advice.
    """
    try:
        yield
    except RequestError as error:
        error.fix = f"{stored()} records before it are stored; a record that is sent again replaces itself"
        raise


def added(one: IndexSummary, other: IndexSummary) -> IndexSummary:
    """Return the summary of both; the time is that of the writing, not of the waiting between them."""
    took_s, chunks = one.took_s + other.took_s, one.chunks + other.chunks
    return IndexSummary(
        files=one.files + other.files,
        unchanged=one.unchanged + other.unchanged,
        items=one.items + other.items,
        chunks=chunks,
        removed=one.removed + other.removed,
        renamed=one.renamed + other.renamed,
        skipped=(*one.skipped, *other.skipped),
        redacted=one.redacted + other.redacted,
        took_s=took_s,
        chunks_per_s=chunks / took_s if took_s else 0.0,
    )
