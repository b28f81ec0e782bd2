"""Calls over WebSocket."""

from __future__ import annotations

import contextlib
import json
import struct
import time
from collections.abc import Callable
from typing import Any

import grpc
import pytest

from client import Client, Session, StepStream, wait_until
from conftest import PATIENCE_S, Web
from connect import BINARY, CLOSE, PING, PONG, TEXT, WebSocket
from contract import v1

STREAM = "/spiked.v1.SimulationService/StepStream"
WATCH = "/spiked.v1.SimulationService/WatchSession"
LONGEST_MS = 86_400_000
READOUT = {"spike_counts": ["net/motor"], "spikes": ["net/motor"]}


def connect(web: Web, path: str, token: str | None = None) -> WebSocket:
    headers = {"authorization": f"Bearer {token or web.token}"}
    ws = WebSocket(web.host, web.port, path, headers, web.tls)
    ws.socket.settimeout(PATIENCE_S)
    return ws


def poll(session: str, **fields: Any) -> bytes:
    data: bytes = v1.StepStreamRequest(step={"session": session} | fields).SerializeToString()
    return data


def end_of(ws: WebSocket) -> dict[str, Any]:
    """What a stream ends with, which is the last that comes."""
    kind, data = ws.receive()
    assert kind == TEXT, data
    kind, code = ws.receive()
    assert kind == CLOSE
    assert struct.unpack(">H", code[:2])[0] == 1000
    end: dict[str, Any] = json.loads(data)
    return end


@pytest.fixture
def populations(session: Session) -> list[str]:
    network = session.GetNetwork(network="net").network
    return [f"net/{population.name}" for population in network.specification.populations]


def test_polls_are_bit_for_bit_those_over_grpc(web: Web, grpc_client: Client) -> None:
    web_client = web.client()
    answers = []
    for client in (grpc_client, web_client):
        session = Session(client, grpc_client.CreateSession(seed=11).session)
        grpc_client.CreateNetwork(
            session=session.name, network="net", preset={"name": "pong/rstdp"}
        )
        network = grpc_client.GetNetwork(session=session.name, network="net").network
        recorded = [f"net/{p.name}" for p in network.specification.populations if p.record_spikes]
        weights = [f"net/{p.name}" for p in network.specification.projections]
        readout = {"spike_counts": recorded, "spikes": recorded, "weights": weights}
        stream = StepStream(client)
        steps = [
            stream.step(session=session.name, duration_ms=200, readout=readout) for _ in range(20)
        ]
        stream.end()
        answers.append([step.SerializeToString(deterministic=True) for step in steps])
        grpc_client.DeleteSession(session=session.name)
    assert answers[0] == answers[1]
    web_client.close()


def test_answers_come_in_order_however_many_are_asked_at_once(web: Web, session: Session) -> None:
    ws = connect(web, STREAM)
    for _ in range(50):
        ws.send(BINARY, poll(session.name, duration_ms=1))
    times = [v1.StepStreamResponse.FromString(ws.receive()[1]).step.time_ms for _ in range(50)]
    assert times == list(range(1, 51))
    ws.abort()


def test_an_error_ends_the_stream_and_says_why(web: Web, session: Session) -> None:
    ws = connect(web, STREAM)
    ws.send(BINARY, poll(session.name, duration_ms=-1))
    error = end_of(ws)["error"]
    assert error["code"] == "invalid_argument"
    assert error["message"].startswith("step.duration_ms: ")
    assert error["details"][0]["debug"]["reason"] == "INVALID_FIELD"


@pytest.mark.parametrize(("kind", "data"), [(BINARY, b"\xff" * 9), (TEXT, b"{}"), (TEXT, b"")])
def test_what_is_no_message_ends_the_stream(web: Web, kind: int, data: bytes) -> None:
    ws = connect(web, STREAM)
    ws.send(kind, data)
    assert end_of(ws)["error"]["details"][0]["debug"]["reason"] == "MALFORMED_MESSAGE"


def test_who_is_not_known_is_told(web: Web) -> None:
    ws = connect(web, STREAM, "nonsense" * 5)
    assert end_of(ws)["error"]["code"] == "unauthenticated"


def test_methods_without_a_stream_have_no_socket(web: Web) -> None:
    with pytest.raises(ConnectionError, match="501"):
        connect(web, "/spiked.v1.CatalogService/GetServerInfo")
    with pytest.raises(ConnectionError, match="404"):
        connect(web, "/spiked.v1.CatalogService/None")


def test_frames_that_break_the_protocol_close_the_connection(web: Web) -> None:
    for data in [b"\x82\x05hello", b"\xff" * 100, b"\x82\xff" + b"\xff" * 8 + b"mask"]:
        ws = connect(web, STREAM)
        ws.socket.sendall(data)
        try:
            while ws.receive()[0] != CLOSE:
                pass
        except OSError:
            pass
        ws.abort()
    assert web.post("/spiked.v1.CatalogService/GetServerInfo", {})[0] == 200


def test_a_message_larger_than_it_may_be_is_not_waited_for(web: Web) -> None:
    ws = connect(web, STREAM)
    ws.socket.sendall(struct.pack(">BBQ", 0x82, 0x80 | 127, 1 << 40) + b"mask")
    with contextlib.suppress(OSError):
        assert ws.receive()[0] == CLOSE
    ws.abort()


def test_pings_are_answered_while_a_step_runs(web: Web, session: Session) -> None:
    ws = connect(web, STREAM)
    ws.send(BINARY, poll(session.name, duration_ms=LONGEST_MS))
    wait_until(lambda: session.time_ms() > 0)
    ws.send(PING, b"there?")
    assert ws._frame() == (PONG, True, b"there?")
    session.halt()
    assert v1.StepStreamResponse.FromString(ws.receive()[1]).step.halted
    ws.abort()


