"""The limits that GetServerInfo states.

What reaches them is accepted, what exceeds them refused before its price is paid.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
import pytest

from client import TIMEOUT_S, Client, Session, wait_until
from contract import v1
from expect import check_error, failure, refused
from networks import SPECIFICATION, Twins
from server import Server

pytestmark = pytest.mark.method("GetServerInfo")


@pytest.fixture
def limits(client: Client) -> Any:
    return client.GetServerInfo().limits


def _refused_by_quota(quota: str, call: Callable[..., Any], **fields: Any) -> None:
    details = refused(call, code="RESOURCE_EXHAUSTED", reason="QUOTA_EXCEEDED", **fields)
    assert details["ErrorInfo"].metadata["quota"] == quota
    (violation,) = details["QuotaFailure"].violations
    assert violation.subject == quota
    assert violation.description


def _relays(*sizes: int) -> Any:
    return v1.NetworkSpecification(
        populations=[
            {"name": f"p{k}", "model": "parrot_neuron", "size": size}
            for k, size in enumerate(sizes)
        ]
    )


@pytest.mark.method("CreateNetwork")
def test_neurons_of_a_session(limits: Any, new_session: Callable[..., Session]) -> None:
    most = limits.max_neurons
    if most == 0:
        pytest.skip("this server has no limit on neurons but memory")
    twins = Twins(new_session)
    left = most - twins.one.describe().size.neurons
    for sizes in ([left + 1], [left, 1], [2**32 - 1] * 5):
        for validate_only in (True, False):
            _refused_by_quota(
                "neurons",
                twins.one.CreateNetwork,
                network="new",
                specification=_relays(*sizes),
                validate_only=validate_only,
            )
    for sizes in ([left], [left - 1, 1]):
        twins.one.CreateNetwork(network="new", specification=_relays(*sizes), validate_only=True)
    twins.check_equal()


@pytest.mark.method("CreateNetwork")
def test_synapses_of_a_session(limits: Any, new_session: Callable[..., Session]) -> None:
    if limits.max_synapses == 0:
        pytest.skip("this server has no limit on synapses but memory")
    twins = Twins(new_session)
    left = limits.max_synapses - twins.one.describe().size.synapses

    def network(*connections: int) -> Any:
        specification = _relays(10)
        for k, number in enumerate(connections):
            specification.projections.add(
                name=f"c{k}",
                source="p0",
                target="p0",
                rule={"fixed_total_number": {"connections": number}},
            )
        return specification

    for connections in ([left + 1], [left, 1]):
        for validate_only in (True, False):
            _refused_by_quota(
                "synapses",
                twins.one.CreateNetwork,
                network="new",
                specification=network(*connections),
                validate_only=validate_only,
            )
    twins.one.CreateNetwork(network="new", specification=network(left), validate_only=True)
    twins.check_equal()


@pytest.mark.method("CreateNetwork")
def test_without_limits_memory_is_the_bound(start_server: Callable[..., Server]) -> None:
    client = Client(start_server("--max-memory-mib", "1024").address)
    limits = client.GetServerInfo().limits
    assert (limits.max_neurons, limits.max_synapses) == (0, 0)
    session = Session(client, client.CreateSession().session)
    for validate_only in (True, False):
        for specification in (_relays(*[2**32 - 1] * 5), _relays(2**32 - 1)):
            _refused_by_quota(
                "memory_bytes",
                session.CreateNetwork,
                network="new",
                specification=specification,
                validate_only=validate_only,
            )
    network = _relays(2_000_000)
    network.projections.add(name="c", source="p0", target="p0", rule={"one_to_one": {}})
    size = session.CreateNetwork(network="new", specification=network).network.size
    assert (size.neurons, size.synapses) == (2_000_000, 2_000_000)
    client.close()


@pytest.mark.method("CreateNetwork")
def test_memory_of_the_server(limits: Any, new_session: Callable[..., Session]) -> None:
    twins = Twins(new_session)
    # What is under way over connections of 6.4 ms takes 64 numbers for each neuron and
    # sign.
    neurons = limits.max_memory_bytes // (2 * 8 * 64) + 1
    if limits.max_neurons and neurons > limits.max_neurons:
        pytest.skip("the limit on neurons comes first")
    specification = v1.NetworkSpecification(
        populations=[{"name": "p", "model": "iaf_psc_exp", "size": neurons}],
        projections=[
            {
                "name": "w",
                "source": "p",
                "target": "p",
                "rule": {"explicit_pairs": {"sources": [0], "targets": [0]}},
                "delay_ms": {"number": 6.4},
            }
        ],
    )
    for validate_only in (True, False):
        _refused_by_quota(
            "memory_bytes",
            twins.one.CreateNetwork,
            network="new",
            specification=specification,
            validate_only=validate_only,
        )
    twins.check_equal()


@pytest.mark.method("Step")
def test_the_length_of_a_step(limits: Any, new_session: Callable[..., Session]) -> None:
    session = new_session(seed=1, specification=SPECIFICATION)
    refused(session.step, limits.max_step_ms + 0.1, field="duration_ms")
    assert session.time_ms() == 0
    endless = session.start_endless_step()  # as long as is allowed
    session.halt()
    assert endless.result(TIMEOUT_S).halted


@pytest.mark.method("Step")
def test_the_end_of_time_is_far_and_refused(new_session: Callable[..., Session]) -> None:
    # Without networks time passes at once.
    session = new_session(resolution_ms=10)
    longest = session.client.GetServerInfo().limits.max_step_ms
    longest -= longest % 10
    for k in range(20):
        answer = session.step(longest)
        if answer.halted:  # another server may be slower
            break
        assert answer.time_ms == longest * (k + 1)
    refused(session.step, 1e16, field="duration_ms")


@pytest.mark.method("CreateSession")
def test_the_size_of_a_request(limits: Any, client: Client) -> None:
    request = v1.CreateSessionRequest()
    request.display_name = "x"
    overhead = client.sent_bytes(request) + 4  # the length takes more bytes then
    request.display_name = "x" * (limits.max_request_bytes - overhead)
    spare = limits.max_request_bytes - client.sent_bytes(request)
    request.display_name += "x" * spare
    assert client.sent_bytes(request) == limits.max_request_bytes
    # It is taken, and read.
    refused(client.CreateSession, request, field="display_name")
    request.display_name += "x"
    error = failure(client.CreateSession, request)
    assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    client.GetServerInfo()


@pytest.mark.method("Step")
def test_commands_that_wait_for_a_session(limits: Any, new_session: Callable[..., Session]) -> None:
    session = new_session(specification=SPECIFICATION)
    waiting = limits.max_waiting_commands
    assert waiting <= 1000, "this test cannot make so many wait"
    endless = session.start_endless_step()
    too_many = 5
    calls = [session.start("Step", duration_ms=1) for _ in range(waiting + too_many)]
    wait_until(lambda: sum(call.done() for call in calls) >= too_many)
    for call in [call for call in calls if call.done()]:
        details = check_error(call.exception(), "RESOURCE_EXHAUSTED", "SESSION_BUSY")
        delay = details["RetryInfo"].retry_delay
        assert 0 < delay.ToNanoseconds() < 10e9
    assert sum(call.done() for call in calls) == too_many
    # Others, and what is answered at once, are not concerned.
    session.describe()
    new_session().step(1)
    session.halt()
    end = endless.result(TIMEOUT_S).time_ms
    answered = [call for call in calls if call.exception() is None]
    assert len(answered) == waiting
    assert session.time_ms() == pytest.approx(end + waiting, rel=1e-14)


@pytest.mark.method("CreateSession", "DeleteSession")
def test_sessions_of_the_server(
    limits: Any, client: Client, new_session: Callable[..., Session]
) -> None:
    if limits.max_sessions > 2000:
        pytest.skip(f"this server allows {limits.max_sessions} sessions")
    sessions: list[Session] = []
    refusal = None
    for _ in range(limits.max_sessions + 1):
        call = client.start("CreateSession", v1.CreateSessionRequest())
        if call.exception() is not None:
            refusal = call
            break
        sessions.append(Session(client, call.result().session))
    assert refusal is not None
    details = check_error(refusal.exception(), "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED")
    assert details["ErrorInfo"].metadata["quota"] == "sessions"
    sessions.pop().DeleteSession()
    new_session()  # there is room again


@pytest.mark.method("SetInput", "GetSpikes")
def test_large_requests_are_taken_and_large_answers_come_in_pages(
    new_session: Callable[..., Session],
) -> None:
    session = new_session(
        specification={
            "populations": [
                {"name": "g", "model": "spike_generator", "size": 1},
                {"name": "p", "model": "parrot_neuron", "size": 1, "record_spikes": True},
            ],
            "projections": [
                {"name": "g_p", "source": "g", "target": "p", "rule": {"one_to_one": {}}}
            ],
        }
    )
    spikes = 600_000  # 5.4 MB, more than gRPC's own limit of 4 MiB
    times = [(k + 1) / 10 for k in range(spikes)]
    request = v1.SetInputRequest(session=session.name)
    trains = request.inputs.add(population="net/g").spike_trains
    trains.times_ms.extend(times)
    trains.senders.extend([0] * spikes)
    session.client.SetInput(request)
    session.step(spikes / 10 + 10)
    total = 0
    token = ""
    while True:
        answer = session.GetSpikes(population="net/p", page_token=token)
        assert answer.ByteSize() < 4 << 20
        total += len(answer.spikes.times_ms)
        token = answer.next_page_token
        if not token:
            break
    assert total == spikes


@pytest.mark.method("GetNetwork")
def test_an_answer_that_would_be_too_large_is_refused_and_not_cut(
    new_session: Callable[..., Session],
) -> None:
    specification = _relays(1000)
    pairs = 500_000
    specification.projections.add(
        name="pairs",
        source="p0",
        target="p0",
        rule={
            "explicit_pairs": {
                "sources": [999] * pairs,
                "targets": [k % 1000 for k in range(pairs)],
            }
        },
        weight={"list": {"values": [float(k) for k in range(pairs)]}},
    )
    assert specification.ByteSize() > 4 << 20
    session = new_session(specification=specification)
    refused(session.GetNetwork, network="net", code="RESOURCE_EXHAUSTED", reason="REPLY_TOO_LARGE")
    assert session.describe().size.synapses == pairs
