"""Networks that grow and change after time has passed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import spiked
from spiked.nest import NESTErrors


def events_of(recorder: Any) -> list[tuple[float, int]]:
    return list(zip(recorder.events["times"].tolist(), recorder.events["senders"], strict=True))


def test_nodes_and_connections_come_after_time_has_passed(nest: Any) -> None:
    generator = nest.Create("spike_generator", params={"spike_times": [1.0, 11.0, 21.0]})
    relay, recorder = nest.Create("parrot_neuron"), nest.Create("spike_recorder")
    nest.Connect(generator, relay)
    nest.Connect(relay, recorder)
    nest.Simulate(10.0)
    later = nest.Create("parrot_neuron", 2)
    meanwhile = nest.Create("spike_generator", params={"spike_times": [5.0, 15.0]})
    nest.Connect(relay, later[0], syn_spec={"delay": 2.0})
    nest.Connect(meanwhile, later[1])
    nest.Connect(later, recorder)
    assert nest.num_connections == 6
    nest.Simulate(10.0)
    nest.Connect(later[0], later[1], syn_spec={"delay": 0.5})
    nest.Simulate(10.0)
    assert events_of(recorder) == [
        (2.0, 2),
        (12.0, 2),
        (14.0, 4),
        (16.0, 5),
        (22.0, 2),
        (24.0, 4),
        (24.5, 5),
    ]
    assert nest.GetConnections(relay).get("target") == [4, 3]


@pytest.mark.parametrize("pieces", [False, True])
def test_a_network_in_pieces_is_that_in_one_piece(
    nest: Any, client: spiked.Client, pieces: bool
) -> None:
    nest.rng_seed = 8

    def look() -> None:
        if pieces:  # which the server is asked for
            assert len(nest.GetConnections().get("weight")) > 0

    one = nest.Create("iaf_psc_exp", 40, {"I_e": 400.0})
    other = nest.Create("iaf_psc_exp", 10, {"I_e": 380.0})
    weight = nest.random.normal(60.0, 10.0)
    spec = {"weight": weight, "delay": 1.0}
    nest.Connect(one, one + other, {"rule": "fixed_indegree", "indegree": 5}, spec)
    look()
    drive = nest.Create("poisson_generator", params={"rate": 3000.0})
    nest.Connect(drive, one, syn_spec={"weight": 30.0})
    look()
    recorder = nest.Create("spike_recorder")
    nest.Connect(one + other, recorder)
    nest.Simulate(100.0)
    net = spiked.NetworkSpecification()
    for name, size, current in (("one", 40, 400.0), ("other", 10, 380.0)):
        net.population(name, "iaf_psc_exp", size, I_e=current, record_spikes=True)
    net.population("drive", "poisson_generator", rate=3000.0)
    for target in ("one", "other"):
        rule = spiked.fixed_indegree(5)
        net.connect("one", target, rule, weight=spiked.normal(60.0, 10.0))
    net.connect("drive", "one", weight=30.0)
    with client.create_session(seed=8) as session:
        session.create_network("nest", net)
        session.step(100.0)
        spikes = session.get_spikes("nest/one"), session.get_spikes("nest/other")
    direct = [
        (time, sender + first)
        for read, first in zip(spikes, (1, 41), strict=True)
        for time, sender in zip(read.times_ms.tolist(), read.senders.tolist(), strict=True)
    ]
    assert len(direct) > 100
    assert sorted(events_of(recorder)) == sorted(direct)


def test_state_is_read_and_set_while_the_simulation_stands(nest: Any) -> None:
    neurons, voltmeter = nest.Create("iaf_psc_exp", 3), nest.Create("voltmeter")
    voltmeter.interval = 0.1
    generator = nest.Create("spike_generator", params={"spike_times": [1.0]})
    nest.Connect(voltmeter, neurons)
    nest.Connect(generator, neurons[0], syn_spec={"weight": 300.0})
    nest.Simulate(4.0)
    assert neurons[1].V_m == -70.0
    assert neurons[0].get("I_syn_ex") == pytest.approx(300.0 * np.exp(-1.0))
    potential = neurons.V_m
    assert potential[0] > -69.0
    assert nest.GetStatus(neurons[0])[0]["V_m"] == potential[0]
    neurons[1:].V_m = [-60.0, -65.0]
    neurons[1].I_syn_in = -5.0
    assert neurons.V_m == (potential[0], -60.0, -65.0)
    assert neurons.I_syn_in == (0.0, -5.0, 0.0)
    neurons[2].set(I_e=100.0, tau_m=5.0)
    assert neurons.I_e == (0.0, 0.0, 100.0)
    nest.Simulate(2.0)
    events = voltmeter.events
    course = {k: events["V_m"][events["senders"] == k] for k in (1, 2, 3)}
    assert course[1][39] == potential[0]
    assert course[3][40] == pytest.approx(
        -70.0 + 5.0 * np.exp(-0.1 / 5.0) + 100.0 * 5.0 / 250.0 * -np.expm1(-0.1 / 5.0)
    )


def test_parameters_that_are_set_on_the_way_act_from_then_on(nest: Any) -> None:
    neurons, recorder = nest.Create("iaf_psc_exp", 2), nest.Create("spike_recorder")
    nest.Connect(neurons, recorder)
    nest.Simulate(50.0)
    assert recorder.n_events == 0
    neurons.I_e = [0.0, 500.0]
    nest.Simulate(50.0)
    assert set(recorder.events["senders"]) == {2}
    count = recorder.n_events
    for neuron in neurons:
        neuron.V_th = -45.0 if neuron.global_id == 1 else -40.0
    neurons.t_ref = 5.0
    neurons.I_e = 0.0
    nest.Simulate(50.0)
    assert recorder.n_events == count
    with pytest.raises(NESTErrors.BadProperty, match="tau_m"):
        neurons.tau_m = -1.0
    assert neurons.get("t_ref") == (5.0, 5.0)


def test_a_recorder_that_comes_after_a_look_at_the_network_records_it(nest: Any) -> None:
    neurons = nest.Create("iaf_psc_exp", 20, {"I_e": 500.0})
    nest.Connect(neurons, neurons, {"rule": "fixed_indegree", "indegree": 3})
    before = nest.GetConnections().get(["source", "target"])
    recorder = nest.Create("spike_recorder")
    nest.Connect(neurons[:5], recorder)
    assert nest.GetConnections(neurons, neurons).get(["source", "target"]) == before
    nest.Simulate(50.0)
    assert set(recorder.events["senders"]) == {1, 2, 3, 4, 5}


def test_recorders_that_come_late_record_from_then_on(nest: Any) -> None:
    neurons = nest.Create("iaf_psc_exp", 4, {"I_e": [500.0, 480.0, 460.0, 0.0]})
    first, late = nest.Create("spike_recorder", 2)
    nest.Connect(neurons[:2], first)
    meter = nest.Create("multimeter", params={"record_from": ["V_m"], "interval": 0.5})
    nest.Simulate(50.0)
    generator = nest.Create("spike_generator", params={"spike_times": [70.0, 80.0]})
    nest.Simulate(10.0)
    nest.Connect(neurons, late)
    nest.Connect(generator, late)
    nest.Connect(meter, neurons[3])
    nest.Simulate(60.0)
    everything = events_of(first)
    assert min(time for time, _ in everything) < 60.0
    expected = [event for event in everything if event[0] > 60.0]
    found = events_of(late)
    assert [event for event in found if event[1] <= 2] == expected
    assert {sender for _, sender in found} == {1, 2, 3, generator.global_id}
    assert [time for time, sender in found if sender == generator.global_id] == [70.0, 80.0]
    assert meter.events["times"].min() == 60.5
    assert set(meter.events["senders"]) == {4}


def test_parameters_of_synapses_are_set_on_the_way(nest: Any) -> None:
    times = [{"spike_times": [5.0, 55.0]}, {"spike_times": [10.0, 60.0]}]
    generators, neurons = nest.Create("spike_generator", 2, times), nest.Create("iaf_psc_delta", 2)
    nest.Connect(generators, neurons, "one_to_one", {"weight": 20.0})
    spec = {"synapse_model": "stdp_synapse", "weight": 5.0, "delay": 1.0}
    nest.Connect(neurons[0], neurons[1], syn_spec=spec)
    synapse = nest.GetConnections(neurons[0], neurons[1])
    nest.Simulate(50.0)
    synapse.set({"lambda": 0.0})
    assert synapse.get("lambda") == 0.0
    nest.Simulate(50.0)
    # What happened before the last spike of the source is known only then.
    assert synapse.weight == 5.0
