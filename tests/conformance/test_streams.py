"""StepStream: one answer for each request, in order, until an error or the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
import pytest

from client import TIMEOUT_S, Client, Session, StepStream, wait_until
from contract import v1
from expect import check_error, failure, refused
from networks import FULL_STEP, SPECIFICATION, Twins, full_step

pytestmark = pytest.mark.method("StepStream")


def _full(session: Session | None = None) -> dict[str, Any]:
    fields = {field.name: value for field, value in FULL_STEP.ListFields()}
    if session is not None:
        fields["session"] = session.name
    return fields


@pytest.fixture
def open_stream(client: Client) -> Any:
    streams: list[StepStream] = []

    def open_(timeout: float = TIMEOUT_S) -> StepStream:
        streams.append(StepStream(client, timeout))
        return streams[-1]

    yield open_
    for stream in streams:
        stream.call.cancel()


OpenStream = Callable[..., StepStream]


def test_a_stream_answers_as_unary_steps_do(
    open_stream: OpenStream, new_session: Callable[..., Session]
) -> None:
    twins = Twins(new_session)
    stream = open_stream()
    for k in range(5):
        # The session may be left out after the first.
        streamed = stream.step(**_full(twins.one if k != 2 or k == 0 else None))
        assert streamed == full_step(twins.other)
    stream.end()
    twins.check_equal()


def test_requests_may_be_sent_ahead(
    open_stream: OpenStream, new_session: Callable[..., Session]
) -> None:
    session = new_session(specification=SPECIFICATION)
    stream = open_stream()
    for _ in range(50):
        stream.send(session=session.name, duration_ms=2)
    stream.close()
    times = [answer.step.time_ms for answer in stream.call]
    assert times == [2 * (k + 1) for k in range(50)]
    assert stream.call.code() == grpc.StatusCode.OK


def test_a_stream_without_requests_ends_well(open_stream: OpenStream) -> None:
    open_stream().end()


def test_metadata_comes_before_the_first_answer(
    client: Client, open_stream: OpenStream, new_session: Callable[..., Session]
) -> None:
    session = new_session(specification=SPECIFICATION)
    stream = open_stream()
    metadata = dict(stream.call.initial_metadata())
    assert metadata["spiked-instance"] == client.GetServerInfo().instance_id
    stream.step(session=session.name, duration_ms=1)
    stream.end()


def test_the_first_request_names_the_session(open_stream: OpenStream) -> None:
    stream = open_stream()
    stream.send(duration_ms=1)
    refused(stream.receive, field="step.session")


def test_all_requests_name_the_same_session(
    open_stream: OpenStream, new_session: Callable[..., Session]
) -> None:
    twins = Twins(new_session)
    stream = open_stream()
    stream.step(**_full(twins.one))
    stream.send(**_full(twins.other))
    refused(stream.receive, field="step.session")
    full_step(twins.other)
    twins.check_equal()


def test_an_error_ends_the_stream_and_leaves_the_session_as_it_was(
    open_stream: OpenStream, new_session: Callable[..., Session]
) -> None:
    twins = Twins(new_session)
    stream = open_stream()
    assert stream.step(**_full(twins.one)) == full_step(twins.other)
    bad = _full()
    bad["readout"] = {"spikes": ["net/nobody"]}
    stream.send(**bad)
    # What comes after the error is not carried out.
    stream.send(**_full())
    refused(stream.receive, field="step.readout.spikes[0]")
    wait_until(lambda: stream.call.code() is not None)
    twins.check_equal()
    # A new stream goes on.
    again = open_stream()
    assert again.step(**_full(twins.one)) == full_step(twins.other)
    again.end()


def test_a_request_without_a_step_is_refused(
    client: Client, new_session: Callable[..., Session]
) -> None:
    session = new_session()
    first = v1.StepStreamRequest(step={"session": session.name, "duration_ms": 1})
    call = client.stream("StepStream", iter([first, v1.StepStreamRequest()]))
    assert next(call).step.time_ms == 1
    refused(lambda: next(call), field="step.duration_ms")
    assert session.time_ms() == 1


def test_streams_and_unary_calls_of_one_session_take_turns(
    open_stream: OpenStream, new_session: Callable[..., Session]
) -> None:
    session = new_session(specification=SPECIFICATION)
    streams = [open_stream() for _ in range(3)]
    fields = {"session": session.name, "duration_ms": 1}
    times: list[float] = []
    for _ in range(4):
        times.extend(stream.step(**fields).time_ms for stream in streams)
        times.append(session.step(1).time_ms)
    assert times == list(range(1, 17))
    for stream in streams:
        stream.end()


def test_the_expected_time_tells_that_somebody_else_stepped(
    open_stream: OpenStream, new_session: Callable[..., Session]
) -> None:
    session = new_session(specification=SPECIFICATION)
    stream = open_stream()
    stream.step(session=session.name, duration_ms=5, expected_time_ms=0)
    session.step(5)
    stream.send(duration_ms=5, expected_time_ms=5)
    refused(stream.receive, code="ABORTED", reason="TIME_MISMATCH", field="step.expected_time_ms")
    assert session.time_ms() == 10


def test_a_silent_stream_holds_nobody_up(
    open_stream: OpenStream, new_session: Callable[..., Session]
) -> None:
    session = new_session(specification=SPECIFICATION)
    streams = [open_stream() for _ in range(30)]
    for stream in streams:
        stream.step(session=session.name, duration_ms=1)
    assert session.step(1).time_ms == 31
    for stream in streams:
        stream.end()


@pytest.mark.method("HaltSession")
def test_a_halted_step_is_answered_and_the_stream_goes_on(
    another_client: Client,
    client: Client,
    open_stream: OpenStream,
    new_session: Callable[..., Session],
) -> None:
    session = new_session(specification=SPECIFICATION)
    stream = open_stream()
    longest = client.GetServerInfo().limits.max_step_ms
    stream.send(session=session.name, duration_ms=longest)
    wait_until(lambda: session.time_ms() > 0)
    assert another_client.HaltSession(session=session.name).stepping
    halted = stream.receive()
    assert halted.halted
    assert halted.halt_reason == v1.HALT_REASON_HALTED
    end = halted.time_ms
    following = stream.step(duration_ms=1)
    assert not following.halted
    assert following.time_ms == pytest.approx(end + 1, rel=1e-14)
    stream.end()


@pytest.mark.method("DeleteSession")
def test_deletion_ends_the_step_and_then_the_stream(
    client: Client, open_stream: OpenStream, new_session: Callable[..., Session]
) -> None:
    session = new_session(specification=SPECIFICATION)
    stream = open_stream()
    longest = client.GetServerInfo().limits.max_step_ms
    stream.send(session=session.name, duration_ms=longest)
    wait_until(lambda: session.time_ms() > 0)
    client.DeleteSession(session=session.name)
    answer = stream.receive()
    assert answer.halted
    assert answer.halt_reason == v1.HALT_REASON_DELETED
    stream.send(duration_ms=1)
    refused(stream.receive, code="NOT_FOUND", reason="NOT_FOUND", field="step.session")


def test_cancelling_a_stream_ends_its_step(
    client: Client, open_stream: OpenStream, new_session: Callable[..., Session]
) -> None:
    session = new_session(specification=SPECIFICATION)
    stream = open_stream()
    longest = client.GetServerInfo().limits.max_step_ms
    stream.send(session=session.name, duration_ms=longest)
    stream.send(duration_ms=longest)
    wait_until(lambda: session.time_ms() > 0)
    stream.call.cancel()
    wait_until(lambda: session.describe().state == v1.SESSION_STATE_IDLE)
    end = session.time_ms()
    assert session.step(1).time_ms == pytest.approx(end + 1, rel=1e-14)


def test_the_deadline_of_a_stream_ends_its_step(
    client: Client, open_stream: OpenStream, new_session: Callable[..., Session]
) -> None:
    session = new_session(specification=SPECIFICATION)
    stream = open_stream(timeout=0.3)
    longest = client.GetServerInfo().limits.max_step_ms
    stream.send(session=session.name, duration_ms=longest)
    # The server's answer may be faster than the client's own clock.
    answers = list(stream.answers_until_error())
    assert all(answer.halt_reason == v1.HALT_REASON_DEADLINE for answer in answers)
    assert stream.call.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    wait_until(lambda: session.describe().state == v1.SESSION_STATE_IDLE)
    assert session.step(1).halt_reason == v1.HALT_REASON_UNSPECIFIED


def test_a_stream_whose_client_closes_early_finishes_what_was_sent(
    open_stream: OpenStream, new_session: Callable[..., Session]
) -> None:
    session = new_session(specification=SPECIFICATION)
    stream = open_stream()
    for _ in range(10):
        stream.send(session=session.name, duration_ms=3)
    stream.close()
    wait_until(lambda: session.time_ms() == 30)
    assert len(list(stream.call)) == 10
    assert stream.call.code() == grpc.StatusCode.OK


def test_an_error_of_a_stream_has_details(open_stream: OpenStream) -> None:
    stream = open_stream()
    stream.send(session="sessions/nobody-of-this-name", duration_ms=1)
    error = failure(stream.receive)
    check_error(error, "NOT_FOUND", "NOT_FOUND", "step.session")
