"""Scripts run as they are by ``python3 -m spiked.nest``, each in a session of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Server

import spiked

SCRIPTS = Path(__file__).parent / "scripts"


def run(server: Server, script: Path | str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "spiked.nest", "--server", server.address, str(script)]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)


def result(server: Server, script: str, *arguments: str) -> Any:
    ran = run(server, SCRIPTS / script, *arguments)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def balanced(seed: int, client: spiked.Client) -> tuple[spiked.Spikes, int, int]:
    """The network of brunel.py, made by the calls of this package alone."""
    net = spiked.NetworkSpecification()
    neuron = {"C_m": 1.0, "tau_m": 20.0, "E_L": 0.0, "V_reset": 0.0, "V_th": 20.0}
    ex = net.population("ex", "iaf_psc_delta", 800, neuron, record_spikes=True)
    inh = net.population("in", "iaf_psc_delta", 200, neuron, record_spikes=True)
    rate = 2e3 * 20.0 / (0.2 * 80 * 20.0) * 80
    noise = net.population("noise", "poisson_generator", rate=rate)
    for target in (ex, inh):
        net.connect(noise, target, weight=0.2, delay=1.5)
    for source, indegree, weight in ((ex, 80, 0.2), (inh, 20, -1.0)):
        for target in (ex, inh):
            rule = spiked.fixed_indegree(indegree)
            net.connect(source, target, rule, weight=weight, delay=1.5)
    with client.create_session(seed=seed) as session:
        made = session.create_network("nest", net)
        session.step(300.0)
        inhibitory = session.get_spikes("nest/in").senders
        return session.get_spikes("nest/ex"), int((inhibitory < 50).sum()), made.synapses


def test_a_balanced_network_fires_as_it_does_without_the_front(
    server: Server, client: spiked.Client
) -> None:
    found = result(server, "brunel.py", "7")
    spikes, inhibitory, synapses = balanced(7, client)
    recorded = spikes.senders < 50
    assert recorded.sum() > 500
    assert found["n_events"] == [recorded.sum(), inhibitory]
    by_time = np.lexsort((found["senders"], found["times"]))
    assert np.array_equal(np.array(found["times"])[by_time], spikes.times_ms[recorded])
    assert np.array_equal(np.array(found["senders"])[by_time] - 1, spikes.senders[recorded])
    # NEST counts the recorders' connections, too.
    assert found["connections"] == synapses + 100
    assert found["excitatory"] == 1000 * 80 + 1000 + 100


def test_a_neuron_fires_as_it_does_without_the_front(server: Server, client: spiked.Client) -> None:
    found = result(server, "one_neuron.py", "3")
    net = spiked.NetworkSpecification()
    calm = net.population("calm", "iaf_psc_alpha", I_e=376.0, record_spikes=True)
    noisy = net.population("noisy", "iaf_psc_alpha", record_spikes=True)
    noise = net.population("noise", "poisson_generator", 2, rate=[80000.0, 15000.0])
    net.multimeter("voltmeter", calm)
    net.connect(noise, noisy, spiked.explicit_pairs([0], [0]), weight=1.2)
    net.connect(noise, noisy, spiked.explicit_pairs([1], [0]), weight=-2.0)
    with client.create_session(seed=3) as session:
        session.create_network("nest", net)
        session.step(1000.0)
        calm_spikes, noisy_spikes = (session.get_spikes(f"nest/{n}") for n in ("calm", "noisy"))
        potentials = session.get_signals("nest/voltmeter")["V_m"][:, 0]
    times, senders = np.array(found["times"]), np.array(found["senders"])
    assert times[senders == 1].tolist() == calm_spikes.times_ms.tolist()
    assert times[senders == 2].tolist() == noisy_spikes.times_ms.tolist()
    assert len(noisy_spikes.times_ms) > 0
    # NEST's multimeter lacks the sample of the last slice.
    assert found["V_m"] == potentials[:-1].tolist()
    assert found["samples"] == 2 * 999


def test_a_synapse_learns_from_the_order_of_two_spikes(server: Server) -> None:
    changes = result(server, "two_neurons_stdp.py")
    assert changes[0] < 0
    assert changes[1] < changes[0]
    assert changes[2] > changes[3] > 0


def test_equal_seeds_give_equal_matches(server: Server) -> None:
    one, same, other = (result(server, "pong.py", "10", seed) for seed in ("1", "1", "2"))
    assert one == same
    assert one["counts"] != other["counts"]
    assert np.ptp(one["weights"]) > 1.0


def test_players_that_a_script_trains_learn(server: Server) -> None:
    found = result(server, "pong.py", "600", "1")
    for weights in np.reshape(found["weights"], (2, 20, 20)):
        # From a cell of the ball to the motor neuron beside it.
        assert weights.diagonal().mean() > weights.mean() + 10.0
    counts = np.array(found["counts"])[1::2]
    cells = np.random.default_rng(1).integers(20, size=1200)[1::2]
    earned = np.maximum(0.0, 1.0 - 0.3 * np.abs(counts.argmax(1) - cells))
    assert earned[-100:].mean() > earned[:100].mean() + 0.1


def test_a_player_that_a_script_builds_is_the_preset(server: Server, client: spiked.Client) -> None:
    """To the last spike and weight: so it earns what the preset earns, and NEST's player."""
    found = result(server, "pong.py", "30", "3", "Dopamine")
    cells = np.random.default_rng(3).integers(20, size=30)
    with client.create_session(seed=3) as session:
        session.create_network("player", "pong/dopamine", num_neurons=20, noise=True)
        inputs: dict[str, Any] = {}
        counts = []
        for poll, cell in enumerate(cells.tolist()):
            begin = 200.0 * poll
            train = {cell: [begin + 32.0 + 10.0 * k for k in range(20)]}
            inputs["player/input"] = spiked.spike_trains(train)
            read = {"spike_counts": "player/motor"}
            count = session.step(200.0, inputs=inputs, read=read).spike_counts["player/motor"]
            counts.append(count.tolist())
            now = begin + 200.0
            amplitude = 4800.0 * count[cell] / max(1, count.sum()) + 100.0
            inputs["player/dopa_current"] = {
                "amplitude": min(amplitude, 1000.0),
                "start": now,
                "stop": now + 32.0,
            }
        weights = session.get_weights("player/input_motor").values.tolist()
    assert found["counts"] == counts
    assert found["weights"] == [weights]


