from proto.cairn.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class IndexRequest(_message.Message):
    __slots__ = ("paths", "project", "is_forced", "is_waiting")
    PATHS_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    IS_FORCED_FIELD_NUMBER: _ClassVar[int]
    IS_WAITING_FIELD_NUMBER: _ClassVar[int]
    paths: _containers.RepeatedScalarFieldContainer[str]
    project: str
    is_forced: bool
    is_waiting: bool
    def __init__(self, paths: _Optional[_Iterable[str]] = ..., project: _Optional[str] = ..., is_forced: _Optional[bool] = ..., is_waiting: _Optional[bool] = ...) -> None: ...

class Skipped(_message.Message):
    __slots__ = ("path", "reason")
    PATH_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    path: str
    reason: str
    def __init__(self, path: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class IndexSummary(_message.Message):
    __slots__ = ("files", "unchanged", "items", "chunks", "removed", "renamed", "skipped", "redacted", "took_s", "chunks_per_s")
    FILES_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    CHUNKS_FIELD_NUMBER: _ClassVar[int]
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    RENAMED_FIELD_NUMBER: _ClassVar[int]
    SKIPPED_FIELD_NUMBER: _ClassVar[int]
    REDACTED_FIELD_NUMBER: _ClassVar[int]
    TOOK_S_FIELD_NUMBER: _ClassVar[int]
    CHUNKS_PER_S_FIELD_NUMBER: _ClassVar[int]
    files: int
    unchanged: int
    items: int
    chunks: int
    removed: int
    renamed: int
    skipped: _containers.RepeatedCompositeFieldContainer[Skipped]
    redacted: int
    took_s: float
    chunks_per_s: float
    def __init__(self, files: _Optional[int] = ..., unchanged: _Optional[int] = ..., items: _Optional[int] = ..., chunks: _Optional[int] = ..., removed: _Optional[int] = ..., renamed: _Optional[int] = ..., skipped: _Optional[_Iterable[_Union[Skipped, _Mapping]]] = ..., redacted: _Optional[int] = ..., took_s: _Optional[float] = ..., chunks_per_s: _Optional[float] = ...) -> None: ...

class IndexEvent(_message.Message):
    __slots__ = ("progress", "summary")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    progress: _common_pb2.Progress
    summary: IndexSummary
    def __init__(self, progress: _Optional[_Union[_common_pb2.Progress, _Mapping]] = ..., summary: _Optional[_Union[IndexSummary, _Mapping]] = ...) -> None: ...

class WatchRequest(_message.Message):
    __slots__ = ("paths", "project")
    PATHS_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    paths: _containers.RepeatedScalarFieldContainer[str]
    project: str
    def __init__(self, paths: _Optional[_Iterable[str]] = ..., project: _Optional[str] = ...) -> None: ...

class WatchEvent(_message.Message):
    __slots__ = ("changes", "branch", "summary")
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    BRANCH_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    changes: int
    branch: str
    summary: IndexSummary
    def __init__(self, changes: _Optional[int] = ..., branch: _Optional[str] = ..., summary: _Optional[_Union[IndexSummary, _Mapping]] = ...) -> None: ...

class FollowRequest(_message.Message):
    __slots__ = ("paths", "project", "is_ended")
    PATHS_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    IS_ENDED_FIELD_NUMBER: _ClassVar[int]
    paths: _containers.RepeatedScalarFieldContainer[str]
    project: str
    is_ended: bool
    def __init__(self, paths: _Optional[_Iterable[str]] = ..., project: _Optional[str] = ..., is_ended: _Optional[bool] = ...) -> None: ...

class FollowedFolder(_message.Message):
    __slots__ = ("path", "project")
    PATH_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    path: str
    project: str
    def __init__(self, path: _Optional[str] = ..., project: _Optional[str] = ...) -> None: ...

class FollowReply(_message.Message):
    __slots__ = ("folders",)
    FOLDERS_FIELD_NUMBER: _ClassVar[int]
    folders: _containers.RepeatedCompositeFieldContainer[FollowedFolder]
    def __init__(self, folders: _Optional[_Iterable[_Union[FollowedFolder, _Mapping]]] = ...) -> None: ...

class IngestRecord(_message.Message):
    __slots__ = ("id", "text", "timestamp", "project", "title", "modality", "language", "meta")
    class MetaEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    MODALITY_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    id: str
    text: str
    timestamp: str
    project: str
    title: str
    modality: str
    language: str
    meta: _containers.ScalarMap[str, str]
    def __init__(self, id: _Optional[str] = ..., text: _Optional[str] = ..., timestamp: _Optional[str] = ..., project: _Optional[str] = ..., title: _Optional[str] = ..., modality: _Optional[str] = ..., language: _Optional[str] = ..., meta: _Optional[_Mapping[str, str]] = ...) -> None: ...

class IngestRequest(_message.Message):
    __slots__ = ("project", "records")
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    project: str
    records: _containers.RepeatedCompositeFieldContainer[IngestRecord]
    def __init__(self, project: _Optional[str] = ..., records: _Optional[_Iterable[_Union[IngestRecord, _Mapping]]] = ...) -> None: ...

class RememberRequest(_message.Message):
    __slots__ = ("text", "project", "tags", "layer", "title", "uri", "timestamp")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    URI_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    text: str
    project: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    layer: str
    title: str
    uri: str
    timestamp: str
    def __init__(self, text: _Optional[str] = ..., project: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., layer: _Optional[str] = ..., title: _Optional[str] = ..., uri: _Optional[str] = ..., timestamp: _Optional[str] = ...) -> None: ...

class Signals(_message.Message):
    __slots__ = ("code_symbols", "file_hints", "terms")
    CODE_SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    FILE_HINTS_FIELD_NUMBER: _ClassVar[int]
    TERMS_FIELD_NUMBER: _ClassVar[int]
    code_symbols: _containers.RepeatedScalarFieldContainer[str]
    file_hints: _containers.RepeatedScalarFieldContainer[str]
    terms: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, code_symbols: _Optional[_Iterable[str]] = ..., file_hints: _Optional[_Iterable[str]] = ..., terms: _Optional[_Iterable[str]] = ...) -> None: ...

