"""Generators, set before the simulation and while it stands."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spiked.nest import NESTErrors


def spikes_of(nest: Any, generators: Any) -> Any:
    """A recorder of relays that repeat each generator 1 ms later."""
    relays, recorder = nest.Create("parrot_neuron", len(generators)), nest.Create("spike_recorder")
    nest.Connect(generators, relays, "one_to_one")
    nest.Connect(relays, recorder)
    return recorder


def test_spike_times_are_replaced_generator_by_generator(nest: Any) -> None:
    generators = nest.Create("spike_generator", 2, {"spike_times": [1.0, 15.0, 25.0]})
    recorder = spikes_of(nest, generators)
    nest.Simulate(10.0)
    generators[0].spike_times = [5.0, 12.0]
    assert generators[0].spike_times.tolist() == [5.0, 12.0]
    nest.Simulate(20.0)
    events = recorder.events
    assert events["times"][events["senders"] == 3].tolist() == [2.0, 13.0]
    assert events["times"][events["senders"] == 4].tolist() == [2.0, 16.0, 26.0]


def test_spikes_of_one_time_count_each(nest: Any) -> None:
    generator = nest.Create("spike_generator", params={"spike_times": [1.0, 1.0, 2.0]})
    recorder = spikes_of(nest, generator)
    nest.Simulate(5.0)
    assert recorder.events["times"].tolist() == [2.0, 2.0, 3.0]


def test_spikes_off_the_grid(nest: Any) -> None:
    generator = nest.Create("spike_generator")
    with pytest.raises(NESTErrors.BadProperty, match=r"1\.05 ms is no multiple"):
        generator.spike_times = [1.05]
    assert generator.spike_times.size == 0
    generator.set(spike_times=[1.02, 3.0], allow_offgrid_times=True)
    recorder = spikes_of(nest, generator)
    nest.Simulate(3.0)
    generator.set(spike_times=[3.0], shift_now_spikes=True)
    nest.Simulate(3.0)
    assert recorder.events["times"].tolist() == pytest.approx([2.1, 4.0, 4.1])


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"spike_times": [2.0, 1.0]}, NESTErrors.BadProperty),
        ({"spike_times": [0.0]}, NESTErrors.BadProperty),
        ({"spike_times": [1.0], "spike_multiplicities": [1, 2]}, NESTErrors.DimensionMismatch),
        ({"spike_times": "now"}, NESTErrors.TypeMismatch),
        ({"spike_times": [1.0], "spike_weights": [2.0]}, NotImplementedError),
        ({"precise_times": True}, NotImplementedError),
    ],
)
def test_wrong_spikes_set_nothing(
    nest: Any, parameters: dict[str, Any], error: type[Exception]
) -> None:
    generator = nest.Create("spike_generator", params={"spike_times": [3.0]})
    with pytest.raises(error):
        generator.set(parameters)
    assert generator.spike_times.tolist() == [3.0]


def test_currents_and_rates_change_while_the_simulation_stands(nest: Any) -> None:
    current = nest.Create("dc_generator", params={"amplitude": 100.0, "start": 5.0, "stop": 15.0})
    noise = nest.Create("noise_generator", params={"std": 0.0})
    poisson = nest.Create("poisson_generator", 2)
    neurons, voltmeter = nest.Create("iaf_psc_exp", 2), nest.Create("voltmeter")
    recorder = spikes_of(nest, poisson)
    nest.Connect(current, neurons[0])
    nest.Connect(noise, neurons[1])
    nest.Connect(voltmeter, neurons)
    nest.Simulate(30.0)
    assert recorder.n_events == 0
    first = voltmeter.events
    voltage = first["V_m"][first["senders"] == neurons[0].global_id]
    # One step of 1 ms later than start and stop: the delay.
    assert voltage[:6].tolist() == [-70.0] * 6
    assert np.argmax(voltage) == 15
    current.set(amplitude=-50.0, start=40.0, stop=50.0)
    noise.std = 50.0
    poisson[1].rate = 10_000.0
    nest.Simulate(30.0)
    later = voltmeter.events
    calm = later["V_m"][(later["senders"] == neurons[0].global_id) & (later["times"] > 39)]
    assert calm.min() < -70.5
    noisy = later["V_m"][later["senders"] == neurons[1].global_id]
    assert np.ptp(noisy[:29]) == 0.0
    assert np.ptp(noisy[30:]) > 0.1
    assert set(recorder.events["senders"]) == {9}
    assert current.get(["amplitude", "start", "stop"]) == {
        "amplitude": -50.0,
        "start": 40.0,
        "stop": 50.0,
    }


def test_generators_are_active_in_their_window(nest: Any) -> None:
    window = {"origin": 5.0, "start": 5.0, "stop": 15.0}
    times = [float(t) for t in range(1, 60)]
    regular = nest.Create("spike_generator", params={"spike_times": times, **window})
    poisson = nest.Create("poisson_generator", params={"rate": 5000.0, **window})
    recorders = [spikes_of(nest, generator) for generator in (regular, poisson)]
    neurons, voltmeter = nest.Create("iaf_psc_exp", 2), nest.Create("voltmeter")
    steps = {"amplitude_times": [1.0], "amplitude_values": [200.0]}
    currents = (
        nest.Create("step_current_generator", params={**steps, **window}),
        nest.Create("noise_generator", params={"mean": 200.0, **window}),
    )
    for current, neuron in zip(currents, neurons, strict=True):
        nest.Connect(current, neuron)
    nest.Connect(voltmeter, neurons)
    nest.Simulate(30.0)
    # After origin + start, up to origin + stop; a relay fires one delay later.
    assert recorders[0].events["times"].tolist() == [float(t) for t in range(12, 22)]
    stamps = recorders[1].events["times"]
    assert len(stamps) == pytest.approx(50, abs=25)
    assert 11.0 < stamps.min() < stamps.max() <= 21.0
    events = voltmeter.events
    for neuron in neurons:
        moved = events["V_m"][events["senders"] == neuron.global_id] > -70.0
        assert events["times"][events["senders"] == neuron.global_id][moved][0] == 12.0
    for generator in (regular, poisson):
        generator.set(origin=30.0, start=0.0, stop=10.0)
    nest.Simulate(30.0)
    later = [recorder.events["times"] for recorder in recorders]
    assert later[0][later[0] > 30.0].tolist() == [float(t) for t in range(32, 42)]
    assert 31.0 < later[1][later[1] > 30.0].min() < later[1].max() <= 41.0


def test_a_current_goes_step_by_step(nest: Any) -> None:
    generator = nest.Create(
        "step_current_generator",
        params={"amplitude_times": [2.0, 4.0], "amplitude_values": [100.0, 0.0]},
    )
    neuron, voltmeter = (
        nest.Create("iaf_psc_exp"),
        nest.Create("voltmeter", params={"interval": 0.1}),
    )
    nest.Connect(generator, neuron)
    nest.Connect(voltmeter, neuron)
    nest.Simulate(10.0)
    events = voltmeter.events
    moved = events["times"][events["V_m"] > -70.0]
    # Set for 2 ms it shows one delay and one step later.
    assert moved[0] == pytest.approx(3.1)
    assert events["times"][np.argmax(events["V_m"])] == pytest.approx(5.0)
    generator.set({"amplitude_times": [12.0], "amplitude_values": [-100.0]})
    nest.Simulate(10.0)
    assert voltmeter.events["V_m"][-1] < -70.5
    for wrong in (
        {"amplitude_times": [30.0], "amplitude_values": []},
        {"amplitude_times": [30.0, 30.0], "amplitude_values": [1.0, 2.0]},
    ):
        with pytest.raises(nest.NESTError):
            generator.set(wrong)


def test_generators_of_which_nothing_can_be(nest: Any) -> None:
    for name, parameters in (
        ("poisson_generator", {"rate": -1.0}),
        ("noise_generator", {"std": -1.0}),
        ("dc_generator", {"start": 5.0, "stop": 1.0}),
    ):
        with pytest.raises(NESTErrors.BadProperty):
            nest.Create(name, params=parameters)


def test_an_interval_is_a_number_of_whole_steps(nest: Any) -> None:
    for model, name in (("noise_generator", "dt"), ("multimeter", "interval")):
        with pytest.raises(NESTErrors.StepMultipleRequired, match=name):
            nest.Create(model, params={name: 0.25})
        assert nest.Create(model, params={name: 0.3}).get(name) == 0.3
