"""The `Memory` service: requests checked, handed to the memory, answers translated."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import aclosing
from functools import partial
from typing import get_args

import grpc

from foundation.ids import ItemId
from memory_fabric.ingest.watch import ChangeSet
from memory_fabric.operations import Check, IndexSummary, IngestRecord, Link, Progress, Relation
from orchestrator.ports import MemoryService
from proto.cairn.v1 import common_pb2, memory_pb2, memory_pb2_grpc
from servers.grpc_api.answers import (
    wire_answer,
    wire_coverage,
    wire_erasure,
    wire_followed,
    wire_forgotten,
    wire_item,
    wire_pack,
    wire_progress,
    wire_result,
    wire_stats,
    wire_summary,
)
from servers.grpc_api.bridge import Bridge
from servers.grpc_api.imports import added, read_batches, telling_stored
from servers.grpc_api.link_answers import wire_blame, wire_map, wire_related, wire_route
from servers.grpc_api.outbox import Outbox
from servers.grpc_api.requests import to_filters, to_place, to_query, to_selector
from servers.grpc_api.validate import LAYERS, MAX_NAME_CHARS, Door

__all__ = ["MemoryServicer"]

_RELATIONS: tuple[str, ...] = get_args(Relation)


class MemoryServicer(memory_pb2_grpc.MemoryServicer):
    """Translates; decides nothing.

    Args:
        memory: The memory.
        bridge: Crosses into trio.
    """

    def __init__(self, memory: MemoryService, bridge: Bridge) -> None:
        self._memory = memory
        self._bridge = bridge

    # ---- remembering ------------------------------------------------------------------------------------------

    def Index(  # noqa: N802 (named by the schema)
        self, request: memory_pb2.IndexRequest, context: grpc.ServicerContext
    ) -> Iterator[memory_pb2.IndexEvent]:
        """Index files and folders."""
        door = Door()
        paths, project = door.paths("paths", request.paths), door.name("project", request.project)
        door.close()

        def show(outbox: Outbox[memory_pb2.IndexEvent], progress: Progress) -> None:
            outbox.offer(memory_pb2.IndexEvent(progress=wire_progress(progress)))

        def work(outbox: Outbox[memory_pb2.IndexEvent], check: Check) -> IndexSummary:
            return self._memory.index(
                paths, project=project, is_forced=request.is_forced, report=partial(show, outbox), check=check
            )

        def settle(outbox: Outbox[memory_pb2.IndexEvent], check: Check, summary: IndexSummary) -> None:
            self._memory.wait_until_searchable(is_dense=request.is_waiting, report=partial(show, outbox), check=check)
            outbox.put(memory_pb2.IndexEvent(summary=wire_summary(summary)), check)

        return self._bridge.stream(context, work, then=settle)

    def Watch(  # noqa: N802 (named by the schema)
        self, request: memory_pb2.WatchRequest, context: grpc.ServicerContext
    ) -> Iterator[memory_pb2.WatchEvent]:
        """Follow folders until the client leaves."""
        door = Door()
        roots, project = door.paths("paths", request.paths), door.name("project", request.project)
        door.close()

        def sync(burst: ChangeSet, check: Check) -> memory_pb2.WatchEvent:
            summary = self._memory.sync(burst, roots, project=project, check=check)
            return memory_pb2.WatchEvent(changes=burst.count, branch=burst.branch, summary=wire_summary(summary))

        async def work(outbox: Outbox[memory_pb2.WatchEvent]) -> None:
            async with aclosing(self._memory.follow(roots)) as bursts:  # type: ignore[type-var]  # an async generator
                async for burst in bursts:
                    event = memory_pb2.WatchEvent()
                    if burst is not None:
                        event = await self._bridge.in_thread(partial(sync, burst))
                    await self._bridge.in_thread(partial(outbox.put, event))

        return self._bridge.follow(context, work)

    def Follow(  # noqa: N802 (named by the schema)
        self, request: memory_pb2.FollowRequest, context: grpc.ServicerContext
    ) -> memory_pb2.FollowReply:
        """Change and tell what the daemon follows by itself."""
        door = Door()
        paths = door.paths("paths", request.paths) if request.paths else []
        project = door.name("project", request.project)
        door.close()

        def work(_: Check) -> memory_pb2.FollowReply:
            if paths and request.is_ended:
                self._memory.stop_following(paths)
            elif paths:
                self._memory.keep_following(paths, project=project)
            return wire_followed(self._memory.followed())

        return self._bridge.call(context, work)

    def Ingest(  # noqa: N802 (named by the schema)
        self, request_iterator: Iterator[memory_pb2.IngestRequest], context: grpc.ServicerContext
    ) -> memory_pb2.IndexSummary:
        """Import records as they arrive."""

        def write(records: list[IngestRecord], check: Check) -> IndexSummary:
            return self._memory.ingest(records, project="", report=lambda _: None, check=check)

        summary: IndexSummary | None = None
        # an empty record is skipped and counts as taken
        with self._bridge.importing(), telling_stored(lambda: summary.files if summary else 0):
            for batch in read_batches(request_iterator):
                part = self._bridge.write(context, partial(write, batch), is_first=summary is None)
                summary = part if summary is None else added(summary, part)
            self._bridge.settle(
                context,
                lambda check: self._memory.wait_until_searchable(is_dense=False, report=lambda _: None, check=check),
            )
        assert summary is not None, "an import without records has one empty batch"
        return wire_summary(summary)

    def Remember(  # noqa: N802 (named by the schema)
        self, request: memory_pb2.RememberRequest, context: grpc.ServicerContext
    ) -> common_pb2.MemoryItem:
        """Keep a note."""
        door = Door()
        text = door.text("text", request.text)
        layer = request.layer or "semantic"
        door.among("layer", [layer], LAYERS)
        door.moment("timestamp", request.timestamp)
        fields = {name: door.name(name, getattr(request, name)) for name in ("project", "title", "uri", "timestamp")}
        tags = door.names("tags", request.tags)
        door.close()
        return self._bridge.call(
            context, lambda _: wire_item(self._memory.remember(text, tags=tags, layer=layer, **fields))
        )

    def Link(  # noqa: N802 (named by the schema)
        self, request: memory_pb2.LinkRequest, context: grpc.ServicerContext
    ) -> memory_pb2.LinkReply:
        """Add a typed edge."""
        door = Door()
        src, dst = (door.text(name, getattr(request, name), max_chars=MAX_NAME_CHARS) for name in ("src", "dst"))
        door.among("relation", [request.relation], _RELATIONS)
        weight = door.finite("weight", request.weight if request.HasField("weight") else 1.0)
        door.close()
        link = Link(ItemId(src), ItemId(dst), request.relation, weight)  # type: ignore[arg-type]  # checked above
        self._bridge.call(context, lambda _: self._memory.link(link))
        return memory_pb2.LinkReply()

    # ---- links ------------------------------------------------------------------------------------------------

    def Related(  # noqa: N802 (named by the schema)
        self, request: memory_pb2.RelatedRequest, context: grpc.ServicerContext
    ) -> memory_pb2.RelatedReply:
        """Return neighbours."""
        door = Door()
        place = to_place(request.place, door, at="place")
        relations = door.among("relations", request.relations, _RELATIONS)
        direction = door.among("direction", [request.direction], ("", "out", "in"))
        limit = door.within("limit", request.limit or 50, 1, 1_000)
        door.close()

        def work(_: Check) -> memory_pb2.RelatedReply:
            started = time.perf_counter()
            found = self._memory.graph.related(place, relations=relations, direction=direction[0], limit=limit)
            return wire_related(*found, took_ms=(time.perf_counter() - started) * 1e3)

        return self._bridge.call(context, work)

    def PathBetween(  # noqa: N802 (named by the schema)
        self, request: memory_pb2.PathBetweenRequest, context: grpc.ServicerContext
    ) -> memory_pb2.PathBetweenReply:
        """Find a way between two items."""
        door = Door()
        start, end = to_place(request.start, door, at="start"), to_place(request.end, door, at="end")
        most = door.within("most_steps", request.most_steps or 12, 1, 12)
        door.close()

        def work(check: Check) -> memory_pb2.PathBetweenReply:
            started = time.perf_counter()
            route = self._memory.graph.path_between(start, end, most_steps=most, check=check)
            return wire_route(route, took_ms=(time.perf_counter() - started) * 1e3)

        return self._bridge.call(context, work)

    def RepoMap(  # noqa: N802 (named by the schema)
        self, request: memory_pb2.RepoMapRequest, context: grpc.ServicerContext
    ) -> memory_pb2.RepoMapReply:
        """Draw a map."""
        door = Door()
        path = door.path("path", request.path) if request.path else ""
        project = door.name("project", request.project)
        if not (path or project):
            door.refuse("path", "must not be empty where there is no project")
        door.within("focus", len(request.focus), 0, 100)
        focus = [to_place(place, door, at=f"focus[{n}]") for n, place in enumerate(request.focus[:100])]
        budget = door.within("budget_tokens", request.budget_tokens or 1_024, 1, 1_000_000)
        door.close()
        return self._bridge.call(
            context,
            lambda check: wire_map(
                self._memory.graph.repo_map(path, project=project, focus=focus, budget_tokens=budget, check=check)
            ),
        )

    def Blame(  # noqa: N802 (named by the schema)
        self, request: memory_pb2.BlameRequest, context: grpc.ServicerContext
    ) -> memory_pb2.BlameReply:
        """Return the commits behind lines."""
        door = Door()
        path = door.path("path", request.path)
        line = door.within("line", request.line, 0, 2**31 - 1)
        last = door.within("line_end", request.line_end, 0, 2**31 - 1)
        if last and last < line:
            door.refuse("line_end", f"must not be before line {line}, is {last}")
        door.close()
        return self._bridge.call(context, lambda _: wire_blame(self._memory.graph.blame(path, line, last)))

    # ---- recalling --------------------------------------------------------------------------------------------

    def Recall(  # noqa: N802 (named by the schema)
        self, request: memory_pb2.RecallRequest, context: grpc.ServicerContext
    ) -> memory_pb2.RecallResult:
        """Answer a question."""
        door = Door()
        query = to_query(request, door)
        door.close()
        return self._bridge.call(context, lambda check: wire_result(self._memory.recall(query, check=check)))

    def ContextPack(  # noqa: N802 (named by the schema)
        self, request: memory_pb2.ContextPackRequest, context: grpc.ServicerContext
    ) -> memory_pb2.ContextPackReply:
        """Quote evidence under a budget."""
        door = Door()
        query = to_query(request.query, door, at="query.")
        budget = door.within("budget_tokens", request.budget_tokens or 2_000, 1, 1_000_000)
        model = door.name("model", request.model)
        door.close()

        def work(check: Check) -> memory_pb2.ContextPackReply:
            pack = self._memory.context_pack(
                query, budget_tokens=budget, model=model, has_second=not request.is_single, check=check
            )
            return wire_pack(pack)

        return self._bridge.call(context, work)

    def Ask(  # noqa: N802 (named by the schema)
        self, request: memory_pb2.AskRequest, context: grpc.ServicerContext
    ) -> memory_pb2.AskReply:
        """Answer in the words of the sources."""
        door = Door()
        query = to_query(request.query, door, at="query.")
        most = door.within("most", request.most or 3, 1, 20)
        door.close()
        return self._bridge.call(context, lambda check: wire_answer(self._memory.ask(query, most=most, check=check)))

    def Get(  # noqa: N802 (named by the schema)
        self, request: memory_pb2.GetRequest, context: grpc.ServicerContext
    ) -> common_pb2.MemoryItem:
        """Return one item with its text."""
        door = Door()
        door.text("id", request.id, max_chars=MAX_NAME_CHARS)
        door.close()
        return self._bridge.call(context, lambda _: wire_item(self._memory.get(ItemId(request.id))))

    def List(  # noqa: N802 (named by the schema)
        self, request: memory_pb2.ListRequest, context: grpc.ServicerContext
    ) -> memory_pb2.ListReply:
        """Return a page of items."""
        door = Door()
        filters = to_filters(request, door)
        limit = door.within("limit", request.limit or 50, 1, 1_000)
        cursor = door.cursor("cursor", request.cursor)
        door.close()

        def work(_: Check) -> memory_pb2.ListReply:
            page = self._memory.list_items(filters, cursor=cursor, limit=limit)
            return memory_pb2.ListReply(items=[wire_item(item) for item in page.items], next_cursor=page.next_cursor)

        return self._bridge.call(context, work)

    # ---- forgetting and upkeep --------------------------------------------------------------------------------

    def Forget(  # noqa: N802 (named by the schema)
        self, request: memory_pb2.ForgetRequest, context: grpc.ServicerContext
    ) -> Iterator[memory_pb2.ForgetEvent]:
        """Forget what matches."""
        door = Door()
        selector = to_selector(request, door)
        door.close()

        def work(outbox: Outbox[memory_pb2.ForgetEvent], check: Check) -> None:
            summary = self._memory.forget(
                selector,
                is_dry_run=request.is_dry_run,
                is_audited=request.is_audited,
                report=lambda p: outbox.offer(memory_pb2.ForgetEvent(progress=wire_progress(p))),
                check=check,
            )
            outbox.put(memory_pb2.ForgetEvent(summary=wire_forgotten(summary)), check)

        return self._bridge.stream(context, work, is_look=request.is_dry_run)

    def Erasures(  # noqa: N802 (named by the schema)
        self, request: memory_pb2.ErasuresRequest, context: grpc.ServicerContext
    ) -> memory_pb2.ErasuresReply:
        """List the audited erasures."""
        return self._bridge.call(
            context, lambda _: memory_pb2.ErasuresReply(erasures=map(wire_erasure, self._memory.erasures()))
        )

    def Stats(  # noqa: N802 (named by the schema)
        self, request: memory_pb2.StatsRequest, context: grpc.ServicerContext
    ) -> memory_pb2.StatsReply:
        """Return what is held."""
        return self._bridge.call(context, lambda _: wire_stats(self._memory.stats()))

    def Coverage(  # noqa: N802 (named by the schema)
        self, request: memory_pb2.CoverageRequest, context: grpc.ServicerContext
    ) -> Iterator[memory_pb2.CoverageRow]:
        """Yield every source and what became of it."""
        door = Door()
        path = door.path("path", request.path) if request.path else ""
        door.close()

        def work(outbox: Outbox[memory_pb2.CoverageRow], check: Check) -> None:
            for row in self._memory.coverage(path, check=check):
                outbox.put(wire_coverage(row), check)

        return self._bridge.stream(context, work, is_look=True)

    def Compact(  # noqa: N802 (named by the schema)
        self, request: memory_pb2.CompactRequest, context: grpc.ServicerContext
    ) -> Iterator[common_pb2.Progress]:
        """Merge and shrink."""
        return self._bridge.stream(
            context,
            lambda outbox, check: self._memory.compact(report=lambda p: outbox.offer(wire_progress(p)), check=check),
        )

    def Replay(  # noqa: N802 (named by the schema)
        self, request: memory_pb2.ReplayRequest, context: grpc.ServicerContext
    ) -> Iterator[common_pb2.Progress]:
        """Rebuild indexes from the truth."""
        door = Door()
        names = door.among("names", request.names, ("dense", "sparse"))
        door.close()
        return self._bridge.stream(
            context,
            lambda outbox, check: self._memory.replay(
                names=names, report=lambda p: outbox.offer(wire_progress(p)), check=check
            ),
        )
