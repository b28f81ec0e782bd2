"""What a client does for a player, against the vectors of all clients."""

from __future__ import annotations

from typing import Any

import pytest
from vectors import VECTORS

from spiked.pong.chance import SplitMix64
from spiked.pong.player import (
    Player,
    PlayerKind,
    bare_reward,
    input_stamps,
    reward_current_pa,
    winner_of,
)


def test_winners_and_ties_are_those_of_all_clients() -> None:
    random = SplitMix64(int(VECTORS["winners"]["seed"]))
    for draw in VECTORS["winners"]["draws"]:
        assert winner_of(draw["counts"], random) == draw["winner"]
    assert random.next() == int(VECTORS["winners"]["then"]), "drew a number for each tie only"


def test_rewards_are_those_of_all_clients() -> None:
    rows = VECTORS["rewards"]["rows"]
    player = Player(PlayerKind.RSTDP, rows, SplitMix64(1))
    for vector in VECTORS["rewards"]["polls"]:
        counts = [int(neuron == vector["winner"]) for neuron in range(rows)]
        poll = player.take(counts, vector["row"])
        assert poll.winner == vector["winner"]
        assert poll.bare_reward == vector["bare_reward"]
        assert poll.reward == vector["reward"]
        assert poll.mean_reward == vector["mean_reward"]


@pytest.mark.parametrize("vector", VECTORS["reward_currents"])
def test_reward_currents_are_those_of_all_clients(vector: dict[str, Any]) -> None:
    assert reward_current_pa(vector["counts"], vector["row"]) == vector["current_pa"]


@pytest.mark.parametrize("vector", VECTORS["input_stamps"])
def test_input_stamps_are_those_of_all_clients(vector: dict[str, Any]) -> None:
    assert input_stamps(PlayerKind(vector["player"]), vector["start_ms"]) == vector["times_ms"]


def test_reward_falls_with_the_distance() -> None:
    assert [bare_reward(distance) for distance in range(6)] == [1.0, 0.7, 0.4, 0.1, 0.0, 0.0]


def test_kinds_say_what_they_are() -> None:
    assert [kind.value for kind in PlayerKind if kind.dopaminergic] == ["d", "dn"]
    assert [kind.value for kind in PlayerKind if kind.noisy] == ["rn", "dn"]
