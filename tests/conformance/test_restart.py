"""What a server does that stops, starts anew, or has little memory.

This needs servers of its own: it is skipped where only an address is known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
import pytest

from client import TIMEOUT_S, Client, Session, StepStream, wait_until
from contract import v1
from expect import check_error, refused
from networks import SPECIFICATION
from server import Server

StartServer = Callable[..., Server]


def _session(client: Client) -> Session:
    session = Session(client, client.CreateSession(seed=1).session)
    session.CreateNetwork(network="net", specification=SPECIFICATION)
    return session


def _stop_while_busy(server: Server) -> tuple[list[Any], Any]:
    """Stops a server at work: its calls that run, and one that waits for its turn."""
    client = Client(server.address)
    sessions = [_session(client) for _ in range(2)]
    stream = StepStream(client)
    longest = client.GetServerInfo().limits.max_step_ms
    stream.send(session=sessions[0].name, duration_ms=longest)
    running = sessions[1].start_endless_step()
    waiting = sessions[1].start("Step", duration_ms=1)
    wait_until(lambda: sessions[0].time_ms() > 0)
    server.signal_stop()
    for call in (running, waiting):
        call.exception()  # until it is over
    answers = list(stream.answers_until_error())
    assert server.stop() == 0, server.log()
    client.close()
    if running.exception() is None:
        answers.append(running.result())
    return answers, waiting.exception()


@pytest.mark.method("Step", "StepStream")
def test_a_server_that_stops_answers_the_calls_that_it_has(start_server: StartServer) -> None:
    # It gives answers a moment to get out, which a busy machine may need for itself.
    for _ in range(10):
        answers, error = _stop_while_busy(start_server())
        if len(answers) == 2 and error.code() == grpc.StatusCode.UNAVAILABLE:
            break
    check_error(error, "UNAVAILABLE", "SHUTTING_DOWN")
    assert len(answers) == 2
    for answer in answers:
        assert answer.halted
        assert answer.halt_reason == v1.HALT_REASON_SHUTTING_DOWN
        assert answer.time_ms > 0


@pytest.mark.method("GetServerInfo")
def test_a_server_that_was_started_anew_is_another_instance(start_server: StartServer) -> None:
    infos = []
    for _ in range(2):
        server = start_server()
        client = Client(server.address)
        infos.append(client.GetServerInfo())
        client.close()
        server.stop()
    assert infos[0].instance_id != infos[1].instance_id
    assert infos[0].version == infos[1].version
    assert infos[0].start_time.ToNanoseconds() <= infos[1].start_time.ToNanoseconds()


@pytest.mark.method("Step")
def test_want_of_memory_ends_a_step_and_refuses_the_next(start_server: StartServer) -> None:
    server = start_server("--max-memory-mib", "64")
    client = Client(server.address)
    session = Session(client, client.CreateSession().session)
    # Relays that talk to each other without end, recorded without a limit.
    session.CreateNetwork(
        network="net",
        specification={
            "populations": [
                {"name": "g", "model": "spike_generator", "size": 1},
                {"name": "p", "model": "parrot_neuron", "size": 100, "record_spikes": True},
            ],
            "projections": [
                {"name": "g_p", "source": "g", "target": "p", "rule": {"all_to_all": {}}},
                {"name": "p_p", "source": "p", "target": "p", "rule": {"one_to_one": {}}},
            ],
        },
    )
    trains = {"senders": [0], "times_ms": [1], "multiplicities": [100]}
    step = session.start_endless_step(
        inputs=[{"population": "net/g", "spike_trains": trains}], timeout=TIMEOUT_S
    )
    answer = step.result(TIMEOUT_S)
    assert answer.halted
    assert answer.halt_reason == v1.HALT_REASON_MEMORY
    details = refused(session.step, 1, code="RESOURCE_EXHAUSTED", reason="QUOTA_EXCEEDED")
    assert details["ErrorInfo"].metadata["quota"] == "memory_bytes"
    # What has been recorded can be read, and another session has nothing of it.
    assert session.GetSpikes(population="net/p").spikes.times_ms
    session.DeleteSession()
    assert _session(client).step(10).time_ms == 10
    client.close()
    assert server.stop() == 0, server.log()
