"""Every field of every request is given odd values.

Numbers that are none, infinite, huge, negative or off the grid, and texts of every
kind.

What is refused must be refused with the field's name, and leave the session as
it was; what is accepted must leave a session that goes on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import grpc
import pytest

from client import Client, Session
from contract import METHODS
from examples import EXAMPLES, carry_out, prepare
from expect import check_error
from expected import RULES, Outcome, odd_values
from fields import Place, fields_reachable, fields_set, places
from networks import Twins


def _cases() -> list[Any]:
    """One for each field: where it occurs for the first time."""
    cases = []
    for name, examples in EXAMPLES.items():
        seen: set[str] = set()
        for example in examples:
            for place in places(example):
                if place.pattern in seen:
                    continue
                seen.add(place.pattern)
                cases.append(pytest.param(name, example, place, id=f"{name}-{place.pattern}"))
    return cases


CASES = _cases()


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_examples(method: str) -> None:
    assert EXAMPLES.get(method), f"say in examples.py which requests {method} accepts"


def test_examples_set_every_field_that_a_request_can_have() -> None:
    reachable: set[str] = set()
    for method in METHODS.values():
        reachable |= fields_reachable(method.request.DESCRIPTOR)
    set_: set[str] = set()
    for examples in EXAMPLES.values():
        for example in examples:
            set_ |= fields_set(example)
    assert set_ == reachable


def test_no_rule_is_left_of_what_the_contract_had_once() -> None:
    assert set(RULES) == set(METHODS)
    for name, rules in RULES.items():
        patterns = {case.values[2].pattern for case in CASES if case.values[0] == name}
        assert set(rules) == patterns, name


@pytest.mark.parametrize(("name", "example", "place"), CASES)
def test_odd_values(
    name: str,
    example: Any,
    place: Place,
    client: Client,
    new_session: Callable[..., Session],
    unique_id: Callable[[], str],
) -> None:
    rule = RULES.get(name, {}).get(place.pattern)
    assert rule is not None, f"say in expected.py what {name} makes of odd {place.pattern}"
    twins = Twins(new_session)
    for oddity, value in odd_values(place.type).items():
        outcomes = rule.outcomes(oddity)
        acceptable = any(outcome.code == "OK" for outcome in outcomes)
        # What may be accepted gets a session of its own.
        session = Twins(new_session).one if acceptable else twins.one
        request = prepare(name, example, session, unique_id())
        path = place.put(request, value)
        _check_outcome(session, name, request, path, outcomes)
        if acceptable and name != "DeleteSession":
            session.step(5)
    twins.check_equal()
    client.GetServerInfo()


def _check_outcome(
    session: Session, name: str, request: Any, path: str, outcomes: tuple[Outcome, ...]
) -> None:
    right = {outcome.code: outcome for outcome in outcomes}
    refusal: Any = None
    try:
        carry_out(session, name, request)
    except grpc.RpcError as error:
        refusal = error
    code = refusal.code().name if refusal else "OK"
    what = f"{path}: {refusal.details() if refusal else 'accepted'}\n{str(request)[:2000]}"
    assert code in right, what
    if refusal:
        check_error(refusal, code, right[code].reason, _field(path, right[code]))


def _field(path: str, outcome: Outcome) -> str:
    if outcome.field is None:
        return ""
    # A value that is one number is named as a whole, and options by their names.
    path = re.sub(r"(\.number(_value)?|\.bool_value)$", "", path)
    path = path.replace("options.fields[", "options[")
    for step in outcome.field.split("/"):
        if step == "..":
            path = path.rpartition(".")[0]
        elif step != ".":
            path = f"{path}.{step}"
    return path
