"""Writing imported records, a batch at a time."""

from __future__ import annotations

import time
from collections.abc import Iterable

import msgspec

from foundation.errors import InputError
from memory_fabric.config import IngestConfig
from memory_fabric.ingest.drafts import draft_record
from memory_fabric.ingest.moments import parse_when
from memory_fabric.ingest.pacing import Pace
from memory_fabric.ingest.screening import marked, named, screen_record
from memory_fabric.operations import Check, IndexSummary, IngestRecord, Report
from memory_fabric.records import SkippedFile
from memory_fabric.scan.scanner import Scanner
from memory_fabric.store.store import ItemDraft, Store

__all__ = ["import_records"]


def import_records(
    store: Store,
    records: Iterable[IngestRecord],
    *,
    project: str,
    limits: IngestConfig,
    scanner: Scanner,
    report: Report,
    check: Check,
) -> IndexSummary:
    """Write imported records; a record with a known id replaces the old one.

    Raises:
        InputError: A record has no id, no known project, or a time that cannot be read; what is written before stays.
    """
    started = time.monotonic()
    pace = Pace(report, "records", "index")
    batch: list[ItemDraft] = []
    items = chunks = redacted = 0
    skipped: list[SkippedFile] = []
    for number, record in enumerate(records, 1):
        check()
        home = project or record.project
        if not record.id.strip():
            raise InputError("records", f"record {number} has no `id`")
        if not home:
            raise InputError("project", f"record {number} names no project", fix="give `--project NAME`")
        if record.timestamp and parse_when(record.timestamp) is None:
            field, said = f"records[{number - 1}].timestamp", f"`{record.timestamp}` is not a time"
            raise InputError(field, said, fix="write it as RFC 3339")
        pace.advance()
        if not record.text.strip():
            skipped.append(SkippedFile(f"jsonl:{home}/{record.id}", "empty"))
            continue
        clean, _, _, screen = screen_record(msgspec.structs.replace(record, project=home), scanner)
        if screen.refused:
            skipped.append(SkippedFile(f"jsonl:{home}/{named(record.id, scanner)[0]}", screen.refused))
            continue
        batch.append(marked(draft_record(clean, project=home, limits=limits), screen))
        redacted += screen.redacted
        items += 1
        if len(batch) >= 500:
            chunks += store.write(put=batch).chunks
            batch = []
    if batch:
        chunks += store.write(put=batch).chunks
    pace.finish()
    took_s = time.monotonic() - started
    return IndexSummary(
        files=items + len(skipped),
        unchanged=0,
        items=items,
        chunks=chunks,
        removed=0,
        renamed=0,
        skipped=tuple(skipped),
        redacted=redacted,
        took_s=took_s,
        chunks_per_s=chunks / took_s if took_s else 0.0,
    )
