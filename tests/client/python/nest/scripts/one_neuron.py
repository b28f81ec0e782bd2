"""A neuron with a constant current and a noisy one, as an introduction to PyNEST has it."""

import json
import sys

import nest

nest.ResetKernel()
nest.set_verbosity("M_WARNING")
nest.rng_seed = int(sys.argv[1])

neuron = nest.Create("iaf_psc_alpha")
neuron.I_e = 376.0
noisy = nest.Create("iaf_psc_alpha")
noise = nest.Create("poisson_generator", 2)
noise.set([{"rate": 80000.0}, {"rate": 15000.0}])

multimeter = nest.Create("multimeter", params={"record_from": ["V_m"]})
recorder = nest.Create("spike_recorder")

nest.Connect(multimeter, neuron)
nest.Connect(multimeter, noisy)
nest.Connect(neuron + noisy, recorder)
nest.Connect(noise[0], noisy, syn_spec={"weight": 1.2, "delay": 1.0})
nest.Connect(noise[1], noisy, syn_spec={"weight": -2.0, "delay": 1.0})

nest.Simulate(500.0)
with nest.RunManager():
    nest.Run(250.0)
    nest.Run(250.0)

events = multimeter.get("events")
spikes = nest.GetStatus(recorder, "events")[0]
json.dump(
    {
        "times": spikes["times"].tolist(),
        "senders": spikes["senders"].tolist(),
        "V_m": events["V_m"][events["senders"] == neuron.global_id].tolist(),
        "samples": len(events["times"]),
    },
    sys.stdout,
)