class Weights(_message.Message):
    __slots__ = ("dense", "sparse", "recency", "quality")
    DENSE_FIELD_NUMBER: _ClassVar[int]
    SPARSE_FIELD_NUMBER: _ClassVar[int]
    RECENCY_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    dense: float
    sparse: float
    recency: float
    quality: float
    def __init__(self, dense: _Optional[float] = ..., sparse: _Optional[float] = ..., recency: _Optional[float] = ..., quality: _Optional[float] = ...) -> None: ...

class RecallRequest(_message.Message):
    __slots__ = ("text", "signals", "modality", "project", "language", "path_prefix", "layers", "since", "until", "k", "strategy", "weights", "is_ungrouped", "rerank")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    SIGNALS_FIELD_NUMBER: _ClassVar[int]
    MODALITY_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    PATH_PREFIX_FIELD_NUMBER: _ClassVar[int]
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    K_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    IS_UNGROUPED_FIELD_NUMBER: _ClassVar[int]
    RERANK_FIELD_NUMBER: _ClassVar[int]
    text: str
    signals: Signals
    modality: _containers.RepeatedScalarFieldContainer[str]
    project: str
    language: str
    path_prefix: str
    layers: _containers.RepeatedScalarFieldContainer[str]
    since: str
    until: str
    k: int
    strategy: str
    weights: Weights
    is_ungrouped: bool
    rerank: bool
    def __init__(self, text: _Optional[str] = ..., signals: _Optional[_Union[Signals, _Mapping]] = ..., modality: _Optional[_Iterable[str]] = ..., project: _Optional[str] = ..., language: _Optional[str] = ..., path_prefix: _Optional[str] = ..., layers: _Optional[_Iterable[str]] = ..., since: _Optional[str] = ..., until: _Optional[str] = ..., k: _Optional[int] = ..., strategy: _Optional[str] = ..., weights: _Optional[_Union[Weights, _Mapping]] = ..., is_ungrouped: _Optional[bool] = ..., rerank: _Optional[bool] = ...) -> None: ...

class ScoreParts(_message.Message):
    __slots__ = ("dense", "sparse", "recency", "quality", "boost", "rerank", "proof", "share")
    DENSE_FIELD_NUMBER: _ClassVar[int]
    SPARSE_FIELD_NUMBER: _ClassVar[int]
    RECENCY_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    BOOST_FIELD_NUMBER: _ClassVar[int]
    RERANK_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    dense: float
    sparse: float
    recency: float
    quality: float
    boost: float
    rerank: float
    proof: float
    share: float
    def __init__(self, dense: _Optional[float] = ..., sparse: _Optional[float] = ..., recency: _Optional[float] = ..., quality: _Optional[float] = ..., boost: _Optional[float] = ..., rerank: _Optional[float] = ..., proof: _Optional[float] = ..., share: _Optional[float] = ...) -> None: ...

