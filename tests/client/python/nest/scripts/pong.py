"""Networks that learn pong, by dopamine and by reward or one of them: POLLS SEED [PLAYER...]."""

import json
import sys

import nest
import numpy as np

NEURONS, POLL_MS = 20, 200.0


class Network:
    def __init__(self, offset_ms):
        self.offset_ms = offset_ms
        self.generators = nest.Create("spike_generator", NEURONS)
        self.relays = nest.Create("parrot_neuron", NEURONS)
        nest.Connect(self.generators, self.relays, {"rule": "one_to_one"})
        self.motor = nest.Create("iaf_psc_exp", NEURONS)
        self.recorders = nest.Create("spike_recorder", NEURONS)
        nest.Connect(self.motor, self.recorders, {"rule": "one_to_one"})
        self.connect()

    def set_input(self, cell, now):
        self.cell = cell
        self.times = [np.round(now + self.offset_ms + 10.0 * k, 1) for k in range(20)]
        for k in range(NEURONS):
            nest.SetStatus(self.generators[k], {"spike_times": []})
        nest.SetStatus(self.generators[cell], {"spike_times": self.times})

    def counts(self):
        return np.array(self.recorders.get("n_events"))

    def reset(self):
        self.recorders.set({"n_events": 0})


class Dopamine(Network):
    def connect(self):
        self.transmitter = nest.Create("volume_transmitter")
        nest.SetDefaults(
            "stdp_dopamine_synapse",
            {
                "volume_transmitter": self.transmitter,
                "tau_c": 70,
                "tau_n": 30,
                "tau_plus": 45,
                "b": 0.028,
                "A_plus": 0.85,
                "Wmin": 1220,
                "Wmax": 1550,
            },
        )
        learning = {"synapse_model": "stdp_dopamine_synapse"}
        learning["weight"] = nest.random.normal(1275, 8)
        nest.Connect(self.relays, self.motor, "all_to_all", learning)
        noise = nest.Create("poisson_generator", NEURONS, params={"rate": 15.0})
        nest.Connect(noise, self.motor, "one_to_one", {"weight": 1275.0})
        self.striatum = nest.Create("iaf_psc_exp", 8)
        vp = nest.Create("iaf_psc_exp", 8)
        self.dopa = nest.Create("iaf_psc_exp", 8)
        nest.Connect(self.relays, self.striatum, "all_to_all", learning)
        nest.Connect(self.striatum, vp, syn_spec={"weight": -250.0})
        nest.Connect(vp, self.dopa, syn_spec={"weight": -1150.0})
        nest.Connect(self.striatum, self.dopa, syn_spec={"weight": -1150.0, "delay": 200.0})
        nest.Connect(self.dopa, self.transmitter)
        self.current = nest.Create("dc_generator")
        nest.Connect(self.current, self.dopa)

    def reward(self, now):
        counts = self.counts()
        amplitude = 4800.0 * counts[self.cell] / max(1, counts.sum()) + 100.0
        self.current.stop = now + 32.0
        self.current.start = now
        self.current.amplitude = min(amplitude, 1000.0)


class Reward(Network):
    def connect(self):
        weight = nest.random.normal(1300, 1)
        nest.Connect(self.relays, self.motor, "all_to_all", {"weight": weight})
        noise = nest.Create("noise_generator", NEURONS, params={"std": 220.0})
        nest.Connect(noise, self.motor, "one_to_one")
        self.mean = np.zeros(NEURONS)

    def reward(self, now):
        winner = int(np.argmax(self.counts()))
        bare = max(0.0, 1.0 - 0.3 * abs(winner - self.cell))
        reward = bare - self.mean[self.cell]
        self.mean[self.cell] += reward / 2
        spikes = self.recorders.get("events")
        for synapse in nest.GetConnections(self.relays[self.cell], self.motor):
            post = spikes[synapse.get("target") - self.motor[0].get("global_id")]["times"]
            trace = sum(36.0 * np.exp(-((t - self.offset_ms) % 10.0) / 64.0) for t in post)
            weight = synapse.get("weight") + 0.7 * min(trace, 128.0) * reward
            synapse.set({"weight": weight})


PLAYERS = {"Dopamine": (Dopamine, 32.0), "Reward": (Reward, 1.0)}


def main(polls, seed, *players):
    nest.ResetKernel()
    nest.rng_seed = seed
    networks = [kind(offset_ms) for kind, offset_ms in map(PLAYERS.get, players or PLAYERS)]
    random = np.random.default_rng(seed)
    now, counts = 0.0, []
    for _ in range(polls):
        for network in networks:
            network.set_input(int(random.integers(NEURONS)), now)
        nest.Simulate(POLL_MS)
        now += POLL_MS
        for network in networks:
            counts.append(network.counts().tolist())
            network.reward(now)
            network.reset()
    weights = [nest.GetConnections(net.relays, net.motor).get("weight") for net in networks]
    return {"counts": counts, "weights": weights}


if __name__ == "__main__":
    json.dump(main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:]), sys.stdout)
