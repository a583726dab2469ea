"""Bytes that are no message: which field is wrong."""

from __future__ import annotations

from collections import Counter
from typing import Any

from google.protobuf import descriptor_pool
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet

__all__ = ["Malformed"]

_WHOLE = "request"
_BROKEN = (_WHOLE, "is not a valid message: wrong types or lengths")

_BYTES = 2
"""Wire type of texts and of messages. Source: protobuf.dev/programming-guides/encoding, "Message Structure"."""


class Malformed:
    """Stands for a request whose bytes are not the message they should be.

    Args:
        data: As sent.
        method: As gRPC names it: `/package.Service/Method`.
    """

    def __init__(self, data: bytes, method: str) -> None:
        self._data = data
        self._method = method

    def violation(self) -> tuple[str, str]:
        """Return the first bad field and what is wrong with it; the field is `request` where none can be told."""
        pool: Any = descriptor_pool.Default()
        kind = pool.FindMethodByName(self._method.strip("/").replace("/", ".")).input_type
        return _found(self._data, kind) or _BROKEN


def _found(data: bytes, kind: Any) -> tuple[str, str] | None:
    """Walk over the bytes, which gRPC's parser refuses without saying where."""
    carrier = Empty()
    try:
        carrier.ParseFromString(data)
    except DecodeError:
        return _BROKEN
    seen: Counter[str] = Counter()
    for part in UnknownFieldSet(carrier):
        field = kind.fields_by_number.get(part.field_number)
        if field is None or part.wire_type != _BYTES:
            continue
        name = f"{field.name}[{seen[field.name]}]" if field.is_repeated else field.name
        seen[field.name] += 1
        if (bad := _within(part.data, field, name)) is not None:
            return bad
    return None


def _within(data: bytes, field: Any, name: str) -> tuple[str, str] | None:
    if field.type == field.TYPE_STRING:
        return None if _is_text(data) else (name, "is not UTF-8")
    if field.type != field.TYPE_MESSAGE:
        return None
    bad = _found(data, field.message_type)
    if bad is None:
        return None
    inner, text = bad
    if field.message_type.GetOptions().map_entry:
        return field.name, text
    return name if inner == _WHOLE else f"{name}.{inner}", text


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