def test_populations_that_are_put_together_by_a_script_fire_as_without_the_front(
    server: Server, client: spiked.Client
) -> None:
    found = result(server, "populations.py")
    net = spiked.NetworkSpecification()
    currents = [450.0 + 5.0 * k for k in range(20)]
    first = net.population("first", "iaf_psc_alpha", 20, I_e=currents, record_spikes=True)
    potentials = [-70.0 + 0.5 * k for k in range(10)]
    second = net.population(
        "second", "iaf_psc_alpha", 10, V_m=potentials, tau_m=15.0, I_e=300.0, record_spikes=True
    )
    net.connect(first, second, weight=[60.0 + s + t for s in range(20) for t in range(10)])
    net.connect(
        first,
        second,
        "one_to_one",
        source_neurons=range(10),
        weight=150.0,
        delay=2.0,
        synapse_model="tsodyks2_synapse",
        U=0.6,
        u=0.5,  # which in NEST does not go with U
        tau_rec=120.0,
    )
    net.connect(
        second,
        first,
        source_neurons=range(0, 10, 2),
        target_neurons=[19],
        weight=-60.0,
        delay=[1.0, 1.5, 2.0, 2.5, 3.0],
        synapse_model="stdp_synapse",
        name="back",
        parameters={"Wmax": -300.0, "lambda": 0.05},
    )
    with client.create_session(seed=1) as session:
        session.create_network("nest", net)
        session.step(300.0)
        spikes = [session.get_spikes(f"nest/{name}") for name in ("first", "second")]
        weights = session.get_weights("nest/back").values
    assert found["first"] == [train.tolist() for train in spikes[0].trains()]
    assert found["second"] == [train.tolist() for train in spikes[1].trains()]
    assert min(len(one.times_ms) for one in spikes) > 50
    assert found["weights"] == weights.tolist()
    assert (weights != -60.0).all()


def test_a_script_has_its_arguments_and_its_folder_as_python_gives_them(
    server: Server, tmp_path: Path
) -> None:
    (tmp_path / "beside.py").write_text("import nest\nNEURON = nest.Create('iaf_psc_exp')\n")
    script = tmp_path / "script.py"
    script.write_text(
        "import sys, beside\nfrom nest.random import normal\n"
        "if __name__ == '__main__':\n    print(sys.argv[1:], beside.NEURON.global_id)\n"
    )
    ran = run(server, script, "--seed", "1")
    assert ran.stdout == "['--seed', '1'] 1\n", ran.stderr


def test_tests_that_were_written_for_nest_run(server: Server, tmp_path: Path) -> None:
    tests = tmp_path / "test_relay.py"
    tests.write_text(
        "import nest\n\ndef test_one():\n    assert nest.Create('parrot_neuron').global_id == 1\n"
    )
    ran = run(server, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tests))
    assert "1 passed" in ran.stdout, ran.stdout


@pytest.mark.parametrize("end", ["", "raise ValueError('wrong')", "sys.exit(3)"])
def test_the_session_goes_when_the_script_ends(
    server: Server, client: spiked.Client, tmp_path: Path, end: str
) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import nest, sys\nnest.Create('iaf_psc_exp')\nnest.Simulate(1.0)\n"
        f"nest.ResetKernel()\nnest.Create('iaf_psc_exp')\nnest.Simulate(1.0)\n{end}\n"
    )
    before = client.sessions()
    ran = run(server, script)
    assert ran.returncode == {"": 0, "sys.exit(3)": 3}.get(end, 1)
    assert ("ValueError: wrong" in ran.stderr) == end.startswith("raise")
    assert len(client.sessions()) == len(before)


def test_what_is_wrong_is_told_in_a_line(server: Server, tmp_path: Path) -> None:
    missing = run(server, tmp_path / "missing.py")
    assert missing.returncode == 2
    assert missing.stderr == f"spiked.nest: there is no script {tmp_path}/missing.py\n"
    script = tmp_path / "script.py"
    script.write_text("import nest\nnest.Create('iaf_psc_exp')\n")
    nowhere = ["--server", f"unix:{tmp_path}/none"]
    command = [sys.executable, "-m", "spiked.nest", *nowhere, str(script)]
    alone = subprocess.run(command, capture_output=True, text=True, check=False)
    assert alone.returncode == 1
    assert "no spiked server answers at" in alone.stderr.splitlines()[-1]
