"""Populations with parameters of their own, several kinds of synapses, and what comes of it."""

import json
import sys

import nest
import numpy as np

nest.ResetKernel()
nest.SetKernelStatus({"resolution": 0.1, "rng_seed": 1})
nest.SetDefaults("iaf_psc_alpha", {"I_e": 0.0})

first = nest.Create("iaf_psc_alpha", 20)
for k, neuron in enumerate(first):
    neuron.I_e = 450.0 + 5.0 * k
nest.CopyModel("iaf_psc_alpha", "fast_neuron", {"tau_m": 15.0})
second = nest.Create("fast_neuron", 10, {"V_m": [-70.0 + 0.5 * k for k in range(10)], "I_e": 300.0})

weights = np.add.outer(np.arange(10.0), 60.0 + np.arange(20.0))  # target by source
nest.Connect(first, second, "all_to_all", {"weight": weights, "delay": 1.0})
nest.CopyModel("tsodyks2_synapse", "depressing", {"U": 0.6, "tau_rec": 120.0, "weight": 150.0})
nest.Connect(first[:10], second, "one_to_one", {"synapse_model": "depressing", "delay": 2.0})
back = nest.Connect(
    second[::2],
    first[19],
    syn_spec={
        "synapse_model": "stdp_synapse",
        "weight": -60.0,
        "delay": [[1.0, 1.5, 2.0, 2.5, 3.0]],
        "Wmax": -300.0,
        "lambda": 0.05,
    },
    return_synapsecollection=True,
)

recorders = nest.Create("spike_recorder", 2)
nest.Connect(first, recorders[0])
nest.Connect(second, recorders[1])
for _ in range(3):
    nest.Simulate(100.0)


def trains(nodes, recorder):
    events = recorder.get("events")
    return [events["times"][events["senders"] == node.global_id].tolist() for node in nodes]


json.dump(
    {
        "first": trains(first, recorders[0]),
        "second": trains(second, recorders[1]),
        "weights": back.weight,
    },
    sys.stdout,
)
