"""From the memory's records to wire messages."""

from __future__ import annotations

from collections.abc import Sequence

from foundation.clock import format_rfc3339
from memory_fabric.operations import (
    Answer,
    ContextPack,
    CoverageRow,
    Erasure,
    FabricStats,
    FollowedFolder,
    ForgetSummary,
    IndexSummary,
    Progress,
)
from memory_fabric.records import Cite, Hit, ItemSource, MemoryItem, Meta, RecallResult
from proto.cairn.v1 import common_pb2, memory_pb2
from servers.grpc_api.wire_text import sendable

__all__ = [
    "wire_answer",
    "wire_cite",
    "wire_coverage",
    "wire_erasure",
    "wire_followed",
    "wire_forgotten",
    "wire_item",
    "wire_pack",
    "wire_progress",
    "wire_result",
    "wire_stats",
    "wire_summary",
]


def wire_progress(progress: Progress) -> common_pb2.Progress:
    """Return progress as sent."""
    return common_pb2.Progress(
        done=progress.done,
        total=progress.total,
        unit=progress.unit,
        rate=progress.rate,
        eta_s=progress.eta_s,
        phase=progress.phase,
        path=sendable(progress.path),
    )


def wire_item(item: MemoryItem) -> common_pb2.MemoryItem:
    """Return an item as sent."""
    return common_pb2.MemoryItem(
        id=item.id,
        modality=item.modality,
        source=_wire_source(item.source),
        meta=_wire_meta(item.meta),
        text=sendable(item.text),
        chunks=item.chunks,
    )


def _wire_source(source: ItemSource) -> common_pb2.Source:
    return common_pb2.Source(
        path=sendable(source.path),
        repo=sendable(source.repo),
        commit=source.commit,
        timestamp=_written(source.timestamp),
        uri=sendable(source.uri),
        line_start=source.line_start,
        line_end=source.line_end,
        time_start_s=source.time_start_s,
        time_end_s=source.time_end_s,
    )


def _written(when_s: float | None) -> str:
    """A time of a broken file may lie outside the years that can be written."""
    if when_s is None:
        return ""
    try:
        return format_rfc3339(when_s)
    except (ValueError, OverflowError, OSError):
        return ""


def _wire_meta(meta: Meta) -> common_pb2.Meta:
    return common_pb2.Meta(
        project=sendable(meta.project),
        layer=meta.layer,
        tags=meta.tags,
        quality=meta.quality,
        version=meta.version,
        title=sendable(meta.title),
        mime=meta.mime,
        content_hash=meta.content_hash,
        language=meta.language,
        scope=sendable(meta.scope),
        pii=meta.pii,
        secrets_redacted=meta.secrets_redacted,
        permissions=meta.permissions,
        fields={sendable(name): sendable(value) for name, value in meta.fields.items()},
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
        skipped=[memory_pb2.Skipped(path=sendable(s.path), reason=sendable(s.reason)) for s in summary.skipped],
        redacted=summary.redacted,
        took_s=summary.took_s,
        chunks_per_s=summary.chunks_per_s,
    )


def wire_cite(cite: Cite) -> common_pb2.Cite:
    """Return a citation as sent."""
    return common_pb2.Cite(
        path=sendable(cite.path),
        line=cite.line,
        line_end=cite.line_end,
        page=cite.page,
        time_s=cite.time_s,
        uri=sendable(cite.uri),
        symbol=sendable(cite.symbol),
        timestamp=_written(cite.timestamp),
    )


def _wire_hit(hit: Hit) -> memory_pb2.Hit:
    parts = hit.parts
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
            proof=parts.proof,
            share=parts.share,
        ),
        snippet=sendable(hit.snippet),
        cite=wire_cite(hit.cite),
        modality=hit.modality,
        project=sendable(hit.project),
        chunk_id=hit.chunk_id,
        highlights=[memory_pb2.Range(start=a, end=b) for a, b in hit.highlights],
        more=hit.more,
        freshness=hit.freshness,
    )


def wire_answer(answer: Answer) -> memory_pb2.AskReply:
    """Return an answer as sent."""
    return memory_pb2.AskReply(
        is_answered=answer.is_answered,
        sentences=[
            memory_pb2.AnswerSentence(
                number=s.number, text=sendable(s.text), cite=wire_cite(s.cite), score=s.score, freshness=s.freshness
            )
            for s in answer.sentences
        ],
        nearest=[wire_cite(cite) for cite in answer.nearest],
        confidence=answer.confidence,
        took_ms=answer.took_ms,
        degraded=answer.degraded,
    )


def wire_result(result: RecallResult) -> memory_pb2.RecallResult:
    """Return a recall's answer as sent."""
    return memory_pb2.RecallResult(
        items=[_wire_hit(hit) for hit in result.items],
        took_ms=result.took_ms,
        stages=result.stages,
        degraded=result.degraded,
        journal_seq=result.journal_seq,
        applied_seq=result.applied_seq,
    )


def wire_pack(pack: ContextPack) -> memory_pb2.ContextPackReply:
    """Return a context pack as sent."""
    return memory_pb2.ContextPackReply(
        text=sendable(pack.text),
        fragments=[
            memory_pb2.Fragment(number=f.number, hit=_wire_hit(f.hit), text=sendable(f.text), tokens=f.tokens)
            for f in pack.fragments
        ],
        tokens=pack.tokens,
        budget_tokens=pack.budget_tokens,
        took_ms=pack.took_ms,
        degraded=pack.degraded,
        second_question=sendable(pack.second_question),
    )


def wire_forgotten(summary: ForgetSummary) -> memory_pb2.ForgetSummary:
    """Return what was forgotten as sent."""
    return memory_pb2.ForgetSummary(
        items=summary.items,
        chunks=summary.chunks,
        is_dry_run=summary.is_dry_run,
        examples=[wire_item(item) for item in summary.examples],
        erasure=wire_erasure(summary.erasure) if summary.erasure else None,
    )


def wire_erasure(erasure: Erasure) -> memory_pb2.Erasure:
    """Return an audited erasure as sent."""
    return memory_pb2.Erasure(
        id=erasure.id,
        state=erasure.state,
        items=erasure.items,
        chunks=erasure.chunks,
        started_at=erasure.started_at,
        finished_at=erasure.finished_at,
        found=erasure.found,
        limits=map(sendable, erasure.limits),
        receipt=erasure.receipt,
    )


def wire_followed(folders: Sequence[FollowedFolder]) -> memory_pb2.FollowReply:
    """Return what the daemon follows by itself as sent."""
    return memory_pb2.FollowReply(
        folders=[
            memory_pb2.FollowedFolder(path=sendable(folder.path), project=sendable(folder.project))
            for folder in folders
        ]
    )


def wire_coverage(row: CoverageRow) -> memory_pb2.CoverageRow:
    """Return a source and what became of it as sent."""
    return memory_pb2.CoverageRow(
        path=sendable(row.path), state=row.state, reason=sendable(row.reason), chunks=row.chunks
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
