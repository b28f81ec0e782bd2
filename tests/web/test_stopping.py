"""How the front ends with its server."""

from __future__ import annotations

import json
from collections.abc import Callable

from client import Client, Session, wait_until
from conftest import Web
from connect import BINARY, CLOSE, TEXT, WebSocket
from contract import v1
from test_socket import LONGEST_MS, STREAM, WATCH, connect, poll


def ended_by_the_server(ws: WebSocket) -> None:
    kind, data = ws.receive()
    while kind == BINARY:
        kind, data = ws.receive()
    assert kind == TEXT
    error = json.loads(data)["error"]
    assert error["code"] == "unavailable"
    assert error["details"][0]["debug"]["reason"] == "SHUTTING_DOWN"
    assert ws.receive()[0] == CLOSE


def test_streams_end_with_the_advice_to_connect_again(start_web: Callable[..., Web]) -> None:
    web = start_web()
    client = Client(web.server.address)
    session = Session(client, client.CreateSession().session)
    client.CreateNetwork(session=session.name, network="net", preset={"name": "pong/rstdp"})
    silent, stepping, watching = connect(web, STREAM), connect(web, STREAM), connect(web, WATCH)
    watching.send(BINARY, v1.WatchSessionRequest(session=session.name).SerializeToString())
    watching.receive()
    stepping.send(BINARY, poll(session.name, duration_ms=LONGEST_MS))
    idle = web.client()
    assert idle.GetServerInfo().version  # and keeps its connection
    wait_until(lambda: session.time_ms() > 0)
    client.close()
    web.server.signal_stop()
    ended_by_the_server(silent)
    kind, data = stepping.receive()
    assert kind == BINARY
    step = v1.StepStreamResponse.FromString(data).step
    assert step.halt_reason == v1.HALT_REASON_SHUTTING_DOWN
    ended_by_the_server(stepping)
    ended_by_the_server(watching)
    # Not as long as a connection may be idle.
    assert web.server.stop() == 0
    idle.close()


def test_a_client_that_does_not_say_goodbye_is_not_waited_for(
    start_web: Callable[..., Web],
) -> None:
    web = start_web()
    silent = [connect(web, STREAM) for _ in range(10)]
    assert web.server.stop() == 0
    for ws in silent:
        ws.abort()


def test_health_tells_that_the_server_drains(start_web: Callable[..., Web]) -> None:
    web = start_web("--drain-timeout-s=600")
    client = Client(web.server.address)
    session = Session(client, client.CreateSession().session)
    client.CreateNetwork(session=session.name, network="net", preset={"name": "pong/rstdp"})
    step = session.start_endless_step()
    web.server.signal_stop()
    wait_until(lambda: web.request("GET", "/healthz")[0].status == 503)
    status, error = web.post("/spiked.v1.SimulationService/CreateSession", {})
    assert (status, error["details"][0]["debug"]["reason"]) == (503, "SHUTTING_DOWN")
    session.halt()
    step.result()
    assert web.server.stop() == 0
    client.close()
