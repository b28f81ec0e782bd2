"""What is no HTTP/2, or breaks its rules: it ends its own connection at most."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from client import Client, Session, StepStream
from rubbish import HEADERS_WITHOUT_END, RUBBISH
from server import Server
from wire import Wire


@pytest.mark.parametrize("rubbish", RUBBISH.values(), ids=RUBBISH.keys())
def test_rubbish_disturbs_nobody_else(
    server: Server, expect_service: Callable[[], None], rubbish: bytes
) -> None:
    wires = [Wire(server.address) for _ in range(20)]
    for wire in wires:
        wire.send(rubbish)
    expect_service()
    for wire in wires:
        wire.close()
    expect_service()


@pytest.mark.parametrize(
    ("begin", "more"), HEADERS_WITHOUT_END.values(), ids=HEADERS_WITHOUT_END.keys()
)
def test_headers_without_end_take_no_memory_and_end_no_stream_of_others(
    server: Server, client: Client, expect_service: Callable[[], None], begin: bytes, more: bytes
) -> None:
    session = Session(client, client.CreateSession().session)
    stream = StepStream(client)
    assert stream.step(session=session.name, duration_ms=1).time_ms == 1
    before = server.memory_bytes()
    for _ in range(10):
        wire = Wire(server.address, timeout_s=20)
        wire.greet()
        wire.send(begin)
        # A socket has room for some; the server itself is soon done with this one.
        assert not all(wire.send(more) for _ in range((4 << 20) // len(more)))
        wire.close()
        expect_service()
    assert stream.step(duration_ms=1).time_ms == 2
    assert server.memory_bytes() < before + (16 << 20)
