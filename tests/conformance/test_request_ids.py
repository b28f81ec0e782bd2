"""Requests that are sent again under their id."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from client import Client, Session
from contract import METHODS, Method
from examples import EXAMPLES, READS, carry_out, prepare
from expect import refused
from networks import SPECIFICATION, Twins, bytes_of

CHANGING = [
    method
    for method in METHODS.values()
    if "request_id" in method.request.DESCRIPTOR.fields_by_name
]


def test_all_that_changes_something_can_be_sent_again() -> None:
    without = set(METHODS) - {method.name for method in CHANGING}
    assert without == READS | {"StepStream", "HaltSession", "ReadWeights", "SaveSession"}


@pytest.mark.parametrize("method", CHANGING, ids=str)
def test_what_is_sent_again_is_answered_as_before_and_not_done_again(
    method: Method, new_session: Callable[..., Session], unique_id: Callable[[], str]
) -> None:
    twins = Twins(new_session)
    request = prepare(method.name, EXAMPLES[method.name][0], twins.one, unique_id())
    request.request_id = str(uuid.uuid4())
    first = carry_out(twins.one, method.name, request)
    again = carry_out(twins.one, method.name, request)
    assert [bytes_of(answer) for answer in again] == [bytes_of(answer) for answer in first]
    if method.session_place and method.name not in ("DeleteSession", "DeleteNetwork"):
        once = prepare(method.name, EXAMPLES[method.name][0], twins.other, unique_id())
        carry_out(twins.other, method.name, once)
        twins.check_equal()


@pytest.mark.parametrize("method", CHANGING, ids=str)
def test_another_request_under_the_same_id_is_refused(
    method: Method, new_session: Callable[..., Session], unique_id: Callable[[], str]
) -> None:
    session = Twins(new_session).one
    field = "weights" if method.name == "SetWeights" else None
    request = prepare(method.name, EXAMPLES[method.name][0], session, unique_id())
    request.request_id = str(uuid.uuid4())
    carry_out(session, method.name, request)
    if method.name == "DeleteSession":
        return  # there is nothing else to say of it
    other = method.request()
    other.CopyFrom(request)
    place = {
        "CreateSession": "display_name",
        "RestoreSession": "display_name",
        "ForkSession": "display_name",
        "PutAccount": "weight",
        "CreateToken": "note",
        "DeleteAccount": "account",
        "RevokeToken": "token",
    }.get(method.name, field)
    for descriptor in method.request.DESCRIPTOR.fields:
        if place is None and descriptor.name not in ("session", "request_id"):
            place = descriptor.name
    assert place is not None
    other.ClearField(place)
    refused(
        carry_out,
        session,
        method.name,
        other,
        code="ALREADY_EXISTS",
        reason="REQUEST_ID_REUSED",
        field="request_id",
    )


def test_a_request_that_failed_is_tried_anew(new_session: Callable[..., Session]) -> None:
    session = new_session(specification=SPECIFICATION)
    id_ = str(uuid.uuid4())
    fields: Any = {"duration_ms": 10, "expected_time_ms": 5, "request_id": id_}
    refused(session.step, 10, expected_time_ms=5, request_id=id_, code="ABORTED",
            reason="TIME_MISMATCH", field="expected_time_ms")  # fmt: skip
    session.step(5)
    assert session.client.Step(session=session.name, **fields).time_ms == 15
    assert session.client.Step(session=session.name, **fields).time_ms == 15
    assert session.time_ms() == 15


def test_the_same_request_twice_at_once_is_carried_out_once(
    client: Client, new_session: Callable[..., Session]
) -> None:
    session = new_session(specification=SPECIFICATION)
    id_ = str(uuid.uuid4())
    calls = [session.start("Step", duration_ms=10, request_id=id_) for _ in range(5)]
    assert {call.result().time_ms for call in calls} == {10}
    assert session.time_ms() == 10
    id_ = str(uuid.uuid4())
    creations = [client.start("CreateSession", request_id=id_) for _ in range(5)]
    assert len({creation.result().session.name for creation in creations}) == 1
