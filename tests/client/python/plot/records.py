"""Records of matches without a server, between players who follow the ball now and then."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from spiked.pong.chance import SplitMix64
from spiked.pong.match import Match
from spiked.pong.player import PlayerKind
from spiked.pong.record import record_line

ROWS = 5


def write_record(path: Path, polls: int, seed: int = 1, weights_every: int = 0) -> list[int]:
    """Plays and writes the record; returns how often the ball was returned before each point."""
    match = Match((PlayerKind.RSTDP_NOISY, PlayerKind.RSTDP), ROWS, seed)
    skill = SplitMix64(seed)
    returns, rallies = 0, []
    lines = []
    for k in range(polls):
        score, direction = list(match.game.score), match.game.ball.dx
        row = match.game.ball_row
        poll = match.play((_counts(row, skill), _counts(row, skill)))
        if match.game.score != score:
            rallies.append(returns)
            returns = 0
        elif match.game.ball.dx != direction:
            returns += 1
        weights = None
        if weights_every and k % weights_every == 0:
            weights = [np.arange(25.0).reshape(5, 5) + scale * k for scale in (1, 2)]
        lines.append(record_line(poll, weights))
    path.write_text("".join(line + "\n" for line in lines))
    return rallies


def _counts(row: int, skill: SplitMix64) -> list[int]:
    counts = [int(4 * skill.uniform()) for _ in range(ROWS)]
    if skill.uniform() < 0.9:
        counts[row] = 5
    return counts
