"""Errors as they are sent."""

from __future__ import annotations

import pytest
from google.rpc import code_pb2, error_details_pb2, status_pb2
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import BusyError, CairnError, InputError
from servers.errors import RequestError
from servers.grpc_api.status import to_status
from servers.grpc_api.wire_text import sendable

_ANY = st.text(st.characters(codec=None, exclude_categories=()), max_size=3000)


def _names(status: status_pb2.Status) -> list[str]:
    return [detail.TypeName().rpartition(".")[2] for detail in status.details]


def test_every_error_says_its_reason_and_advice() -> None:
    """The fields of the case and the advice are metadata."""
    status = to_status(CairnError("it broke", fix="mend it", fields={"path": "/x"}))
    info = error_details_pb2.ErrorInfo()
    status.details[0].Unpack(info)
    assert (status.code, status.message) == (code_pb2.INTERNAL, "it broke")
    assert (info.reason, info.domain, dict(info.metadata)) == ("INTERNAL", "cairn", {"path": "/x", "fix": "mend it"})


def test_a_bad_field_is_a_violation() -> None:
    """One that the memory found itself is told in the same way as one found at the door."""
    status = to_status(InputError("paths", "does not exist"))
    bad = error_details_pb2.BadRequest()
    status.details[1].Unpack(bad)
    assert [row.field for row in bad.field_violations] == ["paths"]


def test_waiting_is_advised_when_it_helps() -> None:
    """The time is the error's own."""
    status = to_status(BusyError("full", retry_after_s=2.5))
    retry = error_details_pb2.RetryInfo()
    status.details[1].Unpack(retry)
    assert _names(status) == ["ErrorInfo", "RetryInfo"]
    assert (retry.retry_delay.seconds, retry.retry_delay.nanos) == (2, 500_000_000)


@pytest.mark.slow
@given(st.lists(st.tuples(_ANY, _ANY), min_size=1, max_size=50), st.dictionaries(_ANY.filter(bool), _ANY))
def test_whatever_the_user_wrote_a_status_fits_into_trailers(rows: list[tuple[str, str]], more: dict[str, str]) -> None:
    """Clients refuse trailers over 8 KiB; a binary trailer grows by a third, and the message is sent twice."""
    error = RequestError(rows)
    error.fields = {sendable(name)[:40]: text for name, text in more.items()}
    status = to_status(error)
    assert status.ByteSize() * 4 / 3 + len(status.message.encode()) < 8192
