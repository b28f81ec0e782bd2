"""What no decent client would send, ready to be sent."""

from __future__ import annotations

import random
import struct
import zlib

from wire import (
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    HEADERS,
    MAX_FRAME,
    PING,
    PREFACE,
    SETTINGS,
    STEP_STREAM,
    WINDOW_UPDATE,
    call_headers,
    frame,
    open_call,
    settings,
)

_RANDOM = random.Random(1)
_GREETING = PREFACE + settings()

# Each for a connection of its own.
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


def _field(name: bytes, value: bytes, size: int | None = None, kept: bool = False) -> bytes:
    """One that claims a value of `size` bytes, and may be named again by number (RFC 7541, 6.2)."""
    rest = (len(value) if size is None else size) - 127
    assert rest >= 0
    length = b"\x7f"
    while rest > 127:
        length += bytes([rest & 127 | 128])
        rest >>= 7
    begin = b"\x40" if kept else b"\0"
    return begin + bytes([len(name)]) + name + length + bytes([rest]) + value


_BEGIN = frame(HEADERS, 0, 1, call_headers(STEP_STREAM))
_MANY_FIELDS = 120 * _field(b"x", 127 * b"y")
# What comes first, and what comes again and again.
HEADERS_WITHOUT_END = {
    "fields without end": (_BEGIN, frame(CONTINUATION, 0, 1, _MANY_FIELDS)),
    "fields without end in a stream that has ended": (
        frame(HEADERS, END_STREAM, 1, call_headers(STEP_STREAM)),
        frame(CONTINUATION, 0, 1, _MANY_FIELDS),
    ),
    "a field without end": (
        frame(HEADERS, 0, 1, call_headers(STEP_STREAM) + _field(b"x", b"", size=1 << 30)),
        frame(CONTINUATION, 0, 1, MAX_FRAME * b"y"),
    ),
    "frames of nothing": (_BEGIN, 1000 * frame(CONTINUATION, 0, 1)),
    # Each byte stands for the 4,000 of the field.
    "a large field again and again": (
        open_call(1, STEP_STREAM)
        + frame(HEADERS, END_HEADERS, 3, _field(b"x", 4000 * b"y", kept=True)),
        frame(HEADERS, END_HEADERS, 5, call_headers(STEP_STREAM) + 16_000 * b"\xbe"),
    ),
}


def bomb(mebibytes: int, *, by_gzip: bool = False) -> bytes:
    """Zeros, compressed (zlib, or gzip) a mebibyte at a time, each as the one before."""
    squeezer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | (16 if by_gzip else 0))
    zeros = bytes(1 << 20)
    head = squeezer.compress(zeros) + squeezer.flush(zlib.Z_FULL_FLUSH)
    again = squeezer.compress(zeros) + squeezer.flush(zlib.Z_FULL_FLUSH)
    return head + again * (mebibytes - 1)
