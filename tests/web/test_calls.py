"""Calls by the Connect protocol."""

from __future__ import annotations

import base64
import gzip
import itertools
import json
import socket
import struct
import threading
import time
from collections.abc import Callable
from typing import Any

import grpc
import pytest

from client import Client, Session, wait_until
from conftest import PATIENCE_S, Web
from contract import METHODS, Method, v1

STEP = "/spiked.v1.SimulationService/Step"
SET_WEIGHTS = "/spiked.v1.SimulationService/SetWeights"
INFO = "/spiked.v1.CatalogService/GetServerInfo"
CODECS = pytest.mark.parametrize("codec", ["json", "proto"])
EVERY = pytest.mark.parametrize("method", METHODS.values(), ids=str)
LONGEST_MS = 86_400_000


def outcome(client: Client, method: Method, request: Any) -> tuple[str, Any]:
    """How a call ends: its code, and its answer or what its error says."""
    if method.unary:
        call = client.start(method.name, request)
        error = call.exception()
        if error is None:
            return "OK", call.result()
    else:
        call = client.stream(method.name, iter([request]) if method.client_streaming else request)
        try:
            return "OK", next(iter(call))
        except grpc.RpcError as refused:
            error = refused
    return error.code().name, sorted(error.trailing_metadata() or ())


def request_for(method: Method, session: str) -> Any:
    """A request with nothing but the session's name, where it takes one."""
    request = method.request()
    if method.session_place is not None:
        holder = request
        for name in method.session_place[:-1]:
            holder = getattr(holder, name)
        setattr(holder, method.session_place[-1], session)
    return request


def details(answer: tuple[str, Any]) -> Any:
    code, rest = answer
    if code == "OK":
        return code
    return code, [value for key, value in rest if key == "grpc-status-details-bin"]


@EVERY
@pytest.mark.parametrize("codec", ["json", "proto", "json?get", "proto?get"])
def test_every_method_answers_as_over_grpc(
    method: Method, codec: str, web: Web, grpc_client: Client
) -> None:
    client = web.client(codec)
    for session in ["", "sessions/not-there", "odd"]:
        request = request_for(method, session)
        by_grpc, by_connect = (outcome(c, method, request) for c in (grpc_client, client))
        assert details(by_connect) == details(by_grpc)
    client.close()


@CODECS
def test_everybody_may_do_what_they_may_over_grpc(
    codec: str, start_web: Callable[..., Web]
) -> None:
    web = start_web()
    owner = Client(web.server.address)
    by_grpc: dict[str, Client] = {}
    by_connect: dict[str, Client] = {}
    port = Client(web.server.address)
    tokens = {}
    for name, role in [
        *(("anna", "USER"), ("bert", "USER"), ("carl", "USER"), ("dora", "USER")),
        *(("vera", "VIEWER"), ("adam", "ADMIN")),
    ]:
        owner.PutAccount(account=name, role=f"ROLE_{role}")
        tokens[name] = owner.CreateToken(account=name).token
        by_connect[name] = web.client(codec, tokens[name])
    # Over the socket a token counts as well.
    for name, token in tokens.items():
        by_grpc[name] = Client(web.server.address)
        by_grpc[name]._metadata = [("authorization", f"Bearer {token}")]
    number = itertools.count()

    def new_session() -> str:
        session: str = by_grpc["anna"].CreateSession(session_id=f"s{next(number):04}").session.name
        shares = [
            v1.Share(account="carl", right="SHARE_RIGHT_WATCH"),
            v1.Share(account="dora", right="SHARE_RIGHT_DRIVE"),
            v1.Share(account="vera", right="SHARE_RIGHT_DRIVE"),
        ]
        by_grpc["anna"].ShareSession(session=session, shares=shares)
        return session

    for method in METHODS.values():
        for name in tokens:
            codes = [
                outcome(clients[name], method, request_for(method, new_session()))[0]
                for clients in (by_grpc, by_connect)
            ]
            assert codes[0] == codes[1], f"{method} by {name}"
    for client in [owner, port, *by_grpc.values(), *by_connect.values()]:
        client.close()


