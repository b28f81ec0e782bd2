"""What holds of every method alike, whatever it does."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import grpc
import pytest

from client import Client, Session
from contract import METHODS, REASONS, Method
from examples import EXAMPLES, READS, answers_of, carry_out, prepare
from expect import check_error, details_of, failure, refused, seen_reasons
from fields import places
from networks import SPECIFICATION, Twins, bytes_of

# Of requests that lack something.
PROPER_REASONS = {"INVALID_ARGUMENT": "INVALID_FIELD", "NOT_FOUND": "NOT_FOUND"}

EVERY = pytest.mark.parametrize("method", METHODS.values(), ids=str)
WITH_SESSION = pytest.mark.parametrize(
    "method", [method for method in METHODS.values() if method.session_place], ids=str
)
UNARY = pytest.mark.parametrize(
    "method", [method for method in METHODS.values() if method.unary], ids=str
)


def test_every_method_has_tests_of_its_own(collected: list[pytest.Item]) -> None:
    tested = {
        name for item in collected for mark in item.iter_markers("method") for name in mark.args
    }
    assert tested <= set(METHODS), "tests of methods that the contract does not have"
    assert set(METHODS) <= tested, "mark a test of each with @pytest.mark.method(name)"


@pytest.mark.last
@pytest.mark.usefixtures("whole_run", "start_server")
def test_every_reason_of_an_error_has_been_seen() -> None:
    # Whoever gives up waiting is told so by their own side; want of the machine's
    # memory and defects cannot be brought about from here, and certificates need TLS.
    unseen = {
        "DEADLINE_EXCEEDED",
        "CANCELLED",
        "OUT_OF_MEMORY",
        "SESSION_FAILED",
        "INTERNAL",
        "CERTIFICATE_UNKNOWN",
        "SESSION_NOT_READY",
    }
    # What is stored, and where, is not for the contract to say.
    unseen |= {reason for reason in REASONS if reason.startswith("STORAGE_")}
    unseen |= {"SESSION_ELSEWHERE"}
    assert seen_reasons == set(REASONS) - unseen


@EVERY
def test_examples_are_accepted(
    method: Method, new_session: Callable[..., Session], unique_id: Callable[[], str]
) -> None:
    for example in EXAMPLES[method.name]:
        session = Twins(new_session).one
        request = prepare(method.name, example, session, unique_id())
        answers = carry_out(session, method.name, request)
        assert len(answers) >= 1


@WITH_SESSION
def test_a_session_that_does_not_exist_is_not_found(
    method: Method, client: Client, new_session: Callable[..., Session], unique_id: Any
) -> None:
    session = Twins(new_session).one
    request = prepare(method.name, EXAMPLES[method.name][0], session, unique_id())
    client.DeleteSession(session=session.name)
    assert method.session_place is not None
    field = ".".join(method.session_place)
    refused(
        carry_out, session, method.name, request, code="NOT_FOUND", reason="NOT_FOUND", field=field
    )


@WITH_SESSION
def test_a_request_with_nothing_but_the_session_is_answered_or_refused_properly(
    method: Method, new_session: Callable[..., Session]
) -> None:
    twins = Twins(new_session)
    request = prepare(method.name, method.request(), twins.one, "")
    try:
        carry_out(twins.one, method.name, request)
    except grpc.RpcError as error:
        code = error.code().name
        field = details_of(error)["ErrorInfo"].metadata["field"]
        check_error(error, code, PROPER_REASONS[code], field)
    if method.name not in ("DeleteSession", "ResetSession"):
        twins.check_equal()


@EVERY
def test_an_empty_request_is_answered_or_refused_properly(
    method: Method, new_session: Callable[..., Session]
) -> None:
    session = new_session()
    if method.session_place:
        field = ".".join(method.session_place)
        refused(carry_out, session, method.name, method.request(), field=field)
        return
    try:
        assert carry_out(session, method.name, method.request())
    except grpc.RpcError as error:
        code = error.code().name
        field = details_of(error)["ErrorInfo"].metadata["field"]
        assert field in method.request.DESCRIPTOR.fields_by_name
        check_error(error, code, PROPER_REASONS[code], field)


def _metadata(call: Any) -> dict[str, str]:
    return dict(call.initial_metadata() or ())


@EVERY
def test_every_answer_names_the_instance_of_the_server(
    method: Method, client: Client, new_session: Callable[..., Session], unique_id: Any
) -> None:
    instance = client.GetServerInfo().instance_id
    assert instance
    session = Twins(new_session).one
    good = prepare(method.name, EXAMPLES[method.name][0], session, unique_id())
    bad = method.request()
    for request in [good, bad]:
        if method.unary:
            call = client.start(method.name, request)
            call.exception()
        else:
            requests = iter([request]) if method.client_streaming else request
            call = client.stream(method.name, requests)
            with contextlib.suppress(grpc.RpcError):
                answers_of(method.name, call)
        assert _metadata(call)["spiked-instance"] == instance


@pytest.mark.parametrize("name", sorted(READS & set(METHODS)))
def test_reading_twice_gives_the_same_and_changes_nothing(
    name: str, new_session: Callable[..., Session]
) -> None:
    twins = Twins(new_session)
    for example in EXAMPLES[name]:
        request = prepare(name, example, twins.one, "")
        first, second = (carry_out(twins.one, name, request) for _ in range(2))
        if name != "ListSessions":  # others may use the server, too
            assert [bytes_of(answer) for answer in first] == [bytes_of(answer) for answer in second]
    twins.check_equal()


@EVERY
def test_fields_that_a_later_contract_may_have_are_ignored(
    method: Method, new_session: Callable[..., Session], unique_id: Any
) -> None:
    unknown = b"\xfa\x7f\x03new"  # field 2047, a string
    for example in EXAMPLES[method.name]:
        one, other = (Twins(new_session).one for _ in range(2))
        known = prepare(method.name, example, one, unique_id())
        extended = method.request.FromString(
            bytes_of(prepare(method.name, example, other, unique_id())) + unknown
        )
        assert bytes_of(extended).endswith(unknown)
        answers = [carry_out(one, method.name, known), carry_out(other, method.name, extended)]
        assert len(answers[0]) == len(answers[1])


@UNARY
@pytest.mark.parametrize("garbage", [b"\xff", b"\x0a\x7fshort", b"\x00" * 1000, b"\xff" * 1000])
def test_bytes_that_are_no_message_are_refused(
    method: Method, garbage: bytes, client: Client
) -> None:
    call = client.send_bytes(method.path, garbage)
    check_error(call, "INVALID_ARGUMENT", "MALFORMED_MESSAGE")
    client.GetServerInfo()


@UNARY
def test_text_that_is_not_utf8_is_refused(
    method: Method, client: Client, new_session: Callable[..., Session], unique_id: Any
) -> None:
    session = Twins(new_session).one
    mark = "text to be spoiled"
    for example in EXAMPLES[method.name]:
        for place in places(example):
            if place.type != place.TEXT or place.is_key:
                continue
            request = prepare(method.name, example, session, unique_id())
            place.put(request, mark)
            spoiled = bytes_of(request).replace(mark.encode(), b"\xff" * len(mark))
            call = client.send_bytes(method.path, spoiled)
            check_error(call, "INVALID_ARGUMENT", "MALFORMED_MESSAGE")
    session.describe()


@pytest.mark.parametrize(
    "path", ["/spiked.v1.SimulationService/Explode", "/spiked.v2.SimulationService/Step", "/x/y"]
)
def test_a_method_that_does_not_exist_is_unimplemented(path: str, client: Client) -> None:
    assert client.send_bytes(path, b"").code() == grpc.StatusCode.UNIMPLEMENTED


@UNARY
def test_a_call_whose_deadline_has_passed_is_not_carried_out(
    method: Method, client: Client, new_session: Callable[..., Session], unique_id: Any
) -> None:
    twins = Twins(new_session)
    request = prepare(method.name, EXAMPLES[method.name][0], twins.one, unique_id())
    call = client.start(method.name, request, timeout=-1)
    assert call.exception().code() == grpc.StatusCode.DEADLINE_EXCEEDED
    twins.check_equal()


@UNARY
def test_compressed_requests_are_understood(
    method: Method, client: Client, new_session: Callable[..., Session], unique_id: Any
) -> None:
    session = Twins(new_session).one
    request = prepare(method.name, EXAMPLES[method.name][0], session, unique_id())
    client.start(method.name, request, compression=grpc.Compression.Gzip).result()


def test_many_calls_at_once_are_answered_each(new_session: Callable[..., Session]) -> None:
    sessions = [new_session(seed=k, specification=SPECIFICATION) for k in range(8)]
    calls = [s.start("Step", duration_ms=50) for s in sessions for _ in range(5)]
    for call in calls:
        assert call.exception() is None
    assert [s.time_ms() for s in sessions] == [250] * 8


def test_failure_is_told_from_success() -> None:
    """The suite itself: what should be refused and is not makes a test fail."""
    with pytest.raises(AssertionError, match="not refused"):
        failure(lambda: "an answer")
