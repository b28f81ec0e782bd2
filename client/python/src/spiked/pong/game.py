"""The rules of pong, after the example of NEST (Wunderlich et al. 2019).

Pure: no networks, no clock, no input or output. The field is 1.6 long (x, from
the left) and 1.0 high (y, from the bottom); positions are in these units, and
one call of :meth:`Game.advance` is one poll.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from spiked.pong.chance import SplitMix64

FIELD_LENGTH = 1.6
FIELD_HEIGHT = 1.0
#: Cells along x. Along y there are as many as a player has neurons.
COLUMNS = 32
BALL_RADIUS = 0.025
#: Distance a poll, times the ball's direction.
BALL_SPEED = 0.025
PADDLE_LENGTH = 0.2
#: Distance a poll.
PADDLE_SPEED = 0.05

#: The two ends of the field; also indices of the players.
LEFT, RIGHT = SIDES = (0, 1)


def cell_of(position: float, length: float, cells: int) -> int:
    """The cell of a position. A paddle at the very top is one above the last."""
    return math.floor(position / length * cells)


@dataclass
class Ball:
    """Where the ball is, and its direction: 0.5 <= abs(dx) < 1, abs(dx) + abs(dy) = 1."""

    x: float
    y: float
    dx: float
    dy: float

    @classmethod
    def placed(cls, towards: int, random: SplitMix64) -> Ball:
        """A ball in the middle, towards a side.

        Draws the size of dx, the sign of dy, then y.
        """
        speed = 0.5 + 0.5 * random.uniform()
        sign = 1.0 if random.uniform() < 0.5 else -1.0
        y = random.uniform() * FIELD_HEIGHT
        return cls(
            x=FIELD_LENGTH / 2,
            y=y,
            dx=speed if towards == RIGHT else -speed,
            dy=sign * (1.0 - speed),
        )


class Game:
    """The state of a game on a field with `rows` cells along y."""

    def __init__(self, rows: int, random: SplitMix64) -> None:
        """Places the ball, moving to the right, and the paddles in the middle."""
        self.rows = rows
        self.ball = Ball.placed(RIGHT, random)
        #: Height of the middle of each paddle.
        self.paddles = [FIELD_HEIGHT / 2, FIELD_HEIGHT / 2]
        #: Points of each player.
        self.score = [0, 0]

    @property
    def ball_row(self) -> int:
        """Cell of the ball along y, from the bottom."""
        return cell_of(self.ball.y, FIELD_HEIGHT, self.rows)

    @property
    def ball_column(self) -> int:
        """Cell of the ball along x, from the left."""
        return cell_of(self.ball.x, FIELD_LENGTH, COLUMNS)

    def paddle_row(self, side: int) -> int:
        """Cell of a paddle along y, from the bottom."""
        return cell_of(self.paddles[side], FIELD_HEIGHT, self.rows)

    def advance(self, moves: tuple[int, int], random: SplitMix64) -> None:
        """The step of one poll: collisions, then the paddles move, then the ball.

        A move is +1 (up), 0 or -1 (down). A ball that a paddle missed scores
        for the other side and is placed anew, to move towards the player who
        scored from the next poll on.
        """
        scorer = self.collide()
        for side in SIDES:
            moved = self.paddles[side] + PADDLE_SPEED * moves[side]
            self.paddles[side] = min(max(moved, 0.0), FIELD_HEIGHT)
        if scorer is None:
            self.ball.x += BALL_SPEED * self.ball.dx
            self.ball.y += BALL_SPEED * self.ball.dy
        else:
            self.score[scorer] += 1
            self.ball = Ball.placed(scorer, random)

    def collide(self) -> int | None:
        """Turns the ball around where it touches a border or a paddle.

        Returns the side that scores, if a paddle missed it.
        """
        ball = self.ball
        if ball.y + BALL_RADIUS >= FIELD_HEIGHT:
            ball.dy = -abs(ball.dy)
        elif ball.y - BALL_RADIUS <= 0.0:
            ball.dy = abs(ball.dy)
        if ball.x - BALL_RADIUS <= 0.0:
            if not self._reaches(LEFT):
                return RIGHT
            ball.dx = abs(ball.dx)
        elif ball.x + BALL_RADIUS >= FIELD_LENGTH:
            if not self._reaches(RIGHT):
                return LEFT
            ball.dx = -abs(ball.dx)
        return None

    def _reaches(self, side: int) -> bool:
        return abs(self.paddles[side] - self.ball.y) <= PADDLE_LENGTH / 2