def test_curl_drives_a_session(web: Web) -> None:
    status, created = web.post("/spiked.v1.SimulationService/CreateSession", {"seed": "7"})
    assert status == 200
    name = created["session"]["name"]
    status, _ = web.post(
        "/spiked.v1.SimulationService/CreateNetwork",
        {"session": name, "network": "net", "preset": {"name": "pong/rstdp"}},
    )
    assert status == 200
    status, step = web.post(STEP, {"session": name, "durationMs": 200})
    assert (status, step["timeMs"]) == (200, 200)
    # Names as they are in the contract do as well.
    assert web.post(STEP, {"session": name, "duration_ms": 100})[1]["timeMs"] == 300
    assert web.post("/spiked.v1.SimulationService/DeleteSession", {"session": name}) == (200, {})


def test_an_error_is_an_object_with_details(web: Web) -> None:
    status, error = web.post(STEP, {"session": "sessions/none", "durationMs": 1})
    assert status == 404
    assert error["code"] == "not_found"
    assert error["message"].startswith("session: ")
    info, bad_request = error["details"]
    assert info["type"] == "google.rpc.ErrorInfo"
    assert info["debug"]["reason"] == "NOT_FOUND"
    assert info["debug"]["domain"] == "spiked"
    assert "=" not in info["value"]
    assert b"NOT_FOUND" in base64.b64decode(info["value"] + "==")
    assert bad_request["debug"]["fieldViolations"][0]["field"] == "session"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", "{}"),
        ("[1]", "JSON"),
        ('{"session": ', "JSON"),
        ('{"sesion": "x"}', "sesion"),
        ('{"durationMs": "long"}', "duration_ms"),
        ('{"session": "\\ud800"}', "JSON"),
        ('{"readout": ' * 500, "JSON"),
        (b"\xff\xfe", "JSON"),
        ('{"session": "a", "session": "b"}', ""),
    ],
)
def test_json_that_is_no_request_is_refused_with_a_reason(
    web: Web, body: bytes | str, words: str
) -> None:
    status, error = web.post(STEP, body)
    assert status in (400, 404)
    assert words in error["message"]
    assert web.post(INFO, {})[0] == 200


def test_bytes_that_are_no_message_are_refused(web: Web) -> None:
    status, error = web.post(STEP, b"\xff" * 100, content_type="application/proto")
    assert (status, error["details"][0]["debug"]["reason"]) == (400, "MALFORMED_MESSAGE")


def test_other_forms_of_requests_are_refused(web: Web) -> None:
    token = f"Bearer {web.token}"
    answer, _ = web.request("POST", INFO, "x", authorization=token, content_type="text/plain")
    assert answer.status == 415
    assert answer.headers["accept-post"] == "application/json, application/proto"
    answer, _ = web.request("POST", "/spiked.v1.CatalogService/None", "{}", authorization=token)
    assert answer.status == 404
    assert web.post(INFO, {}, connect_protocol_version="1")[0] == 200
    assert web.post(INFO, {}, connect_protocol_version="2")[0] == 400
    status, error = web.post(INFO, b"{}", content_encoding="br")
    assert (status, error["code"]) == (501, "unimplemented")
    assert "gzip" in error["message"]
    assert "identity" in error["message"]
    assert web.post(INFO, {}, connect_timeout_ms="soon")[0] == 400
    stream = "/spiked.v1.SimulationService/StepStream"
    _, data = web.request(
        "POST", stream, b"", authorization=token, content_type="application/connect+json"
    )
    assert b"unimplemented" in data
    assert b"WebSocket" in data


