"""The rules of the game."""

from __future__ import annotations

import pytest

from spiked.pong.chance import SplitMix64
from spiked.pong.game import LEFT, RIGHT, Ball, Game, cell_of


class TestGame:
    def test_begins_in_the_middle_towards_the_right(self) -> None:
        game = Game(20, SplitMix64(5))
        assert game.ball.x == 0.8
        assert 0.5 <= game.ball.dx < 1.0
        assert abs(game.ball.dx) + abs(game.ball.dy) == pytest.approx(1.0)
        assert game.paddles == [0.5, 0.5]
        assert game.score == [0, 0]

    def test_a_missed_ball_scores_and_is_served_towards_the_scorer(self) -> None:
        random = SplitMix64(5)
        game = Game(20, random)
        game.ball = Ball(x=0.02, y=0.9, dx=-0.5, dy=0.5)
        game.advance((0, 0), random)
        assert game.score == [0, 1]
        assert (game.ball.x, game.ball.dx > 0) == (0.8, True)
        game.ball = Ball(x=1.58, y=0.9, dx=0.5, dy=0.5)
        game.advance((0, 0), random)
        assert game.score == [1, 1]
        assert (game.ball.x, game.ball.dx < 0) == (0.8, True)

    def test_a_paddle_returns_what_it_reaches_before_it_moves(self) -> None:
        random = SplitMix64(5)
        game = Game(20, random)
        game.ball = Ball(x=0.02, y=0.6, dx=-0.5, dy=0.5)
        game.advance((-1, 0), random)
        assert game.score == [0, 0]
        assert game.ball == Ball(x=0.02 + 0.0125, y=0.6 + 0.0125, dx=0.5, dy=0.5)

    def test_borders_turn_the_ball_around(self) -> None:
        random = SplitMix64(5)
        game = Game(20, random)
        game.ball = Ball(x=0.8, y=0.98, dx=0.5, dy=0.5)
        game.advance((0, 0), random)
        assert game.ball.dy == -0.5
        game.ball = Ball(x=0.8, y=0.02, dx=0.5, dy=-0.5)
        game.advance((0, 0), random)
        assert game.ball.dy == 0.5

    def test_paddles_stay_within_the_field(self) -> None:
        random = SplitMix64(5)
        game = Game(20, random)
        for _ in range(12):
            game.advance((1, -1), random)
        assert game.paddles == [1.0, 0.0]
        assert game.paddle_row(LEFT) == 20, "one above the last"
        assert game.paddle_row(RIGHT) == 0


def test_a_cell_is_rounded_down() -> None:
    assert cell_of(0.8, 1.6, 32) == 16
    assert cell_of(0.0999, 1.0, 20) == 1
    assert cell_of(1.0, 1.0, 20) == 20
