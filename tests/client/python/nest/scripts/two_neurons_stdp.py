"""Two neurons that fire at set times; the synapse between them learns from the difference."""

import json
import sys

import nest

changes = []
for difference in (-20.0, -10.0, 10.0, 20.0):
    nest.ResetKernel()
    generators = nest.Create(
        "spike_generator",
        2,
        params=[
            {"spike_times": [100.0, 200.0, 300.0]},
            {"spike_times": [100.0 + difference, 200.0 + difference, 300.0 + difference]},
        ],
    )
    neurons = nest.Create("iaf_psc_exp", 2, params={"t_ref": [1.0, 1.0]})
    nest.Connect(generators, neurons, "one_to_one", {"weight": 20000.0})
    nest.Connect(
        neurons[0],
        neurons[1],
        syn_spec={"synapse_model": "stdp_synapse", "weight": 50.0, "lambda": 0.02, "Wmax": 100.0},
    )
    synapse = nest.GetConnections(synapse_model="stdp_synapse")
    before = synapse.get("weight")
    nest.Simulate(400.0)
    changes.append(synapse.get("weight") - before)
json.dump(changes, sys.stdout)
