"""Models, their defaults, and copies of them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import spiked
from spiked.nest import NESTErrors

# As NEST 3.10 documents them.
DEFAULTS: dict[str, dict[str, float]] = {
    "iaf_psc_exp": {
        "C_m": 250.0,
        "E_L": -70.0,
        "I_e": 0.0,
        "V_m": -70.0,
        "V_reset": -70.0,
        "V_th": -55.0,
        "t_ref": 2.0,
        "tau_m": 10.0,
        "tau_minus": 20.0,
        "tau_syn_ex": 2.0,
        "tau_syn_in": 2.0,
    },
    "iaf_psc_alpha": {"C_m": 250.0, "V_m": -70.0, "V_min": -1.7976931348623157e308},
    "iaf_psc_delta": {"C_m": 250.0, "V_m": -70.0, "V_th": -55.0, "tau_m": 10.0},
    "poisson_generator": {"rate": 0.0},
    "dc_generator": {"amplitude": 0.0, "start": 0.0, "stop": 1.7976931348623157e308},
    "noise_generator": {"mean": 0.0, "std": 0.0, "dt": 1.0},
    "volume_transmitter": {"deliver_interval": 1},
    "spike_recorder": {"start": 0.0, "n_events": 0, "origin": 0.0},
    "voltmeter": {"interval": 1.0},
    "static_synapse": {"weight": 1.0, "delay": 1.0, "receptor_type": 0},
    "stdp_synapse": {
        "tau_plus": 20.0,
        "lambda": 0.01,
        "alpha": 1.0,
        "mu_plus": 1.0,
        "mu_minus": 1.0,
        "Wmax": 100.0,
    },
    "stdp_dopamine_synapse": {
        "A_plus": 1.0,
        "A_minus": 1.5,
        "tau_plus": 20.0,
        "tau_c": 1000.0,
        "tau_n": 200.0,
        "b": 0.0,
        "Wmin": 0.0,
        "Wmax": 200.0,
    },
    "tsodyks2_synapse": {"U": 0.5, "u": 0.5, "x": 1.0, "tau_rec": 800.0, "tau_fac": 0.0},
}


@pytest.mark.parametrize("model", DEFAULTS)
def test_defaults_are_those_of_nest(nest: Any, model: str) -> None:
    found = nest.GetDefaults(model)
    assert {name: found[name] for name in DEFAULTS[model]} == DEFAULTS[model]
    names = list(DEFAULTS[model])
    assert nest.GetDefaults(model, names[0]) == DEFAULTS[model][names[0]]
    assert nest.GetDefaults(model, names) == tuple(DEFAULTS[model].values())


def test_all_models_of_the_server_are_there(nest: Any, client: spiked.Client) -> None:
    recorders = {"spike_recorder", "multimeter", "voltmeter", "weight_recorder"}
    of_server = {*client.models} - {"mirror"}  # which connects networks; a script has one
    assert {*nest.node_models, *nest.synapse_models} == {*of_server, *recorders}
    assert "tau_m" in nest.help("iaf_psc_exp", return_text=True)


def test_defaults_are_for_what_is_created_afterwards(nest: Any) -> None:
    before = nest.Create("iaf_psc_exp")
    nest.SetDefaults("iaf_psc_exp", {"tau_m": 20.0})
    nest.SetDefaults("iaf_psc_exp", "V_th", -50.0)
    after = nest.Create("iaf_psc_exp", params={"V_th": -45.0})
    assert before.get(["tau_m", "V_th"]) == {"tau_m": 10.0, "V_th": -55.0}
    assert after.get(["tau_m", "V_th"]) == {"tau_m": 20.0, "V_th": -45.0}
    nest.SetDefaults("static_synapse", {"weight": 3.0, "delay": 2.0})
    nest.Connect(before, after)
    assert nest.GetConnections().get(["weight", "delay"]) == {"weight": 3.0, "delay": 2.0}
    assert nest.GetDefaults("static_synapse", "num_connections") == 1
    nest.ResetKernel()
    assert nest.GetDefaults("iaf_psc_exp", "tau_m") == 10.0
    assert nest.GetDefaults("static_synapse", "weight") == 1.0


def test_a_copy_has_defaults_of_its_own(nest: Any) -> None:
    nest.CopyModel("iaf_psc_exp", "slow", {"tau_m": 30.0})
    nest.CopyModel("slow", "slower", {"t_ref": 5.0})
    nest.SetDefaults("slow", {"tau_m": 40.0})
    node = nest.Create("slower")
    assert node.get(["model", "tau_m", "t_ref"]) == {"model": "slower", "tau_m": 30.0, "t_ref": 5.0}
    assert nest.GetDefaults("iaf_psc_exp", "tau_m") == 10.0
    assert {"slow", "slower"} <= {*nest.node_models}
    nest.CopyModel("stdp_synapse", "learning", {"lambda": 0.2, "weight": 4.0})
    nest.Connect(node, node, syn_spec="learning")
    synapse = nest.GetConnections(synapse_model="learning")
    assert synapse.get(["lambda", "weight"]) == {"lambda": 0.2, "weight": 4.0}


def test_wrong_models_and_defaults_change_nothing(nest: Any) -> None:
    with pytest.raises(NESTErrors.UnknownModelName):
        nest.CopyModel("nothing", "new")
    with pytest.raises(NESTErrors.NewModelNameExists):
        nest.CopyModel("iaf_psc_exp", "iaf_psc_alpha")
    with pytest.raises(NESTErrors.BadProperty):
        nest.CopyModel("iaf_psc_exp", "new", {"tau_m": -1.0})
    with pytest.raises(NotImplementedError, match="new"):
        nest.Create("new")
    with pytest.raises(NESTErrors.UnaccessedDictionaryEntry, match="did you mean 'tau_m'"):
        nest.SetDefaults("iaf_psc_exp", {"t_ref": 1.0, "tau_n": 1.0})
    assert nest.GetDefaults("iaf_psc_exp", "t_ref") == 2.0
    with pytest.raises(NESTErrors.BadProperty, match="volume_transmitter"):
        nest.SetDefaults("stdp_dopamine_synapse", {"vt": nest.Create("iaf_psc_exp")})


@pytest.mark.parametrize("key", ["vt", "volume_transmitter"])
@pytest.mark.parametrize("number", [True, False])
def test_a_volume_transmitter_is_named_by_both_names(nest: Any, key: str, number: bool) -> None:
    transmitters = nest.Create("volume_transmitter", 2)
    given = transmitters[1].global_id if number else transmitters[1]
    nest.CopyModel("stdp_dopamine_synapse", "first", {key: transmitters[0], "Wmax": 500.0})
    nodes = nest.Create("iaf_psc_exp", 2)
    nest.Connect(nodes[0], nodes[1], syn_spec={"synapse_model": "first", "weight": 300.0})
    other = {"synapse_model": "stdp_dopamine_synapse", key: given, "b": 1.0, "weight": 100.0}
    nest.Connect(nodes[0], nodes[1], syn_spec=other)
    generator = nest.Create("spike_generator", params={"spike_times": [1.0, 30.0]})
    dopa = nest.Create("spike_generator", params={"spike_times": [12.0]})
    nest.Connect(generator, nodes, syn_spec={"weight": 5000.0})
    relay = nest.Create("parrot_neuron")
    nest.Connect(dopa, relay)
    nest.Connect(relay, transmitters[0])
    nest.Simulate(100.0)
    # Each has the dopamine of its own transmitter.
    assert nest.GetConnections(synapse_model="first").n > 0.0
    assert nest.GetConnections(nodes, nodes, "stdp_dopamine_synapse").n == 0.0


def test_defaults_are_json(nest: Any) -> None:
    assert json.loads(nest.GetDefaults("iaf_psc_exp", "V_th", output="json")) == -55.0
    some = json.loads(nest.GetDefaults("iaf_psc_exp", ["V_th", "model"], output="json"))
    assert some == {"V_th": -55.0, "model": "iaf_psc_exp"}
    for model in (*nest.node_models, *nest.synapse_models):
        assert json.loads(nest.GetDefaults(model, output="json"))
    with pytest.raises(NESTErrors.BadParameter, match="xml"):
        nest.GetDefaults("iaf_psc_exp", output="xml")


def test_dopaminergic_synapses_begin_with_eligibility_and_dopamine(nest: Any) -> None:
    transmitter = nest.Create("volume_transmitter")
    neurons = nest.Create("iaf_psc_exp", 2)
    spec = {"synapse_model": "stdp_dopamine_synapse", "vt": transmitter, "c": 0.2, "n": 3.0}
    nest.Connect(neurons[0], neurons[1], syn_spec={**spec, "weight": 50.0, "b": 1.0})
    synapse = nest.GetConnections()
    assert synapse.get(["c", "n", "weight"]) == {"c": 0.2, "n": 3.0, "weight": 50.0}
    nest.Simulate(1000.0)
    # Without a spike: dw/dt = c (n - b), both of which decay.
    s = 1.0 / 1000.0 + 1.0 / 200.0
    grown = 0.2 * (3.0 / s * (1 - np.exp(-1000.0 * s)) - 1000.0 * (1 - np.exp(-1.0)))
    assert synapse.weight == pytest.approx(50.0 + grown, rel=1e-9)
