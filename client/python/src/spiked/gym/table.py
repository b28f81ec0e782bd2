"""The table at which two players meet: the game, and what each of them sees and gains.

Pure; the environments of this package share it.
"""

from __future__ import annotations

import numpy as np

from spiked._columns import Floats
from spiked.pong.chance import SplitMix64
from spiked.pong.game import (
    BALL_SPEED,
    FIELD_HEIGHT,
    FIELD_LENGTH,
    LEFT,
    PADDLE_LENGTH,
    RIGHT,
    SIDES,
    Game,
)

#: What an action does to a paddle: stay, up, down.
MOVES = (0, 1, -1)
#: What :meth:`Table.observation` can hold, at least and at most. A ball is a step beyond the field
#: before it turns around or is placed anew.
LOWEST = (-2 * BALL_SPEED, -2 * BALL_SPEED, -1.0, -1.0, 0.0, 0.0)
HIGHEST = (
    FIELD_LENGTH + 2 * BALL_SPEED,
    FIELD_HEIGHT + 2 * BALL_SPEED,
    1.0,
    1.0,
    FIELD_HEIGHT,
    FIELD_HEIGHT,
)
_PIXELS = 200  # along y


class Table:
    """A game until one side has so many points."""

    def __init__(self, seed: int, rows: int, points: int) -> None:
        """`rows`: cells along y, for players that see the ball in cells."""
        self._random = SplitMix64(seed)
        self._points = points
        self.game = Game(rows, self._random)

    @property
    def over(self) -> bool:
        """Whether a side has won."""
        return max(self.game.score) >= self._points

    def observation(self, side: int) -> Floats:
        """What a side sees: ball x, y, their directions, own paddle, the other's; shape (6,).

        Each side sees the field as if it were the left one.
        """
        ball, paddles = self.game.ball, self.game.paddles
        x, dx = (ball.x, ball.dx) if side == LEFT else (FIELD_LENGTH - ball.x, -ball.dx)
        return np.array([x, ball.y, dx, ball.dy, paddles[side], paddles[1 - side]])

    def play(self, left: int, right: int) -> tuple[float, float]:
        """A poll with a move of each side (+1 up, 0, -1 down); returns what each gains.

        1 for a point, -1 for a point of the other side.
        """
        before = list(self.game.score)
        self.game.advance((left, right), self._random)
        gained = self.game.score[LEFT] - before[LEFT] - (self.game.score[RIGHT] - before[RIGHT])
        return float(gained), float(-gained)

    def picture(self) -> np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]:
        """The field, seen from the side: shape (height, length, 3), up is up."""
        scale = _PIXELS / FIELD_HEIGHT
        image = np.zeros((_PIXELS, round(FIELD_LENGTH * scale), 3), np.uint8)
        rows, columns = np.ogrid[: image.shape[0], : image.shape[1]]
        y, x = FIELD_HEIGHT - (rows + 0.5) / scale, (columns + 0.5) / scale
        ball = self.game.ball
        image[(x - ball.x) ** 2 + (y - ball.y) ** 2 < BALL_SPEED**2] = 255
        for side in SIDES:
            reach = np.abs(y - self.game.paddles[side]) <= PADDLE_LENGTH / 2
            edge = x < 0.02 if side == LEFT else x > FIELD_LENGTH - 0.02
            image[reach & edge] = (230, 159, 0) if side == LEFT else (86, 180, 233)
        return image

    def text(self) -> str:
        """The field in characters."""
        columns, rows = 48, 20
        lines = [[" "] * columns for _ in range(rows)]
        for side in SIDES:
            for row in range(rows):
                if abs((row + 0.5) / rows - self.game.paddles[side]) <= PADDLE_LENGTH / 2:
                    lines[row][0 if side == LEFT else -1] = "|"
        ball = self.game.ball
        row = min(max(int(ball.y / FIELD_HEIGHT * rows), 0), rows - 1)
        lines[row][min(max(int(ball.x / FIELD_LENGTH * columns), 0), columns - 1)] = "o"
        score = f"{self.game.score[LEFT]} : {self.game.score[RIGHT]}".center(columns)
        return "\n".join([score, *("".join(line) for line in reversed(lines))])
