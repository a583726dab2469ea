from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Progress(_message.Message):
    __slots__ = ("done", "total", "unit", "rate", "eta_s", "phase", "path")
    DONE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    ETA_S_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    done: int
    total: int
    unit: str
    rate: float
    eta_s: float
    phase: str
    path: str
    def __init__(self, done: _Optional[int] = ..., total: _Optional[int] = ..., unit: _Optional[str] = ..., rate: _Optional[float] = ..., eta_s: _Optional[float] = ..., phase: _Optional[str] = ..., path: _Optional[str] = ...) -> None: ...

class Cite(_message.Message):
    __slots__ = ("path", "line", "line_end", "page", "time_s", "uri", "symbol", "timestamp")
    PATH_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    LINE_END_FIELD_NUMBER: _ClassVar[int]
    PAGE_FIELD_NUMBER: _ClassVar[int]
    TIME_S_FIELD_NUMBER: _ClassVar[int]
    URI_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    path: str
    line: int
    line_end: int
    page: int
    time_s: float
    uri: str
    symbol: str
    timestamp: str
    def __init__(self, path: _Optional[str] = ..., line: _Optional[int] = ..., line_end: _Optional[int] = ..., page: _Optional[int] = ..., time_s: _Optional[float] = ..., uri: _Optional[str] = ..., symbol: _Optional[str] = ..., timestamp: _Optional[str] = ...) -> None: ...

class Source(_message.Message):
    __slots__ = ("path", "repo", "commit", "timestamp", "uri", "line_start", "line_end", "time_start_s", "time_end_s")
    PATH_FIELD_NUMBER: _ClassVar[int]
    REPO_FIELD_NUMBER: _ClassVar[int]
    COMMIT_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    URI_FIELD_NUMBER: _ClassVar[int]
    LINE_START_FIELD_NUMBER: _ClassVar[int]
    LINE_END_FIELD_NUMBER: _ClassVar[int]
    TIME_START_S_FIELD_NUMBER: _ClassVar[int]
    TIME_END_S_FIELD_NUMBER: _ClassVar[int]
    path: str
    repo: str
    commit: str
    timestamp: str
    uri: str
    line_start: int
    line_end: int
    time_start_s: float
    time_end_s: float
    def __init__(self, path: _Optional[str] = ..., repo: _Optional[str] = ..., commit: _Optional[str] = ..., timestamp: _Optional[str] = ..., uri: _Optional[str] = ..., line_start: _Optional[int] = ..., line_end: _Optional[int] = ..., time_start_s: _Optional[float] = ..., time_end_s: _Optional[float] = ...) -> None: ...

class Meta(_message.Message):
    __slots__ = ("project", "layer", "tags", "quality", "version", "title", "mime", "content_hash", "language", "scope", "pii", "secrets_redacted", "permissions", "fields")
    class FieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    MIME_FIELD_NUMBER: _ClassVar[int]
    CONTENT_HASH_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    PII_FIELD_NUMBER: _ClassVar[int]
    SECRETS_REDACTED_FIELD_NUMBER: _ClassVar[int]
    PERMISSIONS_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    project: str
    layer: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    quality: float
    version: int
    title: str
    mime: str
    content_hash: str
    language: str
    scope: str
    pii: bool
    secrets_redacted: int
    permissions: str
    fields: _containers.ScalarMap[str, str]
    def __init__(self, project: _Optional[str] = ..., layer: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ..., quality: _Optional[float] = ..., version: _Optional[int] = ..., title: _Optional[str] = ..., mime: _Optional[str] = ..., content_hash: _Optional[str] = ..., language: _Optional[str] = ..., scope: _Optional[str] = ..., pii: _Optional[bool] = ..., secrets_redacted: _Optional[int] = ..., permissions: _Optional[str] = ..., fields: _Optional[_Mapping[str, str]] = ...) -> None: ...

class MemoryItem(_message.Message):
    __slots__ = ("id", "modality", "source", "meta", "text", "chunks")
    ID_FIELD_NUMBER: _ClassVar[int]
    MODALITY_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    META_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    CHUNKS_FIELD_NUMBER: _ClassVar[int]
    id: str
    modality: str
    source: Source
    meta: Meta
    text: str
    chunks: int
    def __init__(self, id: _Optional[str] = ..., modality: _Optional[str] = ..., source: _Optional[_Union[Source, _Mapping]] = ..., meta: _Optional[_Union[Meta, _Mapping]] = ..., text: _Optional[str] = ..., chunks: _Optional[int] = ...) -> None: ...
