"""Sessions against a real server: creating, driving, reading, deleting."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import spiked


def balanced() -> spiked.NetworkSpecification:
    net = spiked.NetworkSpecification()
    net.population("drive", "poisson_generator", 100, rate=8000.0)
    net.population("E", "iaf_psc_exp", 100, V_th=-50.0, record_spikes=True)
    net.connect("drive", "E", "one_to_one", weight=spiked.normal(150, 15))
    net.connect("E", "E", spiked.fixed_indegree(10), weight=spiked.normal(20, 2), delay=1.5)
    net.multimeter("voltmeter", "E", ["V_m", "I_syn_ex"], interval=2.0)
    return net


def test_a_session_is_deleted_at_the_end_of_its_block(client: spiked.Client) -> None:
    with client.create_session("short", display_name="for a moment", seed=7) as session:
        assert session.name == "sessions/short"
        assert session.seed == 7
        assert "sessions/short" in [info.name for info in client.sessions()]
    assert "sessions/short" not in [info.name for info in client.sessions()]


def test_an_attached_session_outlives_its_block(client: spiked.Client) -> None:
    with client.create_session("kept") as session:
        with client.attach_session("kept") as again:
            assert again.name == session.name
        assert session.time_ms == 0.0


def test_an_error_in_the_block_is_not_hidden_by_a_session_that_is_gone(
    client: spiked.Client,
) -> None:
    def fail() -> None:
        with client.create_session() as session:
            session.delete()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()


def test_a_network_from_a_preset_has_its_parts(session: spiked.Session) -> None:
    player = session.create_network("player", "pong/rstdp", num_neurons=20, noise=True)
    assert player.populations["motor"].size == 20
    assert player.projections["input_motor"].synapse_model == "rstdp_synapse"
    assert list(session.networks()) == ["player"]


def test_a_network_is_built_from_a_dictionary(session: spiked.Session) -> None:
    made = session.create_network(
        "net",
        {
            "populations": {"a": {"model": "iaf_psc_exp", "size": 3, "V_th": -50.0}},
            "projections": [{"source": "a", "target": "a", "rule": "all_to_all", "weight": 2.0}],
        },
    )
    assert (made.neurons, made.synapses) == (3, 9)
    assert session.get_weights("net/a_a").matrix.tolist() == [[2.0] * 3] * 3


def test_validating_builds_nothing(session: spiked.Session) -> None:
    assert session.validate_network("net", balanced()).synapses == 1100
    assert session.networks() == {}


def test_a_step_applies_inputs_and_reads_what_was_asked_for(session: spiked.Session) -> None:
    player = session.create_network("player", "pong/rstdp", num_neurons=20)
    result = session.step(
        200,
        inputs={player["input"]: spiked.spike_trains({3: np.arange(1.0, 100.0, 5)}, relative=True)},
        read={
            "spike_counts": player["motor"],
            "spikes": ["player/motor"],
            "weights": player["input_motor"],
        },
        expected_time_ms=0.0,
    )
    assert result.time_ms == 200.0
    assert not result.halted
    assert result.spike_counts["player/motor"].shape == (20,)
    assert result.spike_counts[player["motor"]].sum() == len(result.spikes["player/motor"]) > 0
    assert np.array_equal(
        result.spikes[player["motor"]].counts(), result.spike_counts[player["motor"]]
    )
    assert result.weights["player/input_motor"].matrix.shape == (20, 20)


def test_rewards_change_the_weights_of_whom_they_reach(session: spiked.Session) -> None:
    player = session.create_network("player", "pong/rstdp", num_neurons=10)
    before = session.get_weights(player["input_motor"])
    stamps = spiked.spike_trains({3: np.arange(1.0, 100.0, 5)}, relative=True)
    session.step(200, inputs={"player/input": stamps})
    assert session.apply_reward({player: 0.5}) == 200.0
    after = session.get_weights(player["input_motor"])
    changed = (before.matrix != after.matrix).any(axis=1)
    assert changed.tolist() == [row == 3 for row in range(10)]


def test_weights_can_be_read_changed_and_written_back(session: spiked.Session) -> None:
    session.create_network("net", balanced())
    weights = session.get_weights("net/E_E")
    assert not weights.dense
    assert weights.sources.shape == weights.targets.shape == weights.values.shape == (1000,)
    session.set_weights("net/E_E", weights.values * 2)
    assert np.array_equal(session.get_weights("net/E_E").values, weights.values * 2)
    session.set_weights("net/E_E", weights)
    assert np.array_equal(session.get_weights("net/E_E").values, weights.values)


def test_spikes_and_signals_come_as_arrays(session: spiked.Session) -> None:
    net = session.create_network("net", balanced())
    session.step(500)
    spikes = session.get_spikes(net["E"], after_ms=100, until_ms=400)
    assert len(spikes) > 0
    assert spikes.times_ms.min() > 100
    assert spikes.times_ms.max() <= 400
    assert spikes.counts().shape == (100,)
    assert spikes.rate_hz == pytest.approx(len(spikes) / 100 / 0.3)
    signals = session.get_signals(net["voltmeter"])
    assert signals["V_m"].shape == (250, 100)
    assert signals.units == {"V_m": "mV", "I_syn_ex": "pA"}
    assert np.array_equal(signals.times_ms, np.arange(2.0, 501.0, 2.0))


def test_equal_seeds_give_equal_spikes(client: spiked.Client) -> None:
    def run() -> spiked.Spikes:
        with client.create_session(seed=3) as session:
            session.create_network("net", balanced())
            session.step(100)
            return session.get_spikes("net/E")

    first, second = run(), run()
    assert np.array_equal(first.times_ms, second.times_ms)
    assert np.array_equal(first.senders, second.senders)


def test_a_step_is_halted_from_another_thread(session: spiked.Session) -> None:
    session.create_network("net", balanced())
    results = []
    stepping = threading.Thread(target=lambda: results.append(session.step(80_000_000)))
    stepping.start()
    while not session.halt():
        pass
    stepping.join(60)
    assert (results[0].halted, results[0].halt_reason) == (True, "HALTED")
    assert 0 < results[0].time_ms < 80_000_000
    assert session.step(1).time_ms == results[0].time_ms + 1


def test_a_step_is_halted_after_its_timeout(session: spiked.Session) -> None:
    session.create_network("net", balanced())
    with pytest.raises(spiked.DeadlineExceeded) as caught:
        session.step(80_000_000, timeout_s=0.1)
    assert isinstance(caught.value, TimeoutError)
    while session.info().state == "busy":
        pass
    assert 0 < session.time_ms < 80_000_000


def test_a_step_from_the_wrong_time_is_refused(session: spiked.Session) -> None:
    session.step(2.5)
    with pytest.raises(spiked.TimeMismatch) as caught:
        session.step(1, expected_time_ms=5.0)
    assert caught.value.time_ms == session.time_ms == 2.5
