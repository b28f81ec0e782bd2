"""What a client does for a spiking player. Pure.

It turns the ball's cell into input, spike counts into a winner, and the winner
into a reward.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from spiked.pong.chance import SplitMix64

#: Biological time of one poll in ms.
POLL_MS = 200.0
#: How long the current lasts with which a dopaminergic player is rewarded, ms.
REWARD_CURRENT_MS = 32.0
#: The spikes that tell a player of the ball's cell in each poll.
INPUT_SPIKES = 20
#: Time between these spikes in ms.
INPUT_INTERVAL_MS = 10.0


class PlayerKind(Enum):
    """The four networks of NEST's example, by the short names of the game."""

    RSTDP = "r"
    RSTDP_NOISY = "rn"
    DOPAMINE = "d"
    DOPAMINE_NOISY = "dn"

    @property
    def dopaminergic(self) -> bool:
        """Whether it is rewarded by a current into its dopamine neurons."""
        return self in (PlayerKind.DOPAMINE, PlayerKind.DOPAMINE_NOISY)

    @property
    def noisy(self) -> bool:
        """Whether it has noise to explore with."""
        return self in (PlayerKind.RSTDP_NOISY, PlayerKind.DOPAMINE_NOISY)


def input_stamps(kind: PlayerKind, start_ms: float) -> list[float]:
    """Stamps in ms of the input for a poll that begins at `start_ms`.

    They are for the generator of the ball's cell. The late ones fall into the
    next poll, where new input replaces them.
    """
    # A dopaminergic player is first given its reward for the poll before.
    first_ms = start_ms + (REWARD_CURRENT_MS if kind.dopaminergic else 1.0)
    return [first_ms + INPUT_INTERVAL_MS * k for k in range(INPUT_SPIKES)]


def winner_of(counts: Sequence[int], random: SplitMix64) -> int:
    """The neuron with most spikes; of several, one drawn by chance.

    A number is drawn only if there are several.
    """
    most = max(counts)
    best = [neuron for neuron, count in enumerate(counts) if count == most]
    return best[int(random.uniform() * len(best))] if len(best) > 1 else best[0]


def bare_reward(distance: int) -> float:
    """What a winner deserves that is `distance` cells away from the ball's."""
    rewards = (1.0, 0.7, 0.4, 0.1)
    return rewards[distance] if distance < len(rewards) else 0.0


def reward_current_pa(counts: Sequence[int], ball_row: int) -> float:
    """The current in pA that rewards a dopaminergic player."""
    return min(4800.0 * counts[ball_row] / max(1.0, sum(counts)) + 100.0, 1000.0)


@dataclass(frozen=True)
class PlayerPoll:
    """What a player made of a poll."""

    #: Spikes of each motor neuron.
    counts: Sequence[int]
    #: The neuron that decided where the paddle goes.
    winner: int
    #: What the winner deserves, from 0 to 1.
    bare_reward: float
    #: The bare reward relative to what was expected, for R-STDP.
    reward: float
    #: The current in pA into the dopamine neurons, for dopaminergic players.
    reward_current_pa: float
    #: Mean over all cells of the running mean reward, after this poll.
    mean_reward: float


class Player:
    """A player with its memory of rewards.

    Ties between motor neurons are decided by `random`, which the players and
    the ball of a match share.
    """

    def __init__(self, kind: PlayerKind, rows: int, random: SplitMix64) -> None:
        self.kind = kind
        #: Running mean reward of each cell of the ball.
        self.mean_rewards = [0.0] * rows
        self._random = random

    def winner_of(self, counts: Sequence[int]) -> int:
        """The neuron with most spikes; of several, one drawn by chance."""
        return winner_of(counts, self._random)

    def take(self, counts: Sequence[int], ball_row: int) -> PlayerPoll:
        """Takes a poll down in which the ball was in `ball_row`.

        The reward is relative to what was expected for that cell: R = bare -
        mean[row], after which mean[row] += R/2.
        """
        winner = self.winner_of(counts)
        bare = bare_reward(abs(winner - ball_row))
        reward = bare - self.mean_rewards[ball_row]
        self.mean_rewards[ball_row] += reward / 2.0
        return PlayerPoll(
            counts=counts,
            winner=winner,
            bare_reward=bare,
            reward=reward,
            reward_current_pa=reward_current_pa(counts, ball_row),
            mean_reward=self.mean_reward,
        )

    @property
    def mean_reward(self) -> float:
        """The mean over all cells of their running mean rewards."""
        # Not sum(), which from Python 3.12 on compensates for rounding: the
        # record is equal in all languages, to the last bit.
        total = 0.0
        for mean in self.mean_rewards:
            total += mean
        return total / len(self.mean_rewards)
