"""The same calls by the Connect protocol, and over WebSocket where both sides talk at once.

A Channel stands where gRPC's would: stubs are made on it, and what they return is used as
gRPC's calls are.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import http.client
import itertools
import json
import os
import queue
import select
import socket
import ssl
import struct
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import grpc
from google.protobuf import any_pb2, json_format

from contract import METHODS, rpc_status

Metadata = list[tuple[str, str]]

# Names of codes are gRPC's in small letters, but for one.
_CODES = {code.name.lower(): code for code in grpc.StatusCode} | {
    "canceled": grpc.StatusCode.CANCELLED
}
_NUMBERS = {code: code.value[0] for code in grpc.StatusCode}
_BY_PATH = {method.path: method for method in METHODS.values()}
# What an answer stands for that is none of Connect's.
_BY_HTTP = {
    400: grpc.StatusCode.INTERNAL,
    401: grpc.StatusCode.UNAUTHENTICATED,
    403: grpc.StatusCode.PERMISSION_DENIED,
    404: grpc.StatusCode.UNIMPLEMENTED,
    429: grpc.StatusCode.UNAVAILABLE,
    502: grpc.StatusCode.UNAVAILABLE,
    503: grpc.StatusCode.UNAVAILABLE,
    504: grpc.StatusCode.UNAVAILABLE,
}
_COMPRESSED, _END_OF_STREAM = 1, 2
# A longer message is sent by POST.
LONGEST_GET = 4096
# Frames of WebSocket (RFC 6455, 5.2).
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Call(grpc.RpcError):
    """A call under way: its future, the iterator over its answers, and its error in one."""

    def __init__(self, timeout: float | None, *, packs: bool) -> None:
        super().__init__()
        self.packs = packs  # its requests, by gzip
        self.deadline = None if timeout is None else time.monotonic() + timeout
        self._answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._answer: Any = None
        self._headers: Metadata = []
        self._has_headers = threading.Event()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._status: Any = None
        self._callbacks: list[Callable[[], None]] = []
        self._close: Callable[[], None] = lambda: None

    # For whoever carries it out.

    def opened(self, close: Callable[[], None]) -> None:
        """It can be ended by `close` from now on."""
        self._close = close
        if self._ended.is_set():
            close()

    def left_s(self) -> float | None:
        return None if self.deadline is None else max(0.001, self.deadline - time.monotonic())

    def head(self, headers: Metadata) -> None:
        self._headers = [(name.lower(), value) for name, value in headers]
        self._has_headers.set()

    def answer(self, message: Any) -> None:
        self._answer = message
        self._answers.put(message)

    def end(self, status: Any) -> None:
        """Ends it with a google.rpc.Status, unless it has ended."""
        with self._lock:
            if self._ended.is_set():
                return
            self._status = status
            self._ended.set()
        self._has_headers.set()
        self._answers.put(None)
        for callback in self._callbacks:
            callback()

    def fail(self, code: grpc.StatusCode, message: str) -> None:
        self.end(rpc_status.Status(code=_NUMBERS[code], message=message))

    # As gRPC's.

    def done(self) -> bool:
        return self._ended.is_set()

    def code(self) -> grpc.StatusCode:
        self._ended.wait()
        return next(code for code, number in _NUMBERS.items() if number == self._status.code)

    def details(self) -> str:
        self._ended.wait()
        message: str = self._status.message
        return message

    def initial_metadata(self) -> Metadata:
        self._has_headers.wait()
        return self._headers

    def trailing_metadata(self) -> tuple[Any, ...]:
        self._ended.wait()
        return (("grpc-status-details-bin", self._status.SerializeToString()),)

    def exception(self) -> Call | None:
        return None if self.code() == grpc.StatusCode.OK else self

    def result(self, timeout: float | None = None) -> Any:
        if not self._ended.wait(timeout):
            raise grpc.FutureTimeoutError
        if self.exception() is not None:
            raise self
        return self._answer

    def cancel(self) -> None:
        self.fail(grpc.StatusCode.CANCELLED, "cancelled by the client")
        self._close()

    def add_callback(self, callback: Callable[[], None]) -> bool:
        with self._lock:
            if not self._ended.is_set():
                self._callbacks.append(callback)
                return True
        return False

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        answer = self._answers.get()
        if answer is not None:
            return answer
        self._answers.put(None)
        if self.exception() is not None:
            raise self
        raise StopIteration

    def __str__(self) -> str:
        return f"{self.code()}: {self.details()}" if self.done() else "a call under way"


def status_of(error: dict[str, Any]) -> Any:
    """A google.rpc.Status from an error as Connect has it."""
    status = rpc_status.Status(
        code=_NUMBERS[_CODES[error["code"]]], message=error.get("message", "")
    )
    for detail in error.get("details", []):
        value = base64.b64decode(detail["value"] + "=" * (-len(detail["value"]) % 4))
        url = f"type.googleapis.com/{detail['type']}"
        any_ = any_pb2.Any(type_url=url, value=value)
        if "debug" in detail:
            # For people the same once more.
            told = json_format.MessageToDict(any_)
            told.pop("@type")
            assert detail["debug"] == told
        status.details.append(any_)
    return status


def got(path: str, codec: str, message: bytes, packs: bool = False) -> str:
    """Where GET asks a method: text as it is, bytes in base64, as Connect's own clients do.

    With `packs` it is compressed.
    """
    query: dict[str, str | bytes] = {"connect": "v1", "encoding": codec, "message": message}
    if packs:
        query["compression"] = "gzip"
        message = gzip.compress(message)
    if codec == "proto" or packs:
        query["base64"] = "1"
        query["message"] = base64.urlsafe_b64encode(message).rstrip(b"=")
    return f"{path}?{urllib.parse.urlencode(query)}"


def _binary(message: Any) -> bytes:
    data: bytes = message if isinstance(message, bytes) else message.SerializeToString()
    return data


class Channel:
    """Calls to `http[s]://[:TOKEN@]HOST:PORT[/CODEC[?get]]`, with json or proto for CODEC.

    With `?get` methods without side effects are asked by GET where the request is short.
    Without a TLS context of its own it trusts whom OpenSSL does (SSL_CERT_FILE).
    """

    def __init__(self, address: str, tls: ssl.SSLContext | None = None) -> None:
        url = urllib.parse.urlsplit(address)
        if url.hostname is None or url.port is None:
            raise ValueError(f"{address}: it takes a host and a port")
        self.host, self.port = url.hostname, url.port
        self._tls = (tls or ssl.create_default_context()) if url.scheme == "https" else None
        self.codec = url.path.strip("/") or "json"
        if self.codec not in ("json", "proto"):
            raise ValueError(f"{address}: a codec is json or proto")
        self._gets = url.query == "get"
        self.token = url.password
        self._idle: list[http.client.HTTPConnection] = []
        self._calls: set[Call] = set()
        self._lock = threading.Lock()

    # What stubs ask of a channel.

    def unary_unary(self, path: str, *_: Any, **__: Any) -> Any:
        # Bytes may be sent to whichever method.
        method = _BY_PATH.get(path)
        if method is None or method.unary:
            return self._callable(path, self._unary)
        both = method.client_streaming and method.server_streaming
        return self._callable(path, self._talk if both else self._stream, one=True)

    def unary_stream(self, path: str, *_: Any, **__: Any) -> Any:
        return self._callable(path, self._stream, one=True)

    def stream_unary(self, path: str, *_: Any, **__: Any) -> Any:
        return self._callable(path, self._stream)

    def stream_stream(self, path: str, *_: Any, **__: Any) -> Any:
        return self._callable(path, self._talk)

    def close(self) -> None:
        for call in list(self._calls):
            call.cancel()
        for connection in self._idle:
            connection.close()

    def _callable(self, path: str, send: Callable[..., None], *, one: bool = False) -> _Callable:
        """Calls `send`; with `one` what takes several requests gets a single one."""

        def carry_out(request: Any, call: Call, metadata: Metadata) -> None:
            self._calls.add(call)
            try:
                send(path, [request] if one else request, call, metadata)
            finally:
                self._calls.discard(call)

        return _Callable(carry_out)

    def sent_bytes(self, message: Any) -> int:
        return len(self._write(message)[1])

    def _connect(self) -> http.client.HTTPConnection:
        if self._tls is None:
            connection = http.client.HTTPConnection(self.host, self.port)
        else:
            connection = http.client.HTTPSConnection(self.host, self.port, context=self._tls)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def _idle_connection(self) -> http.client.HTTPConnection | None:
        with self._lock:
            while self._idle:
                connection = self._idle.pop()
                # What can be read of it by now is its end.
                if not select.select([connection.sock], [], [], 0)[0]:
                    return connection
                connection.close()
        return None

    # Messages.

    def _write(self, message: Any) -> tuple[str, bytes]:
        """How it is written, and that.

        Times beyond ten thousand years can only be told in binary.
        """
        if self.codec == "json" and not isinstance(message, bytes):
            with contextlib.suppress(json_format.Error, ValueError, OverflowError):
                return "json", json_format.MessageToJson(message).encode()
            return "proto", _binary(message)
        return self.codec, _binary(message)

    @staticmethod
    def _read(path: str, codec: str, data: bytes) -> Any:
        response = _BY_PATH[path].response
        if codec == "json":
            return json_format.Parse(data, response())
        return response.FromString(data)

    # Ways to call; each ends the call.

    def _unary(self, path: str, request: Any, call: Call, metadata: Metadata) -> None:
        codec, body = self._write(request)
        headers = dict(metadata)
        method = _BY_PATH.get(path)
        if self._gets and method is not None and method.reads and len(body) <= LONGEST_GET:
            send: tuple[str, str, bytes | None] = ("GET", got(path, codec, body, call.packs), None)
        else:
            send = ("POST", path, gzip.compress(body) if call.packs else body)
            if call.packs:
                headers["content-encoding"] = "gzip"
            headers["content-type"] = f"application/{codec}"
            headers["connect-protocol-version"] = "1"
        if call.deadline is not None:
            headers["connect-timeout-ms"] = str(int((call.left_s() or 0) * 1000))
        connection = self._idle_connection() or self._connect()
        call.opened(_closer(connection.sock))
        connection.sock.settimeout(call.left_s())
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            # A server that has had enough has said why.
            connection.request(*send, headers=headers)
        response = connection.getresponse()
        data = response.read()
        call.head(response.getheaders())
        if call.deadline is not None and time.monotonic() >= call.deadline:
            raise TimeoutError
        if not response.will_close:
            with self._lock:
                self._idle.append(connection)
        if response.status == 200:
            assert response.getheader("content-type") == f"application/{codec}"
            call.answer(self._read(path, codec, data))
            call.end(rpc_status.Status())
            return
        if response.getheader("content-type") == "application/json":
            call.end(status_of(json.loads(data)))
        else:
            code = _BY_HTTP.get(response.status, grpc.StatusCode.UNKNOWN)
            call.fail(code, f"HTTP status {response.status}")

    def _stream(self, path: str, requests: Iterable[Any], call: Call, metadata: Metadata) -> None:
        # All messages are written as the first one is.
        messages = (self._write(request) for request in requests)
        codec, first = next(messages)
        headers = dict(metadata) | {"content-type": f"application/connect+{codec}"}
        connection = self._connect()
        call.opened(_closer(connection.sock))
        connection.sock.settimeout(call.left_s())
        pieces: Iterator[bytes] = itertools.chain([first], (message for _, message in messages))
        if call.packs:
            headers["connect-content-encoding"] = "gzip"
            pieces = (gzip.compress(message) for message in pieces)
        flags = _COMPRESSED if call.packs else 0
        body = (struct.pack(">BI", flags, len(message)) + message for message in pieces)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.request("POST", path, body, headers, encode_chunked=True)
        response = connection.getresponse()
        call.head(response.getheaders())
        assert response.status == 200, (response.status, response.read())
        while True:
            connection_left = call.left_s()
            if connection.sock is not None:
                connection.sock.settimeout(connection_left)
            kind, length = struct.unpack(">BI", _exactly(response, 5))
            data = _exactly(response, length)
            assert kind & _COMPRESSED == 0
            if kind & _END_OF_STREAM:
                break
            call.answer(self._read(path, codec, data))
        end = json.loads(data)
        assert response.read() == b"", "the end of a stream is its end"
        connection.close()
        call.end(status_of(end["error"]) if "error" in end else rpc_status.Status())

    def _talk(self, path: str, requests: Iterable[Any], call: Call, metadata: Metadata) -> None:
        ws = WebSocket(self.host, self.port, path, dict(metadata), self._tls)
        call.opened(ws.abort)
        call.head(list(ws.headers.items()))
        state = {"sent": 0, "answered": 0, "complete": False}
        lock = threading.Lock()

        def finish_if_done() -> None:
            # Who closes has no more to say; so only when all has been answered.
            if state["complete"] and state["sent"] == state["answered"]:
                ws.send(CLOSE, struct.pack(">H", 1000))

        def send() -> None:
            with contextlib.suppress(OSError):
                for request in requests:
                    with lock:
                        state["sent"] += 1
                    ws.send(BINARY, _binary(request))
                with lock:
                    state["complete"] = True
                    finish_if_done()

        threading.Thread(target=send, daemon=True).start()
        response = _BY_PATH[path].response
        end: dict[str, Any] = {}
        while True:
            ws.socket.settimeout(call.left_s())
            kind, data = ws.receive()
            if kind == CLOSE:
                break
            if kind == TEXT:
                end = json.loads(data)
                continue
            call.answer(response.FromString(data))
            with lock:
                state["answered"] += 1
                finish_if_done()
        ws.abort()
        call.end(status_of(end["error"]) if "error" in end else rpc_status.Status())


class _Callable:
    """A method of a stub."""

    def __init__(self, carry_out: Callable[[Any, Call, Metadata], None]) -> None:
        self._carry_out = carry_out

    def __call__(
        self,
        request: Any,
        timeout: float | None = None,
        metadata: Metadata | None = None,
        compression: grpc.Compression | None = None,
        **_: Any,
    ) -> Call:
        call = Call(timeout, packs=compression == grpc.Compression.Gzip)

        def run() -> None:
            try:
                if timeout is not None and timeout < 0:
                    raise TimeoutError
                self._carry_out(request, call, metadata or [])
            except TimeoutError:
                call.fail(grpc.StatusCode.DEADLINE_EXCEEDED, "the deadline has passed")
                call.cancel()
            except (OSError, http.client.HTTPException, ValueError, AttributeError) as error:
                # The connection is closed, on whichever side.
                call.fail(grpc.StatusCode.UNAVAILABLE, repr(error))
            except Exception as error:  # or who waits for it waits for ever
                call.fail(grpc.StatusCode.UNKNOWN, repr(error))

        threading.Thread(target=run, daemon=True).start()
        return call

    future = __call__


def _closer(connection: socket.socket) -> Callable[[], None]:
    def close() -> None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    return close


def _exactly(response: http.client.HTTPResponse, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = response.read(size - len(data))
        if not piece:
            raise ConnectionResetError("the stream ends without an end")
        data += piece
    return data


class WebSocket:
    """A client of a WebSocket, as simple as can be."""

    def __init__(
        self,
        host: str,
        port: int,
        path: str,
        headers: dict[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.socket = socket.create_connection((host, port))
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname=host)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: {host}:{port}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}",
            *(f"{name}: {value}" for name, value in (headers or {}).items()),
        ]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self._file = self.socket.makefile("rb")
        self.status = int(self._file.readline().split()[1])
        self.headers: dict[str, str] = {}
        while (line := self._file.readline().strip()) != b"":
            name, _, value = line.decode().partition(": ")
            self.headers[name.lower()] = value
        if self.status != 101:
            raise ConnectionError(f"no WebSocket: {self.status}")

    def send(self, kind: int, data: bytes) -> None:
        mask = os.urandom(4)
        size = len(data)
        if size < 126:
            head = struct.pack(">BB", 0x80 | kind, 0x80 | size)
        elif size < 1 << 16:
            head = struct.pack(">BBH", 0x80 | kind, 0x80 | 126, size)
        else:
            head = struct.pack(">BBQ", 0x80 | kind, 0x80 | 127, size)
        number = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
        masked = (int.from_bytes(data, "big") ^ number).to_bytes(size, "big")
        self.socket.sendall(head + mask + masked)

    def _frame(self) -> tuple[int, bool, bytes]:
        head = self._exactly(2)
        size = head[1] & 0x7F
        if size == 126:
            size = int.from_bytes(self._exactly(2), "big")
        elif size == 127:
            size = int.from_bytes(self._exactly(8), "big")
        return head[0] & 0x0F, bool(head[0] & 0x80), self._exactly(size)

    def _exactly(self, size: int) -> bytes:
        data = self._file.read(size)
        if len(data) < size:
            raise ConnectionResetError("the connection is closed")
        return data

    def receive(self) -> tuple[int, bytes]:
        """Kind and bytes of the next message; pings are answered."""
        kind, last, data = self._frame()
        while not last or kind == PING:
            if kind == PING:
                self.send(PONG, data)
                kind, last, data = self._frame()
                continue
            _, last, more = self._frame()
            data += more
        return kind, data

    def abort(self) -> None:
        _closer(self.socket)()


def is_connect(address: str) -> bool:
    return address.startswith(("http://", "https://"))