class Range(_message.Message):
    __slots__ = ("start", "end")
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    start: int
    end: int
    def __init__(self, start: _Optional[int] = ..., end: _Optional[int] = ...) -> None: ...

class Hit(_message.Message):
    __slots__ = ("id", "score", "parts", "snippet", "cite", "modality", "project", "chunk_id", "highlights", "more", "freshness")
    ID_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    SNIPPET_FIELD_NUMBER: _ClassVar[int]
    CITE_FIELD_NUMBER: _ClassVar[int]
    MODALITY_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    CHUNK_ID_FIELD_NUMBER: _ClassVar[int]
    HIGHLIGHTS_FIELD_NUMBER: _ClassVar[int]
    MORE_FIELD_NUMBER: _ClassVar[int]
    FRESHNESS_FIELD_NUMBER: _ClassVar[int]
    id: str
    score: float
    parts: ScoreParts
    snippet: str
    cite: _common_pb2.Cite
    modality: str
    project: str
    chunk_id: int
    highlights: _containers.RepeatedCompositeFieldContainer[Range]
    more: int
    freshness: str
    def __init__(self, id: _Optional[str] = ..., score: _Optional[float] = ..., parts: _Optional[_Union[ScoreParts, _Mapping]] = ..., snippet: _Optional[str] = ..., cite: _Optional[_Union[_common_pb2.Cite, _Mapping]] = ..., modality: _Optional[str] = ..., project: _Optional[str] = ..., chunk_id: _Optional[int] = ..., highlights: _Optional[_Iterable[_Union[Range, _Mapping]]] = ..., more: _Optional[int] = ..., freshness: _Optional[str] = ...) -> None: ...

class RecallResult(_message.Message):
    __slots__ = ("items", "took_ms", "stages", "degraded", "journal_seq", "applied_seq")
    class StagesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    TOOK_MS_FIELD_NUMBER: _ClassVar[int]
    STAGES_FIELD_NUMBER: _ClassVar[int]
    DEGRADED_FIELD_NUMBER: _ClassVar[int]
    JOURNAL_SEQ_FIELD_NUMBER: _ClassVar[int]
    APPLIED_SEQ_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[Hit]
    took_ms: float
    stages: _containers.ScalarMap[str, float]
    degraded: _containers.RepeatedScalarFieldContainer[str]
    journal_seq: int
    applied_seq: int
    def __init__(self, items: _Optional[_Iterable[_Union[Hit, _Mapping]]] = ..., took_ms: _Optional[float] = ..., stages: _Optional[_Mapping[str, float]] = ..., degraded: _Optional[_Iterable[str]] = ..., journal_seq: _Optional[int] = ..., applied_seq: _Optional[int] = ...) -> None: ...

class ContextPackRequest(_message.Message):
    __slots__ = ("query", "budget_tokens", "model", "is_single")
    QUERY_FIELD_NUMBER: _ClassVar[int]
    BUDGET_TOKENS_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    IS_SINGLE_FIELD_NUMBER: _ClassVar[int]
    query: RecallRequest
    budget_tokens: int
    model: str
    is_single: bool
    def __init__(self, query: _Optional[_Union[RecallRequest, _Mapping]] = ..., budget_tokens: _Optional[int] = ..., model: _Optional[str] = ..., is_single: _Optional[bool] = ...) -> None: ...

class Fragment(_message.Message):
    __slots__ = ("number", "hit", "text", "tokens")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    HIT_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    number: int
    hit: Hit
    text: str
    tokens: int
    def __init__(self, number: _Optional[int] = ..., hit: _Optional[_Union[Hit, _Mapping]] = ..., text: _Optional[str] = ..., tokens: _Optional[int] = ...) -> None: ...

