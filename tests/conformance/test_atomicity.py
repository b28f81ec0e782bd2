"""A command that fails leaves the session as it was: at whichever of its parts it fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from client import Session
from contract import v1
from expect import refused
from networks import FULL_STEP, SPECIFICATION, Twins, number

# What is wrong with a step whose other parts are good, and the field at fault.
FLAWS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "the last reward": (
        "rewards[1].value",
        lambda step: step.rewards.add(target="net", value=float("inf")),
    ),
    "the last input": (
        "inputs[3].spike_trains.senders[0]",
        lambda step: (
            step.inputs.add(
                population="net/input", spike_trains={"senders": [99], "times_ms": [50]}
            )
            and step.inputs[0].CopyFrom(
                v1.Input(
                    population="net/noise",
                    device_parameters={"parameters": {"mean": number(500)}},
                )
            )
        ),
    ),
    "the duration": ("duration_ms", lambda step: setattr(step, "duration_ms", 0.123)),
    "the end of time": ("duration_ms", lambda step: setattr(step, "duration_ms", 1e300)),
    "the last count": (
        "readout.spike_counts[1]",
        lambda step: step.readout.spike_counts.append("net/nobody"),
    ),
    "the last readout": (
        "readout.signals[1]",
        lambda step: step.readout.signals.append("net/nobody"),
    ),
}


@pytest.mark.method("Step")
@pytest.mark.parametrize("flaw", FLAWS)
def test_a_refused_step_leaves_no_trace(flaw: str, new_session: Callable[..., Session]) -> None:
    field, spoil = FLAWS[flaw]
    twins = Twins(new_session)
    step = v1.StepRequest()
    step.CopyFrom(FULL_STEP)
    step.session = twins.one.name
    spoil(step)
    for _ in range(3):
        refused(twins.one.client.Step, step, field=field)
    twins.check_equal()


@pytest.mark.method("CreateNetwork")
@pytest.mark.parametrize("part", ["populations", "projections", "multimeters"])
def test_a_refused_network_leaves_no_trace(part: str, new_session: Callable[..., Session]) -> None:
    twins = Twins(new_session)
    specification = v1.NetworkSpecification()
    specification.CopyFrom(SPECIFICATION)
    parts = getattr(specification, part)
    parts[-1].name = "not a name"
    refused(
        twins.one.CreateNetwork,
        network="new",
        specification=specification,
        field=f"specification.{part}[{len(parts) - 1}].name",
    )
    # Its name is still free; and drawing for it did not move the twins apart.
    for session in (twins.one, twins.other):
        session.CreateNetwork(network="new", specification=SPECIFICATION)
    twins.check_equal()


@pytest.mark.method("CreateNetwork")
def test_a_network_that_fails_while_it_is_drawn_leaves_no_trace(
    new_session: Callable[..., Session],
) -> None:
    twins = Twins(new_session)
    specification = v1.NetworkSpecification()
    specification.CopyFrom(SPECIFICATION)
    # Only drawing tells that no number of a million is above this.
    specification.projections[-1].weight.CopyFrom(
        v1.Value(distribution={"normal": {"mean": 0, "std": 1}, "minimum": 100})
    )
    refused(
        twins.one.CreateNetwork,
        network="new",
        specification=specification,
        field=f"specification.projections[{len(specification.projections) - 1}].weight",
    )
    assert list(twins.one.describe().networks) == ["net"]
    twins.check_equal()


@pytest.mark.method("CreateSession")
def test_a_refused_session_does_not_exist(
    new_session: Callable[..., Session], unique_id: Callable[[], str]
) -> None:
    id_ = unique_id()
    with_client = new_session()
    refused(
        with_client.client.CreateSession, session_id=id_, resolution_ms=-1, field="resolution_ms"
    )
    refused(
        with_client.client.GetSession,
        session=f"sessions/{id_}",
        code="NOT_FOUND",
        reason="NOT_FOUND",
        field="session",
    )
    new_session(session_id=id_)