@CODECS
def test_requests_may_be_compressed(codec: str, web: Web, session: Session) -> None:
    client = web.client(codec)
    gzipped = grpc.Compression.Gzip
    step = client.start("Step", session=session.name, duration_ms=100, compression=gzipped)
    assert step.result().time_ms == 100
    saved = client.save(session.name)
    pieces = [saved[k : k + 1000] for k in range(0, len(saved), 1000)]
    requests = (v1.RestoreSessionRequest(data=piece) for piece in pieces)
    (restored,) = client.stream("RestoreSession", requests, compression=gzipped)
    assert restored.session.time_ms == 100
    client.DeleteSession(session=restored.session.name)
    client.close()


def test_what_is_compressed_may_be_as_large_as_any_other_request(web: Web) -> None:
    owner = Client(web.server.address)
    account = owner.new_account(request_bytes=100_000)
    token = owner.CreateToken(account=account).token
    fields = {"content_encoding": "gzip", "authorization": f"Bearer {token}"}
    for size, expected in [(99_000, 400), (101_000, 429), (50_000_000, 429)]:
        body = b'{"session": "' + b"x" * size + b'"}'
        status, error = web.post(STEP, gzip.compress(body), **fields)
        assert status == expected
        if status == 429:
            assert error["details"][0]["debug"]["metadata"]["quota"] == "request_bytes"
    assert web.post(INFO, gzip.compress(b"{}"), **fields | {"content_encoding": "GZIP"})[0] == 200
    owner.close()


@pytest.mark.parametrize("body", [b"{}", gzip.compress(b"{}")[:-1], gzip.compress(b"{}") + b"x"])
def test_what_is_said_to_be_compressed_and_is_not_is_refused(web: Web, body: bytes) -> None:
    status, error = web.post(INFO, body, content_encoding="gzip")
    assert (status, error["details"][0]["debug"]["reason"]) == (400, "MALFORMED_MESSAGE")
    assert "gzip" in error["message"]


def test_a_message_of_a_stream_is_compressed_if_it_says_so(web: Web, session: Session) -> None:
    request = json.dumps({"session": session.name}).encode()
    packed = gzip.compress(request)

    def ask(flags: int, data: bytes, **headers: str) -> bytes:
        _, answer = web.request(
            "POST",
            "/spiked.v1.SimulationService/SaveSession",
            struct.pack(">BI", flags, len(data)) + data,
            authorization=f"Bearer {web.token}",
            content_type="application/connect+json",
            **headers,
        )
        return answer

    assert ask(1, packed, connect_content_encoding="gzip").endswith(b"{}")
    assert ask(0, request, connect_content_encoding="gzip").endswith(b"{}")
    assert b"Connect-Content-Encoding must be gzip" in ask(1, packed)
    assert b"gzip" in ask(1, request, connect_content_encoding="gzip")
    assert b"unimplemented" in ask(1, packed, connect_content_encoding="br")
    # Nothing is nothing, whatever is said of it.
    assert b"there is no request" in ask(1, b"", connect_content_encoding="gzip")


def test_every_answer_names_the_instance_and_what_browsers_may_do(web: Web) -> None:
    instance = web.post(INFO, {})[1]["instanceId"]
    for path in ["/healthz", "/", INFO, "/none"]:
        answer, _ = web.request("GET", path)
        assert answer.headers["spiked-instance"] == instance
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy


def test_a_deadline_stops_a_step(web: Web, session: Session) -> None:
    # What has not begun by then is not begun: a machine that has much to do gets more time.
    for timeout_ms in (200, 2000, 20_000):
        begin = time.monotonic()
        status, step = web.post(
            STEP,
            {"session": session.name, "durationMs": LONGEST_MS},
            connect_timeout_ms=str(timeout_ms),
        )
        assert time.monotonic() - begin >= timeout_ms / 1000
        if status == 200 and step["timeMs"] > 0:
            break
    assert status == 200
    assert step["halted"]
    assert step["haltReason"] == "HALT_REASON_DEADLINE"
    assert 0 < step["timeMs"] < LONGEST_MS


