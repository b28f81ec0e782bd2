"""A match of two players: the game, what each made of it, and the order of chance.

Pure; the spikes come from whoever simulates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spiked.pong.chance import SplitMix64
from spiked.pong.game import LEFT, RIGHT, SIDES, Game
from spiked.pong.player import POLL_MS, Player, PlayerKind, PlayerPoll


@dataclass(frozen=True)
class Poll:
    """A poll that is over. Ball, paddles and cells are those that the players saw."""

    #: From 0.
    index: int
    #: Biological time in ms at its end.
    time_ms: float
    #: Where the ball was, (x, y).
    ball: tuple[float, float]
    #: Its cell, (column, row).
    ball_cell: tuple[int, int]
    #: Height of the middle of each paddle.
    paddles: tuple[float, float]
    #: Its cell.
    paddle_rows: tuple[int, int]
    #: Points after the poll.
    score: tuple[int, int]
    players: tuple[PlayerPoll, PlayerPoll]


class Match:
    """Two players and their game, with one source of chance for all three."""

    def __init__(self, kinds: tuple[PlayerKind, PlayerKind], rows: int, seed: int) -> None:
        """`rows`: neurons of each player and cells along y."""
        self._random = SplitMix64(seed)
        self.kinds = kinds
        self.game = Game(rows, self._random)
        self.players = tuple(Player(kind, rows, self._random) for kind in kinds)
        #: Polls that are over.
        self.polls = 0
        #: The last poll; none before the first.
        self.last: Poll | None = None

    @property
    def time_ms(self) -> float:
        """Biological time in ms at which the next poll begins."""
        return self.polls * POLL_MS

    def play(self, counts: tuple[Sequence[int], Sequence[int]]) -> Poll:
        """Carries a poll out whose motor spikes are known.

        Finds the winners and their rewards, steers the paddles and advances
        the game. `counts`: for each player, the spikes of each motor neuron.
        """
        game = self.game
        ball, ball_cell = (game.ball.x, game.ball.y), (game.ball_column, game.ball_row)
        paddles = (game.paddles[LEFT], game.paddles[RIGHT])
        paddle_rows = (game.paddle_row(LEFT), game.paddle_row(RIGHT))
        left, right = (self.players[side].take(counts[side], game.ball_row) for side in SIDES)
        game.advance(
            (_steer(left.winner, paddle_rows[LEFT]), _steer(right.winner, paddle_rows[RIGHT])),
            self._random,
        )
        self.polls += 1
        self.last = Poll(
            index=self.polls - 1,
            time_ms=self.time_ms,
            ball=ball,
            ball_cell=ball_cell,
            paddles=paddles,
            paddle_rows=paddle_rows,
            score=(game.score[LEFT], game.score[RIGHT]),
            players=(left, right),
        )
        return self.last


def _steer(winner: int, paddle_row: int) -> int:
    """The move of a paddle towards the winner: +1 is up, -1 down."""
    return (winner > paddle_row) - (winner < paddle_row)
