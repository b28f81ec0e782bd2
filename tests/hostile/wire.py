"""HTTP/2 by hand: what no decent client would send."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

# Types of frames, and flags (RFC 9113, sections 6 and 4.1).
DATA, HEADERS, RST_STREAM, SETTINGS, PING, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 8, 9
END_STREAM, END_HEADERS = 1, 4
INITIAL_WINDOW_SIZE = 4  # a setting
CANCEL = 8  # an error code
MAX_FRAME = 16_384  # bytes of a frame's payload that anyone takes

STEP_STREAM = "/spiked.v1.SimulationService/StepStream"


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def settings(pairs: Iterable[tuple[int, int]] = ()) -> bytes:
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", *pair) for pair in pairs))


def _pairs(payload: bytes) -> Iterable[tuple[int, int]]:
    return struct.iter_unpack(">HI", payload)


def header_block(fields: dict[str, str]) -> bytes:
    """The fields as literals that are not to be remembered (RFC 7541, 6.2.2), short ones only."""
    block = b""
    for name, value in fields.items():
        assert len(name) < 127
        assert len(value) < 127
        block += b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
    return block


def call_headers(path: str, **more: str) -> bytes:
    """What a call begins with."""
    fields = {
        ":method": "POST",
        ":scheme": "http",
        ":path": path,
        ":authority": "localhost",
        "content-type": "application/grpc",
        "te": "trailers",
    }
    return header_block(fields | {name.replace("_", "-"): value for name, value in more.items()})


def open_call(stream: int, path: str, **more: str) -> bytes:
    return frame(HEADERS, END_HEADERS, stream, call_headers(path, **more))


def message(payload: bytes, compressed: bool = False) -> bytes:
    """A message as gRPC frames it within the data."""
    return struct.pack(">BI", compressed, len(payload)) + payload


def last_data(stream: int, data: bytes) -> bytes:
    """The data that ends a stream, within what anyone may send unasked."""
    assert len(data) <= MAX_FRAME
    return frame(DATA, END_STREAM, stream, data)


class Wire:
    """A connection on which anything can be sent. Nothing is read unless asked for."""

    def __init__(self, address: str, timeout_s: float = 60.0) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout_s)
        self._socket.connect(address.removeprefix("unix:"))

    def send(self, data: bytes) -> bool:
        """Whether all of it went out: the server may have had enough, and closed."""
        try:
            self._socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def greet(self, pairs: Iterable[tuple[int, int]] = ()) -> bool:
        return self.send(PREFACE + settings(pairs))

    def send_data(self, stream: int, data: bytes) -> bool:
        """Sends data as the server allows it, and ends the stream; whether all of it went out."""
        # As the protocol has it before the server says something else (6.9.2).
        credit = {0: 65_535, stream: 65_535}
        for begin in range(0, len(data), MAX_FRAME):
            part = data[begin : begin + MAX_FRAME]
            while min(credit.values()) < len(part):
                received = self._receive_frame()
                if received is None:
                    return False
                kind, about, payload = received
                if kind == WINDOW_UPDATE and about in credit:
                    credit[about] += int.from_bytes(payload, "big")
                elif kind == SETTINGS and INITIAL_WINDOW_SIZE in (pairs := dict(_pairs(payload))):
                    credit[stream] += pairs[INITIAL_WINDOW_SIZE] - 65_535
                elif kind == RST_STREAM and about == stream:
                    return False
            for key in credit:
                credit[key] -= len(part)
            ends = begin + MAX_FRAME >= len(data)
            if not self.send(frame(DATA, END_STREAM if ends else 0, stream, part)):
                return False
        return True

    def _receive_frame(self) -> tuple[int, int, bytes] | None:
        """Kind, stream and payload of the next frame; None if the connection is closed."""
        head = self._receive(9)
        payload = self._receive(int.from_bytes(head[:3], "big")) if len(head) == 9 else b""
        if len(head) < 9:
            return None
        return head[3], int.from_bytes(head[5:9], "big"), payload

    def _receive(self, size: int) -> bytes:
        received = b""
        while len(received) < size:
            try:
                part = self._socket.recv(size - len(received))
            except ConnectionResetError:
                break
            if not part:
                break
            received += part
        return received

    def close(self) -> None:
        self._socket.close()
