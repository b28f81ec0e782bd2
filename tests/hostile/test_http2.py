"""What is no HTTP/2, or breaks its rules: it ends its own connection at most."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable

import pytest

from client import wait_until
from conftest import serves
from server import Server
from wire import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    HEADERS,
    PING,
    PREFACE,
    SETTINGS,
    STEP_STREAM,
    WINDOW_UPDATE,
    Wire,
    call_headers,
    frame,
    open_call,
    settings,
)

_RANDOM = random.Random(1)
_GREETING = PREFACE + settings()

RUBBISH = {
    "nothing": b"",
    "HTTP/1": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "TLS": bytes.fromhex("16030100a5010000a10303") + _RANDOM.randbytes(160),
    "noise": _RANDOM.randbytes(100_000),
    "zeros": bytes(100_000),
    "half a preface": PREFACE[:11],
    "noise after the preface": PREFACE + _RANDOM.randbytes(100_000),
    "noise after the greeting": _GREETING + _RANDOM.randbytes(100_000),
    "a frame that does not come": _GREETING + frame(DATA, 0, 1, bytes(100))[:20],
    "a frame too long": _GREETING + b"\xff\xff\xff" + struct.pack(">BBI", DATA, 0, 1) + bytes(1000),
    "an unknown frame": _GREETING + frame(0x77, 0xFF, 0x7FFFFFFF, bytes(1000)),
    "data of no stream": _GREETING + frame(DATA, 0, 0, b"x"),
    "data of a stream that is not open": _GREETING + frame(DATA, 0, 7, b"x"),
    "headers of a server's stream": _GREETING + open_call(2, STEP_STREAM),
    "headers twice": _GREETING + 2 * open_call(1, STEP_STREAM),
    "headers that are no HPACK": _GREETING + frame(HEADERS, END_HEADERS, 1, b"\xff" * 1000),
    "headers without a path": _GREETING + frame(HEADERS, END_HEADERS, 1, b"\x82\x86"),
    "a path of nothing": _GREETING + open_call(1, ""),
    "a path of no service": _GREETING + open_call(1, "/a/b/c"),
    "settings of odd length": _GREETING + frame(SETTINGS, 0, 0, b"12345"),
    "settings beyond their bounds": _GREETING + settings([(4, 0xFFFFFFFF), (5, 1)]),
    "a window that overflows": _GREETING
    + open_call(1, STEP_STREAM)
    + 3 * frame(WINDOW_UPDATE, 0, 1, b"\x7f\xff\xff\xff"),
    "a window of nothing": _GREETING + frame(WINDOW_UPDATE, 0, 0, bytes(4)),
    "a continuation of nothing": _GREETING + frame(CONTINUATION, 0, 1, b"x"),
    "pings": _GREETING + 2_000 * frame(PING, 0, 0, bytes(8)),
    "settings again and again": _GREETING + 2_000 * settings([(4, 1)]),
}


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


def test_headers_without_end(server: Server, expect_service: Callable[[], None]) -> None:
    wire = Wire(server.address, timeout_s=20)
    wire.greet()
    before = server.memory_bytes()
    wire.send(frame(HEADERS, 0, 1, call_headers(STEP_STREAM)))
    # Fields without end, which the server keeps until it has had enough.
    more = frame(CONTINUATION, 0, 1, 120 * (b"\0\x01x\x7f\0" + b"y" * 127))
    for _ in range(100_000):
        if not wire.send(more):
            break
    else:
        pytest.fail("there is no end to what the server takes")
    assert server.memory_bytes() < before + (1 << 30)
    wire.close()
    # For want of memory it may turn others away until it has given up what it kept.
    wait_until(lambda: serves(server.address))
    expect_service()
