"""Connect: rules, collections over several populations, weights and delays."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from spiked.nest import NESTErrors


def pairs(connections: Any) -> list[tuple[int, int]]:
    return list(zip(connections.sources(), connections.targets(), strict=True))


@pytest.fixture
def two(nest: Any) -> tuple[Any, Any]:
    """Nodes 1 to 3, and 4 to 6, of two populations."""
    return nest.Create("iaf_psc_exp", 3), nest.Create("iaf_psc_exp", 3)


def test_all_to_all_is_what_connect_does(nest: Any, two: tuple[Any, Any]) -> None:
    nest.Connect(*two)
    found = nest.GetConnections()
    assert pairs(found) == [(s, t) for s in (1, 2, 3) for t in (4, 5, 6)]
    assert found.get("weight") == [1.0] * 9
    assert found.get("delay") == [1.0] * 9
    assert found.get("synapse_model") == ["static_synapse"] * 9
    assert nest.num_connections == 9


def test_parts_and_joints_of_populations(nest: Any, two: tuple[Any, Any]) -> None:
    one, other = two
    nest.Connect(one[1:] + other[:1], one[:1] + other[1:])
    expected = [(s, t) for s in (2, 3, 4) for t in (1, 5, 6)]
    assert pairs(nest.GetConnections()) == expected
    nest.Simulate(1.0)
    assert pairs(nest.GetConnections()) == expected


def test_one_to_one_over_populations(nest: Any, two: tuple[Any, Any]) -> None:
    one, other = two
    nest.Connect((one + other)[:4], (one + other)[2:], "one_to_one", {"weight": [1, 2, 3, 4]})
    found = nest.GetConnections()
    assert dict(zip(pairs(found), found.weight, strict=True)) == {
        (1, 3): 1.0,
        (2, 4): 2.0,
        (3, 5): 3.0,
        (4, 6): 4.0,
    }


def test_without_autapses(nest: Any, two: tuple[Any, Any]) -> None:
    one, other = two
    rule = {"rule": "all_to_all", "allow_autapses": False}
    nest.Connect(one, one + other, rule)
    expected = [(s, t) for s in (1, 2, 3) for t in range(1, 7) if s != t]
    assert sorted(pairs(nest.GetConnections())) == expected
    nest.ResetKernel()
    nodes = nest.Create("parrot_neuron", 4)
    nest.Connect(nodes[:3], nodes[1:], rule)
    assert pairs(nest.GetConnections()) == [(s, t) for s in (1, 2, 3) for t in (2, 3, 4) if s != t]


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("multapses", [True, False])
def test_every_target_draws_its_sources(nest: Any, whole: bool, multapses: bool) -> None:
    nodes = nest.Create("parrot_neuron", 20) + nest.Create("parrot_neuron", 20)
    pool = nodes[:20] if whole else nodes[10:30]
    spec = {"rule": "fixed_indegree", "indegree": 8, "allow_multapses": multapses}
    nest.Connect(pool, nodes, {**spec, "allow_autapses": False})
    found = pairs(nest.GetConnections())
    assert len(found) == 320
    assert set(Counter(t for _, t in found).values()) == {8}
    assert {s for s, _ in found} == set(pool.tolist())
    assert all(s != t for s, t in found)
    assert (len(set(found)) == 320) == (not multapses)


@pytest.mark.parametrize("whole", [True, False])
def test_every_source_draws_its_targets(nest: Any, whole: bool) -> None:
    nodes = nest.Create("parrot_neuron", 20) + nest.Create("parrot_neuron", 20)
    pool = nodes[:20] if whole else nodes[10:30]
    nest.Connect(nodes, pool, {"rule": "fixed_outdegree", "outdegree": 8})
    found = pairs(nest.GetConnections())
    assert set(Counter(s for s, _ in found).values()) == {8}
    assert {t for _, t in found} == set(pool.tolist())


@pytest.mark.parametrize("multapses", [True, False])
def test_a_fixed_number_of_pairs(nest: Any, multapses: bool) -> None:
    nodes = nest.Create("parrot_neuron", 5) + nest.Create("parrot_neuron", 5)
    rule = {"rule": "fixed_total_number", "N": 60, "allow_multapses": multapses}
    nest.Connect(nodes, nodes, rule)
    found = pairs(nest.GetConnections())
    assert len(found) == 60
    assert (len(set(found)) == 60) == (not multapses)


@pytest.mark.parametrize("whole", [True, False])
def test_each_pair_by_chance(nest: Any, whole: bool) -> None:
    nodes = nest.Create("parrot_neuron", 100)
    pool = nodes if whole else nodes[::2]
    nest.Connect(pool, nodes, {"rule": "pairwise_bernoulli", "p": 0.2})
    found = pairs(nest.GetConnections())
    assert len(found) == pytest.approx(0.2 * len(pool) * 100, rel=0.1)
    assert len(set(found)) == len(found)
    assert nest.num_connections == len(found)


def test_draws_depend_on_the_seed_alone(nest: Any) -> None:
    drawn = []
    for seed in (1, 1, 2):
        nest.ResetKernel()
        nest.rng_seed = seed
        nodes = nest.Create("parrot_neuron", 10) + nest.Create("parrot_neuron", 10)
        for pool in (nodes[:10], nodes[5:15]):
            nest.Connect(pool, nodes, {"rule": "fixed_indegree", "indegree": 3})
        drawn.append(pairs(nest.GetConnections()))
    assert drawn[0] == drawn[1]
    assert drawn[0] != drawn[2]


def test_arrays_of_weights_and_delays(nest: Any, two: tuple[Any, Any]) -> None:
    one, other = two
    weights = np.arange(18.0).reshape(6, 3)  # target by source
    nest.Connect(one, one + other, "all_to_all", {"weight": weights, "delay": weights + 1.0})
    found = nest.GetConnections()
    for s, t, weight, delay in zip(
        *found.get(["source", "target", "weight", "delay"]).values(), strict=True
    ):
        assert weight == weights[t - 1, s - 1]
        assert delay == weight + 1.0
    nest.ResetKernel()
    nodes = nest.Create("parrot_neuron", 3)
    rule = {"rule": "all_to_all", "allow_autapses": False}
    nest.Connect(nodes, nodes, rule, {"weight": np.arange(9.0).reshape(3, 3)})
    nest.Connect(nodes[1:], nodes[1:], rule, {"weight": [[0.0, 7.0], [8.0, 0.0]]})
    nest.Simulate(1.0)
    found = nest.GetConnections()
    assert dict(zip(pairs(found[::2]), found[::2].weight, strict=True)) == {
        (1, 2): 3.0,
        (2, 1): 1.0,
        (2, 3): 8.0,
        (3, 2): 5.0,
    }
    nest.ResetKernel()
    nodes = nest.Create("parrot_neuron", 4)
    degrees = {"rule": "fixed_indegree", "indegree": 2}
    nest.Connect(nodes, nodes, degrees, {"weight": [[1, 1], [2, 2], [3, 3], [4, 4]]})
    found = nest.GetConnections()
    assert found.weight == [float(t) for t in found.target]


@pytest.mark.usefixtures("two")
def test_arrays_of_nodes_are_connected_pair_by_pair(nest: Any) -> None:
    nest.Connect([1, 1, 5], np.array([6, 6, 2]), syn_spec={"weight": [1.0, 2.0, 3.0]})
    found = nest.GetConnections()
    assert pairs(found) == [(1, 6), (1, 6), (5, 2)]
    assert found.weight == [1.0, 2.0, 3.0]
    nest.Connect([2, 1, 3], [4, 6, 5], syn_spec={"weight": [2.0, 1.0, 3.0]})
    found = nest.GetConnections(nest.NodeCollection([1, 2, 3]))
    assert pairs(found) == [(1, 6), (1, 6), (1, 6), (2, 4), (3, 5)]
    assert found[2:].weight == [1.0, 2.0, 3.0]
    with pytest.raises(ValueError, match="one_to_one"):
        nest.Connect([1], [2], "all_to_all")


def test_drawn_weights(nest: Any) -> None:
    nodes = nest.Create("parrot_neuron", 30)
    positive = nest.math.redraw(nest.random.normal(10.0, 5.0), 5.0, 15.0)
    nest.Connect(nodes, nodes, syn_spec={"weight": positive})
    weights = nest.GetConnections().weight
    assert 5.0 <= min(weights) < max(weights) <= 15.0
    nest.ResetKernel()
    nodes = nest.Create("parrot_neuron", 30)
    spec = {"weight": nest.random.exponential(3.0), "delay": 1.0}
    for rule in ("all_to_all", {"rule": "pairwise_bernoulli", "p": 0.5}):
        nest.Connect(nodes, nodes, rule, spec)
    weights = nest.GetConnections().weight
    assert np.mean(weights) == pytest.approx(3.0, rel=0.2)
    assert np.std(weights) == pytest.approx(3.0, rel=0.2)


def test_several_synapses_for_each_pair(nest: Any) -> None:
    nodes = nest.Create("iaf_psc_exp", 10)
    spec = nest.CollocatedSynapses(
        {"weight": -2.0}, {"synapse_model": "stdp_synapse", "weight": 3.0}
    )
    nest.Connect(nodes, nodes, {"rule": "fixed_indegree", "indegree": 2}, spec)
    static = nest.GetConnections(synapse_model="static_synapse")
    plastic = nest.GetConnections(synapse_model="stdp_synapse")
    assert pairs(static) == pairs(plastic)
    assert set(static.weight) == {-2.0}
    assert set(plastic.weight) == {3.0}


def test_delays_come_to_the_grid(nest: Any, two: tuple[Any, Any]) -> None:
    nest.Connect(*two, syn_spec={"delay": 1.26})
    assert set(nest.GetConnections().delay) == {1.3}
    assert nest.min_delay == nest.max_delay == 1.3
    with pytest.raises(NESTErrors.BadDelay, match="resolution"):
        nest.Connect(*two, syn_spec={"delay": 0.01})


def test_what_connect_made(nest: Any, two: tuple[Any, Any]) -> None:
    nest.Connect(*two)
    made = nest.Connect(two[1], two[0][:1], return_synapsecollection=True)
    assert pairs(made) == [(4, 1), (5, 1), (6, 1)]
    assert nest.Connect(*two) is None


def test_symmetric_rules_connect_back(nest: Any, two: tuple[Any, Any]) -> None:
    each = {"weight": [1.0, 2.0, 3.0], "delay": [3.0, 2.0, 1.0]}
    nest.Connect(*two, {"rule": "one_to_one", "make_symmetric": True}, each)
    made = nest.GetConnections()
    assert pairs(made) == [(1, 4), (2, 5), (3, 6), (4, 1), (5, 2), (6, 3)]
    assert made.weight == each["weight"] * 2
    assert made.delay == each["delay"] * 2
    nest.Connect(two[0], two[1][:2], {"rule": "all_to_all", "make_symmetric": True})
    assert nest.num_connections == 6 + 12
    assert len(nest.GetConnections(two[1][1], two[0])) == 1 + 3


def test_pairs_are_connected_as_often_as_a_poisson_number_says(nest: Any) -> None:
    relays = nest.Create("parrot_neuron", 30)
    rule = {"rule": "pairwise_poisson", "pairwise_avg_num_conns": 1.5, "allow_autapses": False}
    nest.Connect(relays, relays, rule)
    found = pairs(nest.GetConnections())
    expected = 1.5 * 30 * 29
    assert abs(len(found) - expected) < 5 * np.sqrt(expected)
    assert len(set(found)) == pytest.approx(30 * 29 * (1 - np.exp(-1.5)), rel=0.1)
    assert all(pre != post for pre, post in found)


def test_parameters_may_differ_from_synapse_to_synapse(nest: Any, two: tuple[Any, Any]) -> None:
    spec = {"synapse_model": "stdp_synapse", "weight": 1.0}
    alphas = np.array([[1.0, 2.0, 1.0], [3.0, 1.0, 2.0], [1.0, 1.0, 3.0]])  # target by source
    nest.Connect(*two, "all_to_all", {**spec, "alpha": alphas})
    made = nest.GetConnections(two[0])
    assert made.source == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    found = np.zeros((3, 3))
    found[np.array(made.target) - 4, np.array(made.source) - 1] = made.alpha
    assert np.array_equal(found, alphas)
    assert set(made.tau_plus) == {20.0}
    nest.Connect(two[1], two[0], "one_to_one", {**spec, "lambda": nest.random.uniform(0.1, 0.2)})
    steps = nest.GetConnections(two[1]).get("lambda")
    assert len(set(steps)) == 3
    assert 0.1 <= min(steps) <= max(steps) <= 0.2
    nest.Simulate(1.0)
    assert nest.GetConnections(two[0]).alpha == made.alpha
    many = nest.Create("parrot_neuron", 40)
    with pytest.raises(NotImplementedError, match="1,600 combinations of alpha"):
        nest.Connect(many, many, "all_to_all", {**spec, "alpha": nest.random.uniform(1.0, 2.0)})


@pytest.mark.parametrize(
    ("rule", "synapses", "error", "match"),
    [
        ("one_to_two", None, NESTErrors.BadProperty, "did you mean 'one_to_one'"),
        ({"rule": "fixed_indegree"}, None, NESTErrors.BadProperty, "indegree"),
        ({"rule": "fixed_indegree", "indegree": -1}, None, NESTErrors.BadProperty, "indegree"),
        ({"indegree": 1}, None, NESTErrors.BadProperty, "rule"),
        ({"rule": "pairwise_bernoulli", "p": 1.5}, None, NESTErrors.BadProperty, "from 0 to 1"),
        ({"rule": "all_to_all", "N": 3}, None, NESTErrors.UnaccessedDictionaryEntry, "N"),
        ({"rule": "all_to_all", "mask": {}}, None, NotImplementedError, "mask"),
        ("pairwise_poisson", None, NESTErrors.BadProperty, "pairwise_avg_num_conns"),
        ("tripartite_bernoulli", None, NotImplementedError, "tripartite_bernoulli"),
        (
            {"rule": "all_to_all", "make_symmetric": True},
            {"weight": np.ones((3, 3))},
            NotImplementedError,
            "make_symmetric with arrays",
        ),
        (
            {"rule": "pairwise_bernoulli", "p": 0.5, "make_symmetric": True},
            None,
            NotImplementedError,
            "make_symmetric with the rule pairwise_bernoulli",
        ),
        (
            {"rule": "fixed_indegree", "indegree": 4, "allow_multapses": False},
            None,
            NESTErrors.BadProperty,
            "at most 3",
        ),
        (None, "bernoulli_synapse", NotImplementedError, "bernoulli_synapse"),
        (None, {"weigth": 1.0}, NESTErrors.UnaccessedDictionaryEntry, "did you mean 'weight'"),
        (None, {"weight": [1.0, 2.0]}, NESTErrors.DimensionMismatch, r"\(3, 3\)"),
        (None, {"weight": float("nan")}, NESTErrors.BadProperty, "finite"),
        (None, {"receptor_type": 1}, NESTErrors.UnknownReceptorType, "receptor 1"),
        (None, {"receptor_type": "a"}, NESTErrors.TypeMismatch, "receptor_type"),
        (None, {"weight_recorder": 1}, NESTErrors.BadProperty, "CopyModel"),
        (
            None,
            {"synapse_model": "stdp_dopamine_synapse"},
            NESTErrors.BadProperty,
            "volume_transmitter",
        ),
        (
            None,
            {"synapse_model": "stdp_synapse", "lambda": [0.1, 0.2]},
            NESTErrors.DimensionMismatch,
            "lambda",
        ),
        (
            None,
            {
                "synapse_model": "stdp_synapse",
                "tau_plus": [[1.0, 1.0, 1.0]] * 2 + [[1.0, 1.0, 0.0]],
            },
            NESTErrors.BadProperty,
            "tau_plus must be above 0",
        ),
    ],
)
def test_wrong_specs_connect_nothing(
    nest: Any, two: tuple[Any, Any], rule: Any, synapses: Any, error: type[Exception], match: str
) -> None:
    with pytest.raises(error, match=match):
        nest.Connect(*two, rule, synapses)
    assert nest.num_connections == 0


def test_what_cannot_be_connected(nest: Any, two: tuple[Any, Any]) -> None:
    neurons, other = two
    with pytest.raises(NESTErrors.DimensionMismatch):
        nest.Connect(neurons, other[:2], "one_to_one")
    recorder, voltmeter = nest.Create("spike_recorder"), nest.Create("voltmeter")
    poisson, current = nest.Create("poisson_generator"), nest.Create("dc_generator")
    for pre, post in (
        (recorder, neurons),
        (neurons, voltmeter),
        (neurons, current),
        (current, recorder),
        (voltmeter, poisson),
    ):
        with pytest.raises(NESTErrors.IllegalConnection):
            nest.Connect(pre, post)
    with pytest.raises(TypeError):
        nest.Connect(1, neurons)


def test_a_probability_may_be_drawn_for_each_pair(nest: Any) -> None:
    sources, targets = nest.Create("parrot_neuron", 40), nest.Create("iaf_psc_exp", 50)
    often = nest.logic.conditional(nest.random.uniform() < 0.25, 1.0, 0.0)
    nest.Connect(sources, targets, {"rule": "pairwise_bernoulli", "p": often})
    pairs = nest.GetConnections().get(["source", "target"])
    assert len(set(zip(*pairs.values(), strict=True))) == nest.num_connections
    assert 400 < nest.num_connections < 600  # of 2,000 pairs
    rule = {"rule": "fixed_indegree", "indegree": nest.random.uniform_int(3)}
    with pytest.raises(NotImplementedError, match="random 'indegree'"):
        nest.Connect(sources, targets, rule)
