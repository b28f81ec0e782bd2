"""ResetSession."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from client import Session
from contract import v1
from networks import SPECIFICATION, bytes_of, full_step, number

pytestmark = pytest.mark.method("ResetSession")


def _weights(session: Session) -> list[Any]:
    return [
        list(session.GetWeights(projection=f"net/{name}").weights.weights)
        for name in ("rewarded", "plastic", "dopaminergic")
    ]


def test_from_time_0_with_initial_weights_everything_repeats_itself(
    new_session: Callable[..., Session],
) -> None:
    session = new_session(seed=3, specification=SPECIFICATION)
    first = [bytes_of(full_step(session)) for _ in range(3)]
    assert session.ResetSession(to_time_0=True, initial_weights=True).time_ms == 0
    assert session.describe().time_ms == 0
    assert [bytes_of(full_step(session)) for _ in range(3)] == first


def test_weights_and_parameters_stay_unless_asked_otherwise(
    new_session: Callable[..., Session],
) -> None:
    session = new_session(seed=3, specification=SPECIFICATION)
    initial = _weights(session)
    full_step(session)
    setting = v1.ParameterSetting(population="net/out", parameters={"I_e": number(10)})
    session.SetParameters(settings=[setting])
    learned = _weights(session)
    assert learned != initial
    session.ResetSession(to_time_0=True)
    assert _weights(session) == learned
    query = v1.ParameterQuery(population="net/out", names=["I_e"])
    assert session.GetParameters(queries=[query]).values[0].parameters["I_e"].number == 10
    session.ResetSession(initial_weights=True)
    assert _weights(session) == initial


def test_activity_is_forgotten_and_time_stays(new_session: Callable[..., Session]) -> None:
    session = new_session(seed=3, specification=SPECIFICATION)
    full_step(session)
    trains = v1.SpikeTrains(senders=[0], times_ms=[30])
    session.SetInput(inputs=[v1.Input(population="net/input", spike_trains=trains)])
    assert session.ResetSession().time_ms == 20
    assert not session.GetSpikes(population="net/relay").spikes.times_ms
    assert not session.GetSignals(multimeter="net/meter").signals.times_ms
    query = v1.ParameterQuery(population="net/out", names=["V_m", "I_syn_ex"])
    (states,) = session.GetParameters(queries=[query]).values
    assert states.parameters["V_m"].number == -70
    assert states.parameters["I_syn_ex"].number == 0
    answer = session.step(20, readout=v1.Readout(spikes=["net/relay"]))
    assert answer.time_ms == 40
    assert not answer.spikes[0].times_ms, "inputs to come are forgotten, too"
    full_step(session)
