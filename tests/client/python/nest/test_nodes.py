"""Collections of nodes, and their parameters."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from spiked.nest import NESTErrors


def test_nodes_are_numbered_from_one_in_order_of_creation(nest: Any) -> None:
    first = nest.Create("iaf_psc_exp", 3)
    recorder = nest.Create("spike_recorder")
    last = nest.Create("parrot_neuron", 2)
    assert first.tolist() == [1, 2, 3]
    assert recorder.global_id == 4
    assert last.get("global_id") == (5, 6)
    assert nest.network_size == 6


def test_a_part_of_a_collection_is_a_collection(nest: Any) -> None:
    nodes = nest.Create("iaf_psc_exp", 6)
    assert nodes[2].tolist() == [3]
    assert nodes[-1].tolist() == [6]
    assert nodes[1:4].tolist() == [2, 3, 4]
    assert nodes[::2].tolist() == [1, 3, 5]
    assert nodes[::2][1:].tolist() == [3, 5]
    assert nodes[[0, 3]].tolist() == [1, 4]
    assert nodes[np.array([1, 2])].tolist() == [2, 3]
    assert nodes[[True, False, False, False, False, True]].tolist() == [1, 6]
    assert [node.global_id for node in nodes] == [1, 2, 3, 4, 5, 6]
    wrong: Any
    for wrong in (6, -7, [True], "a", slice(None, None, -1), slice(6, None), slice(0, 7)):
        with pytest.raises(IndexError):
            nodes[wrong]


def test_an_empty_collection(nest: Any) -> None:
    empty, node = nest.NodeCollection(), nest.Create("iaf_psc_exp")
    assert not empty
    assert len(empty) == 0
    assert repr(empty) == "NodeCollection(<empty>)"
    assert empty.set() is None
    with pytest.raises(IndexError):
        empty[0]
    with pytest.raises(AttributeError, match="empty"):
        empty.get()
    with pytest.raises(AttributeError, match="empty"):
        empty.set(V_m=1.0)
    for pre, post in ((empty, node), (node, empty)):
        with pytest.raises(NESTErrors.IllegalConnection, match="empty"):
            nest.Connect(pre, post)


def test_collections_are_joined_and_compared(nest: Any) -> None:
    one, two = nest.Create("iaf_psc_exp", 2), nest.Create("parrot_neuron", 2)
    assert (two + one).tolist() == [1, 2, 3, 4]
    assert one + two == nest.NodeCollection([1, 2, 3, 4])
    assert one != two
    assert 2 in one
    assert 3 not in one
    assert (one + two).index(3) == 2
    assert nest.NodeCollection() == nest.NodeCollection([])
    with pytest.raises(NESTErrors.BadProperty):
        one + one[0]
    with pytest.raises(ValueError, match="5 is not in"):
        one.index(5)
    with pytest.raises(NESTErrors.BadProperty, match="different"):
        nest.NodeCollection([1, 1])
    with pytest.raises(NESTErrors.BadProperty, match="ascend"):
        nest.NodeCollection([2, 1])
    with pytest.raises(NESTErrors.UnknownNode, match="5"):
        nest.NodeCollection([5])


def test_a_collection_shows_its_models(nest: Any) -> None:
    one = nest.Create("iaf_psc_exp", 3)
    assert repr(one) == (
        "NodeCollection(metadata=None, model=iaf_psc_exp, size=3, first=1, last=3)"
    )
    both = one[::2] + nest.Create("parrot_neuron")
    assert repr(both).splitlines() == [
        "NodeCollection(metadata=None, model=iaf_psc_exp, size=2, first=1, last=3, step=2;",
        "               model=parrot_neuron, size=1, first=4)",
    ]


def test_parameters_are_given_for_all_or_for_each(nest: Any) -> None:
    nodes = nest.Create("iaf_psc_exp", 3, {"V_th": [-50.0, -51.0, -52.0], "tau_m": 20})
    assert nodes.V_th == (-50.0, -51.0, -52.0)
    assert nodes.get("tau_m") == (20.0, 20.0, 20.0)
    nodes[1:].set({"V_th": -40.0})
    nodes[0].tau_m = 5.0
    assert nodes.get(["V_th", "tau_m"]) == {
        "V_th": (-50.0, -40.0, -40.0),
        "tau_m": (5.0, 20.0, 20.0),
    }
    nodes.set([{"I_e": 1.0}, {"I_e": 2.0}, {"I_e": 3.0}])
    assert nest.GetStatus(nodes, "I_e") == (1.0, 2.0, 3.0)
    nodes[:2].set([{"C_m": 100.0}, {"t_ref": 3.0}])
    assert nodes.C_m == (100.0, 250.0, 250.0)
    nest.SetStatus(nodes, "I_e", [4.0, 5.0, 6.0])
    assert nest.GetStatus(nodes[:2], ["I_e", "t_ref"]) == ((4.0, 2.0), (5.0, 3.0))
    nest.SetStatus(nodes, {"I_e": 7.0})
    assert nest.GetStatus(nodes)[2]["I_e"] == 7.0
    assert nodes[0].get("I_e") == 7.0


def test_all_that_a_node_tells(nest: Any) -> None:
    neuron = nest.Create("iaf_psc_alpha")
    told = neuron.get()
    assert told["model"] == "iaf_psc_alpha"
    assert told["element_type"] == "neuron"
    assert told["V_m"] == told["E_L"] == -70.0
    assert told["recordables"] == ("V_m", "I_syn_ex", "I_syn_in")
    # What NEST says for "no bound" and "never".
    assert told["V_min"] == -1.7976931348623157e308
    assert nest.Create("dc_generator").stop == 1.7976931348623157e308
    assert nest.Create("spike_recorder").get("element_type") == "recorder"
    mixed = (neuron + nest.Create("dc_generator")).get()
    assert mixed["amplitude"] == (None, 0.0)


def test_the_potential_stays_where_it_is_when_the_rest_moves(nest: Any) -> None:
    neuron = nest.Create("iaf_psc_exp", params={"E_L": -60.0})
    assert neuron.V_m == -70.0
    voltmeter = nest.Create("voltmeter")
    nest.Connect(voltmeter, neuron)
    nest.Simulate(3.0)
    assert voltmeter.events["V_m"][0] == pytest.approx(-60.0 - 10.0 * np.exp(-0.1))


def test_random_parameters_are_drawn_once_and_repeatably(nest: Any) -> None:
    drawn = []
    for seed in (1, 1, 2):
        nest.ResetKernel()
        nest.rng_seed = seed
        nodes = nest.Create("iaf_psc_exp", 50, {"V_m": nest.random.uniform(-70.0, -60.0)})
        nodes.I_e = nest.random.normal(100.0, 10.0)
        assert nodes.V_m == nodes.V_m
        assert -70.0 <= min(nodes.V_m) < max(nodes.V_m) < -60.0
        drawn.append(nodes.I_e)
    assert drawn[0] == drawn[1]
    assert drawn[0] != drawn[2]
    assert np.mean(drawn[0]) == pytest.approx(100.0, abs=10.0)


def test_nodes_are_found_by_their_parameters(nest: Any) -> None:
    nest.Create("iaf_psc_exp", 3, {"V_th": [-50.0, -51.0, -50.0]})
    nest.Create("parrot_neuron")
    assert nest.GetNodes().tolist() == [1, 2, 3, 4]
    assert nest.GetNodes({"model": "parrot_neuron"}).tolist() == [4]
    assert nest.GetNodes({"model": "iaf_psc_exp", "V_th": -50.0}).tolist() == [1, 3]


def test_parameters_as_json_and_as_a_table(nest: Any) -> None:
    nodes = nest.Create("iaf_psc_exp", 2)
    assert json.loads(nodes.get(["V_th", "t_ref"], output="json")) == {
        "V_th": [-55.0, -55.0],
        "t_ref": [2.0, 2.0],
    }
    pytest.importorskip("pandas")
    assert nodes.get(["V_th"], output="pandas").loc[2, "V_th"] == -55.0


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"tau_m": -1.0}, "tau_m"),
        ({"C_m": 0.0}, "C_m"),
        ({"t_ref": -0.1}, "t_ref"),
        ({"V_reset": -50.0}, "V_reset"),
        ({"V_th": -80.0}, "V_reset"),
        ({"tau_m": float("nan")}, "tau_m"),
        ({"tau_m": "ten"}, "tau_m"),
        ({"tau_n": 10.0}, "tau_n"),
        ({"tau_m": [1.0, 2.0, 3.0]}, "tau_m"),
        ([{"tau_m": 1.0}], "params"),
    ],
)
def test_wrong_parameters_create_nothing(nest: Any, parameters: Any, field: str) -> None:
    with pytest.raises(nest.NESTError) as caught:
        nest.Create("iaf_psc_exp", 2, parameters)
    assert caught.value.field == field
    assert field in str(caught.value)
    assert nest.network_size == 0
    nodes = nest.Create("iaf_psc_exp", 2)
    if isinstance(parameters, dict):
        before = nodes.get()
        with pytest.raises(nest.kernel.NESTError):
            nodes.set({"I_e": 5.0, **parameters})
        assert nodes.get() == before


def test_what_the_server_refuses_names_the_line_of_the_script(nest: Any) -> None:
    nest.Create("iaf_psc_exp", 2)
    nest.Create("iaf_psc_exp", 2, {"t_ref": 2.03})
    with pytest.raises(NESTErrors.BadProperty, match=r"iaf_psc_exp, test_nodes\.py:\d+") as caught:
        nest.Simulate(1.0)
    assert caught.value.field == "t_ref"


def test_unknown_models_are_named(nest: Any) -> None:
    with pytest.raises(NotImplementedError, match="aeif_cond_exp"):
        nest.Create("aeif_cond_exp")
    with pytest.raises(NESTErrors.UnknownModelName, match="did you mean 'iaf_psc_exp'"):
        nest.Create("iaf_psc_ex")
    with pytest.raises(NESTErrors.BadParameter):
        nest.Create("iaf_psc_exp", 0)
    with pytest.raises(NotImplementedError, match="positions"):
        nest.Create("iaf_psc_exp", positions=[[0.0, 0.0]])
    with pytest.raises(KeyError, match="unknown_one"):
        nest.Create("iaf_psc_exp").get("unknown_one")


def test_a_collection_has_no_attribute_that_its_nodes_have_not(nest: Any) -> None:
    neurons = nest.Create("iaf_psc_exp", 3)
    assert hasattr(neurons, "V_m")
    assert not hasattr(neurons, "V_n")
    for error in (KeyError, AttributeError, NESTErrors.DictError):
        with pytest.raises(error, match="V_n"):
            _ = neurons.V_n


def test_lists_of_the_wrong_length_are_index_errors_too(nest: Any) -> None:
    with pytest.raises(IndexError, match="each of 3 nodes"):
        nest.Create("iaf_psc_exp", 3, {"V_m": [-60.0, -61.0]})
    for wrong in ((), [], ({"V_m": -60.0}, {"V_m": -61.0})):
        with pytest.raises(TypeError, match="params"):
            nest.Create("iaf_psc_exp", 3, wrong)
    assert nest.Create("iaf_psc_exp", 2, ({"V_m": -60.0}, {"V_m": -61.0})).V_m == (-60.0, -61.0)
