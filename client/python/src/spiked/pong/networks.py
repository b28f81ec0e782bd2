"""The players of NEST's pong example, with the methods that they have there.

What NEST does in its kernel happens in a session here, so that the loop of the
example becomes::

    left = PongNetRSTDP(session, apply_noise=True)
    right = PongNetDopa(session, apply_noise=False)
    biological_time = 0.0
    for _ in range(2000):
        for net in (left, right):
            net.set_input_spiketrain(ball_row, biological_time)
        biological_time = session.step(200).time_ms
        for net in (left, right):
            net.apply_synaptic_plasticity(biological_time)
            net.reset()
            # ... and a paddle moves towards net.winning_neuron.

Each method is a call of its own; :func:`spiked.pong.play` takes one round trip
a poll.
"""

from __future__ import annotations

import zlib
from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spiked.pong import exchange
from spiked.pong.chance import SplitMix64
from spiked.pong.player import Player, PlayerKind, PlayerPoll
from spiked.pong.record import SIDE_NAMES, Floats, Ints
from spiked.session import Session


class PerformanceData(NamedTuple):
    """What a network has learnt, poll by poll."""

    #: Running mean reward of each cell of the ball, shape (polls, num_neurons).
    mean_rewards: Floats
    #: Weights in pA as the polls left them, before their rewards: row, the cell of
    #: the ball; column, the motor neuron. Shape (polls, num_neurons, num_neurons),
    #: or less polls, see `weights_every` of :class:`PongNet`.
    weights: Floats


class PongNet(ABC):
    """A network of a session that learns to play pong."""

    def __init__(
        self,
        session: Session,
        apply_noise: bool = True,
        num_neurons: int = 20,
        *,
        name: str | None = None,
        random: SplitMix64 | None = None,
        weights_every: int = 1,
    ) -> None:
        """Creates the network in `session`.

        `apply_noise`: whether it has noise to explore with. `num_neurons`: cells of the ball
        along y, and motor neurons. `name`: its name within the session; unset: ``left`` for
        the first, ``right`` for the second. `random`: decides between motor neurons that fired
        equally often; unset: a generator of its own, seeded from the session's seed and the
        name. (A match in which both players and the ball share one is that of
        ``spiked-pong``.) `weights_every`: of every so many polls the weights are read and kept
        for :meth:`get_performance_data`; 0: of none.
        """
        if name is None:
            name = _free_name(session)
        if random is None:
            random = SplitMix64(session.seed ^ zlib.crc32(name.encode()))
        self.session = session
        self.apply_noise = apply_noise
        self.num_neurons = num_neurons
        self.name = name
        #: The cell of the ball in this poll; none before the first.
        self.target_index: int | None = None
        #: The motor neuron that decided in the last poll; none before it.
        self.winning_neuron: int | None = None
        self._player = Player(self._kind, num_neurons, random)
        self._weights_every = weights_every
        self._begin_ms = 0.0
        self._mean_rewards: list[list[float]] = []
        self._weights: list[Floats] = []
        source, options = exchange.preset(self._kind, num_neurons)
        session.create_network(name, source, **options)

    @property
    @abstractmethod
    def _kind(self) -> PlayerKind:
        """Which of the four players it is."""

    @abstractmethod
    def apply_synaptic_plasticity(self, biological_time: float) -> None:
        """Rewards the network for the poll that ended at `biological_time` (ms).

        Finds the winner and takes down what it deserved, too.
        """

    @property
    def mean_reward(self) -> Floats:
        """Running mean reward of each cell of the ball, shape (num_neurons,)."""
        return np.array(self._player.mean_rewards)

    def get_all_weights(self) -> Floats:
        """Weights in pA: row, the cell of the ball; column, the motor neuron.

        Shape (num_neurons, num_neurons).
        """
        return self.session.get_weights(exchange.motor_projection(self.name)).matrix

    def set_all_weights(self, weights: npt.ArrayLike) -> None:
        """Replaces all weights by such a matrix, or by one number for all; in pA."""
        self.session.set_weights(exchange.motor_projection(self.name), weights)

    def set_input_spiketrain(self, input_cell: int, biological_time: float) -> None:
        """Tells the network of the ball's cell, for the poll from `biological_time` (ms) on.

        A step of the session, of 200 ms, is to follow.
        """
        inputs = exchange.ball_input(self.name, self._kind, input_cell, biological_time)
        self._begin_ms = self.session.set_input(inputs)
        self.target_index = input_cell

    def get_spike_counts(self) -> Ints:
        """Spikes of each motor neuron since the poll began, shape (num_neurons,)."""
        motor = exchange.motor_population(self.name)
        senders = self.session.get_spikes(motor, after_ms=self._begin_ms).senders
        return np.bincount(senders, minlength=self.num_neurons)

    def reset(self) -> None:
        """Begins a new poll now: spikes until now do not count any more."""
        self._begin_ms = self.session.time_ms

    def get_max_activation(self) -> int:
        """The motor neuron with most spikes; of several, one drawn by chance."""
        return self._player.winner_of(self.get_spike_counts().tolist())

    def calculate_reward(self) -> float:
        """Finds the winner and takes down what it deserved, for the poll that is over.

        Returns the reward relative to the running mean of the ball's cell, which then moves
        half the way towards it.
        """
        return self._take_poll().reward

    def get_performance_data(self) -> PerformanceData:
        """The course of mean rewards and of weights, poll by poll."""
        size = self.num_neurons
        return PerformanceData(
            np.array(self._mean_rewards).reshape(-1, size),
            np.array(self._weights).reshape(-1, size, size),
        )

    def _take_poll(self) -> PlayerPoll:
        if self.target_index is None:
            raise RuntimeError("there was no poll yet: call set_input_spiketrain, then step")
        poll = self._player.take(self.get_spike_counts().tolist(), self.target_index)
        self.winning_neuron = poll.winner
        if self._weights_every > 0 and len(self._mean_rewards) % self._weights_every == 0:
            self._weights.append(self.get_all_weights())
        self._mean_rewards.append(list(self._player.mean_rewards))
        return poll

    def __repr__(self) -> str:
        return f"{'noisy' if self.apply_noise else 'clean'} {self._rule}"

    @property
    @abstractmethod
    def _rule(self) -> str:
        """What it learns by."""


