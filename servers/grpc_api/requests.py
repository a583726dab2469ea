"""From wire messages to the memory's records; what is wrong is noted at the door."""

from __future__ import annotations

from memory_fabric.links.records import Place
from memory_fabric.operations import ForgetSelector, IngestRecord
from memory_fabric.records import Filters, RecallQuery, Signals, Weights
from proto.cairn.v1 import memory_pb2
from servers.grpc_api.validate import (
    LAYERS,
    MAX_K,
    MAX_NAME_CHARS,
    MAX_QUERY_CHARS,
    MAX_TEXT_CHARS,
    MODALITIES,
    STRATEGIES,
    Door,
)

__all__ = ["to_filters", "to_place", "to_query", "to_record", "to_selector"]

_RECORD_MODALITIES = ("", "text", "code", "conversation")
"""What a record may say of itself; empty leaves it to the look of its text."""


def to_query(request: memory_pb2.RecallRequest, door: Door, *, at: str = "") -> RecallQuery:
    """Return the query; what is wrong with it is noted at the door.

    Args:
        request: As sent.
        door: Collects mistakes.
        at: Stands before the names of its fields, e.g. `query.`.
    """
    since, until = door.span(request.since, request.until, at=at)
    weights = _to_weights(request.weights, door, at) if request.HasField("weights") else None
    strategy = request.strategy or ("weighted" if weights else "adaptive")
    door.among(f"{at}strategy", [strategy], STRATEGIES)
    signals = request.signals
    return RecallQuery(
        text=door.text(f"{at}text", request.text, max_chars=MAX_QUERY_CHARS),
        signals=Signals(
            door.names(f"{at}signals.code_symbols", signals.code_symbols),
            door.names(f"{at}signals.file_hints", signals.file_hints),
            door.names(f"{at}signals.terms", signals.terms),
        ),
        modality=door.among(f"{at}modality", request.modality, MODALITIES),
        project=door.name(f"{at}project", request.project),
        language=door.name(f"{at}language", request.language),
        path_prefix=door.prefix(f"{at}path_prefix", request.path_prefix),
        layers=door.among(f"{at}layers", request.layers, LAYERS),
        since=since,
        until=until,
        k=door.within(f"{at}k", request.k if request.HasField("k") else 20, 1, MAX_K),
        strategy=strategy,  # type: ignore[arg-type]  # checked above
        weights=weights,
        rerank=request.rerank if request.HasField("rerank") else None,
        is_grouped=not request.is_ungrouped,
    )


def _to_weights(weights: memory_pb2.Weights, door: Door, at: str) -> Weights:
    for name in ("dense", "sparse", "recency", "quality"):
        door.share(f"{at}weights.{name}", getattr(weights, name))
    if weights.dense == weights.sparse == 0:
        door.refuse(f"{at}weights", "dense and sparse must not both be 0")
    return Weights(weights.dense, weights.sparse, weights.recency, weights.quality)


def to_filters(request: memory_pb2.ListRequest, door: Door) -> Filters:
    """Return the filters of a listing."""
    since, until = door.span(request.since, request.until)
    project = door.name("project", request.project)
    return Filters(
        projects=(project,) if project else (),
        modalities=door.among("modality", request.modality, MODALITIES),
        path_prefix=door.prefix("path_prefix", request.path_prefix),
        since_s=since,
        until_s=until,
    )


def to_selector(request: memory_pb2.ForgetRequest, door: Door) -> ForgetSelector:
    """Return what to forget."""
    since, until = door.span(request.since, request.until)
    selector = ForgetSelector(
        ids=tuple(door.text("ids", item_id, max_chars=MAX_NAME_CHARS) for item_id in request.ids),
        path=door.path("path", request.path) if request.path else "",
        project=door.name("project", request.project),
        since_s=since,
        until_s=until,
        session=door.name("session", request.session),
    )
    if not any((request.ids, request.path, request.project, request.since, request.until, request.session)):
        door.refuse("ids", "nothing selected: give ids, a path, a project or a time")
    return selector


def to_place(place: memory_pb2.Place, door: Door, *, at: str) -> Place:
    """Return where to start from; exactly one of its ways of naming is wanted.

    Args:
        place: As sent.
        door: Collects mistakes.
        at: Name of its field.
    """
    given = [name for name in ("id", "path", "symbol") if getattr(place, name)]
    if len(given) != 1:
        door.refuse(at, f"wants exactly one of id, path and symbol, has {len(given)}")
    return Place(
        id=door.name(f"{at}.id", place.id),
        path=door.path(f"{at}.path", place.path) if place.path else "",
        line=door.within(f"{at}.line", place.line, 0, 2**31 - 1),
        symbol=door.name(f"{at}.symbol", place.symbol),
        project=door.name(f"{at}.project", place.project),
    )


def to_record(record: memory_pb2.IngestRecord, project: str, number: int) -> IngestRecord:
    """Return an imported record.

    Args:
        record: As sent.
        project: Of its message; a record may name its own.
        number: Of the record in the whole stream, from 0; named in errors.

    Raises:
        RequestError: All that is wrong with it.
    """
    door, at = Door(), f"records[{number}]"
    home = record.project or project
    door.text(f"{at}.project", home, max_chars=MAX_NAME_CHARS)
    door.among(f"{at}.modality", [record.modality], _RECORD_MODALITIES)
    door.moment(f"{at}.timestamp", record.timestamp)
    read = IngestRecord(
        id=door.text(f"{at}.id", record.id, max_chars=MAX_NAME_CHARS),
        text=door.name(f"{at}.text", record.text, max_chars=MAX_TEXT_CHARS),
        timestamp=door.name(f"{at}.timestamp", record.timestamp),
        project=home,
        title=door.name(f"{at}.title", record.title),
        modality=record.modality,
        language=door.name(f"{at}.language", record.language),
        meta=dict(record.meta),
    )
    door.close()
    return read
