"""Messages made to cost more than they are."""

from __future__ import annotations

import concurrent.futures
import http.client
import signal
import struct
import subprocess
import sys
import urllib.parse
from collections.abc import Callable
from typing import Any

import pytest

from client import Client, Session, wait_until
from conftest import use
from contract import METHODS, v1
from expect import check_error
from rubbish import bomb
from server import Server
from wire import DATA, Wire, frame, message, open_call

CREATE_NETWORK = "/spiked.v1.SimulationService/CreateNetwork"


def _length(n: int) -> bytes:
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def _field(number: int, payload: bytes) -> bytes:
    return _length(number << 3 | 2) + _length(len(payload)) + payload


def nested_list(levels: int) -> bytes:
    """A CreateNetworkRequest with a preset whose option is a list in a list in a list."""
    value = b""
    for _ in range(levels):
        value = _field(6, _field(1, value))  # Value.list_value.values
    options = _field(1, _field(1, b"noise") + _field(2, value))  # Struct.fields
    return _field(3, _field(1, b"pong/rstdp") + _field(2, options))


def nested_groups(levels: int) -> bytes:
    """Fields that nobody knows, one within the other."""
    return b"\xa3\x06" * levels + b"\xa4\x06" * levels


def test_nesting_is_bounded(client: Client, expect_service: Callable[[], None]) -> None:
    for request in (nested_list(5000), nested_groups(5000), nested_groups(1_000_000)):
        call = client.send_bytes(CREATE_NETWORK, request)
        check_error(call, "INVALID_ARGUMENT", "MALFORMED_MESSAGE")
    expect_service()


def test_what_is_no_message_is_told_so_by_every_method(client: Client) -> None:
    for name, method in METHODS.items():
        if not method.unary:
            continue
        for request in (b"\xff" * 100, b"\x0a\x7f", nested_groups(5000)):
            call = client.send_bytes(f"/{method.service}/{name}", request)
            check_error(call, "INVALID_ARGUMENT", "MALFORMED_MESSAGE")


def test_a_compressed_bomb_does_not_take_the_memory_that_it_names(
    server: Server, expect_service: Callable[[], None]
) -> None:
    expect_service()
    before = server.peak_memory_bytes()
    small = bomb(4096)
    assert len(small) < 8 << 20
    wire = Wire(server.address)
    assert wire.greet()
    assert wire.send(open_call(1, CREATE_NETWORK, grpc_encoding="deflate"))
    wire.send_data(1, message(small, compressed=True))
    expect_service()
    wire.close()
    expect_service()
    assert server.peak_memory_bytes() < before + (512 << 20)


@pytest.mark.parametrize("stream", [False, True])
def test_bombs_over_http_do_not_take_the_memory_that_they_name(
    stream: bool, start_server: Callable[..., Server]
) -> None:
    server = start_server("--web=127.0.0.1:0", "--max-memory-mib=256")
    web = urllib.parse.urlsplit(server.web_address)
    use(server.address)
    before = server.peak_memory_bytes()
    body = bomb(1024, by_gzip=True)
    headers = {"authorization": f"Bearer {server.owner_token}"}
    if stream:
        path = "/spiked.v1.SimulationService/RestoreSession"
        body = struct.pack(">BI", 1, len(body)) + body
        headers |= {"content-type": "application/connect+proto", "connect-content-encoding": "gzip"}
    else:
        path = CREATE_NETWORK
        headers |= {"content-type": "application/proto", "content-encoding": "gzip"}

    def refused(_: int) -> bytes:
        connection = http.client.HTTPConnection(web.netloc, timeout=60)
        connection.request("POST", path, body, headers)
        answer = connection.getresponse().read()
        connection.close()
        return answer

    assert b'"request_bytes"' in refused(0)
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        answers = threads.map(refused, range(12))
        use(server.address)
        assert all(b'"resource_exhausted"' in answer for answer in answers)
    use(server.address)
    assert server.peak_memory_bytes() < before + (384 << 20)


def test_a_message_that_names_more_bytes_than_come(
    server: Server, expect_service: Callable[[], None]
) -> None:
    before = server.memory_bytes()
    wires = [Wire(server.address) for _ in range(50)]
    for wire in wires:
        assert wire.greet()
        for k in range(20):
            stream = 2 * k + 1
            claim = b"\0\x03\xff\xff\xff" + b"x" * 1000  # of 64 MiB
            wire.send(open_call(stream, CREATE_NETWORK) + frame(DATA, 0, stream, claim))
    expect_service()
    assert server.memory_bytes() < before + (256 << 20)
    for wire in wires:
        wire.close()
    expect_service()


_STEPPER = """
import sys, grpc
channel = grpc.insecure_channel(sys.argv[1])
step = channel.unary_unary("/spiked.v1.SimulationService/Step")
print("ready", flush=True)
step(bytes.fromhex(sys.argv[2]))
"""


def test_clients_killed_in_mid_step(
    server: Server, client: Client, expect_service: Callable[[], None]
) -> None:
    sessions = [Session(client, client.CreateSession().session) for _ in range(8)]
    network = v1.NetworkSpecification(
        populations=[{"name": "a", "model": "iaf_psc_exp", "size": 2000}]
    )
    steppers = []
    for session in sessions:
        session.CreateNetwork(network="net", specification=network)
        request = v1.StepRequest(session=session.name, duration_ms=1e7)
        arguments = [server.address, request.SerializeToString().hex()]
        steppers.append(
            subprocess.Popen([sys.executable, "-c", _STEPPER, *arguments], stdout=subprocess.PIPE)
        )
    for session, stepper in zip(sessions, steppers, strict=True):
        _wait_for(session, lambda described: bool(described.time_ms > 0))
        stepper.send_signal(signal.SIGKILL)
        stepper.communicate()
    for session in sessions:
        _wait_for(session, lambda described: bool(described.state == v1.SESSION_STATE_IDLE))
        time_ms = session.time_ms()
        assert session.step(1, expected_time_ms=time_ms).time_ms == time_ms + 1
        session.DeleteSession()
    expect_service()


def _wait_for(session: Session, condition: Callable[[Any], bool]) -> None:
    wait_until(lambda: condition(session.describe()))
