"""The kernel: its attributes, time, and beginning anew."""

from __future__ import annotations

import signal
import threading
from typing import Any

import pytest

import spiked
from spiked.nest import NESTErrors


def test_attributes_by_all_their_ways(nest: Any) -> None:
    assert nest.resolution == nest.GetKernelStatus("resolution") == 0.1
    assert nest.rng_seed == 143202461
    assert nest.local_num_threads == nest.num_processes == 1
    nest.resolution = 0.5
    nest.SetKernelStatus({"rng_seed": 5, "local_num_threads": 4})
    nest.set(print_time=True, overwrite_files=True)
    assert nest.GetKernelStatus(["resolution", "rng_seed"]) == (0.5, 5)
    assert nest.get("local_num_threads") == 4
    assert nest.get(["print_time", "overwrite_files"]) == {
        "print_time": True,
        "overwrite_files": True,
    }
    assert nest.GetKernelStatus()["tics_per_step"] == 500.0
    assert nest.biological_time == nest.GetKernelStatus()["time"] == 0.0
    nest.ResetKernel()
    assert nest.resolution == 0.1
    assert nest.rng_seed == 143202461


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("resolution", 0.0, NESTErrors.BadProperty),
        ("resolution", 0.0125, NESTErrors.BadProperty),
        ("resolution", "fine", NESTErrors.TypeMismatch),
        ("rng_seed", 0, NESTErrors.BadProperty),
        ("rng_seed", 1.5, NESTErrors.TypeMismatch),
        ("local_num_threads", 0, NESTErrors.BadProperty),
        ("biological_time", 5.0, NESTErrors.BadProperty),
        ("num_connections", 5, NESTErrors.BadProperty),
        ("num_connections", 5, AttributeError),
        ("off_grid_spiking", True, NotImplementedError),
        ("min_delay", 0.5, NESTErrors.BadProperty),
        ("min_delay", "a", NESTErrors.TypeMismatch),
        ("tics_per_ms", 10.0, NotImplementedError),
        ("wfr_tol", 0.1, NotImplementedError),
        ("resolutoin", 0.1, NESTErrors.UnaccessedDictionaryEntry),
        ("resolutoin", 0.1, ValueError),
    ],
)
def test_wrong_attributes_set_nothing(
    nest: Any, name: str, value: Any, error: type[Exception]
) -> None:
    with pytest.raises(error, match=name):
        nest.SetKernelStatus({"rng_seed": 77, name: value} if name != "rng_seed" else {name: value})
    assert nest.rng_seed == 143202461


def test_time_passes(nest: Any) -> None:
    nest.Create("iaf_psc_exp")
    nest.Simulate(10.3)
    assert nest.biological_time == 10.3
    nest.Prepare()
    nest.Run(0.1)
    nest.Run(1.0)
    nest.Cleanup()
    assert nest.biological_time == 11.4
    with nest.RunManager():
        nest.Run(2.0)
    assert nest.biological_time == 13.4
    nest.Simulate(0.0)
    assert nest.biological_time == 13.4


def test_time_passes_without_nodes(nest: Any) -> None:
    nest.Simulate(5.0)
    assert nest.biological_time == 5.0


def test_calls_out_of_order(nest: Any) -> None:
    with pytest.raises(NESTErrors.KernelException, match="Prepare"):
        nest.Run(1.0)
    with pytest.raises(NESTErrors.KernelException, match="Prepare"):
        nest.Cleanup()
    nest.Prepare()
    with pytest.raises(NESTErrors.KernelException, match="Cleanup"):
        nest.Simulate(1.0)
    nest.Cleanup()
    for wrong in (-1.0, 0.05, float("inf")):
        with pytest.raises(NESTErrors.BadParameter, match="multiple of the resolution"):
            nest.Simulate(wrong)
    nest.Create("iaf_psc_exp")
    with pytest.raises(NESTErrors.KernelException, match="before nodes"):
        nest.resolution = 0.2


def test_every_kernel_is_a_session_of_its_own(nest: Any, client: spiked.Client) -> None:
    before = {session.name for session in client.sessions()}

    def own() -> list[spiked.SessionInfo]:
        return [session for session in client.sessions() if session.name not in before]

    nest.set(resolution=0.2, rng_seed=9)
    nest.Create("iaf_psc_exp", 3)
    assert own() == []
    nest.Simulate(1.0)
    (session,) = own()
    assert (session.resolution_ms, session.seed, session.time_ms) == (0.2, 9, 1.0)
    nest.ResetKernel()
    assert own() == []
    nest.Simulate(1.0)
    assert [session.resolution_ms for session in own()] == [0.1]


def test_a_potential_that_leaves_the_numbers_is_an_error(nest: Any) -> None:
    nest.Create("iaf_psc_exp", params={"C_m": 1e-300, "I_e": 1e300, "V_th": float("inf")})
    with pytest.raises(NESTErrors.NumericalInstability):
        nest.Simulate(10.0)


