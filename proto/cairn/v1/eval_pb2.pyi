from proto.cairn.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

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
