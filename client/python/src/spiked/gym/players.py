"""Networks of a server as players."""

from __future__ import annotations

from types import TracebackType

import spiked
from spiked._columns import Floats
from spiked.pong import exchange
from spiked.pong.chance import SplitMix64
from spiked.pong.game import FIELD_HEIGHT, cell_of
from spiked.pong.player import POLL_MS, Player, PlayerKind, PlayerPoll
from spiked.step_result import StepResult

_NETWORK = "player"


class NetworkPlayer:
    """A spiking network that plays, and learns while it does.

    It sees the cell of the ball along y, and moves its paddle towards the cell of its most active
    neuron. Each poll is one round trip. It has a session of its own on the server.
    """

    def __init__(
        self,
        kind: str = "rn",
        rows: int = 20,
        *,
        client: spiked.Client | None = None,
        seed: int = 0,
    ) -> None:
        """`kind`: ``r`` and ``rn`` learn by reward, ``d`` and ``dn`` by dopamine; n: noise.

        `rows`: its neurons, and the cells in which it sees the ball. `client` unless given is
        ``spiked.connect()``.
        """
        self.kind = PlayerKind(kind)
        self.rows = rows
        self._client = client
        self._owns_client = client is None
        self._session: spiked.Session | None = None
        self.reset(seed)

    def reset(self, seed: int) -> None:
        """Begins anew, with a network that has learnt nothing; equal seeds play alike."""
        self._delete()
        if self._client is None:
            self._client = spiked.connect()
        self._session = self._client.create_session(display_name="a player of pong", seed=seed)
        source, options = exchange.preset(self.kind, self.rows)
        self._session.create_network(_NETWORK, source, **options)
        self._player = Player(self.kind, self.rows, SplitMix64(seed))
        self._polls = 0
        self._last: PlayerPoll | None = None

    @property
    def mean_reward(self) -> float:
        """How well it knows where the ball is: mean over the cells, from 0 to 1."""
        return self._player.mean_reward

    @property
    def weights(self) -> Floats:
        """Weights in pA, from cell of the ball (row) to motor neuron (column)."""
        return self._open_session().get_weights(exchange.motor_projection(_NETWORK)).matrix

    def act(self, observation: Floats) -> int:
        """The action for an observation of an environment; takes a poll of biological time."""
        ball = min(max(cell_of(float(observation[1]), FIELD_HEIGHT, self.rows), 0), self.rows - 1)
        paddle = cell_of(float(observation[4]), FIELD_HEIGHT, self.rows)
        poll = self._player.take(self._poll(ball), ball)
        self._last = poll
        return 0 if poll.winner == paddle else 1 if poll.winner > paddle else 2

    def _poll(self, ball_row: int) -> list[int]:
        """Spikes of each motor neuron in the next poll, after the reward for the last one."""
        now_ms = self._polls * POLL_MS
        inputs = dict(exchange.ball_input(_NETWORK, self.kind, ball_row, now_ms))
        rewards: dict[spiked.network.Address, float] = {}
        if self._last is not None and self.kind.dopaminergic:
            inputs.update(exchange.reward_input(_NETWORK, self._last, now_ms))
        elif self._last is not None:
            rewards[_NETWORK] = self._last.reward
        motor = exchange.motor_population(_NETWORK)
        result: StepResult = self._open_session().step(
            POLL_MS,
            expected_time_ms=now_ms,
            inputs=inputs,
            rewards=rewards,
            read={"spike_counts": motor},
            progress=False,
        )
        self._polls += 1
        counts: list[int] = result.spike_counts[motor].tolist()
        return counts

    def _open_session(self) -> spiked.Session:
        if self._session is None:
            raise RuntimeError("the player is closed")
        return self._session

    def _delete(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.delete()

    def close(self) -> None:
        """Deletes its session."""
        self._delete()
        if self._owns_client and self._client is not None:
            self._client.close()
            self._client = None

    def __enter__(self) -> NetworkPlayer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
