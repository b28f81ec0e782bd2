"""Spike recorders and multimeters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spiked.nest import NESTErrors


@pytest.fixture
def relays(nest: Any) -> Any:
    """Two relays that fire at 2, 12, 22 and 3, 13, 23 ms."""
    times = [{"spike_times": [t, t + 10.0, t + 20.0]} for t in (1.0, 2.0)]
    generators, relays = nest.Create("spike_generator", 2, times), nest.Create("parrot_neuron", 2)
    nest.Connect(generators, relays, "one_to_one")
    return relays


def test_events_of_one_and_of_several_recorders(nest: Any, relays: Any) -> None:
    both, each = nest.Create("spike_recorder"), nest.Create("spike_recorder", 2)
    nest.Connect(relays, both)
    nest.Connect(relays, each, "one_to_one")
    assert both.n_events == 0
    assert both.events["times"].size == 0
    nest.Simulate(20.0)
    assert both.get("events")["times"].tolist() == [2.0, 3.0, 12.0, 13.0]
    assert both.events["senders"].tolist() == [3, 4, 3, 4]
    assert both.get("events", "times").tolist() == [2.0, 3.0, 12.0, 13.0]
    assert each.get("n_events") == (2, 2)
    assert [events["times"].tolist() for events in each.events] == [[2.0, 12.0], [3.0, 13.0]]
    times = each.get("events", ["times", "senders"])["times"]
    assert [column.tolist() for column in times] == [[2.0, 12.0], [3.0, 13.0]]
    assert nest.GetStatus(both, "events")[0]["times"].tolist() == [2.0, 3.0, 12.0, 13.0]


def test_events_are_forgotten_when_asked_to(nest: Any, relays: Any) -> None:
    recorder, other = nest.Create("spike_recorder"), nest.Create("spike_recorder")
    nest.Connect(relays, recorder)
    nest.Connect(relays, other)
    nest.Simulate(12.5)
    recorder.set({"n_events": 0})
    assert recorder.n_events == 0
    nest.Simulate(10.0)
    assert recorder.events["times"].tolist() == [13.0, 22.0]
    assert other.n_events == 5
    with pytest.raises(NESTErrors.BadProperty, match="n_events"):
        recorder.n_events = 1


def test_a_recorder_records_in_its_window(nest: Any, relays: Any) -> None:
    early, late = nest.Create("spike_recorder", 2, {"start": [2.0, 3.0], "stop": [12.0, 22.0]})
    moved = nest.Create("spike_recorder", params={"origin": 10.0, "stop": 3.0})
    for recorder in (early, late, moved):
        nest.Connect(relays, recorder)
    nest.Simulate(15.0)
    early.set(stop=100.0)
    moved.origin = 100.0
    nest.Simulate(15.0)
    # After start, up to stop, as they were at the time.
    assert early.events["times"].tolist() == [3.0, 12.0, 22.0, 23.0]
    assert late.events["times"].tolist() == [12.0, 13.0, 22.0]
    assert moved.events["times"].tolist() == [12.0, 13.0]
    with pytest.raises(NESTErrors.BadProperty, match="stop"):
        late.stop = 1.0


def test_times_in_steps(nest: Any, relays: Any) -> None:
    recorder = nest.Create("spike_recorder", params={"time_in_steps": True})
    nest.Connect(relays, recorder)
    nest.Simulate(5.0)
    assert recorder.events["times"].tolist() == [20, 30]
    assert recorder.events["offsets"].tolist() == [0.0, 0.0]


def test_a_spike_counts_as_often_as_it_is_connected_and_meant(nest: Any) -> None:
    generator = nest.Create(
        "spike_generator", params={"spike_times": [1.0], "spike_multiplicities": [2]}
    )
    relay, recorder = nest.Create("parrot_neuron"), nest.Create("spike_recorder")
    nest.Connect(generator, relay)
    nest.Connect(relay, recorder)
    nest.Connect(relay, recorder)
    nest.Simulate(5.0)
    assert recorder.events["times"].tolist() == [2.0] * 4


def test_spikes_come_by_slice_then_by_sender(nest: Any) -> None:
    times = [{"spike_times": [1.8, 2.2]}, {"spike_times": [1.3, 2.1]}]
    generators, relays = nest.Create("spike_generator", 2, times), nest.Create("parrot_neuron", 2)
    recorder = nest.Create("spike_recorder")
    nest.Connect(generators, relays, "one_to_one")
    nest.Connect(relays, recorder)
    nest.Simulate(10.0)
    # Slices end at 3 and 4 ms.
    assert recorder.events["times"].tolist() == [2.8, 2.3, 3.2, 3.1]
    assert recorder.events["senders"].tolist() == [3, 4, 3, 4]


def test_a_multimeter_samples_what_it_is_told(nest: Any) -> None:
    generator = nest.Create("spike_generator", params={"spike_times": [1.0]})
    neurons = nest.Create("iaf_psc_exp", 3)
    nest.Connect(generator, neurons, syn_spec={"weight": [[100.0], [-50.0], [0.0]]})
    meter = nest.Create(
        "multimeter", params={"record_from": ["V_m", "I_syn_ex", "I_syn_in"], "interval": 0.5}
    )
    nest.Connect(meter, neurons[::2])
    nest.Connect(meter, neurons[1])
    nest.Simulate(5.0)
    events = meter.events
    assert set(events) == {"times", "senders", "V_m", "I_syn_ex", "I_syn_in"}
    # NEST's order: by slice, then by node in order of connection, then by time; and the samples
    # of the last slice are not there yet.
    assert events["times"][:6].tolist() == [0.5, 1.0] * 3
    assert events["senders"][:6].tolist() == [2, 2, 4, 4, 3, 3]
    assert events["times"].max() == 4.0
    arrived = events["times"] == 2.0
    assert dict(zip(events["senders"][arrived], events["I_syn_ex"][arrived], strict=True)) == {
        2: 100.0,
        4: 0.0,
        3: 0.0,
    }
    assert events["I_syn_in"][arrived].tolist() == [0.0, 0.0, -50.0]
    meter.n_events = 0
    assert meter.n_events == 0
    nest.Simulate(1.0)
    assert sorted(set(meter.events["times"])) == [4.5, 5.0]


def test_a_voltmeter_in_its_window(nest: Any) -> None:
    neuron = nest.Create("iaf_psc_alpha", params={"I_e": 100.0})
    voltmeter = nest.Create("voltmeter", params={"start": 2.0, "stop": 5.0})
    nest.Connect(voltmeter, neuron)
    nest.Simulate(10.0)
    assert voltmeter.events["times"].tolist() == [3.0, 4.0, 5.0]
    assert np.diff(voltmeter.events["V_m"]).min() > 0


def test_several_meters_of_one_population(nest: Any) -> None:
    neurons = nest.Create("iaf_psc_exp", 4, {"V_m": [-70.0, -69.0, -68.0, -67.0]})
    meters = nest.Create("voltmeter", 2, {"interval": 0.1})
    for meter, neuron in zip(meters, (neurons[1], neurons[3]), strict=True):
        nest.Connect(meter, neuron)
    nest.Simulate(2.0)
    one, other = (meter.events["V_m"][0] for meter in meters)
    assert other - one == pytest.approx(2.0 * np.exp(-0.01))


def test_a_multimeter_may_begin_off_the_multiples_of_its_interval(nest: Any) -> None:
    neuron = nest.Create("iaf_psc_exp", params={"I_e": 100.0})
    fine = nest.Create("voltmeter", params={"interval": 0.1})
    meter = nest.Create("voltmeter", params={"interval": 1.0, "offset": 0.3})
    assert meter.offset == 0.3
    for each in (fine, meter):
        nest.Connect(each, neuron)
    nest.Simulate(10.0)
    times = meter.events["times"]
    assert times.tolist() == pytest.approx([0.3 + k for k in range(9)])
    at = np.searchsorted(fine.events["times"], times - 0.05)
    assert meter.events["V_m"].tolist() == fine.events["V_m"][at].tolist()
    with pytest.raises(NESTErrors.BadProperty, match="offset"):
        meter.offset = 0.4
    with pytest.raises(NESTErrors.StepMultipleRequired, match="offset"):
        nest.Create("voltmeter", params={"offset": 0.25})


def test_what_a_multimeter_cannot_do(nest: Any) -> None:
    meter = nest.Create("multimeter", params={"record_from": ["V_m"]})
    neuron = nest.Create("iaf_psc_exp")
    nest.Connect(meter, neuron)
    with pytest.raises(NESTErrors.BadProperty, match="interval"):
        meter.interval = 2.0
    with pytest.raises(NESTErrors.BadProperty, match="multiple"):
        nest.Create("multimeter", params={"interval": 0.15})
    with pytest.raises(NESTErrors.IllegalConnection, match="g_ex"):
        nest.Connect(nest.Create("multimeter", params={"record_from": ["g_ex"]}), neuron)
    with pytest.raises(NESTErrors.IllegalConnection):
        nest.Connect(meter, nest.Create("parrot_neuron"))
    with pytest.raises(NotImplementedError, match="sionlib"):
        nest.Create("spike_recorder", params={"record_to": "sionlib"})


def test_poisson_generators_are_recorded_with_a_train_for_each_recorder(nest: Any) -> None:
    poisson = nest.Create("poisson_generator", 3, {"rate": [0.0, 200.0, 800.0], "start": 50.0})
    both, each = nest.Create("spike_recorder"), nest.Create("spike_recorder", 3)
    nest.Connect(poisson[1:], both, syn_spec={"delay": 2.0})
    nest.Connect(poisson, each, "one_to_one")
    nest.Simulate(1050.0)
    events = both.events
    assert np.unique(events["senders"]).tolist() == [2, 3]
    assert (np.diff(events["times"][events["senders"] == 3]) >= 0).all()
    # A generator that begins at 50 ms emits its first spike a step later at the earliest.
    assert 50.0 < events["times"].min() < 70.0
    assert each.n_events[0] == 0
    for counts, rate in zip(
        (np.bincount(events["senders"])[2:], each.n_events[1:]), ((200, 800),) * 2, strict=True
    ):
        assert np.abs(np.subtract(counts, rate) / np.sqrt(rate)).max() < 5
    assert each[2].events["times"].tolist() != events["times"][events["senders"] == 3].tolist()
    assert nest.num_connections == 5
    assert nest.network_size == 7
    # Also what has been simulated already.
    late = nest.Create("spike_recorder")
    nest.Connect(poisson[2], late)
    nest.Simulate(100.0)
    assert late.events["times"].min() > 1050.0
    assert 30 < late.n_events < 140