class PongNetRSTDP(PongNet):
    """Learns by reward-modulated STDP (Wunderlich et al. 2019, doi:10.3389/fnins.2019.00260)."""

    @property
    def _kind(self) -> PlayerKind:
        return PlayerKind.RSTDP_NOISY if self.apply_noise else PlayerKind.RSTDP

    @property
    def _rule(self) -> str:
        return "R-STDP"

    def apply_synaptic_plasticity(self, biological_time: float) -> None:  # noqa: ARG002
        """Rewards the network for the poll that is over: all weights that took part move."""
        self.session.apply_reward({self.name: self.calculate_reward()})


class PongNetDopa(PongNet):
    """Learns by dopamine, with an actor and a critic.

    A temporal-difference learner (Potjans et al. 2011, doi:10.3389/fncom.2011.00021).
    """

    @property
    def _kind(self) -> PlayerKind:
        return PlayerKind.DOPAMINE_NOISY if self.apply_noise else PlayerKind.DOPAMINE

    @property
    def _rule(self) -> str:
        return "TD"

    def apply_synaptic_plasticity(self, biological_time: float) -> None:
        """Rewards the network for the poll that ended at `biological_time` (ms).

        By a current into its dopamine neurons that begins now and lasts 32 ms of the next poll.
        """
        poll = self._take_poll()
        self.session.set_input(exchange.reward_input(self.name, poll, biological_time))


def _free_name(session: Session) -> str:
    taken = session.info().networks
    for name in SIDE_NAMES:
        if name not in taken:
            return name
    raise ValueError(f"name: must be given, since there are {' and '.join(SIDE_NAMES)} already")
