"""Pong as an environment of Gymnasium, and for two as one of PettingZoo."""

from __future__ import annotations

from typing import Any, ClassVar

import gymnasium
import numpy as np
from pettingzoo import ParallelEnv  # type: ignore[import-untyped]

from spiked._columns import Floats
from spiked.gym.players import NetworkPlayer
from spiked.gym.table import HIGHEST, LOWEST, MOVES, Table
from spiked.pong.game import LEFT, RIGHT

_RENDER_MODES = ["rgb_array", "ansi"]
_POLLS_A_SECOND = 30


def _observation_space() -> gymnasium.Space[Floats]:
    space: Any = gymnasium.spaces.Box(np.array(LOWEST), np.array(HIGHEST), dtype=np.float64)
    made: gymnasium.Space[Floats] = space
    return made


def _seed_of(random: np.random.Generator) -> int:
    return int(random.integers(2**53))


def _rendered(table: Table, mode: str | None) -> Any:
    if mode == "rgb_array":
        return table.picture()
    return table.text() if mode == "ansi" else None


class PongEnv(gymnasium.Env[Floats, np.int64]):
    """You play the left paddle; the right one is a network of a server, or stands still.

    An observation is the ball's x, y and its directions, your paddle and the other one. Actions
    are 0 (stay), 1 (up) and 2 (down). A point is worth 1, one of the other side -1. An episode
    ends when a side has `points`. A step is a poll: 200 ms of biological time for a network.
    """

    metadata = {  # noqa: RUF012  # Gymnasium declares it so
        "render_modes": _RENDER_MODES,
        "render_fps": _POLLS_A_SECOND,
    }

    def __init__(
        self,
        opponent: str | None = "rn",
        *,
        points: int = 5,
        rows: int = 20,
        goes_on: bool = False,
        render_mode: str | None = None,
    ) -> None:
        """`opponent`: ``r``, ``rn``, ``d`` or ``dn``, see :class:`NetworkPlayer`; None: nobody.

        With `goes_on` it keeps what it has learnt from episode to episode; otherwise equal seeds
        give equal episodes.
        """
        self.observation_space = _observation_space()
        self.action_space = gymnasium.spaces.Discrete(len(MOVES))
        self.render_mode = render_mode
        #: The network that you play against; none before the first reset.
        self.opponent: NetworkPlayer | None = None
        self._kind, self._points, self._rows, self._goes_on = opponent, points, rows, goes_on

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Floats, dict[str, Any]]:
        """Begins an episode, and sees the field."""
        super().reset(seed=seed, options=options)
        own_seed = _seed_of(self.np_random)
        self.table = Table(own_seed, self._rows, self._points)
        if self._kind is not None and self.opponent is None:
            self.opponent = NetworkPlayer(self._kind, self._rows, seed=own_seed)
        elif self.opponent is not None and not self._goes_on:
            self.opponent.reset(own_seed)
        return self.table.observation(LEFT), {}

    def step(self, action: np.int64) -> tuple[Floats, float, bool, bool, dict[str, Any]]:
        """Plays a poll."""
        other = 0 if self.opponent is None else self.opponent.act(self.table.observation(RIGHT))
        gained, _ = self.table.play(MOVES[int(action)], MOVES[other])
        info = {"score": tuple(self.table.game.score)}
        return self.table.observation(LEFT), gained, self.table.over, False, info

    def render(self) -> Any:
        """The field as an image or as text."""
        return _rendered(self.table, self.render_mode)

    def close(self) -> None:
        """Deletes the session of the opponent."""
        if self.opponent is not None:
            self.opponent.close()
            self.opponent = None


class PongPair(ParallelEnv[str, Floats, np.int64]):  # type: ignore[misc]
    """Two players, ``left`` and ``right``; each sees the field as if it were the left one.

    Observations, actions and rewards are those of :class:`PongEnv`.
    """

    metadata: ClassVar[dict[str, Any]] = {
        "name": "spiked_pong_v0",
        "render_modes": _RENDER_MODES,
        "render_fps": _POLLS_A_SECOND,
    }

    def __init__(self, *, points: int = 5, rows: int = 20, render_mode: str | None = None) -> None:
        self.possible_agents = ["left", "right"]
        self.agents: list[str] = []
        self.observation_spaces = {agent: _observation_space() for agent in self.possible_agents}
        self.action_spaces = {
            agent: gymnasium.spaces.Discrete(len(MOVES)) for agent in self.possible_agents
        }
        self.render_mode = render_mode
        self._points, self._rows = points, rows
        self._random = np.random.default_rng()

    def observation_space(self, agent: str) -> gymnasium.Space[Floats]:
        """What a player can see."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> gymnasium.spaces.Discrete[np.int64]:
        """What a player can do."""
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Floats], dict[str, dict[str, Any]]]:
        """Begins an episode, and sees the field from both sides."""
        del options
        if seed is not None:
            self._random = np.random.default_rng(seed)
        self.table = Table(_seed_of(self._random), self._rows, self._points)
        self.agents = list(self.possible_agents)
        return self._observations(), {agent: {} for agent in self.agents}

    def _observations(self) -> dict[str, Floats]:
        return {"left": self.table.observation(LEFT), "right": self.table.observation(RIGHT)}

    def step(
        self, actions: dict[str, np.int64]
    ) -> tuple[
        dict[str, Floats],
        dict[str, float],
        dict[str, bool],
        dict[str, bool],
        dict[str, dict[str, Any]],
    ]:
        """Plays a poll."""
        moves = [MOVES[int(actions[agent])] for agent in ("left", "right")]
        gained = self.table.play(moves[LEFT], moves[RIGHT])
        agents, over = self.agents, self.table.over
        if over:
            self.agents = []
        return (
            self._observations(),
            dict(zip(agents, gained, strict=True)),
            dict.fromkeys(agents, over),
            dict.fromkeys(agents, False),
            {agent: {"score": tuple(self.table.game.score)} for agent in agents},
        )

    def render(self) -> Any:
        """The field as an image or as text."""
        return _rendered(self.table, self.render_mode)

    def close(self) -> None:
        """Nothing is left to be done."""
