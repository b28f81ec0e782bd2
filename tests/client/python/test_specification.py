"""Specifications piece by piece and from dictionaries, without a server."""

from __future__ import annotations

import json

import numpy as np
import pytest

import spiked
from spiked import specification
from spiked.v1 import network_pb2


def test_a_population_has_the_parameters_it_was_given() -> None:
    net = spiked.NetworkSpecification()
    made = net.population(
        "E", "iaf_psc_exp", 3, {"tau_m": 20}, V_th=[-50, -51, -52], record_spikes=True
    )
    assert made in net.message.populations
    assert made.parameters["tau_m"].number == 20
    assert list(made.parameters["V_th"].list.values) == [-50, -51, -52]
    assert made.record_spikes


def test_a_projection_is_named_after_what_it_connects() -> None:
    net = spiked.NetworkSpecification()
    E = net.population("E", "iaf_psc_exp", 8)
    net.population("I", "iaf_psc_exp", 2)
    assert net.connect(E, "I").name == "E_I"
    assert net.connect("E", "I").name == "E_I_2"
    assert net.connect("I", E, name="inhibition").name == "inhibition"


def test_a_projection_has_what_it_was_given() -> None:
    net = spiked.NetworkSpecification()
    net.population("a", "iaf_psc_exp", 2)
    net.population("vt", "volume_transmitter")
    made = net.connect(
        "a",
        "a",
        spiked.fixed_indegree(1),
        weight=spiked.normal(20, 2),
        delay=1.5,
        synapse_model="stdp_dopamine_synapse",
        volume_transmitter="vt",
        Wmax=30.0,
    )
    assert made.rule.fixed_indegree.indegree == 1
    assert made.weight.distribution.normal.std == 2
    assert made.delay_ms.number == 1.5
    assert made.volume_transmitter == "vt"
    assert made.parameters["Wmax"].number == 30


def test_what_was_not_given_is_left_to_the_server() -> None:
    net = spiked.NetworkSpecification()
    net.population("a", "iaf_psc_exp")
    made = net.connect("a", "a")
    assert not made.HasField("weight")
    assert not made.HasField("delay_ms")


def test_a_slip_is_told_where_it_is_made() -> None:
    net = spiked.NetworkSpecification()
    net.population("E", "iaf_psc_exp")
    with pytest.raises(
        ValueError, match="target: this specification has no population 'X'; there is E"
    ):
        net.connect("E", "X")
    with pytest.raises(ValueError, match="there is a population 'E' already"):
        net.population("E", "iaf_psc_exp")
    with pytest.raises(TypeError, match="V_th must be a number"):
        net.population("F", "iaf_psc_exp", V_th="high")  # type: ignore[arg-type]
    assert [p.name for p in net.message.populations] == ["E"]


def test_a_recording_may_begin_later_and_end() -> None:
    net = spiked.NetworkSpecification()
    always = net.population("a", "iaf_psc_exp", record_spikes=True)
    later = net.population(
        "b", "iaf_psc_exp", record_spikes=True, record_start=100, record_stop=150.5, record_origin=3
    )
    meter = net.multimeter("meter", "a", record_start=20)
    assert not always.HasField("record_window")
    window = later.record_window
    assert (window.start_ms, window.stop_ms, window.origin_ms) == (100, 150.5, 3)
    assert meter.record_window.start_ms == 20
    assert not meter.record_window.HasField("stop_ms")
    again = spiked.NetworkSpecification.from_dict(net.to_dict())
    assert again.message == net.message


def test_a_mirror_says_what_it_mirrors() -> None:
    net = spiked.NetworkSpecification()
    mirror = net.population("there", "mirror", 5, mirrored="other/E")
    assert mirror.mirrored == "other/E"
    assert spiked.NetworkSpecification.from_dict(net.to_dict()).message == net.message


def test_a_dictionary_says_the_same_as_the_pieces() -> None:
    net = spiked.NetworkSpecification()
    net.population("a", "iaf_psc_exp", 2, V_th=-50.0)
    net.connect("a", "a", spiked.all_to_all(allow_autapses=False), weight=2.0)
    net.multimeter("m", "a", ["V_m"], interval=0.5)
    projections = [
        {
            "source": "a",
            "target": "a",
            "rule": {"rule": "all_to_all", "allow_autapses": False},
            "weight": 2.0,
        }
    ]
    by_name = {
        "populations": {"a": {"model": "iaf_psc_exp", "size": 2, "V_th": -50.0}},
        "projections": projections,
        "multimeters": {"m": {"population": "a", "variables": "V_m", "interval": 0.5}},
    }
    listed = {
        "populations": [
            {"name": "a", "model": "iaf_psc_exp", "size": 2, "parameters": {"V_th": -50.0}}
        ],
        "projections": projections,
        "multimeters": [{"name": "m", "population": "a", "variables": ["V_m"], "interval": 0.5}],
    }
    for description in (by_name, listed):
        assert specification.to_message(description) == net.message


def test_a_specification_comes_back_from_json() -> None:
    net = spiked.NetworkSpecification()
    net.population("a", "iaf_psc_exp", 2, V_m=spiked.uniform(-70, -60), record_spikes=True)
    net.population("vt", "volume_transmitter")
    net.connect("a", "vt")
    net.connect(
        "a",
        "a",
        spiked.fixed_indegree(1),
        weight=spiked.normal(20, 2),
        delay=1.5,
        synapse_model="stdp_dopamine_synapse",
        volume_transmitter="vt",
        Wmax=30.0,
    )
    net.multimeter("m", "a", ["V_m", "I_syn_ex"], interval=0.5, record_limit=10)
    plain = json.loads(json.dumps(net.to_dict()))
    assert spiked.NetworkSpecification.from_dict(plain).message == net.message


def test_a_wrong_dictionary_is_told_with_the_place() -> None:
    with pytest.raises(ValueError, match="not \\['neurons'\\]"):
        spiked.NetworkSpecification.from_dict({"neurons": {}})
    with pytest.raises(ValueError, match=r"populations\[0\]: .*'model'"):
        spiked.NetworkSpecification.from_dict({"populations": {"a": {"size": 3}}})


def test_messages_of_the_contract_are_taken_as_they_are() -> None:
    message = network_pb2.NetworkSpecification()
    assert specification.to_message(message) is message
    with pytest.raises(TypeError, match="described by"):
        specification.to_message(3)  # type: ignore[arg-type]


def test_its_repr_shows_all_parts() -> None:
    net = spiked.NetworkSpecification()
    net.population("E", "iaf_psc_exp", 8000, V_m=np.zeros(8000), record_spikes=True)
    net.connect("E", "E", spiked.fixed_indegree(100), weight=spiked.normal(20, 2), delay=1.5)
    net.multimeter("voltmeter", "E")
    text = repr(net)
    assert "1 population (8,000 neurons and devices), 1 projection, 1 multimeter" in text
    assert "V_m=8000 numbers" in text
    assert "E → E" in text
    assert "fixed_indegree(100)" in text
    assert "normal(20, 2)" in text
    assert "voltmeter" in text
    assert net._repr_html_().count("<table>") == 3
