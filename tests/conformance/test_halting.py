"""Halting steps: by whom, how far they came, and that the session goes on."""

from __future__ import annotations

from collections.abc import Callable

import grpc
import pytest

from client import TIMEOUT_S, Client, Session, wait_until
from contract import v1
from networks import SPECIFICATION, bytes_of, past_of

pytestmark = pytest.mark.method("HaltSession", "Step")


def _on_grid(time_ms: float) -> bool:
    return time_ms == round(time_ms * 10) / 10


@pytest.mark.parametrize("who", ["the same client", "another client"])
def test_a_step_is_halted_by(
    who: str, client: Client, another_client: Client, new_session: Callable[..., Session]
) -> None:
    session = new_session(specification=SPECIFICATION)
    step = session.start_endless_step(readout={"spike_counts": ["net/out"], "spikes": ["net/out"]})
    halting = client if who == "the same client" else another_client
    assert halting.HaltSession(session=session.name).stepping
    answer = step.result(TIMEOUT_S)
    assert answer.halted
    assert answer.halt_reason == v1.HALT_REASON_HALTED
    # How far it came, and what was to be read out of that.
    assert answer.time_ms > 0
    assert _on_grid(answer.time_ms)
    assert session.time_ms() == answer.time_ms
    assert sum(answer.spike_counts[0].counts) >= len(answer.spikes[0].times_ms) > 0
    assert answer.spikes[0].times_ms[-1] <= answer.time_ms


def test_halting_a_session_that_does_not_step_does_nothing(
    new_session: Callable[..., Session],
) -> None:
    session = new_session(specification=SPECIFICATION)
    assert not session.halt()
    # It is not kept for the next step either.
    answer = session.step(50)
    assert not answer.halted
    assert answer.halt_reason == v1.HALT_REASON_UNSPECIFIED
    assert answer.time_ms == 50
    assert not session.halt()


def test_halting_ends_one_step_and_not_those_that_wait(
    new_session: Callable[..., Session],
) -> None:
    session = new_session(specification=SPECIFICATION)
    endless = session.start_endless_step()
    waiting = [session.start("Step", duration_ms=5) for _ in range(3)]
    assert session.halt()
    assert endless.result(TIMEOUT_S).halted
    assert not any(step.result(TIMEOUT_S).halted for step in waiting)
    end = endless.result().time_ms
    assert session.time_ms() == pytest.approx(end + 15, rel=1e-14)


def test_a_halted_session_is_as_one_that_stepped_so_far(
    new_session: Callable[..., Session],
) -> None:
    session, whole = (new_session(seed=5, specification=SPECIFICATION) for _ in range(2))
    step = session.start_endless_step()
    session.halt()
    end = step.result(TIMEOUT_S).time_ms
    whole.step(end)
    assert past_of(session) == past_of(whole)
    readout = {"spikes": ["net/out"], "signals": ["net/meter"], "weights": ["net/dopaminergic"]}
    answers = [s.step(50, readout=readout) for s in (session, whole)]
    assert bytes_of(answers[0]) == bytes_of(answers[1])


@pytest.mark.method("GetSession")
@pytest.mark.parametrize("how", ["deadline", "cancellation", "lost connection"])
def test_a_step_ends_with(how: str, address: str, new_session: Callable[..., Session]) -> None:
    session = new_session(specification=SPECIFICATION)
    lost = Client(address)
    theirs = Session(lost, session.describe())
    step = theirs.start_endless_step(timeout=0.5 if how == "deadline" else None)
    if how == "cancellation":
        step.cancel()
    elif how == "lost connection":
        lost.close()
    code = {
        "deadline": grpc.StatusCode.DEADLINE_EXCEEDED,
        "cancellation": grpc.StatusCode.CANCELLED,
        "lost connection": grpc.StatusCode.CANCELLED,
    }[how]
    try:
        answer = step.result(TIMEOUT_S)
    except (grpc.RpcError, grpc.FutureCancelledError):
        assert step.code() == code
    else:
        # The server's answer was faster than the client's own clock.
        assert how == "deadline"
        assert answer.halt_reason == v1.HALT_REASON_DEADLINE
    wait_until(lambda: session.describe().state == v1.SESSION_STATE_IDLE)
    end = session.time_ms()
    assert end > 0
    assert _on_grid(end)
    answer = session.step(1)
    assert not answer.halted
    assert answer.time_ms == pytest.approx(end + 1, rel=1e-14)
    lost.close()


def test_a_command_whose_caller_has_gone_is_not_carried_out(
    new_session: Callable[..., Session],
) -> None:
    session = new_session(specification=SPECIFICATION)
    endless = session.start_endless_step()
    cancelled = session.start("Step", duration_ms=1000)
    late = session.start("Step", timeout=0.2, duration_ms=1000)
    staying = session.start("Step", duration_ms=1)
    wait_until(late.done)
    assert late.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    cancelled.cancel()
    # Cancelling takes its way to the server, which we cannot see: a call that
    # is answered after it, on the same connection, shows that it has arrived.
    for _ in range(20):
        session.describe()
    session.halt()
    end = endless.result(TIMEOUT_S).time_ms
    staying.result(TIMEOUT_S)
    assert session.time_ms() == pytest.approx(end + 1, rel=1e-14)


def test_halting_one_session_leaves_others_alone(new_session: Callable[..., Session]) -> None:
    sessions = [new_session(specification=SPECIFICATION) for _ in range(3)]
    steps = [session.start_endless_step() for session in sessions]
    sessions[1].halt()
    assert steps[1].result(TIMEOUT_S).halted
    times = [sessions[k].time_ms() for k in (0, 2)]
    wait_until(lambda: all(sessions[k].time_ms() > t for k, t in zip((0, 2), times, strict=True)))
    assert not steps[0].done()
    assert not steps[2].done()
    # Short commands of others are answered meanwhile.
    other = new_session(specification=SPECIFICATION)
    for _ in range(10):
        other.step(10)
    for session in (sessions[0], sessions[2]):
        session.halt()