class ContextPackReply(_message.Message):
    __slots__ = ("text", "fragments", "tokens", "budget_tokens", "took_ms", "degraded", "second_question")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    FRAGMENTS_FIELD_NUMBER: _ClassVar[int]
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    BUDGET_TOKENS_FIELD_NUMBER: _ClassVar[int]
    TOOK_MS_FIELD_NUMBER: _ClassVar[int]
    DEGRADED_FIELD_NUMBER: _ClassVar[int]
    SECOND_QUESTION_FIELD_NUMBER: _ClassVar[int]
    text: str
    fragments: _containers.RepeatedCompositeFieldContainer[Fragment]
    tokens: int
    budget_tokens: int
    took_ms: float
    degraded: _containers.RepeatedScalarFieldContainer[str]
    second_question: str
    def __init__(self, text: _Optional[str] = ..., fragments: _Optional[_Iterable[_Union[Fragment, _Mapping]]] = ..., tokens: _Optional[int] = ..., budget_tokens: _Optional[int] = ..., took_ms: _Optional[float] = ..., degraded: _Optional[_Iterable[str]] = ..., second_question: _Optional[str] = ...) -> None: ...

class AskRequest(_message.Message):
    __slots__ = ("query", "most")
    QUERY_FIELD_NUMBER: _ClassVar[int]
    MOST_FIELD_NUMBER: _ClassVar[int]
    query: RecallRequest
    most: int
    def __init__(self, query: _Optional[_Union[RecallRequest, _Mapping]] = ..., most: _Optional[int] = ...) -> None: ...

class AnswerSentence(_message.Message):
    __slots__ = ("number", "text", "cite", "score", "freshness")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    CITE_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    FRESHNESS_FIELD_NUMBER: _ClassVar[int]
    number: int
    text: str
    cite: _common_pb2.Cite
    score: float
    freshness: str
    def __init__(self, number: _Optional[int] = ..., text: _Optional[str] = ..., cite: _Optional[_Union[_common_pb2.Cite, _Mapping]] = ..., score: _Optional[float] = ..., freshness: _Optional[str] = ...) -> None: ...

class AskReply(_message.Message):
    __slots__ = ("is_answered", "sentences", "nearest", "confidence", "took_ms", "degraded")
    IS_ANSWERED_FIELD_NUMBER: _ClassVar[int]
    SENTENCES_FIELD_NUMBER: _ClassVar[int]
    NEAREST_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    TOOK_MS_FIELD_NUMBER: _ClassVar[int]
    DEGRADED_FIELD_NUMBER: _ClassVar[int]
    is_answered: bool
    sentences: _containers.RepeatedCompositeFieldContainer[AnswerSentence]
    nearest: _containers.RepeatedCompositeFieldContainer[_common_pb2.Cite]
    confidence: float
    took_ms: float
    degraded: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, is_answered: _Optional[bool] = ..., sentences: _Optional[_Iterable[_Union[AnswerSentence, _Mapping]]] = ..., nearest: _Optional[_Iterable[_Union[_common_pb2.Cite, _Mapping]]] = ..., confidence: _Optional[float] = ..., took_ms: _Optional[float] = ..., degraded: _Optional[_Iterable[str]] = ...) -> None: ...

class GetRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class ListRequest(_message.Message):
    __slots__ = ("project", "modality", "path_prefix", "since", "until", "cursor", "limit")
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    MODALITY_FIELD_NUMBER: _ClassVar[int]
    PATH_PREFIX_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    project: str
    modality: _containers.RepeatedScalarFieldContainer[str]
    path_prefix: str
    since: str
    until: str
    cursor: str
    limit: int
    def __init__(self, project: _Optional[str] = ..., modality: _Optional[_Iterable[str]] = ..., path_prefix: _Optional[str] = ..., since: _Optional[str] = ..., until: _Optional[str] = ..., cursor: _Optional[str] = ..., limit: _Optional[int] = ...) -> None: ...

class ListReply(_message.Message):
    __slots__ = ("items", "next_cursor")
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    NEXT_CURSOR_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[_common_pb2.MemoryItem]
    next_cursor: str
    def __init__(self, items: _Optional[_Iterable[_Union[_common_pb2.MemoryItem, _Mapping]]] = ..., next_cursor: _Optional[str] = ...) -> None: ...

class LinkRequest(_message.Message):
    __slots__ = ("src", "dst", "relation", "weight")
    SRC_FIELD_NUMBER: _ClassVar[int]
    DST_FIELD_NUMBER: _ClassVar[int]
    RELATION_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    src: str
    dst: str
    relation: str
    weight: float
    def __init__(self, src: _Optional[str] = ..., dst: _Optional[str] = ..., relation: _Optional[str] = ..., weight: _Optional[float] = ...) -> None: ...

