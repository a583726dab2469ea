from proto.cairn.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BenchRequest(_message.Message):
    __slots__ = ("format", "paths", "strategy", "split", "keys", "limit")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    PATHS_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    SPLIT_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    format: str
    paths: _containers.RepeatedScalarFieldContainer[str]
    strategy: str
    split: str
    keys: _containers.RepeatedScalarFieldContainer[str]
    limit: int
    def __init__(self, format: _Optional[str] = ..., paths: _Optional[_Iterable[str]] = ..., strategy: _Optional[str] = ..., split: _Optional[str] = ..., keys: _Optional[_Iterable[str]] = ..., limit: _Optional[int] = ...) -> None: ...

class BenchRow(_message.Message):
    __slots__ = ("part", "granularity", "pool", "n", "figures")
    class FiguresEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    PART_FIELD_NUMBER: _ClassVar[int]
    GRANULARITY_FIELD_NUMBER: _ClassVar[int]
    POOL_FIELD_NUMBER: _ClassVar[int]
    N_FIELD_NUMBER: _ClassVar[int]
    FIGURES_FIELD_NUMBER: _ClassVar[int]
    part: str
    granularity: str
    pool: str
    n: int
    figures: _containers.ScalarMap[str, float]
    def __init__(self, part: _Optional[str] = ..., granularity: _Optional[str] = ..., pool: _Optional[str] = ..., n: _Optional[int] = ..., figures: _Optional[_Mapping[str, float]] = ...) -> None: ...

class BenchReport(_message.Message):
    __slots__ = ("bench", "strategy", "pools", "documents", "questions", "counted", "rows", "depth", "p50_ms", "p95_ms", "notes", "degraded")
    class CountedEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    BENCH_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    POOLS_FIELD_NUMBER: _ClassVar[int]
    DOCUMENTS_FIELD_NUMBER: _ClassVar[int]
    QUESTIONS_FIELD_NUMBER: _ClassVar[int]
    COUNTED_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    DEPTH_FIELD_NUMBER: _ClassVar[int]
    P50_MS_FIELD_NUMBER: _ClassVar[int]
    P95_MS_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    DEGRADED_FIELD_NUMBER: _ClassVar[int]
    bench: str
    strategy: str
    pools: int
    documents: int
    questions: int
    counted: _containers.ScalarMap[str, int]
    rows: _containers.RepeatedCompositeFieldContainer[BenchRow]
    depth: int
    p50_ms: float
    p95_ms: float
    notes: _containers.RepeatedScalarFieldContainer[str]
    degraded: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, bench: _Optional[str] = ..., strategy: _Optional[str] = ..., pools: _Optional[int] = ..., documents: _Optional[int] = ..., questions: _Optional[int] = ..., counted: _Optional[_Mapping[str, int]] = ..., rows: _Optional[_Iterable[_Union[BenchRow, _Mapping]]] = ..., depth: _Optional[int] = ..., p50_ms: _Optional[float] = ..., p95_ms: _Optional[float] = ..., notes: _Optional[_Iterable[str]] = ..., degraded: _Optional[_Iterable[str]] = ...) -> None: ...

class BenchEvent(_message.Message):
    __slots__ = ("progress", "report")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    progress: _common_pb2.Progress
    report: BenchReport
    def __init__(self, progress: _Optional[_Union[_common_pb2.Progress, _Mapping]] = ..., report: _Optional[_Union[BenchReport, _Mapping]] = ...) -> None: ...

class EvalRequest(_message.Message):
    __slots__ = ("set", "strategy")
    SET_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    set: str
    strategy: str
    def __init__(self, set: _Optional[str] = ..., strategy: _Optional[str] = ...) -> None: ...

class EvalReport(_message.Message):
    __slots__ = ("set", "queries", "recall_5", "recall_10", "recall_20", "ndcg_10", "mrr_10", "p50_ms", "p95_ms", "p99_ms", "regressed", "degraded")
    SET_FIELD_NUMBER: _ClassVar[int]
    QUERIES_FIELD_NUMBER: _ClassVar[int]
    RECALL_5_FIELD_NUMBER: _ClassVar[int]
    RECALL_10_FIELD_NUMBER: _ClassVar[int]
    RECALL_20_FIELD_NUMBER: _ClassVar[int]
    NDCG_10_FIELD_NUMBER: _ClassVar[int]
    MRR_10_FIELD_NUMBER: _ClassVar[int]
    P50_MS_FIELD_NUMBER: _ClassVar[int]
    P95_MS_FIELD_NUMBER: _ClassVar[int]
    P99_MS_FIELD_NUMBER: _ClassVar[int]
    REGRESSED_FIELD_NUMBER: _ClassVar[int]
    DEGRADED_FIELD_NUMBER: _ClassVar[int]
    set: str
    queries: int
    recall_5: float
    recall_10: float
    recall_20: float
    ndcg_10: float
    mrr_10: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    regressed: bool
    degraded: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, set: _Optional[str] = ..., queries: _Optional[int] = ..., recall_5: _Optional[float] = ..., recall_10: _Optional[float] = ..., recall_20: _Optional[float] = ..., ndcg_10: _Optional[float] = ..., mrr_10: _Optional[float] = ..., p50_ms: _Optional[float] = ..., p95_ms: _Optional[float] = ..., p99_ms: _Optional[float] = ..., regressed: _Optional[bool] = ..., degraded: _Optional[_Iterable[str]] = ...) -> None: ...

class EvalEvent(_message.Message):
    __slots__ = ("progress", "report")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    progress: _common_pb2.Progress
    report: EvalReport
    def __init__(self, progress: _Optional[_Union[_common_pb2.Progress, _Mapping]] = ..., report: _Optional[_Union[EvalReport, _Mapping]] = ...) -> None: ...
