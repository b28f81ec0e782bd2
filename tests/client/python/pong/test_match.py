"""Matches against the vectors of all clients."""

from __future__ import annotations

from typing import Any

import pytest
from vectors import VECTORS

from spiked.pong.match import Match
from spiked.pong.player import PlayerKind

KINDS = (PlayerKind.RSTDP_NOISY, PlayerKind.DOPAMINE)


def only(neuron: int, rows: int = 20) -> list[int]:
    """Counts with one spike of one neuron."""
    return [int(each == neuron) for each in range(rows)]


@pytest.mark.parametrize("vector", VECTORS["games"])
def test_games_are_those_of_all_clients(vector: dict[str, Any]) -> None:
    match = Match(KINDS, vector["rows"], int(vector["seed"]))

    def state() -> tuple[list[float], list[float], list[int]]:
        ball = match.game.ball
        return [ball.x, ball.y, ball.dx, ball.dy], match.game.paddles, match.game.score

    start = vector["start"]
    assert state() == (start["ball"], start["paddles"], start["score"])
    for poll in vector["polls"]:
        left, right = (only(winner, vector["rows"]) for winner in poll["winners"])
        match.play((left, right))
        assert state() == (poll["ball"], poll["paddles"], poll["score"])


def test_a_poll_tells_the_field_that_the_players_saw() -> None:
    match = Match(KINDS, 20, 1)
    x, y = match.game.ball.x, match.game.ball.y
    poll = match.play((only(19), only(0)))
    assert poll is match.last
    assert (poll.index, poll.time_ms) == (0, 200.0)
    assert poll.ball == (x, y)
    assert poll.ball_cell == (16, 19)
    assert poll.paddles == (0.5, 0.5)
    assert poll.paddle_rows == (10, 10)
    assert match.game.paddles == [0.55, 0.45]
    assert match.time_ms == 200.0