class LinkReply(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Place(_message.Message):
    __slots__ = ("id", "path", "line", "symbol", "project")
    ID_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    id: str
    path: str
    line: int
    symbol: str
    project: str
    def __init__(self, id: _Optional[str] = ..., path: _Optional[str] = ..., line: _Optional[int] = ..., symbol: _Optional[str] = ..., project: _Optional[str] = ...) -> None: ...

class RelatedRequest(_message.Message):
    __slots__ = ("place", "relations", "direction", "limit")
    PLACE_FIELD_NUMBER: _ClassVar[int]
    RELATIONS_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    place: Place
    relations: _containers.RepeatedScalarFieldContainer[str]
    direction: str
    limit: int
    def __init__(self, place: _Optional[_Union[Place, _Mapping]] = ..., relations: _Optional[_Iterable[str]] = ..., direction: _Optional[str] = ..., limit: _Optional[int] = ...) -> None: ...

class Neighbour(_message.Message):
    __slots__ = ("id", "relation", "direction", "cite", "title", "weight", "count", "line", "symbol")
    ID_FIELD_NUMBER: _ClassVar[int]
    RELATION_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    CITE_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    id: str
    relation: str
    direction: str
    cite: _common_pb2.Cite
    title: str
    weight: float
    count: int
    line: int
    symbol: str
    def __init__(self, id: _Optional[str] = ..., relation: _Optional[str] = ..., direction: _Optional[str] = ..., cite: _Optional[_Union[_common_pb2.Cite, _Mapping]] = ..., title: _Optional[str] = ..., weight: _Optional[float] = ..., count: _Optional[int] = ..., line: _Optional[int] = ..., symbol: _Optional[str] = ...) -> None: ...

class RelatedReply(_message.Message):
    __slots__ = ("places", "neighbours", "took_ms")
    PLACES_FIELD_NUMBER: _ClassVar[int]
    NEIGHBOURS_FIELD_NUMBER: _ClassVar[int]
    TOOK_MS_FIELD_NUMBER: _ClassVar[int]
    places: _containers.RepeatedCompositeFieldContainer[_common_pb2.Cite]
    neighbours: _containers.RepeatedCompositeFieldContainer[Neighbour]
    took_ms: float
    def __init__(self, places: _Optional[_Iterable[_Union[_common_pb2.Cite, _Mapping]]] = ..., neighbours: _Optional[_Iterable[_Union[Neighbour, _Mapping]]] = ..., took_ms: _Optional[float] = ...) -> None: ...

class PathBetweenRequest(_message.Message):
    __slots__ = ("start", "end", "most_steps")
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    MOST_STEPS_FIELD_NUMBER: _ClassVar[int]
    start: Place
    end: Place
    most_steps: int
    def __init__(self, start: _Optional[_Union[Place, _Mapping]] = ..., end: _Optional[_Union[Place, _Mapping]] = ..., most_steps: _Optional[int] = ...) -> None: ...

class PathBetweenReply(_message.Message):
    __slots__ = ("start", "steps", "is_found", "took_ms")
    START_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    IS_FOUND_FIELD_NUMBER: _ClassVar[int]
    TOOK_MS_FIELD_NUMBER: _ClassVar[int]
    start: _common_pb2.Cite
    steps: _containers.RepeatedCompositeFieldContainer[Neighbour]
    is_found: bool
    took_ms: float
    def __init__(self, start: _Optional[_Union[_common_pb2.Cite, _Mapping]] = ..., steps: _Optional[_Iterable[_Union[Neighbour, _Mapping]]] = ..., is_found: _Optional[bool] = ..., took_ms: _Optional[float] = ...) -> None: ...

class RepoMapRequest(_message.Message):
    __slots__ = ("path", "project", "focus", "budget_tokens")
    PATH_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    FOCUS_FIELD_NUMBER: _ClassVar[int]
    BUDGET_TOKENS_FIELD_NUMBER: _ClassVar[int]
    path: str
    project: str
    focus: _containers.RepeatedCompositeFieldContainer[Place]
    budget_tokens: int
    def __init__(self, path: _Optional[str] = ..., project: _Optional[str] = ..., focus: _Optional[_Iterable[_Union[Place, _Mapping]]] = ..., budget_tokens: _Optional[int] = ...) -> None: ...

class BlameRequest(_message.Message):
    __slots__ = ("path", "line", "line_end")
    PATH_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    LINE_END_FIELD_NUMBER: _ClassVar[int]
    path: str
    line: int
    line_end: int
    def __init__(self, path: _Optional[str] = ..., line: _Optional[int] = ..., line_end: _Optional[int] = ...) -> None: ...

class Blamed(_message.Message):
    __slots__ = ("commit", "author", "timestamp", "summary", "line", "line_end", "id")
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    LINE_END_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    commit: str
    author: str
    timestamp: str
    summary: str
    line: int
    line_end: int
    id: str
    def __init__(self, commit: _Optional[str] = ..., author: _Optional[str] = ..., timestamp: _Optional[str] = ..., summary: _Optional[str] = ..., line: _Optional[int] = ..., line_end: _Optional[int] = ..., id: _Optional[str] = ...) -> None: ...

class BlameReply(_message.Message):
    __slots__ = ("commits",)
    COMMITS_FIELD_NUMBER: _ClassVar[int]
    commits: _containers.RepeatedCompositeFieldContainer[Blamed]
    def __init__(self, commits: _Optional[_Iterable[_Union[Blamed, _Mapping]]] = ...) -> None: ...

class RepoMapReply(_message.Message):
    __slots__ = ("text", "tokens", "budget_tokens", "files", "symbols", "of_files", "took_ms")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    BUDGET_TOKENS_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    OF_FILES_FIELD_NUMBER: _ClassVar[int]
    TOOK_MS_FIELD_NUMBER: _ClassVar[int]
    text: str
    tokens: int
    budget_tokens: int
    files: int
    symbols: int
    of_files: int
    took_ms: float
    def __init__(self, text: _Optional[str] = ..., tokens: _Optional[int] = ..., budget_tokens: _Optional[int] = ..., files: _Optional[int] = ..., symbols: _Optional[int] = ..., of_files: _Optional[int] = ..., took_ms: _Optional[float] = ...) -> None: ...

class ForgetRequest(_message.Message):
    __slots__ = ("ids", "path", "project", "since", "until", "session", "is_dry_run", "is_audited")
    IDS_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    IS_DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    IS_AUDITED_FIELD_NUMBER: _ClassVar[int]
    ids: _containers.RepeatedScalarFieldContainer[str]
    path: str
    project: str
    since: str
    until: str
    session: str
    is_dry_run: bool
    is_audited: bool
    def __init__(self, ids: _Optional[_Iterable[str]] = ..., path: _Optional[str] = ..., project: _Optional[str] = ..., since: _Optional[str] = ..., until: _Optional[str] = ..., session: _Optional[str] = ..., is_dry_run: _Optional[bool] = ..., is_audited: _Optional[bool] = ...) -> None: ...

class ForgetSummary(_message.Message):
    __slots__ = ("items", "chunks", "is_dry_run", "examples", "erasure")
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    CHUNKS_FIELD_NUMBER: _ClassVar[int]
    IS_DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    ERASURE_FIELD_NUMBER: _ClassVar[int]
    items: int
    chunks: int
    is_dry_run: bool
    examples: _containers.RepeatedCompositeFieldContainer[_common_pb2.MemoryItem]
    erasure: Erasure
    def __init__(self, items: _Optional[int] = ..., chunks: _Optional[int] = ..., is_dry_run: _Optional[bool] = ..., examples: _Optional[_Iterable[_Union[_common_pb2.MemoryItem, _Mapping]]] = ..., erasure: _Optional[_Union[Erasure, _Mapping]] = ...) -> None: ...

class ForgetEvent(_message.Message):
    __slots__ = ("progress", "summary")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    progress: _common_pb2.Progress
    summary: ForgetSummary
    def __init__(self, progress: _Optional[_Union[_common_pb2.Progress, _Mapping]] = ..., summary: _Optional[_Union[ForgetSummary, _Mapping]] = ...) -> None: ...

class Erasure(_message.Message):
    __slots__ = ("id", "state", "items", "chunks", "started_at", "finished_at", "found", "limits", "receipt")
    ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    CHUNKS_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    FINISHED_AT_FIELD_NUMBER: _ClassVar[int]
    FOUND_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    id: str
    state: str
    items: int
    chunks: int
    started_at: str
    finished_at: str
    found: int
    limits: _containers.RepeatedScalarFieldContainer[str]
    receipt: str
    def __init__(self, id: _Optional[str] = ..., state: _Optional[str] = ..., items: _Optional[int] = ..., chunks: _Optional[int] = ..., started_at: _Optional[str] = ..., finished_at: _Optional[str] = ..., found: _Optional[int] = ..., limits: _Optional[_Iterable[str]] = ..., receipt: _Optional[str] = ...) -> None: ...

class ErasuresRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ErasuresReply(_message.Message):
    __slots__ = ("erasures",)
    ERASURES_FIELD_NUMBER: _ClassVar[int]
    erasures: _containers.RepeatedCompositeFieldContainer[Erasure]
    def __init__(self, erasures: _Optional[_Iterable[_Union[Erasure, _Mapping]]] = ...) -> None: ...

class StatsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class IndexState(_message.Message):
    __slots__ = ("name", "backend", "applied_seq", "journal_seq", "points", "disk_bytes", "status", "detail")
    NAME_FIELD_NUMBER: _ClassVar[int]
    BACKEND_FIELD_NUMBER: _ClassVar[int]
    APPLIED_SEQ_FIELD_NUMBER: _ClassVar[int]
    JOURNAL_SEQ_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    DISK_BYTES_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    name: str
    backend: str
    applied_seq: int
    journal_seq: int
    points: int
    disk_bytes: int
    status: str
    detail: str
    def __init__(self, name: _Optional[str] = ..., backend: _Optional[str] = ..., applied_seq: _Optional[int] = ..., journal_seq: _Optional[int] = ..., points: _Optional[int] = ..., disk_bytes: _Optional[int] = ..., status: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...

class StatsReply(_message.Message):
    __slots__ = ("items", "chunks", "projects", "modalities", "languages", "indexes", "store_bytes", "model", "model_state", "queues")
    class ProjectsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    class ModalitiesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    class LanguagesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    class QueuesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    CHUNKS_FIELD_NUMBER: _ClassVar[int]
    PROJECTS_FIELD_NUMBER: _ClassVar[int]
    MODALITIES_FIELD_NUMBER: _ClassVar[int]
    LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    INDEXES_FIELD_NUMBER: _ClassVar[int]
    STORE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    MODEL_STATE_FIELD_NUMBER: _ClassVar[int]
    QUEUES_FIELD_NUMBER: _ClassVar[int]
    items: int
    chunks: int
    projects: _containers.ScalarMap[str, int]
    modalities: _containers.ScalarMap[str, int]
    languages: _containers.ScalarMap[str, int]
    indexes: _containers.RepeatedCompositeFieldContainer[IndexState]
    store_bytes: int
    model: str
    model_state: str
    queues: _containers.ScalarMap[str, int]
    def __init__(self, items: _Optional[int] = ..., chunks: _Optional[int] = ..., projects: _Optional[_Mapping[str, int]] = ..., modalities: _Optional[_Mapping[str, int]] = ..., languages: _Optional[_Mapping[str, int]] = ..., indexes: _Optional[_Iterable[_Union[IndexState, _Mapping]]] = ..., store_bytes: _Optional[int] = ..., model: _Optional[str] = ..., model_state: _Optional[str] = ..., queues: _Optional[_Mapping[str, int]] = ...) -> None: ...

class CoverageRequest(_message.Message):
    __slots__ = ("path",)
    PATH_FIELD_NUMBER: _ClassVar[int]
    path: str
    def __init__(self, path: _Optional[str] = ...) -> None: ...

class CoverageRow(_message.Message):
    __slots__ = ("path", "state", "reason", "chunks")
    PATH_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CHUNKS_FIELD_NUMBER: _ClassVar[int]
    path: str
    state: str
    reason: str
    chunks: int
    def __init__(self, path: _Optional[str] = ..., state: _Optional[str] = ..., reason: _Optional[str] = ..., chunks: _Optional[int] = ...) -> None: ...

class CompactRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ReplayRequest(_message.Message):
    __slots__ = ("names",)
    NAMES_FIELD_NUMBER: _ClassVar[int]
    names: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, names: _Optional[_Iterable[str]] = ...) -> None: ...
