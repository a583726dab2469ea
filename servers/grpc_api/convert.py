"""Between wire messages and the memory's records."""

from __future__ import annotations

from foundation.clock import format_rfc3339
from memory_fabric.operations import (
    ContextPack,
    FabricStats,
    ForgetSelector,
    ForgetSummary,
    IndexSummary,
    IngestRecord,
    Progress,
)
from memory_fabric.records import Filters, Hit, MemoryItem, RecallQuery, RecallResult, Signals, Weights
from proto.cairn.v1 import common_pb2, memory_pb2
from servers.grpc_api.validate import LAYERS, MAX_K, MAX_QUERY_CHARS, MODALITIES, STRATEGIES, Door

__all__ = [
    "to_filters",
    "to_query",
    "to_record",
    "to_selector",
    "wire_forgotten",
    "wire_item",
    "wire_pack",
    "wire_progress",
    "wire_result",
    "wire_stats",
    "wire_summary",
]


# ---- requests -------------------------------------------------------------------------------------------------


def to_query(request: memory_pb2.RecallRequest, door: Door) -> RecallQuery:
    """Return the query; what is wrong with it is noted at the door."""
    since, until = door.span(request.since, request.until)
    weights = None
    if request.HasField("weights"):
        w = request.weights
        weights = Weights(w.dense, w.sparse, w.recency, w.quality)
        if min(w.dense, w.sparse, w.recency, w.quality) < 0 or w.dense + w.sparse <= 0:
            door.refuse("weights", "must not be negative, and dense and sparse not both 0")
    strategy = request.strategy or ("weighted" if weights else "adaptive")
    door.among("strategy", [strategy], STRATEGIES)
    return RecallQuery(
        text=door.text("text", request.text, max_chars=MAX_QUERY_CHARS),
        signals=Signals(
            tuple(request.signals.code_symbols), tuple(request.signals.file_hints), tuple(request.signals.terms)
        ),
        modality=door.among("modality", request.modality, MODALITIES),
        project=request.project,
        language=request.language,
        path_prefix=request.path_prefix,
        layers=door.among("layers", request.layers, LAYERS),
        since=since,
        until=until,
        k=door.within("k", request.k if request.HasField("k") else 20, 1, MAX_K),
        strategy=strategy,  # type: ignore[arg-type]  # checked above
        weights=weights,
        is_grouped=not request.is_ungrouped,
    )


def to_filters(request: memory_pb2.ListRequest, door: Door) -> Filters:
    """Return the filters of a listing."""
    since, until = door.span(request.since, request.until)
    return Filters(
        projects=(request.project,) if request.project else (),
        modalities=door.among("modality", request.modality, MODALITIES),
        path_prefix=request.path_prefix,
        since_s=since,
        until_s=until,
    )


def to_selector(request: memory_pb2.ForgetRequest, door: Door) -> ForgetSelector:
    """Return what to forget."""
    since, until = door.span(request.since, request.until)
    selector = ForgetSelector(tuple(request.ids), request.path, request.project, since, until, request.session)
    if selector == ForgetSelector():
        door.refuse("ids", "nothing selected: give ids, a path, a project or a time")
    return selector


def to_record(record: memory_pb2.IngestRecord, project: str) -> IngestRecord:
    """Return an imported record."""
    return IngestRecord(
        id=record.id,
        text=record.text,
        timestamp=record.timestamp,
        project=record.project or project,
        title=record.title,
        modality=record.modality,
        language=record.language,
        meta=dict(record.meta),
    )


# ---- answers --------------------------------------------------------------------------------------------------


def wire_progress(progress: Progress) -> common_pb2.Progress:
    """Return progress as sent."""
    return common_pb2.Progress(
        done=progress.done,
        total=progress.total,
        unit=progress.unit,
        rate=progress.rate,
        eta_s=progress.eta_s,
        phase=progress.phase,
        path=_sendable(progress.path),
    )


def _sendable(text: str) -> str:
    """File names may hold bytes that are no text; the wire carries text only."""
    return text.encode("utf-8", "replace").decode("utf-8")


