"""Pong as an environment of Gymnasium and of PettingZoo."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from conftest import Server

gymnasium: Any = pytest.importorskip("gymnasium")
pettingzoo_test: Any = pytest.importorskip("pettingzoo.test")

import spiked.gym  # noqa: E402


@pytest.fixture(autouse=True)
def _server(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPIKED_SERVER", server.address)


@pytest.fixture
def env() -> Iterator[Any]:
    """A game against a network."""
    made = gymnasium.make("spiked/Pong-v0", opponent="rn", points=1)
    yield made
    made.close()


def episode(env: Any, seed: int | None, polls: int = 60) -> list[tuple[list[float], float]]:
    observation, _ = env.reset(seed=seed)
    random = np.random.default_rng(3)
    course = [(observation.tolist(), 0.0)]
    for _ in range(polls):
        observation, reward, terminated, _, _ = env.step(np.int64(random.integers(3)))
        course.append((observation.tolist(), reward))
        if terminated:
            break
    return course


@pytest.mark.parametrize("opponent", [None, "rn"])
def test_gymnasium_finds_nothing_wrong(opponent: str | None) -> None:
    from gymnasium.utils.env_checker import check_env

    made = gymnasium.make("spiked/Pong-v0", opponent=opponent, points=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(made.unwrapped)
    made.close()


def test_pettingzoo_finds_nothing_wrong() -> None:
    pettingzoo_test.parallel_api_test(spiked.gym.PongPair(points=1), num_cycles=300)
    pettingzoo_test.parallel_seed_test(lambda: spiked.gym.PongPair(points=1))


def test_equal_seeds_give_equal_episodes(env: Any) -> None:
    one, other = episode(env, 5), episode(env, 6)
    assert episode(env, 5) == one
    assert other != one
    # Further episodes follow from the seed, too.
    episode(env, 5)
    following = episode(env, None)
    episode(env, 5)
    assert episode(env, None) == following


def test_an_opponent_may_keep_what_it_has_learnt() -> None:
    with_memory = spiked.gym.PongEnv("rn", points=1, goes_on=True)
    episode(with_memory, 1)
    assert with_memory.opponent is not None
    before = with_memory.opponent.weights
    with_memory.reset(seed=1)
    assert np.array_equal(with_memory.opponent.weights, before)
    assert np.ptp(before) > 20.0
    with_memory.close()


def test_a_point_ends_a_short_game(env: Any) -> None:
    for seed in range(20):
        rewards = [reward for _, reward in episode(env, seed, 500)]
        assert set(rewards[:-1]) <= {0.0}
        assert rewards[-1] in (1.0, -1.0)
        if rewards[-1] == -1.0:
            break
    else:
        pytest.fail("chance wins every game")


def test_both_sides_see_the_same_field_mirrored() -> None:
    pair = spiked.gym.PongPair(points=1)
    observations, _ = pair.reset(seed=4)
    total = 0.0
    while pair.agents:
        left, right = observations["left"], observations["right"]
        assert left[0] + right[0] == pytest.approx(1.6)
        assert left[2] == -right[2]
        assert (left[4], left[5]) == (right[5], right[4])
        observations, rewards, *_ = pair.step({"left": np.int64(1), "right": np.int64(2)})
        assert rewards["left"] == -rewards["right"]
        total += abs(rewards["left"])
    assert total == 1.0


def test_a_network_learns_to_follow_the_ball() -> None:
    with spiked.gym.NetworkPlayer("rn", seed=1) as player:
        pair = spiked.gym.PongPair(points=10**6)
        observations, _ = pair.reset(seed=1)
        for _ in range(1500):
            right = np.int64(1 + (observations["right"][1] < observations["right"][4]))
            action = np.int64(player.act(observations["left"]))
            observations, *_ = pair.step({"left": action, "right": right})
        # As against another network: 0.5 after 1,500 polls.
        assert player.mean_reward > 0.4


def test_networks_of_equal_seeds_play_alike() -> None:
    observation = np.array([0.8, 0.37, 1.0, 0.0, 0.5, 0.5])
    with spiked.gym.NetworkPlayer("dn", seed=7) as player:
        first = [player.act(observation) for _ in range(20)]
        player.reset(7)
        assert [player.act(observation) for _ in range(20)] == first
        player.close()
        with pytest.raises(RuntimeError, match="closed"):
            player.act(observation)


@pytest.mark.parametrize("make", [spiked.gym.PongEnv, spiked.gym.PongPair])
def test_the_field_can_be_seen(make: Any) -> None:
    options = {"opponent": None} if make is spiked.gym.PongEnv else {}
    image = make(render_mode="rgb_array", **options)
    image.reset(seed=1)
    picture = image.render()
    assert picture.shape == (200, 320, 3)
    ys, xs = np.nonzero(picture[:, 10:-10].sum(axis=2))
    ball = image.table.game.ball
    assert xs.mean() + 10 == pytest.approx(ball.x * 200, abs=2)
    assert 200 - ys.mean() == pytest.approx(ball.y * 200, abs=2)
    text = make(render_mode="ansi", **options)
    text.reset(seed=1)
    assert text.render().count("o") == 1
    assert text.render().count("|") == 8
