"""More than anyone needs: streams, connections, calls that are taken back, answers left unread."""

from __future__ import annotations

import resource
from collections.abc import Callable

import pytest

from client import Client, Session, StepStream, wait_until
from conftest import use
from contract import v1
from server import Server
from wire import (
    CANCEL,
    DATA,
    INITIAL_WINDOW_SIZE,
    RST_STREAM,
    STEP_STREAM,
    Wire,
    frame,
    last_data,
    message,
    open_call,
)

LIST_MODELS = "/spiked.v1.CatalogService/ListModels"


@pytest.fixture(autouse=True)
def many_files() -> None:
    """Each connection is a file here, too."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def test_silent_streams_hold_no_threads(server: Server, expect_service: Callable[[], None]) -> None:
    expect_service()
    threads = server.threads()
    wires = [Wire(server.address) for _ in range(2)]
    for wire in wires:
        assert wire.greet()
        assert wire.send(b"".join(open_call(2 * k + 1, STEP_STREAM) for k in range(4150)))
    for _ in range(5):
        expect_service()
    # A few more may serve what is going on; not one for each.
    assert server.threads() < threads + 50
    for wire in wires:
        wire.close()
    expect_service()


def test_streams_of_an_account_take_no_more_memory_than_it_may_have(
    start_server: Callable[..., Server],
) -> None:
    server = start_server("--max-memory-mib", "64")
    owner = Client(server.address)
    account = owner.new_account(memory_bytes=8 << 20)
    authorization = f"Bearer {owner.CreateToken(account=account).token}"
    wire = Wire(server.address)
    wire.greet()
    # Of which each is counted as some KiB.
    streams = [2 * k + 1 for k in range(800)]
    wire.send(b"".join(open_call(k, STEP_STREAM, authorization=authorization) for k in streams))
    wait_until(lambda: bool(owner.GetServerInfo().memory_bytes > 7 << 20))
    session = Session(owner, owner.CreateSession().session)
    assert session.step(100).time_ms == 100
    assert owner.GetServerInfo().memory_bytes < 9 << 20
    wire.close()
    owner.close()


def test_streams_that_begin_and_never_end_their_message(
    server: Server, expect_service: Callable[[], None]
) -> None:
    wire = Wire(server.address)
    assert wire.greet()
    whole = message(b"x" * 64)
    for k in range(1000):
        stream = 2 * k + 1
        # Half of the message, and no end.
        part = frame(DATA, 0, stream, whole[:30])
        assert wire.send(open_call(stream, STEP_STREAM) + part)
    expect_service()
    wire.close()
    expect_service()


def test_idle_connections(server: Server, expect_service: Callable[[], None]) -> None:
    wires = [Wire(server.address) for _ in range(3000)]
    for k, wire in enumerate(wires):
        # One half is idle, the other half-open.
        if k % 2 == 0:
            assert wire.greet()
    for _ in range(5):
        expect_service()
    for wire in wires:
        wire.close()
    expect_service()


def test_calls_that_are_taken_back_at_once(
    server: Server, expect_service: Callable[[], None]
) -> None:
    wire = Wire(server.address, timeout_s=2)
    wire.greet()
    reset = CANCEL.to_bytes(4, "big")
    paths = [STEP_STREAM, "/spiked.v1.CatalogService/ListModels", "/none/None"]
    for batch in range(100):
        calls = b""
        for k in range(300):
            stream = 2 * (300 * batch + k) + 1
            calls += open_call(stream, paths[k % 3]) + frame(RST_STREAM, 0, stream, reset)
        try:
            if not wire.send(calls):
                break  # the server has had enough of us
        except TimeoutError:
            break  # it reads no more until we do
        if batch % 20 == 0:
            expect_service()
    wire.close()
    expect_service()


def test_answers_that_are_not_read(server: Server, expect_service: Callable[[], None]) -> None:
    wire = Wire(server.address)
    # Not a byte of an answer is taken.
    assert wire.greet([(INITIAL_WINDOW_SIZE, 0)])
    for k in range(2000):
        stream = 2 * k + 1
        assert wire.send(open_call(stream, LIST_MODELS) + last_data(stream, message(b"")))
    expect_service()
    wire.close()
    expect_service()


# What a client can leave under way at no cost of its own: it neither reads nor acknowledges the
# server's settings, upon which gRPC would bound its calls.
UNREAD: dict[str, Callable[[int], bytes]] = {
    "answers": lambda stream: open_call(stream, LIST_MODELS) + last_data(stream, message(b"")),
    "refusals": lambda stream: open_call(stream, LIST_MODELS, authorization="Bearer nobody"),
    "calls of nothing": lambda stream: open_call(stream, "/none/None"),
    "calls without a request": lambda stream: open_call(stream, LIST_MODELS),
    "streams": lambda stream: open_call(stream, STEP_STREAM),
}


def _send_calls(wire: Wire, call: Callable[[int], bytes], count: int) -> None:
    """As many of them as the server takes."""
    for begin in range(0, count, 100):
        if not wire.send(b"".join(call(2 * k + 1) for k in range(begin, begin + 100))):
            break


@pytest.mark.parametrize("call", UNREAD.values(), ids=UNREAD.keys())
def test_calls_of_who_does_not_read_take_bounded_memory(
    start_server: Callable[..., Server], call: Callable[[int], bytes]
) -> None:
    server = start_server("--max-memory-mib", "64")
    decent = Client(server.address)
    session = Session(decent, decent.CreateSession().session)
    stream = StepStream(decent)
    assert stream.step(session=session.name, duration_ms=1).time_ms == 1
    before = server.memory_bytes()
    wires = [Wire(server.address) for _ in range(3)]
    for wire in wires:
        assert wire.greet()
        _send_calls(wire, call, 8000)
        use(server.address)
    # Each takes some 20 KB.
    assert server.peak_memory_bytes() < before + (128 << 20)
    assert stream.step(duration_ms=1).time_ms == 2
    for wire in wires:
        wire.close()
    decent.close()


def test_connections_that_hold_all_calls_that_there_may_be_lock_nobody_out(
    start_server: Callable[..., Server],
) -> None:
    server = start_server("--max-memory-mib", "64")
    before = server.memory_bytes()
    wires = [Wire(server.address) for _ in range(200)]
    for wire in wires:
        wire.greet()
        _send_calls(wire, UNREAD["calls without a request"], 400)
    for _ in range(20):
        use(server.address)
    assert server.peak_memory_bytes() < before + (160 << 20)
    for wire in wires:
        wire.close()


def test_requests_sent_ahead_whose_answers_are_not_read(
    server: Server, client: Client, expect_service: Callable[[], None]
) -> None:
    session = Session(client, client.CreateSession().session)
    request = v1.StepStreamRequest(step={"session": session.name, "duration_ms": 1})
    wire = Wire(server.address, timeout_s=2)
    assert wire.greet([(INITIAL_WINDOW_SIZE, 0)])
    assert wire.send(open_call(1, STEP_STREAM))
    one = message(request.SerializeToString())
    try:
        for _ in range(200):
            if not wire.send(frame(DATA, 0, 1, one * 20)):
                break
    except TimeoutError:
        pass  # the server takes no more of them
    expect_service()
    # It has not gone on far without its answers being read.
    assert session.time_ms() < 1000
    wire.close()
    expect_service()