def test_a_client_that_closes_stops_its_step(web: Web, session: Session) -> None:
    ws = connect(web, STREAM)
    ws.send(BINARY, poll(session.name, duration_ms=LONGEST_MS))
    wait_until(lambda: session.time_ms() > 0)
    ws.abort()
    wait_until(lambda: session.describe().state == v1.SESSION_STATE_IDLE)


@pytest.mark.parametrize("goodbye", [True, False])
def test_a_client_that_closes_stops_all_steps_that_it_has_asked_for(
    goodbye: bool, web: Web, session: Session
) -> None:
    ws = connect(web, STREAM)
    for _ in range(2):
        ws.send(BINARY, poll(session.name, duration_ms=LONGEST_MS))
    wait_until(lambda: session.time_ms() > 0)
    if goodbye:
        ws.send(CLOSE, struct.pack(">H", 1000))
        kind, _ = ws.receive()
        while kind == BINARY:  # how far a step came
            kind, _ = ws.receive()
        assert kind == CLOSE
    else:
        ws.abort()
    wait_until(lambda: session.describe().state == v1.SESSION_STATE_IDLE)
    assert session.time_ms() < LONGEST_MS


def test_a_client_that_sends_more_than_is_answered_is_seen_to_go(
    web: Web, session: Session
) -> None:
    # More than the server reads ahead, and less than what sockets keep.
    idle = poll(session.name, duration_ms=1, request_id="x" * 100)
    ws = connect(web, STREAM)
    ws.send(BINARY, poll(session.name, duration_ms=LONGEST_MS))
    for _ in range(330):
        ws.send(BINARY, idle)
    wait_until(lambda: session.time_ms() > 0)
    ws.abort()
    wait_until(lambda: session.describe().state == v1.SESSION_STATE_IDLE)
    assert session.time_ms() < LONGEST_MS


def test_a_watch_shows_frames_until_its_session_is_deleted(
    web: Web, grpc_client: Client, session: Session
) -> None:
    ws = connect(web, WATCH)
    request = v1.WatchSessionRequest(session=session.name, max_rate_hz=50)
    ws.send(BINARY, request.SerializeToString())
    kind, data = ws.receive()
    assert kind == BINARY, data
    assert v1.WatchSessionResponse.FromString(data).time_ms == 0
    session.step(100)
    while v1.WatchSessionResponse.FromString(ws.receive()[1]).time_ms < 100:
        pass
    grpc_client.DeleteSession(session=session.name)
    kind, data = ws.receive()
    while kind == BINARY:
        kind, data = ws.receive()
    assert json.loads(data)["error"]["code"] == "not_found"


def test_who_does_not_read_loses_frames_and_slows_nobody(web: Web, session: Session) -> None:
    ws = connect(web, WATCH)
    # Half a megabyte a frame, more than sockets keep for long.
    session.CreateNetwork(
        network="large",
        specification={
            "populations": [{"name": "a", "model": "parrot_neuron", "size": 250}],
            "projections": [
                {
                    "name": "aa",
                    "source": "a",
                    "target": "a",
                    "rule": {"all_to_all": {}},
                    "weight": {"distribution": {"uniform": {"low": 1, "high": 2}}},
                }
            ],
        },
    )
    request = v1.WatchSessionRequest(
        session=session.name, max_rate_hz=50, readout={"weights": ["large/aa"]}
    )
    ws.send(BINARY, request.SerializeToString())
    lost = 0
    step = session.start_endless_step()
    # However slow the machine is, there comes a pause that is too long for the sockets.
    for pause_s in (1, 2, 4, 8, 16):
        time.sleep(pause_s)
        # What the sockets kept, and the frame after that.
        for _ in range(40):
            kind, data = ws.receive()
            assert kind == BINARY, data
            lost += v1.WatchSessionResponse.FromString(data).lost_frames
        if lost > 0:
            break
    assert lost > 0
    session.halt()
    step.result()
    ws.abort()


def test_open_sockets_that_are_silent_hold_no_thread(web: Web) -> None:
    before = web.server.threads()
    sockets = [connect(web, STREAM) for _ in range(200)]
    assert web.server.threads() <= before + 2
    for ws in sockets:
        ws.abort()


def test_streams_over_sockets_count_as_streams(start_web: Callable[..., Web]) -> None:
    web = start_web("--quota=streams=2")
    first, second, third = (connect(web, STREAM) for _ in range(3))
    error = end_of(third)["error"]
    assert error["code"] == "resource_exhausted"
    assert error["details"][0]["debug"]["metadata"]["quota"] == "streams"
    first.abort()

    def another() -> bool:
        ws = connect(web, STREAM)
        ws.socket.settimeout(0.1)
        try:
            ws.receive()
        except TimeoutError:
            ws.abort()
            return True
        return False

    wait_until(another)
    second.abort()


def test_a_stream_over_a_socket_keeps_the_rules_of_streams(
    web: Web, session: Session, grpc_client: Client
) -> None:
    other = Session(grpc_client, grpc_client.CreateSession().session)
    client = web.client()
    stream = StepStream(client)
    assert stream.step(session=session.name, duration_ms=1).time_ms == 1
    assert stream.step(duration_ms=1).time_ms == 2
    stream.send(session=other.name, duration_ms=1)
    with pytest.raises(grpc.RpcError) as refused:
        stream.receive()
    assert str(refused.value.details()).startswith("step.session: ")
    other.DeleteSession()
    client.close()