def test_a_deadline_that_has_passed_begins_nothing(web: Web, session: Session) -> None:
    other = session.start_endless_step()
    status, error = web.post(
        STEP, {"session": session.name, "durationMs": 1}, connect_timeout_ms="50"
    )
    assert (status, error["code"]) == (504, "deadline_exceeded")
    session.halt()
    other.result()


def test_a_client_that_goes_away_stops_its_step(web: Web, session: Session) -> None:
    client = web.client()
    call = client.start("Step", session=session.name, duration_ms=LONGEST_MS, timeout=None)
    wait_until(lambda: session.time_ms() > 0)
    call.cancel()
    wait_until(lambda: session.describe().state == v1.SESSION_STATE_IDLE)
    assert session.time_ms() < LONGEST_MS


def test_a_client_that_has_asked_for_more_and_goes_away_stops_its_step(
    web: Web, session: Session
) -> None:
    body = json.dumps({"session": session.name, "durationMs": LONGEST_MS})
    with raw(web) as connection:
        for _ in range(2):
            connection.sendall(head(web, STEP, f"Content-Length: {len(body)}") + body.encode())
        wait_until(lambda: session.time_ms() > 0)
    wait_until(lambda: session.describe().state == v1.SESSION_STATE_IDLE)
    assert session.time_ms() < LONGEST_MS


def raw(web: Web) -> socket.socket:
    return socket.create_connection((web.host, web.port), timeout=PATIENCE_S)


def head(web: Web, path: str, *more: str) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {web.host}:{web.port}",
        f"Authorization: Bearer {web.token}",
        "Content-Type: application/json",
        *more,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def read_all(connection: socket.socket) -> bytes:
    data = b""
    while piece := connection.recv(65_536):
        data += piece
    return data


def test_requests_that_are_sent_at_once_are_answered_in_order(web: Web, session: Session) -> None:
    bodies = [json.dumps({"session": session.name, "durationMs": k}) for k in (1, 2, 3, 4)]
    with raw(web) as connection:
        for k, body in enumerate(bodies):
            last = ["Connection: close"] if k == len(bodies) - 1 else []
            data = head(web, STEP, f"Content-Length: {len(body)}", *last) + body.encode()
            connection.sendall(data)
        answers = read_all(connection)
    found = [json.loads(b"{" + part.split(b"}")[0] + b"}") for part in answers.split(b"{")[1:]]
    assert [answer["timeMs"] for answer in found] == [1, 3, 6, 10]


def test_a_body_may_come_in_chunks_and_on_demand(web: Web) -> None:
    with raw(web) as connection:
        fields = ["Transfer-Encoding: chunked", "Expect: 100-continue", "Connection: close"]
        connection.sendall(head(web, INFO, *fields))
        assert connection.recv(100).startswith(b"HTTP/1.1 100")
        for piece in [b"1\r", b"\n{\r\n", b"1\r\n}\r\n", b"0\r\n\r\n"]:
            connection.sendall(piece)
            time.sleep(0.01)
        assert read_all(connection).startswith(b"HTTP/1.1 200")


def test_what_is_too_large_is_refused_before_it_is_read(web: Web) -> None:
    with raw(web) as connection:
        connection.sendall(head(web, INFO, f"Content-Length: {1 << 40}"))
        answer = connection.recv(65_536)
        assert answer.startswith(b"HTTP/1.1 429")
    with raw(web) as connection:
        connection.sendall(head(web, INFO, "X-Much: " + "x" * 20_000))
        assert connection.recv(65_536).startswith(b"HTTP/1.1 431")


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\r\n" * 1000,
        b"GET / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        bytes(range(256)) * 100,
    ],
)
def test_garbage_ends_its_connection_alone(web: Web, data: bytes) -> None:
    with raw(web) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        try:
            answer = read_all(connection)
        except ConnectionResetError:
            answer = b""
        assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
    assert web.post(INFO, {})[0] == 200