def test_a_simulation_that_was_interrupted_goes_on(nest: Any) -> None:
    generator = nest.Create("spike_generator", params={"spike_times": [1.0]})
    relays, recorder = nest.Create("parrot_neuron", 2), nest.Create("spike_recorder")
    nest.Connect(generator, relays[0])
    # Round and round, every ms.
    nest.Connect(relays[[0, 1]], relays[[1]], "all_to_all")
    nest.Connect(relays[0], recorder)
    nest.Connect(relays[1], recorder)
    nest.Simulate(10.0)
    ctrl_c = threading.Timer(0.3, signal.raise_signal, [signal.SIGINT])
    ctrl_c.start()
    with pytest.raises(KeyboardInterrupt):
        nest.Simulate(80_000_000.0)
    now = nest.biological_time
    assert 10.0 < now < 80_000_000.0
    recorder.n_events = 0
    nest.Simulate(5.0)
    assert nest.biological_time == pytest.approx(now + 5.0)
    assert recorder.n_events == 5


def test_results_do_not_depend_on_how_time_is_cut(nest: Any) -> None:
    courses = []
    for cuts in ([50.0], [10.0, 0.3, 20.7, 19.0]):
        nest.ResetKernel()
        nodes = nest.Create("iaf_psc_exp", 50, {"I_e": nest.random.normal(400.0, 30.0)})
        rule = {"rule": "fixed_indegree", "indegree": 10}
        nest.Connect(nodes, nodes, rule, {"weight": 60.0})
        recorder = nest.Create("spike_recorder")
        nest.Connect(nodes, recorder)
        for cut in cuts:
            nest.Simulate(cut)
        events = recorder.events
        courses.append(sorted(zip(events["times"], events["senders"], strict=True)))
    assert courses[0] == courses[1]
    assert len(courses[0]) > 50


def test_the_delay_of_a_recorder_counts_for_the_order_of_sums(nest: Any) -> None:
    weights = [1e16, -1e16, 1.0]
    potentials = []
    for recorder_delay in (5.0, 1.0):
        nest.ResetKernel()
        times = [[3.0], [1.0], [2.0]]
        generators = nest.Create("spike_generator", 3, [{"spike_times": t} for t in times])
        relays, neuron = nest.Create("parrot_neuron", 3), nest.Create("iaf_psc_delta")
        neuron.V_th = float("inf")
        nest.Connect(generators, relays, "one_to_one", {"delay": 5.0})
        delays = [5.0, 7.0, 6.0]
        nest.Connect(relays, neuron, "all_to_all", {"weight": [weights], "delay": [delays]})
        recorder, voltmeter = nest.Create("spike_recorder"), nest.Create("voltmeter")
        nest.Connect(neuron, recorder, syn_spec={"delay": recorder_delay})
        nest.Connect(voltmeter, neuron, syn_spec={"delay": 5.0})
        assert nest.min_delay == recorder_delay
        nest.Simulate(30.0)
        potentials.append(voltmeter.events["V_m"][12])
    # Within a slice, spikes are summed by sender: (1e16 - 1e16) + 1; from slice to slice by time:
    # (-1e16 + 1) + 1e16.
    assert potentials == [-69.0, -70.0]


def test_bounds_of_delays_hold_for_connections_and_slices(nest: Any) -> None:
    nest.set(min_delay=0.5, max_delay=2.0)
    assert (nest.min_delay, nest.max_delay) == (0.5, 2.0)
    neurons = nest.Create("iaf_psc_exp", 2, {"I_e": 500.0})
    for delay in (0.4, 2.1):
        with pytest.raises(NESTErrors.BadDelay, match="min_delay"):
            nest.Connect(neurons, neurons, syn_spec={"delay": delay})
    nest.Connect(neurons, neurons, syn_spec={"delay": 1.5})
    with pytest.raises(NESTErrors.BadDelay, match="enclose"):
        nest.set(min_delay=1.6, max_delay=2.0)
    voltmeter = nest.Create("voltmeter", params={"interval": 0.1})
    nest.Connect(voltmeter, neurons)
    nest.Simulate(10.0)
    # All but the samples of the last slice, which is as long as the smallest delay.
    assert voltmeter.events["times"].max() == 9.5
    nest.ResetKernel()
    nest.set(resolution=0.25, min_delay=0.25, max_delay=1.0)
    assert (nest.resolution, nest.min_delay) == (0.25, 0.25)


def test_what_is_not_supported_is_named(nest: Any) -> None:
    for name in ("TripartiteConnect", "spatial", "ll_api", "Install", "growth_curves"):
        with pytest.raises(NotImplementedError, match=f"nest.{name}"):
            getattr(nest, name)
    with pytest.raises(AttributeError, match="Creat"):
        nest.Creat("iaf_psc_exp")


def test_calls_around_it(nest: Any, capsys: pytest.CaptureFixture[str]) -> None:
    nest.set_verbosity("M_WARNING")
    assert nest.get_verbosity() == 20
    nest.message(10, "script", "quiet")
    nest.message(30, "script", "loud")
    assert capsys.readouterr().err == "script: loud\n"
    nest.set_verbosity(nest.verbosity.M_INFO)
    with pytest.raises(NESTErrors.BadParameter):
        nest.set_verbosity("M_LOUD")
    assert nest.Rank() == 0
    assert nest.NumProcesses() == 1
    nest.SyncProcesses()
    nest.total_num_virtual_procs = 2
    assert nest.local_num_threads == nest.total_num_virtual_procs == 2
    assert nest.GetLocalVPs() == [0, 1]
    nest.sysinfo()
    assert capsys.readouterr().out.startswith("spiked ")
    nest.Create("iaf_psc_exp", 3)
    nest.Create("parrot_neuron")
    nest.PrintNodes()
    assert capsys.readouterr().out == "1 .. 3 iaf_psc_exp\n4 parrot_neuron\n"
