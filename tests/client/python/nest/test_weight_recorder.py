"""Weight recorders: what the synapses of a model transmit, spike by spike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spiked.nest import NESTErrors

TIMES = [10.0, 15.0, 55.0, 70.0]
COLUMNS = {"senders", "targets", "times", "weights", "receptors", "ports"}


def network(nest: Any, **of_recorder: Any) -> tuple[Any, Any, Any]:
    """A recorder of plastic synapses between relays that a generator drives, and both ends."""
    recorder = nest.Create("weight_recorder", params=of_recorder)
    nest.CopyModel("stdp_synapse", "recorded", {"weight_recorder": recorder, "weight": 1.0})
    generator = nest.Create("spike_generator", params={"spike_times": TIMES})
    sources, targets = nest.Create("parrot_neuron", 5), nest.Create("parrot_neuron", 5)
    nest.Connect(generator, sources)
    nest.Connect(sources, targets, syn_spec="recorded")
    return recorder, sources, targets


def test_each_weight_that_a_spike_meets_is_recorded(nest: Any) -> None:
    recorder, sources, targets = network(nest)
    connections = nest.GetConnections(sources, targets)
    assert recorder.n_events == 0
    weights: list[float] = []
    for _ in range(100):
        nest.Simulate(1.0)
        weights += connections.get("weight")
    events = recorder.events
    assert set(events) == COLUMNS
    assert recorder.n_events == len(events["times"]) == 25 * len(TIMES)
    assert np.unique(events["weights"]).tolist() == np.unique(weights).tolist()
    assert len(np.unique(weights)) > 2
    assert np.unique(events["times"]).tolist() == [time + 1.0 for time in TIMES]
    assert np.unique(events["senders"]).tolist() == sources.tolist()
    assert np.unique(events["targets"]).tolist() == targets.tolist()
    ports = connections.get("port")
    assert events["ports"][:25].tolist() == ports
    assert events["senders"][:25].tolist() == connections.get("source")
    assert events["targets"][:25].tolist() == connections.get("target")


@pytest.mark.parametrize("chosen", ["senders", "targets", "both"])
def test_senders_and_targets_are_chosen(nest: Any, chosen: str) -> None:
    recorder, sources, targets = network(nest)
    recorder.set(
        {
            name: nodes[1:3]
            for name, nodes in (("senders", sources), ("targets", targets))
            if chosen in (name, "both")
        }
    )
    nest.Simulate(100.0)
    events = recorder.events
    expected = {
        "senders": sources[1:3] if chosen in ("senders", "both") else sources,
        "targets": targets[1:3] if chosen in ("targets", "both") else targets,
    }
    for name, nodes in expected.items():
        assert np.unique(events[name]).tolist() == nodes.tolist()


def test_its_window_and_its_memory_are_those_of_recorders(nest: Any) -> None:
    recorder, _, _ = network(nest, start=12.0, stop=60.0)
    nest.Simulate(20.0)
    assert np.unique(recorder.events["times"]).tolist() == [16.0]
    recorder.n_events = 0
    assert recorder.n_events == 0
    nest.Simulate(80.0)
    assert np.unique(recorder.events["times"]).tolist() == [56.0]
    with pytest.raises(NESTErrors.BadProperty, match="time_in_steps"):
        recorder.time_in_steps = True
    recorder.n_events = 0
    recorder.time_in_steps = True
    assert recorder.events["times"].dtype.kind == "i"


def test_it_records_models_that_it_was_given_to_late(nest: Any) -> None:
    recorder = nest.Create("weight_recorder")
    generator = nest.Create("spike_generator", params={"spike_times": TIMES})
    relay, neuron = nest.Create("parrot_neuron"), nest.Create("iaf_psc_exp")
    nest.Connect(generator, relay)
    nest.Connect(relay, neuron, syn_spec={"weight": 7.0})
    nest.Simulate(20.0)
    nest.SetDefaults("static_synapse", {"weight_recorder": recorder})
    assert nest.GetDefaults("static_synapse", "weight_recorder") == recorder
    nest.Simulate(80.0)
    mine = recorder.events["senders"] == relay.global_id
    assert recorder.events["times"][mine].tolist() == [56.0, 71.0]
    assert recorder.events["weights"][mine].tolist() == [7.0, 7.0]
    assert recorder.events["times"][~mine].tolist() == [55.0, 70.0]


def test_it_writes_files(nest: Any, tmp_path: Path) -> None:
    nest.set(data_path=str(tmp_path))
    recorder, sources, targets = network(nest, record_to="ascii", label="weights")
    nest.Simulate(20.0)
    lines = Path(recorder.filenames[0]).read_text().splitlines()
    assert lines[1].split("\t") == [
        "sender",
        "time_ms",
        "targets",
        "weights",
        "receptors",
        "ports",
    ]
    assert len(lines) == 2 + 2 * len(sources) * len(targets)


def test_what_a_weight_recorder_cannot_do(nest: Any) -> None:
    recorder, neuron = nest.Create("weight_recorder"), nest.Create("iaf_psc_exp")
    for ends in ((recorder, neuron), (neuron, recorder)):
        with pytest.raises(NESTErrors.IllegalConnection, match="weight_recorder"):
            nest.Connect(*ends)
    for wrong in (neuron, 1000, "a", nest.NodeCollection([1, 2])):
        with pytest.raises(NESTErrors.BadProperty, match="weight_recorder"):
            nest.CopyModel("stdp_synapse", "recorded", {"weight_recorder": wrong})
    with pytest.raises(NESTErrors.UnknownNode):
        recorder.senders = [17]


def test_what_a_relay_receives_at_port_1_it_does_not_repeat(nest: Any) -> None:
    """As scripts drive both ends of a plastic synapse with spikes of their own."""
    generators = nest.Create(
        "spike_generator", 2, [{"spike_times": [10.0, 50.0]}, {"spike_times": [15.0]}]
    )
    relays = nest.Create("parrot_neuron", 2)
    nest.Connect(generators, relays, "one_to_one")
    spec = {"synapse_model": "stdp_synapse", "weight": 5.0, "receptor_type": 1}
    nest.Connect(relays[0], relays[1], syn_spec=spec)
    recorder = nest.Create("spike_recorder")
    nest.Connect(relays, recorder)
    nest.Simulate(60.0)
    assert recorder.events["times"].tolist() == [11.0, 16.0, 51.0]
    synapse = nest.GetConnections(relays[0], relays[1])
    assert synapse.receptor == 1
    # Facilitated by the target's spike after the first of the source's, depressed by the
    # source's second: both by their distances, to and from which the delay counts.
    facilitated = 0.05 + 0.01 * (1 - 0.05) * np.exp(-6.0 / 20.0)
    expected = facilitated - 0.01 * facilitated * np.exp(-34.0 / 20.0)
    assert synapse.weight == pytest.approx(100.0 * expected, rel=1e-12)