def wire_item(item: MemoryItem) -> common_pb2.MemoryItem:
    """Return an item as sent."""
    source, meta = item.source, item.meta
    when = format_rfc3339(source.timestamp) if source.timestamp is not None else ""
    return common_pb2.MemoryItem(
        id=item.id,
        modality=item.modality,
        source=common_pb2.Source(
            path=source.path, repo=source.repo, commit=source.commit, timestamp=when, uri=source.uri
        ),
        meta=common_pb2.Meta(
            project=meta.project,
            layer=meta.layer,
            tags=meta.tags,
            quality=meta.quality,
            version=meta.version,
            title=meta.title,
            mime=meta.mime,
            content_hash=meta.content_hash,
        ),
        text=item.text,
        chunks=item.chunks,
    )


def wire_summary(summary: IndexSummary) -> memory_pb2.IndexSummary:
    """Return the end of an index run as sent."""
    return memory_pb2.IndexSummary(
        files=summary.files,
        unchanged=summary.unchanged,
        items=summary.items,
        chunks=summary.chunks,
        removed=summary.removed,
        renamed=summary.renamed,
        skipped=[memory_pb2.Skipped(path=_sendable(s.path), reason=_sendable(s.reason)) for s in summary.skipped],
        redacted=summary.redacted,
        took_s=summary.took_s,
        chunks_per_s=summary.chunks_per_s,
    )


def _wire_hit(hit: Hit) -> memory_pb2.Hit:
    parts, cite = hit.parts, hit.cite
    return memory_pb2.Hit(
        id=hit.id,
        score=hit.score,
        parts=memory_pb2.ScoreParts(
            dense=parts.dense,
            sparse=parts.sparse,
            recency=parts.recency,
            quality=parts.quality,
            boost=parts.boost,
            rerank=parts.rerank,
        ),
        snippet=hit.snippet,
        cite=common_pb2.Cite(
            path=cite.path,
            line=cite.line,
            line_end=cite.line_end,
            page=cite.page,
            time_s=cite.time_s,
            uri=cite.uri,
            symbol=cite.symbol,
        ),
        modality=hit.modality,
        project=hit.project,
        chunk_id=hit.chunk_id,
        highlights=[memory_pb2.Range(start=a, end=b) for a, b in hit.highlights],
        more=hit.more,
    )


def wire_result(result: RecallResult) -> memory_pb2.RecallResult:
    """Return a recall's answer as sent."""
    return memory_pb2.RecallResult(
        items=[_wire_hit(hit) for hit in result.items],
        took_ms=result.took_ms,
        stages=result.stages,
        degraded=result.degraded,
    )


def wire_pack(pack: ContextPack) -> memory_pb2.ContextPackReply:
    """Return a context pack as sent."""
    return memory_pb2.ContextPackReply(
        text=pack.text,
        fragments=[
            memory_pb2.Fragment(number=f.number, hit=_wire_hit(f.hit), text=f.text, tokens=f.tokens)
            for f in pack.fragments
        ],
        tokens=pack.tokens,
        budget_tokens=pack.budget_tokens,
        took_ms=pack.took_ms,
        degraded=pack.degraded,
    )


def wire_forgotten(summary: ForgetSummary) -> memory_pb2.ForgetSummary:
    """Return what was forgotten as sent."""
    return memory_pb2.ForgetSummary(
        items=summary.items,
        chunks=summary.chunks,
        is_dry_run=summary.is_dry_run,
        examples=[wire_item(item) for item in summary.examples],
    )


def wire_stats(stats: FabricStats) -> memory_pb2.StatsReply:
    """Return the state of the memory as sent."""
    return memory_pb2.StatsReply(
        items=stats.items,
        chunks=stats.chunks,
        projects=stats.projects,
        modalities=stats.modalities,
        languages=stats.languages,
        indexes=[
            memory_pb2.IndexState(
                name=s.name,
                backend=s.backend,
                applied_seq=s.applied_seq,
                journal_seq=s.journal_seq,
                points=s.points,
                disk_bytes=s.disk_bytes,
                status=s.status,
                detail=s.detail,
            )
            for s in stats.indexes
        ],
        store_bytes=stats.store_bytes,
        model=stats.model,
        model_state=stats.model_state,
        queues=stats.queues,
    )
