"""A balanced random network of delta neurons (Brunel 2000)."""

import json
import sys

import nest

nest.ResetKernel()
nest.set(resolution=0.1, rng_seed=int(sys.argv[1]))
nest.local_num_threads = 2

excitatory_neurons, inhibitory_neurons = 800, 200
indegree = {"ex": 80, "in": 20}
weight, g, delay = 0.2, 5.0, 1.5
parameters = {
    "C_m": 1.0,
    "tau_m": 20.0,
    "t_ref": 2.0,
    "E_L": 0.0,
    "V_reset": 0.0,
    "V_m": 0.0,
    "V_th": 20.0,
}
threshold_rate = parameters["V_th"] / (weight * indegree["ex"] * parameters["tau_m"])

nodes_ex = nest.Create("iaf_psc_delta", excitatory_neurons, params=parameters)
nodes_in = nest.Create("iaf_psc_delta", inhibitory_neurons, params=parameters)
noise = nest.Create("poisson_generator", params={"rate": 2e3 * threshold_rate * indegree["ex"]})
recorder_ex = nest.Create("spike_recorder")
recorder_in = nest.Create("spike_recorder")

nest.CopyModel("static_synapse", "excitatory", {"weight": weight, "delay": delay})
nest.CopyModel("static_synapse", "inhibitory", {"weight": -g * weight, "delay": delay})
nest.Connect(noise, nodes_ex, syn_spec="excitatory")
nest.Connect(noise, nodes_in, syn_spec="excitatory")
nest.Connect(nodes_ex[:50], recorder_ex, syn_spec="excitatory")
nest.Connect(nodes_in[:50], recorder_in, syn_spec="excitatory")
for sources, key, model in ((nodes_ex, "ex", "excitatory"), (nodes_in, "in", "inhibitory")):
    rule = {"rule": "fixed_indegree", "indegree": indegree[key]}
    nest.Connect(sources, nodes_ex + nodes_in, rule, model)

nest.Simulate(300.0)
json.dump(
    {
        "times": recorder_ex.events["times"].tolist(),
        "senders": recorder_ex.events["senders"].tolist(),
        "n_events": [recorder_ex.n_events, recorder_in.n_events],
        "connections": nest.num_connections,
        "excitatory": len(nest.GetConnections(synapse_model="excitatory")),
    },
    sys.stdout,
)
