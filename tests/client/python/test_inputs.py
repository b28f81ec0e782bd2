"""Inputs and rewards as messages, and what they do on a real server."""

from __future__ import annotations

import numpy as np
import pytest

import spiked
from spiked import inputs


def test_trains_become_columns() -> None:
    by_device: inputs.ByDevice = {0: [1.0, 2.0], 3: np.array([1.5])}
    listed: inputs.ByDevice = [[1.0, 2.0], [], [], [1.5]]
    for trains in (by_device, listed):
        message = spiked.spike_trains(trains, relative=True)
        assert list(message.spike_trains.senders) == [0, 0, 3]
        assert list(message.spike_trains.times_ms) == [1.0, 2.0, 1.5]
        assert message.relative


def test_columns_are_taken_as_they_are() -> None:
    message = spiked.spike_trains(
        senders=np.array([2, 1]), times_ms=[1.0, 2.0], multiplicities=[1, 2]
    )
    assert list(message.spike_trains.senders) == [2, 1]
    assert list(message.spike_trains.multiplicities) == [1, 2]


def test_no_trains_silence_all() -> None:
    assert spiked.spike_trains({}).HasField("spike_trains")


def test_steps_of_current_become_columns() -> None:
    message = spiked.current_steps({0: [(100.0, 50.0), (200.0, 0.0)], 2: [(1.0, 5.0)]})
    assert list(message.current_steps.senders) == [0, 0, 2]
    assert list(message.current_steps.times_ms) == [100, 200, 1]
    assert list(message.current_steps.amplitudes_pa) == [50, 0, 5]
    same = spiked.current_steps(senders=[0, 0, 2], times_ms=[100, 200, 1], amplitudes_pa=[50, 0, 5])
    assert same == message


def test_columns_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match="a time for each sender, not 1 for 2"):
        spiked.spike_trains(senders=[0, 1], times_ms=[1.0])
    with pytest.raises(TypeError, match="not both"):
        spiked.spike_trains({0: [1.0]}, senders=[0], times_ms=[1.0])
    with pytest.raises(TypeError, match="needs either"):
        spiked.spike_trains(senders=[0])


def test_a_dictionary_stands_for_parameters_of_a_device() -> None:
    (message,) = inputs.input_messages({"net/drive": {"rate": 8000.0}})
    assert message.population == "net/drive"
    assert message.device_parameters.parameters["rate"].number == 8000.0


def test_what_is_no_input_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="the input of net/drive must be"):
        list(inputs.input_messages({"net/drive": [1.0]}))  # type: ignore[dict-item]


def test_inputs_reach_their_devices(session: spiked.Session) -> None:
    net = spiked.NetworkSpecification()
    net.population("spikes", "spike_generator", 2)
    net.population("current", "step_current_generator")
    net.population("dc", "dc_generator")
    net.population("relay", "parrot_neuron", 2, record_spikes=True)
    net.population("cell", "iaf_psc_exp", 2)
    net.connect("spikes", "relay", "one_to_one")
    net.connect("current", "cell", spiked.explicit_pairs([0], [0]))
    net.connect("dc", "cell", spiked.explicit_pairs([0], [1]))
    net.multimeter("voltmeter", "cell")
    session.create_network("net", net)
    session.step(10)
    time_ms = session.set_input(
        {
            "net/spikes": spiked.spike_trains({1: [2.0, 3.0]}, relative=True),
            "net/current": spiked.current_steps({0: [(5.0, 100.0)]}, relative=True),
            "net/dc": spiked.device_parameters(amplitude=100.0, start=5.0, relative=True),
        }
    )
    assert time_ms == 10.0
    session.step(20)
    spikes = session.get_spikes("net/relay")
    assert spikes.senders.tolist() == [1, 1]
    assert spikes.times_ms.tolist() == [13.0, 14.0]
    potential = session.get_signals("net/voltmeter")
    resting = potential["V_m"][potential.times_ms <= 15]
    assert (resting == -70.0).all()
    assert (potential["V_m"][-1] > -70.0).all()
