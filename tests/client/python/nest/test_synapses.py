"""Collections of connections, and their parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spiked.nest import NESTErrors
from spiked.nest._kernel import KERNEL


@pytest.fixture
def network(nest: Any) -> tuple[Any, Any]:
    """Neurons 1 and 2, connected all to all with two models, and recorded by 3."""
    neurons, recorder = nest.Create("iaf_psc_exp", 2), nest.Create("spike_recorder")
    nest.Connect(neurons, neurons, syn_spec={"weight": [[1.0, 2.0], [3.0, 4.0]]})
    nest.Connect(neurons, neurons, "one_to_one", {"synapse_model": "stdp_synapse", "weight": 5.0})
    nest.Connect(neurons, recorder)
    return neurons, recorder


@pytest.mark.usefixtures("network")
def test_connections_come_by_model_then_by_source(nest: Any) -> None:
    found = nest.GetConnections()
    assert found.get(["source", "target", "synapse_model"]) == {
        "source": [1, 1, 2, 2, 1, 2, 1, 2],
        "target": [1, 2, 1, 2, 3, 3, 1, 2],
        "synapse_model": ["static_synapse"] * 6 + ["stdp_synapse"] * 2,
    }
    assert found[:4].weight == [1.0, 3.0, 2.0, 4.0]


def test_connections_are_found_by_ends_and_model(nest: Any, network: tuple[Any, Any]) -> None:
    neurons, recorder = network
    assert len(nest.GetConnections()) == len(nest.GetConnections(neurons)) == 8
    assert nest.GetConnections(neurons[0], neurons[1]).get("weight") == 3.0
    assert nest.GetConnections(target=recorder).get("source") == [1, 2]
    assert len(nest.GetConnections(synapse_model="stdp_synapse")) == 2
    assert len(nest.GetConnections(recorder)) == 0
    assert nest.GetConnections(recorder).get("weight") == []
    with pytest.raises(TypeError):
        nest.GetConnections(1)
    with pytest.raises(NESTErrors.UnknownSynapseType):
        nest.GetConnections(synapse_model="static_synapses")


@pytest.mark.usefixtures("network")
def test_a_part_of_a_collection_is_a_collection(nest: Any) -> None:
    found = nest.GetConnections()
    assert found[0].get("weight") == 1.0
    assert found[-1].synapse_model == "stdp_synapse"
    assert found[[1, 2]].target == [2, 1]
    assert [one.get("source") for one in found[:3]] == [1, 1, 2]
    assert found[:2] == nest.GetConnections()[:2]
    assert found[:2] != found[1:3]
    with pytest.raises(IndexError):
        found[8]


@pytest.mark.usefixtures("network")
def test_all_that_a_connection_tells(nest: Any) -> None:
    told = nest.GetConnections(synapse_model="stdp_synapse")[0].get()
    assert told["weight"] == 5.0
    assert told["delay"] == 1.0
    assert told["lambda"] == 0.01
    assert told["Wmax"] == 100.0
    assert nest.GetStatus(nest.GetConnections()[:2], ["source", "weight"]) == ((1, 1.0), (1, 3.0))
    assert nest.GetStatus(nest.GetConnections()[:1])[0]["target"] == 1
    with pytest.raises(KeyError, match="mu"):
        nest.GetConnections(synapse_model="static_synapse").get("mu_plus")


@pytest.mark.usefixtures("network")
def test_weights_are_set_before_and_after_time_passes(nest: Any) -> None:
    found = nest.GetConnections(synapse_model="static_synapse")[:4]
    found.set({"weight": 7.0})
    found[1].set(weight=8.0)
    assert found.weight == [7.0, 8.0, 7.0, 7.0]
    nest.Simulate(1.0)
    assert nest.GetConnections()[:4].weight == [7.0, 8.0, 7.0, 7.0]
    found[2:].weight = [9.0, 10.0]
    found[0].set([{"weight": 6.0}])
    nest.SetStatus(found[1], "weight", 5.0)
    nest.Simulate(1.0)
    assert nest.GetConnections()[:4].weight == [6.0, 5.0, 9.0, 10.0]


def test_weights_that_were_set_act(nest: Any) -> None:
    generator = nest.Create("spike_generator", params={"spike_times": [1.0, 11.0, 21.0]})
    neurons, recorder = nest.Create("iaf_psc_delta", 2), nest.Create("spike_recorder")
    nest.Connect(generator, neurons, syn_spec={"weight": 0.0})
    nest.Connect(neurons, recorder)
    synapses = nest.GetConnections(generator)
    for until in (10.0, 20.0, 30.0):
        nest.Simulate(until - nest.biological_time)
        synapses[1].set({"weight": 20.0 if until == 10.0 else 0.0})
    assert recorder.events["senders"].tolist() == [3]
    assert recorder.events["times"].tolist() == [12.0]


def test_drawn_connections_keep_their_order(nest: Any) -> None:
    neurons = nest.Create("iaf_psc_exp", 20)
    rule = {"rule": "fixed_indegree", "indegree": 5}
    nest.Connect(neurons, neurons, rule, {"weight": nest.random.uniform(1.0, 2.0)})
    found = nest.GetConnections()
    assert found.source == sorted(found.source)
    found.set({"weight": [float(k) for k in range(100)]})
    nest.Simulate(1.0)
    assert nest.GetConnections().weight == [float(k) for k in range(100)]


def test_connections_are_listed_as_the_server_lists_them(nest: Any) -> None:
    random = np.random.default_rng(1)
    for _ in range(20):
        nest.ResetKernel()
        nodes = nest.Create("parrot_neuron", 5) + nest.Create("parrot_neuron", 5)
        n = int(random.integers(1, 30))
        ends = random.integers(1, 11, (2, n))
        spec = {"weight": random.random(n), "delay": random.integers(1, 4, n).astype(float)}
        nest.Connect(*ends, "one_to_one", spec)
        weights = random.random((8, 8))
        rule = {"rule": "all_to_all", "allow_autapses": False}
        nest.Connect(nodes[1:9], nodes[2:], rule, {"weight": weights, "delay": 1.0 + weights})
        nest.Connect(nodes, nodes, "one_to_one", {"delay": nest.random.uniform(1.0, 3.0)})
        nest.Prepare()
        session = KERNEL.server.session
        for link in KERNEL.projections:
            served = session.get_weights(f"nest/{link.name}")
            sources, targets = KERNEL.synapse_status.ends(link)
            assert np.array_equal(sources, served.sources + link.source.first)
            assert np.array_equal(targets, served.targets + link.target.first)
            assert np.array_equal(KERNEL.synapse_status.weights(link), served.values)


def test_a_collection_shows_its_connections(nest: Any, network: tuple[Any, Any]) -> None:
    lines = repr(nest.GetConnections(network[0][0], network[0][1])).splitlines()
    assert lines[0].split() == ["source", "target", "synapse", "model", "weight", "delay"]
    assert lines[1].split() == ["1", "2", "static_synapse", "3.0", "1.0"]
    assert "not contain any" in repr(nest.GetConnections(network[1]))


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"delay": 2.0}, NotImplementedError),
        ({"source": 2}, NESTErrors.BadProperty),
        ({"weigth": 2.0}, NESTErrors.UnaccessedDictionaryEntry),
        ({"weight": [1.0, 2.0]}, NESTErrors.DimensionMismatch),
        ({"weight": "heavy"}, NESTErrors.TypeMismatch),
        ({"weight": float("inf")}, NESTErrors.TypeMismatch),
    ],
)
@pytest.mark.usefixtures("network")
def test_wrong_parameters_set_nothing(
    nest: Any, parameters: dict[str, Any], error: type[Exception]
) -> None:
    nest.Simulate(1.0)
    found = nest.GetConnections(synapse_model="static_synapse")
    before = found.get()
    with pytest.raises(error):
        found.set({"weight": 3.0, **parameters})
    assert found.get() == before


def test_other_parameters_are_set_for_all_of_a_call(nest: Any) -> None:
    neurons = nest.Create("iaf_psc_exp", 2)
    nest.Connect(neurons, neurons, syn_spec={"synapse_model": "stdp_synapse", "weight": 5.0})
    found = nest.GetConnections()
    found.set({"lambda": 0.5, "delay": 2.0, "weight": 6.0})
    with pytest.raises(NotImplementedError, match="delay"):
        found[0].set(delay=3.0)
    nest.Simulate(1.0)
    assert found.get(["lambda", "delay", "weight"]) == {
        "lambda": [0.5] * 4,
        "delay": [2.0] * 4,
        "weight": [6.0] * 4,
    }
    found.set({"lambda": 0.1})
    assert found.get("lambda") == [0.1] * 4
    with pytest.raises(NotImplementedError, match="lambda"):
        found[:2].set({"lambda": 0.2})
    with pytest.raises(NotImplementedError, match="delay"):
        found.set({"delay": 1.0})


def test_connections_are_taken_away_again(nest: Any) -> None:
    generator = nest.Create("spike_generator", params={"spike_times": [1.0]})
    neurons, relays = nest.Create("iaf_psc_delta", 4), nest.Create("parrot_neuron", 4)
    nest.Connect(generator, relays)
    nest.Connect(relays, neurons, "all_to_all", {"weight": 20.0})
    nest.Connect(relays, neurons, "one_to_one", {"synapse_model": "stdp_synapse", "weight": 1.0})
    recorder = nest.Create("spike_recorder")
    nest.Connect(neurons, recorder)
    nest.Prepare()  # the network is there
    nest.Disconnect(relays, neurons[:2], "all_to_all")
    nest.Disconnect(relays[:1], neurons[2:3])
    nest.Disconnect(relays, neurons, syn_spec={"synapse_model": "stdp_synapse"})
    left = nest.GetConnections(relays, neurons)
    assert [(c.source, c.target) for c in left] == [
        (6, 5), *((s, t) for s in (7, 8, 9) for t in (4, 5))
    ]  # fmt: skip
    assert set(left.weight) == {20.0}
    assert nest.GetConnections(synapse_model="stdp_synapse").weight == []
    left[:1].disconnect()
    with pytest.raises(NESTErrors.InexistentConnection, match="no static_synapse from 6 to 5"):
        nest.Disconnect(relays[0], neurons[3])
    nest.Cleanup()
    nest.Simulate(10.0)
    assert recorder.events["senders"].tolist() == [4, 5]


def test_connections_are_taken_away_after_time_has_passed(nest: Any) -> None:
    generator = nest.Create("spike_generator", params={"spike_times": [1.0, 11.0, 21.0]})
    relays, ends = nest.Create("parrot_neuron", 2), nest.Create("parrot_neuron", 2)
    nest.Connect(generator, relays)
    nest.Connect(relays, ends, "one_to_one")
    nest.Connect(relays, ends, "one_to_one")
    recorder = nest.Create("spike_recorder")
    nest.Connect(ends, recorder)
    nest.Simulate(5.0)
    both = nest.GetConnections(relays, ends)
    nest.Disconnect(relays[0], ends[0])
    assert nest.num_connections == 2 + 3 + 2
    nest.Simulate(10.0)
    both[both.get("target").index(ends[1].global_id)].disconnect()
    nest.Disconnect(relays[0], ends[0])
    left = nest.GetConnections(relays, ends)
    assert (left.source, left.target) == (relays[1].global_id, ends[1].global_id)
    nest.Simulate(20.0)
    events = recorder.events
    counts = [
        (time, sender, int(((events["times"] == time) & (events["senders"] == sender)).sum()))
        for time in (3.0, 13.0, 23.0)
        for sender in ends.tolist()
    ]
    first, second = ends.tolist()
    assert counts == [
        (3.0, first, 2),
        (3.0, second, 2),
        (13.0, first, 1),
        (13.0, second, 2),
        (23.0, first, 0),
        (23.0, second, 1),
    ]
    with pytest.raises(NESTErrors.InexistentConnection):
        nest.Disconnect(relays[0], ends[0])
    with pytest.raises(NESTErrors.InexistentConnection):
        both.disconnect()
    with pytest.raises(NotImplementedError, match="recorders"):
        nest.GetConnections(ends, recorder).disconnect()


def test_what_is_left_of_drawn_connections_stays(nest: Any) -> None:
    neurons = nest.Create("iaf_psc_exp", 20, {"V_m": nest.random.uniform(-70.0, -60.0)})
    rule = {"rule": "pairwise_bernoulli", "p": 0.3}
    syn = {"weight": nest.random.uniform(1.0, 2.0), "delay": nest.random.uniform(1.0, 3.0)}
    for model in ("static_synapse", "stdp_synapse", "tsodyks2_synapse"):
        nest.Connect(neurons, neurons, rule, {**syn, "synapse_model": model})
    names = ["source", "target", "weight", "delay", "synapse_model"]
    before = list(zip(*nest.GetConnections().get(names).values(), strict=True))
    potentials = neurons.V_m
    gone = nest.GetConnections(synapse_model="stdp_synapse")[::2]
    nest.GetConnections(synapse_model="static_synapse").disconnect()
    gone.disconnect()
    left = list(zip(*nest.GetConnections().get(names).values(), strict=True))
    assert neurons.V_m == potentials
    assert 0 < len(left) < len(before)
    assert set(left) < set(before)
    nest.Simulate(1.0)
    assert len(left) == nest.num_connections
    assert list(zip(*nest.GetConnections().get(names).values(), strict=True)) == left