def test_a_header_that_comes_too_slowly_is_not_waited_for(web: Web) -> None:
    with raw(web) as connection:
        begin = time.monotonic()

        def trickle() -> None:
            for byte in itertools.cycle(b"x"):
                connection.sendall(bytes([byte]))
                time.sleep(0.2)

        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            trickle()
        assert time.monotonic() - begin < PATIENCE_S


@CODECS
def test_a_saved_session_is_restored(codec: str, web: Web, session: Session) -> None:
    client = web.client(codec)
    session.step(100)
    saved = client.save(session.name)
    restored = client.restore(saved, piece=1000)
    assert restored.time_ms == 100
    client.DeleteSession(session=restored.name)
    client.close()


@CODECS
def test_a_watch_shows_what_another_drives(codec: str, web: Web, session: Session) -> None:
    client = web.client(codec)
    request = v1.WatchSessionRequest(session=session.name, max_rate_hz=50)
    watch = client.stream("WatchSession", request)
    assert next(watch).time_ms == 0
    session.step(200)
    assert next(frame for frame in watch if frame.time_ms == 200).begin_time_ms <= 200
    watch.cancel()
    wait_until(lambda: not any(use.watches for use in session.describe().uses))
    client.close()


def test_a_large_request_keeps_nobody_waiting(web: Web) -> None:
    # Some seconds of reading.
    body = json.dumps({"session": "x" * (24 << 20)})
    answers: list[Any] = []
    sender = threading.Thread(target=lambda: answers.append(web.post(STEP, body)))
    sender.start()
    while not answers:
        begin = time.monotonic()
        assert web.post(INFO, {})[0] == 200
        assert time.monotonic() - begin < PATIENCE_S
    sender.join()
    assert answers[0][0] == 400


def test_large_requests_of_one_do_not_delay_those_of_another(web: Web, session: Session) -> None:
    owner = Client(web.server.address)
    token = owner.CreateToken(account=owner.new_account()).token
    # For a session that is not there: a tenth of a second of reading before it is refused.
    refused = json.dumps({"session": "sessions/none", "connections": [1] * 1_000_000})
    answers = itertools.count()
    stopping = threading.Event()

    def keep_asking() -> None:
        while not stopping.is_set():
            assert web.post(SET_WEIGHTS, refused, authorization=f"Bearer {token}")[0] == 403
            next(answers)

    askers = [threading.Thread(target=keep_asking) for _ in range(4)]
    for asker in askers:
        asker.start()
    # Just large enough to be read in turn.
    step = json.dumps({"session": session.name, "durationMs": 1}) + " " * (20 << 10)
    before = next(answers)
    for _ in range(20):
        assert web.post(STEP, step)[0] == 200
    meanwhile = next(answers) - before - 1
    stopping.set()
    for asker in askers:
        asker.join()
    owner.close()
    # Not all that was there before each of them.
    assert meanwhile < 20


def test_accounts_have_as_many_connections_as_they_may(start_web: Callable[..., Web]) -> None:
    web = start_web("--quota=streams=1")
    owner = Client(web.server.address)
    owner.PutAccount(account="anna", role="ROLE_USER", quotas={"connections": 1})
    token = owner.CreateToken(account="anna").token
    first, second = web.client("json", token), web.client("json", token)
    session = Session(first, first.CreateSession().session)
    first.CreateNetwork(session=session.name, network="net", preset={"name": "pong/rstdp"})
    step = first.start("Step", session=session.name, duration_ms=LONGEST_MS, timeout=None)
    admin = Session(owner, owner.GetSession(session=session.name).session)
    wait_until(lambda: admin.time_ms() > 0)
    error = second.start("GetServerInfo").exception()
    assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "connections" in error.details()
    admin.halt()
    step.result()
    assert second.GetServerInfo().version
    for client in (first, second, owner):
        client.close()
