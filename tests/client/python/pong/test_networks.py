"""The players of NEST's example on a real server."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

import spiked
from spiked.pong import (
    Match,
    PlayerKind,
    Poll,
    PongNet,
    PongNetDopa,
    PongNetRSTDP,
    SplitMix64,
    play,
)
from spiked.pong.game import SIDES, Game
from spiked.pong.record import Floats


def play_by_hand(
    session: spiked.Session, nets: Sequence[PongNet], random: SplitMix64, polls: int
) -> list[list[int | None]]:
    """The loop of NEST's example; returns the winners of each poll."""
    game = Game(20, random)
    winners: list[list[int | None]] = []
    time_ms = 0.0
    for _ in range(polls):
        for net in nets:
            net.set_input_spiketrain(game.ball_row, time_ms)
        time_ms = session.step(200).time_ms
        for net in nets:
            net.apply_synaptic_plasticity(time_ms)
            net.reset()
        winners.append([net.winning_neuron for net in nets])
        left, right = (
            int(np.sign((net.winning_neuron or 0) - game.paddle_row(side)))
            for side, net in zip(SIDES, nets, strict=True)
        )
        game.advance((left, right), random)
    return winners


@pytest.mark.parametrize(
    ("kinds", "nets"),
    [
        (("rn", "r"), ((PongNetRSTDP, True), (PongNetRSTDP, False))),
        (("d", "dn"), ((PongNetDopa, False), (PongNetDopa, True))),
    ],
    ids=["rstdp", "dopamine"],
)
def test_the_loop_of_the_example_plays_the_match_of_the_program(
    client: spiked.Client, kinds: tuple[str, str], nets: Sequence[tuple[type[PongNet], bool]]
) -> None:
    match = Match((PlayerKind(kinds[0]), PlayerKind(kinds[1])), rows=20, seed=1)
    polls: list[Poll] = []
    weights: list[list[Floats]] = []

    def on_poll(poll: Poll, matrices: list[Floats] | None) -> None:
        assert matrices is not None
        polls.append(poll)
        weights.append(matrices)

    with client.create_session(seed=1) as session:
        play(session, match, 60, weights_every=1, on_poll=on_poll)
    random = SplitMix64(1)
    with client.create_session(seed=1) as session:
        # The order of chance: first the ball is placed, by the game.
        made = [net(session, noise, random=random) for net, noise in nets]
        winners = play_by_hand(session, made, random, 60)
        data = [net.get_performance_data() for net in made]
    assert winners == [[player.winner for player in poll.players] for poll in polls]
    for side in SIDES:
        assert np.array_equal(data[side].weights, [matrices[side] for matrices in weights])
        means = [poll.players[side].mean_reward for poll in polls]
        assert np.allclose(data[side].mean_rewards.mean(axis=1), means, rtol=1e-12)


@pytest.fixture
def net(session: spiked.Session) -> PongNetRSTDP:
    return PongNetRSTDP(session, apply_noise=False, num_neurons=5)


def poll(net: PongNet, cell: int) -> float:
    time_ms = net.session.time_ms
    net.set_input_spiketrain(cell, time_ms)
    return net.session.step(200).time_ms


@pytest.mark.parametrize(("every", "kept"), [(1, [0, 1, 2]), (2, [0, 2]), (0, [])])
def test_keeps_the_weights_of_every_so_many_polls(
    session: spiked.Session, every: int, kept: list[int]
) -> None:
    net = PongNetDopa(session, num_neurons=5, weights_every=every)
    weights = []
    for cell in range(3):
        time_ms = poll(net, cell)
        weights.append(net.get_all_weights())
        net.apply_synaptic_plasticity(time_ms)
    data = net.get_performance_data()
    assert data.mean_rewards.shape == (3, 5)
    assert data.weights.tolist() == [weights[k].tolist() for k in kept]


@pytest.mark.parametrize(
    ("kind", "noise", "text"),
    [
        (PongNetRSTDP, True, "noisy R-STDP"),
        (PongNetRSTDP, False, "clean R-STDP"),
        (PongNetDopa, True, "noisy TD"),
        (PongNetDopa, False, "clean TD"),
    ],
)
def test_says_what_it_is(
    session: spiked.Session, kind: type[PongNet], noise: bool, text: str
) -> None:
    assert repr(kind(session, apply_noise=noise)) == text


def test_weights_are_set_as_they_are_got(net: PongNetRSTDP) -> None:
    weights = 1300.0 + np.arange(25.0).reshape(5, 5)
    net.set_all_weights(weights)
    assert np.array_equal(net.get_all_weights(), weights)
    net.set_all_weights(1400.0)
    assert np.array_equal(net.get_all_weights(), np.full((5, 5), 1400.0))


def test_counts_the_spikes_of_the_poll(net: PongNetRSTDP) -> None:
    # Only neuron 3 is driven enough, and by cell 1 alone.
    weights = np.full((5, 5), 10.0)
    weights[1, 3] = 3000.0
    net.set_all_weights(weights)
    poll(net, 1)
    counts = net.get_spike_counts()
    assert counts.shape == (5,)
    assert counts[3] > 0
    assert counts.sum() == counts[3]
    assert net.get_max_activation() == 3
    net.reset()
    assert net.get_spike_counts().tolist() == [0] * 5
    poll(net, 1)
    poll(net, 0)
    assert net.get_spike_counts().sum() <= 1, "only what was under way when the poll began"


def test_a_reward_is_relative_to_what_was_expected(net: PongNetRSTDP) -> None:
    weights = np.full((5, 5), 10.0)
    weights[1, 1] = 3000.0
    net.set_all_weights(weights)
    poll(net, 1)
    assert net.calculate_reward() == 1.0
    assert net.winning_neuron == 1
    assert net.mean_reward.tolist() == [0.0, 0.5, 0.0, 0.0, 0.0]
    poll(net, 1)
    assert net.calculate_reward() == 0.5
    data = net.get_performance_data()
    assert data.mean_rewards.tolist() == [[0.0, 0.5, 0.0, 0.0, 0.0], [0.0, 0.75, 0.0, 0.0, 0.0]]
    assert np.array_equal(data.weights, [weights, weights])


def test_plasticity_strengthens_what_was_rewarded(net: PongNetRSTDP) -> None:
    weights = np.full((5, 5), 10.0)
    weights[1, 1] = 3000.0
    net.set_all_weights(weights)
    net.apply_synaptic_plasticity(poll(net, 1))
    after = net.get_all_weights()
    assert after[1, 1] > 3000.0
    assert np.delete(after.ravel(), 6).tolist() == np.delete(weights.ravel(), 6).tolist()


def test_the_second_network_is_the_right_one(session: spiked.Session) -> None:
    names = [PongNetRSTDP(session).name, PongNetDopa(session).name]
    assert names == ["left", "right"]
    assert session.info().networks == ("left", "right")
    with pytest.raises(ValueError, match="name: must be given, since there are left and right"):
        PongNetRSTDP(session)
    assert PongNetRSTDP(session, name="umpire").name == "umpire"


def test_without_a_poll_there_is_nothing_to_reward(net: PongNetRSTDP) -> None:
    with pytest.raises(RuntimeError, match="call set_input_spiketrain, then step"):
        net.apply_synaptic_plasticity(0.0)
    assert net.get_performance_data().weights.shape == (0, 5, 5)


def test_a_number_of_neurons_that_cannot_be_is_refused_by_name(session: spiked.Session) -> None:
    with pytest.raises(spiked.InvalidField, match="num_neurons"):
        PongNetRSTDP(session, num_neurons=0)
