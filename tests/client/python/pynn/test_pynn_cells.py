"""Cell types of the PyNN backend, as populations and through the contract."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import spiked

pynn: Any = pytest.importorskip("pyNN")


def spike_times(population: Any, segment: int = -1) -> list[list[float]]:
    trains = population.get_data("spikes").segments[segment].spiketrains
    return [train.magnitude.tolist() for train in trains]


@pytest.mark.parametrize(
    ("cell", "model"),
    [
        ("IF_curr_exp", "iaf_psc_exp"),
        ("IF_curr_alpha", "iaf_psc_alpha"),
        ("IF_curr_delta", "iaf_psc_delta"),
    ],
)
def test_cells_are_those_of_the_contract_in_other_units(
    sim: Any, client: spiked.Client, cell: str, model: str
) -> None:
    delta = cell == "IF_curr_delta"
    weight = 4.0 if delta else 0.6  # mV, nA
    cells = sim.Population(
        3,
        getattr(sim, cell)(
            cm=0.25, tau_m=15.0, tau_refrac=2.0, v_thresh=-52.0, i_offset=[0.2, 0.23, 0.26]
        ),
        initial_values={"v": [-60.0, -61.0, -62.0]},
    )
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=np.arange(5.0, 90.0, 7.0)))
    sim.Projection(
        source, cells, sim.AllToAllConnector(), sim.StaticSynapse(weight=weight, delay=1.5)
    )
    cells.record(["spikes", "v"])
    sim.run(100.0)

    net = spiked.NetworkSpecification()
    synaptic = {} if delta else dict.fromkeys(("tau_syn_ex", "tau_syn_in"), 0.5)
    if cell == "IF_curr_exp":
        synaptic = dict.fromkeys(synaptic, 5.0)
    net.population(
        "cells",
        model,
        3,
        C_m=250.0,
        tau_m=15.0,
        t_ref=2.0,
        E_L=-65.0,
        V_reset=-65.0,
        V_th=-52.0,
        I_e=[200.0, 230.0, 260.0],
        V_m=[-60.0, -61.0, -62.0],
        record_spikes=True,
        parameters=synaptic,
    )
    net.population("source", "spike_generator")
    net.connect("source", "cells", weight=weight if delta else weight * 1000, delay=1.5)
    net.multimeter("v", "cells", interval=0.1)
    with client.create_session(seed=1) as session:
        session.create_network("net", net)
        times = spiked.spike_trains([np.arange(5.0, 90.0, 7.0)])
        session.step(100.0, inputs={"net/source": times})
        trains = [train.tolist() for train in session.get_spikes("net/cells").trains()]
        potentials = session.get_signals("net/v")["V_m"]

    assert spike_times(cells) == trains
    assert sum(map(len, trains)) > 5
    (signal,) = cells.get_data("v").segments[0].analogsignals
    assert str(signal.units.dimensionality) == "mV"
    assert signal[0].magnitude.tolist() == [-60.0, -61.0, -62.0]  # the beginning
    assert np.array_equal(signal.magnitude[1:], potentials)


def test_parameters_are_read_as_they_were_given_and_set_between_runs(sim: Any) -> None:
    cells = sim.Population(4, sim.IF_curr_exp(cm=0.5, i_offset=0.1), label="some")
    cells[1:3].set(tau_m=12.0, i_offset=[0.2, 0.3])
    assert cells.get("cm") == 0.5
    assert cells.get("tau_m").tolist() == [20.0, 12.0, 12.0, 20.0]
    assert cells[2].i_offset == 0.3
    cells.record("spikes")
    sim.run(50.0)
    assert spike_times(cells) == [[], [], [], []]
    cells[3].i_offset = 2.0
    cells.set(v_thresh=-55.0)
    sim.run(50.0)
    assert [bool(train) for train in spike_times(cells)] == [False, False, False, True]


def test_states_are_set_of_some_cells_at_any_time(sim: Any) -> None:
    cells = sim.Population(3, sim.IF_curr_exp(), initial_values={"v": -65.0})
    cells.record("v")
    sim.run(1.0)
    cells[1:2].initialize(v=-55.0)
    cells[2].set_initial_value("v", -50.5)
    sim.run(1.0)
    (signal,) = cells.get_data().segments[0].analogsignals
    after = signal.magnitude[11]
    assert after[0] == -65.0
    assert -55.1 < after[1] < -54.9
    assert -50.7 < after[2] < -50.5
    with pytest.raises(NotImplementedError, match="no state variable 'w'"):
        cells.initialize(w=1.0)


def test_synaptic_currents_are_state_and_recorded_in_nanoampere(sim: Any) -> None:
    cells = sim.Population(2, sim.IF_curr_exp(tau_syn_E=5.0), initial_values={"isyn_exc": 0.4})
    cells.record("isyn_exc")
    sim.run(5.0)
    (signal,) = cells.get_data().segments[0].analogsignals
    assert str(signal.units.dimensionality) == "nA"
    assert signal.magnitude[0, 0] == 0.4
    assert signal.magnitude[-1, 1] == pytest.approx(0.4 * np.exp(-1.0))


def test_spike_sources_emit_their_times_on_the_grid(sim: Any) -> None:
    source = sim.Population(2, sim.SpikeSourceArray(spike_times=[[1.0, 2.04], [3.0]]))
    source.record("spikes")
    sim.run(5.0)
    source.set(spike_times=[sim.Sequence([4.0, 7.0]), sim.Sequence([8.0])])
    sim.run(5.0)
    assert spike_times(source) == [[1.0, 2.0, 7.0], [3.0, 8.0]]
    with pytest.raises(pynn.errors.InvalidParameterValueError, match="must ascend"):
        source.set(spike_times=[5.0, 4.0])


def test_all_targets_of_a_poisson_source_get_its_spikes(sim: Any) -> None:
    source = sim.Population(5, sim.SpikeSourcePoisson(rate=200.0, start=100.0, duration=300.0))
    targets = sim.Population(2, sim.IF_curr_delta(v_thresh=1e6))
    synapse = sim.StaticSynapse(weight=1.0, delay=1.0)
    sim.Projection(source, targets, sim.AllToAllConnector(), synapse)
    source.record("spikes")
    targets.record("v")
    sim.run(1000.0)
    times = np.concatenate(spike_times(source))
    assert 200 < len(times) < 400
    assert times.min() > 100.0
    assert times.max() <= 400.0
    (v,) = targets.get_data("v").segments[0].analogsignals
    assert np.array_equal(v.magnitude[:, 0], v.magnitude[:, 1])
    assert source.get(["rate", "start", "duration"]) == [200.0, 100.0, 300.0]
    source.set(rate=1000.0, duration=1e10)
    sim.run(100.0)
    assert 5 * 60 < sum(source.get_spike_counts().values()) - len(times) < 5 * 140


def test_what_there_is_not_is_told_by_name(sim: Any) -> None:
    for name in ("IF_cond_exp", "ACSource", "MultiQuantalSynapse", "CSAConnector", "NativeRNG"):
        with pytest.raises(NotImplementedError, match=name):
            getattr(sim, name)
    with pytest.raises(AttributeError, match="nonsense"):
        _ = sim.nonsense
    assert "IF_curr_exp" in sim.list_standard_models()


def test_errors_of_the_server_name_the_population(sim: Any) -> None:
    cells = sim.Population(2, sim.IF_curr_exp(v_thresh=-70.0), label="wrong ones")
    with pytest.raises(spiked.InvalidField, match=r"V_reset.*must be below V_th.*'wrong_ones'"):
        sim.run(1.0)
    cells.set(v_thresh=-50.0)
    sim.run(1.0)


def test_values_beyond_bounds_are_refused_where_they_are_given(sim: Any) -> None:
    wrong = pynn.errors.InvalidParameterValueError
    with pytest.raises(wrong, match="cm of 'E': C_m must be above 0"):
        sim.Population(2, sim.IF_curr_exp(cm=[1.0, -1.0]), label="E")
    sim.run(1.0)
    sim.reset()  # nothing is left of it
    source = sim.Population(2, sim.SpikeSourcePoisson(), label="noise")
    with pytest.raises(wrong, match=r"rate of .*'noise'.*: rate must be at least 0, not -1"):
        source[1:2].set(rate=-1.0)
    assert source.get("rate") == 1.0
