"""SetParameters and GetParameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from client import Session
from contract import v1
from expect import refused
from networks import SPECIFICATION, Twins, full_step, number, values

SET = pytest.mark.method("SetParameters")
GET = pytest.mark.method("GetParameters")


def _list(*indices: int) -> Any:
    return v1.NeuronSelection(list=v1.IndexList(indices=indices))


def _read(session: Session, population: str, *names: str, neurons: Any = None) -> dict[str, Any]:
    query = v1.ParameterQuery(population=population, neurons=neurons, names=names)
    (answer,) = session.GetParameters(queries=[query]).values
    return {
        name: list(value.list.values) if value.HasField("list") else value.number
        for name, value in answer.parameters.items()
    }


@GET
def test_parameters_are_those_of_the_specification_and_states_those_of_now(
    new_session: Callable[..., Session],
) -> None:
    session = new_session(seed=1, specification=SPECIFICATION)
    full_step(session)
    everything = _read(session, "net/out")
    assert everything["tau_m"] == 10
    assert everything["V_th"] == -55
    assert {"C_m", "t_ref", "I_e", "V_m", "I_syn_ex", "I_syn_in"} <= set(everything)
    signals = session.GetSignals(multimeter="net/meter", after_ms=19).signals.signals
    assert everything["V_m"] == list(signals[0].values)
    assert everything["I_syn_ex"] == list(signals[1].values)
    assert _read(session, "net/out", "V_m", neurons=_list(3, 1)) == {
        "V_m": [everything["V_m"][3], everything["V_m"][1]]
    }
    assert _read(session, "net/dc") == {"amplitude": 300, "start": 2, "stop": 12} | {
        name: value for name, value in _read(session, "net/dc").items() if name == "origin"
    }
    query = v1.ParameterQuery(projection="net/plastic", names=["Wmax", "lambda"])
    (answer,) = session.GetParameters(queries=[query]).values
    assert {name: value.number for name, value in answer.parameters.items()} == {
        "Wmax": 100,
        "lambda": 0.01,
    }


@SET
@GET
def test_what_is_set_is_read_and_computed_with(new_session: Callable[..., Session]) -> None:
    twins = Twins(new_session)
    settings = [
        v1.ParameterSetting(
            population="net/out",
            neurons=_list(2, 0),
            parameters={"tau_m": values(20, 15), "I_e": number(500), "V_m": number(-56)},
        ),
        v1.ParameterSetting(projection="net/plastic", parameters={"lambda": number(0.1)}),
        v1.ParameterSetting(population="net/background", parameters={"rate": number(900)}),
    ]
    assert twins.one.SetParameters(settings=settings).time_ms == 27.5
    assert _read(twins.one, "net/out", "tau_m", "I_e") == {
        "tau_m": [15, 10, 20, 10],
        "I_e": [500, 0, 500, 0],
    }
    assert _read(twins.one, "net/out", "V_m", neurons=_list(0, 2)) == {"V_m": -56}
    assert _read(twins.one, "net/background", "rate") == {"rate": 900}
    read = v1.Readout(spike_counts=["net/out"])
    counts = [s.step(50, readout=read).spike_counts[0].counts for s in (twins.one, twins.other)]
    assert counts[0][0] > counts[1][0]
    assert counts[0][2] > counts[1][2]


@SET
@pytest.mark.parametrize(
    ("setting", "field"),
    [
        ({}, "population"),
        ({"population": "net/out", "parameters": {"tau_m": number(0)}}, "parameters[tau_m]"),
        ({"population": "net/out", "parameters": {"V_th": number(-90)}}, "parameters[V_th]"),
        (
            {"population": "net/out", "parameters": {"I_e": values(1, 2, 3)}},
            "parameters[I_e]",
        ),
        (
            {"population": "net/out", "neurons": _list(4), "parameters": {"I_e": number(1)}},
            "neurons.list.indices[0]",
        ),
        (
            {"population": "net/out", "neurons": _list(1, 1), "parameters": {"I_e": number(1)}},
            "neurons.list.indices[1]",
        ),
        (
            {"projection": "net/plastic", "neurons": _list(1)},
            "neurons",
        ),
        # The weights are 60 and less.
        ({"projection": "net/plastic", "parameters": {"Wmax": number(1)}}, "parameters[Wmax]"),
        ({"projection": "net/plastic", "parameters": {"Wmax": values(1)}}, "parameters[Wmax]"),
        # What holds throughout an episode.
        ({"projection": "net/rewarded", "parameters": {"tau": number(1)}}, "parameters[tau]"),
        (
            {"population": "net/transmitter", "parameters": {"deliver_interval": number(2)}},
            "parameters[deliver_interval]",
        ),
    ],
)
def test_a_setting_that_is_refused_leaves_all_as_it_was(
    setting: dict[str, Any], field: str, new_session: Callable[..., Session]
) -> None:
    twins = Twins(new_session)
    good = v1.ParameterSetting(population="net/relay")
    other = v1.ParameterSetting(population="net/noise", parameters={"std": number(5)})
    refused(
        twins.one.SetParameters,
        settings=[good, other, v1.ParameterSetting(**setting)],
        field=f"settings[2].{field}",
    )
    twins.check_equal()


@SET
def test_a_population_is_set_once_in_a_request(new_session: Callable[..., Session]) -> None:
    session = new_session(specification=SPECIFICATION)
    settings = [
        v1.ParameterSetting(population="net/out", parameters={"I_e": number(k)}) for k in (1, 2)
    ]
    refused(session.SetParameters, settings=settings, field="settings[1].population")
    assert _read(session, "net/out", "I_e") == {"I_e": 0}
