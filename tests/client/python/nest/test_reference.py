"""Scripts written with the front alone give what NEST recorded (tests/data/reference)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

REFERENCE = Path(__file__).parents[3] / "data" / "reference"
CASES: dict[str, Any] = {
    case["name"]: case for case in json.loads((REFERENCE / "micro.json").read_text())["cases"]
}
NEURONS = [name for name, case in CASES.items() if "V_m" in case]
CHAINS = [name for name, case in CASES.items() if case["model"] == "parrot_neuron"]
SYNAPSES = [name for name, case in CASES.items() if "trace" in case]


@pytest.mark.parametrize("name", NEURONS)
def test_a_neuron_has_the_potentials_and_spikes_of_nest(nest: Any, name: str) -> None:
    case = CASES[name]
    nest.resolution = case["resolution_ms"]
    neuron = nest.Create(case["model"], params=case["params"])
    voltmeter = nest.Create("voltmeter")
    recorder = nest.Create("spike_recorder")
    for given in case["inputs"]:
        device = nest.Create(given["model"])
        if given["model"] == "spike_generator":
            device.spike_times = given["spike_times_ms"]
        else:
            device.set(amplitude=given["amplitude_pA"], start=given["start_ms"])
            if given["stop_ms"] is not None:
                device.stop = given["stop_ms"]
        spec = {"weight": given["weight"], "delay": given["delay_ms"]}
        nest.Connect(device, neuron, syn_spec=spec)
    nest.Connect(voltmeter, neuron)
    nest.Connect(neuron, recorder)
    nest.Simulate(case["duration_ms"])
    assert recorder.get("events", "times").tolist() == case["spikes_ms"]
    # Also the number of samples is NEST's, whose voltmeter has not got the last ones yet.
    events = voltmeter.events
    assert events["times"].tolist() == case["V_m"]["times_ms"]
    assert events["V_m"] == pytest.approx(case["V_m"]["mV"], abs=1e-12)


@pytest.mark.parametrize("name", CHAINS)
def test_a_chain_of_relays_has_the_spikes_of_nest(nest: Any, name: str) -> None:
    case = CASES[name]
    before = nest.Create("spike_generator", params={"spike_times": case["spike_times_ms"]})
    if case["multiplicities"] is not None:
        before.spike_multiplicities = case["multiplicities"]
    recorders = []
    for delay in case["delays_ms"]:
        parrot, recorder = nest.Create("parrot_neuron"), nest.Create("spike_recorder")
        nest.Connect(before, parrot, syn_spec={"delay": delay})
        nest.Connect(parrot, recorder)
        before = parrot
        recorders.append(recorder)
    nest.Simulate(case["duration_ms"])
    assert [r.events["times"].tolist() for r in recorders] == case["spikes_ms"]


@pytest.mark.parametrize("name", SYNAPSES)
def test_a_plastic_synapse_has_the_course_of_nest(nest: Any, name: str) -> None:
    case = CASES[name]
    pre = nest.Create("parrot_neuron")
    post = nest.Create("iaf_psc_exp", params=case["post_params"])
    delay = {"delay": case["generator_delays_ms"]}
    for times, target, weight in (
        (case["pre_generator_ms"], pre, 1.0),
        (case["post_generator_ms"], post, case["post_generator_weight"]),
    ):
        generator = nest.Create("spike_generator", params={"spike_times": times})
        nest.Connect(generator, target, syn_spec={"weight": weight, **delay})
    properties = dict(case["props"])
    if "dopa_generator_ms" in case:
        times = {"spike_times": case["dopa_generator_ms"]}
        generator, dopa = nest.Create("spike_generator", params=times), nest.Create("parrot_neuron")
        nest.Connect(generator, dopa, syn_spec=delay)
        transmitter = nest.Create(
            "volume_transmitter", params={"deliver_interval": case["deliver_interval"]}
        )
        nest.Connect(dopa, transmitter, syn_spec={"delay": case["dopa_to_vt_delay_ms"]})
        properties["volume_transmitter"] = transmitter
    nest.CopyModel(case["model"], "learning", properties)
    nest.Connect(
        pre,
        post,
        syn_spec={
            "synapse_model": "learning",
            "weight": case["initial_weight"],
            "delay": case["delay_ms"],
        },
    )
    synapse = nest.GetConnections(pre, post)
    columns = case["columns"][1:]
    for row in case["trace"]:
        nest.Simulate(row[0] - nest.biological_time)
        assert list(synapse.get(columns).values()) == pytest.approx(row[1:], rel=1e-9)


class Player:
    """What both players of pong have in common."""

    def __init__(self, nest: Any, offset_ms: float) -> None:
        self.nest = nest
        self.offset_ms = offset_ms
        self.inputs = nest.Create("spike_generator", 20)
        self.relays = nest.Create("parrot_neuron", 20)
        self.motor = nest.Create("iaf_psc_exp", 20)
        self.recorders = nest.Create("spike_recorder", 20)
        nest.Connect(self.inputs, self.relays, "one_to_one")
        nest.Connect(self.motor, self.recorders, "one_to_one")

    def poll(self, cell: int) -> list[np.ndarray[Any, Any]]:
        """Stamps of each motor neuron in a poll of 200 ms with the ball in a cell."""
        begin = self.nest.biological_time
        for generator in self.inputs:
            self.nest.SetStatus(generator, {"spike_times": []})
        self.times = [begin + self.offset_ms + 10.0 * k for k in range(20)]
        self.inputs[cell].spike_times = self.times
        self.recorders.n_events = 0
        self.nest.Simulate(200.0)
        return [events["times"] for events in self.recorders.get("events")]


def initial(nest: Any, pre: Any, post: Any, matrix: list[list[float]], model: str) -> None:
    """Connects all to all; weights of each source in a row."""
    weights = np.array(matrix).T
    nest.Connect(pre, post, "all_to_all", {"synapse_model": model, "weight": weights})


def test_a_player_that_learns_by_reward_plays_as_in_nest(nest: Any) -> None:
    reference = json.loads((REFERENCE / "pong_rstdp_clean.json").read_text())
    player = Player(nest, 1.0)
    initial(nest, player.relays, player.motor, reference["initial_weights"], "static_synapse")
    for poll in reference["iterations"]:
        spikes = player.poll(poll["cell"])
        assert [times.tolist() for times in spikes] == poll["motor_spikes_ms"]
        # The rule of Wunderlich et al. 2019, as a script computes it.
        for synapse in nest.GetConnections(player.relays[poll["cell"]], player.motor):
            post = spikes[synapse.target - player.motor[0].global_id]
            trace, used = 0.0, 0
            for time in post:
                before = int(np.searchsorted(player.times, time))
                if before != used and before > 0:
                    trace += 36.0 * np.exp(-(time - player.times[before - 1]) / 64.0)
                    used = before
            synapse.set({"weight": synapse.weight + 0.7 * min(trace, 128.0) * poll["reward"]})
        if "weights" in poll:
            weights = nest.GetConnections(player.relays, player.motor).get("weight")
            assert weights == pytest.approx(np.ravel(poll["weights"]).tolist(), rel=1e-9)
        else:
            row = nest.GetConnections(player.relays[poll["cell"]], player.motor)
            assert row.get("weight") == pytest.approx(poll["weights_row"], rel=1e-9)


def test_a_player_that_learns_by_dopamine_plays_as_in_nest(nest: Any) -> None:
    reference = json.loads((REFERENCE / "pong_dopa_active_critic.json").read_text())
    transmitter = nest.Create("volume_transmitter")
    nest.SetDefaults(
        "stdp_dopamine_synapse",
        {
            "vt": transmitter.global_id,
            "tau_c": 70,
            "tau_n": 30,
            "tau_plus": 45,
            "b": 0.028,
            "A_plus": 0.85,
            "Wmin": 1220,
            "Wmax": 1750,
        },
    )
    player = Player(nest, 32.0)
    striatum, vp, dopa = (nest.Create("iaf_psc_exp", 8) for _ in range(3))
    matrices = reference["initial_weights"], reference["initial_weights_striatum"]
    for post, matrix in zip((player.motor, striatum), matrices, strict=True):
        initial(nest, player.relays, post, matrix, "stdp_dopamine_synapse")
    nest.Connect(striatum, vp, syn_spec={"weight": -250.0})
    nest.Connect(vp, dopa, syn_spec={"weight": -1150.0})
    nest.Connect(striatum, dopa, syn_spec={"weight": -1150.0, "delay": 200.0})
    nest.Connect(dopa, transmitter)
    current = nest.Create("dc_generator")
    nest.Connect(current, dopa)
    recorders = [nest.Create("spike_recorder") for _ in range(3)]
    for population, recorder in zip((striatum, vp, dopa), recorders, strict=True):
        nest.Connect(population, recorder)
    names = "striatum_spikes", "vp_spikes", "dopa_spikes"
    for poll in reference["iterations"]:
        for recorder in recorders:
            recorder.set({"n_events": 0})
        spikes = player.poll(poll["cell"])
        assert [times.tolist() for times in spikes] == poll["motor_spikes_ms"]
        for name, recorder, first in zip(
            names, recorders, (striatum[0], vp[0], dopa[0]), strict=True
        ):
            # In the order in which NEST's recorder holds them.
            events = recorder.get("events")
            found = [
                [sender - first.global_id, time]
                for sender, time in zip(events["senders"], events["times"], strict=True)
            ]
            assert found == poll[name]
        if "weights_row" in poll:
            row = nest.GetConnections(player.relays[poll["cell"]], player.motor)
            assert row.weight == pytest.approx(poll["weights_row"], rel=1e-9)
        current.stop = nest.biological_time + 32.0
        current.start = nest.biological_time
        current.amplitude = poll["dopa_current_pA"]
