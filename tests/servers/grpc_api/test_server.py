"""Listeners, health, reflection, and who may come in."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from foundation.errors import ConflictError, InputError
from proto.cairn.v1 import memory_pb2, system_pb2
from proto.cairn.v1.memory_pb2_grpc import MemoryStub
from proto.cairn.v1.system_pb2_grpc import SystemStub
from servers.grpc_api.server import SERVICES, TcpListener
from tests.servers.grpc_api.serving import Serving, refused, serve

_TOKEN = "a-token-of-enough-length"


@pytest.fixture(scope="module")
def listener() -> TcpListener:
    """A door with a certificate that was signed a moment ago."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cairn")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return TcpListener("127.0.0.1", 0, certificate.public_bytes(serialization.Encoding.PEM), pem, _TOKEN)


@pytest.fixture
def tcp(folder: Path, listener: TcpListener) -> Iterator[Serving]:
    """A server on the socket and on TCP."""
    with serve(folder, tcp=listener) as running:
        yield running


def _secure(serving: Serving, listener: TcpListener) -> grpc.Channel:
    trust = grpc.ssl_channel_credentials(listener.certificate)
    return grpc.secure_channel(f"127.0.0.1:{serving.server.tcp_port}", trust, [("grpc.enable_http_proxy", 0)])


def _state(channel: grpc.Channel, service: str) -> str:
    stub: Any = health_pb2_grpc.HealthStub(channel)
    reply = stub.Check(health_pb2.HealthCheckRequest(service=service))
    return str(health_pb2.HealthCheckResponse.ServingStatus.Name(reply.status))


def test_the_socket_is_for_its_owner_only(serving: Serving, folder: Path) -> None:
    """Its mode is 0600, and it is gone after the end."""
    path = folder / "cairn.sock"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    serving.server.drain(0.1)
    assert not path.exists()


def test_a_folder_that_others_may_enter_is_refused(folder: Path) -> None:
    """Between the making of a socket and its `chmod` only the folder protects it."""
    folder.chmod(0o755)
    with pytest.raises(ConflictError, match="others may enter"), serve(folder):
        pass


def test_a_socket_left_by_a_dead_daemon_is_replaced(folder: Path) -> None:
    """A crash leaves the file; the next start takes its place."""
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(folder / "cairn.sock"))
    with serve(folder) as serving:
        assert _state(serving.channel, "") == "SERVING"


@pytest.mark.parametrize("name", ["a b", "hash#mark", "100%41", "вход"])
def test_any_name_of_a_folder_will_do(folder: Path, name: str) -> None:
    """Blanks, signs and letters of any script reach the socket."""
    inner = folder / name
    inner.mkdir(mode=0o700)
    with serve(inner) as serving:
        assert (inner / "cairn.sock").is_socket()
        assert _state(serving.channel, "") == "SERVING"


def test_health_is_kept_for_each_service(serving: Serving) -> None:
    """All serve; one that does not exist is unknown."""
    assert {_state(serving.channel, name) for name in ("", *SERVICES)} == {"SERVING"}
    with pytest.raises(grpc.RpcError) as caught:
        _state(serving.channel, "cairn.v1.Nobody")
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


def test_health_says_not_serving_while_draining(serving: Serving) -> None:
    """A balancer learns it while calls in flight are still being finished."""
    stub: Any = health_pb2_grpc.HealthStub(serving.channel)
    states = stub.Watch(health_pb2.HealthCheckRequest(service=SERVICES[0]))
    assert next(states).status == health_pb2.HealthCheckResponse.SERVING
    serving.memory.gate.clear()
    memory: Any = MemoryStub(serving.channel)  # type: ignore[no-untyped-call]  # generated
    recall = memory.Recall.future(memory_pb2.RecallRequest(text="a"))
    assert serving.memory.waiting.acquire(timeout=5)
    drain = threading.Thread(target=serving.server.drain, args=(30.0,))
    drain.start()
    assert next(states).status == health_pb2.HealthCheckResponse.NOT_SERVING
    serving.memory.gate.set()
    assert len(recall.result().items) == 0
    drain.join(10)
    assert not drain.is_alive()


def test_reflection_lists_the_services(serving: Serving) -> None:
    """A stranger with `grpcurl` finds everything."""
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(serving.channel)
    (reply,) = stub.ServerReflectionInfo(iter([reflection_pb2.ServerReflectionRequest(list_services="")]))
    names = {service.name for service in reply.list_services_response.service}
    assert names == {*SERVICES, "grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}


def test_tcp_serves_who_knows_the_token(tcp: Serving, listener: TcpListener) -> None:
    """Calls and reflection need it; the socket and health do not."""
    with _secure(tcp, listener) as channel:
        stub: Any = SystemStub(channel)  # type: ignore[no-untyped-call]  # generated
        request = system_pb2.InfoRequest()
        assert stub.Info(request, metadata=[("authorization", f"Bearer {_TOKEN}")]).pid == 7
        for metadata in ([], [("authorization", "Bearer wrong")], [("authorization", _TOKEN)]):
            with refused(grpc.StatusCode.UNAUTHENTICATED):
                stub.Info(request, metadata=metadata)
        assert _state(channel, "") == "SERVING"
        mirror: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
        with refused(grpc.StatusCode.UNAUTHENTICATED):
            list(mirror.ServerReflectionInfo(iter([reflection_pb2.ServerReflectionRequest(list_services="")])))
    local: Any = SystemStub(tcp.channel)  # type: ignore[no-untyped-call]  # generated
    assert local.Info(request).pid == 7


def test_an_import_without_a_token_is_refused_before_it_is_read(tcp: Serving, listener: TcpListener) -> None:
    """No byte of a stream reaches the memory."""
    with _secure(tcp, listener) as channel:
        stub: Any = MemoryStub(channel)  # type: ignore[no-untyped-call]  # generated
        record = memory_pb2.IngestRecord(id="1", text="x")
        with refused(grpc.StatusCode.UNAUTHENTICATED):
            stub.Ingest(iter([memory_pb2.IngestRequest(project="p", records=[record])]))
    assert not tcp.memory.items


def test_tcp_speaks_nothing_but_tls(tcp: Serving) -> None:
    """A plain connection gets nowhere."""
    with grpc.insecure_channel(f"127.0.0.1:{tcp.server.tcp_port}", [("grpc.enable_http_proxy", 0)]) as channel:
        with pytest.raises(grpc.RpcError) as caught:
            _state(channel, "")
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize("name", ["certificate", "key", "token"])
def test_tcp_without_protection_is_refused(folder: Path, listener: TcpListener, name: str) -> None:
    """The missing setting is named, and no socket is left behind."""
    bare = msgspec.structs.replace(listener, **{name: "" if name == "token" else b""})
    with pytest.raises(InputError, match=f"daemon.tcp.{name}"), serve(folder, tcp=bare):
        pass
    assert list(folder.iterdir()) == []


def test_a_port_in_use_is_told(folder: Path, listener: TcpListener) -> None:
    """Two daemons never share a port."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        busy = msgspec.structs.replace(listener, port=taken.getsockname()[1])
        with pytest.raises(ConflictError, match="cannot listen"), serve(folder, tcp=busy):
            pass


def test_a_certificate_that_is_none_is_told(folder: Path, listener: TcpListener) -> None:
    """It fails at start and not at the first client."""
    broken = msgspec.structs.replace(listener, certificate=b"nonsense")
    with pytest.raises(ConflictError, match="cannot listen"), serve(folder, tcp=broken):
        pass
