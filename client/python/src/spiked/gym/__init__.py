"""Pong for reinforcement learning, with spiking networks as agents and as opponents.

Takes the packages gymnasium and pettingzoo. ``gymnasium.make("spiked/Pong-v0", opponent="rn")``
plays against a network that learns on the server; :class:`PongPair` is for two players, and
:class:`NetworkPlayer` a network that can be either of them.

>>> with NetworkPlayer("rn", seed=1) as player:                   # doctest: +SKIP
...     env = PongEnv(opponent=None)
...     observation, _ = env.reset(seed=1)
...     observation, reward, *_ = env.step(player.act(observation))
"""

from __future__ import annotations

import gymnasium

from spiked.gym.environments import PongEnv, PongPair
from spiked.gym.players import NetworkPlayer

gymnasium.register(id="spiked/Pong-v0", entry_point="spiked.gym:PongEnv")

__all__ = ["NetworkPlayer", "PongEnv", "PongPair"]
