"""The record of a match: one JSON line a poll, with all that client/pong/README.md names.

Nothing in it depends on wall time or language: equal seeds give equal bytes,
whichever client plays.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spiked.pong.match import Match, Poll
from spiked.pong.player import POLL_MS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SIDE_NAMES = ("left", "right")


def number(value: float) -> str:
    """A number as JavaScript's JSON.stringify writes it (RFC 8785, section 3.2.2.3)."""
    # What is added makes 0.0 of -0.0.
    text = repr(value + 0.0)
    digits, _, exponent = text.partition("e")
    if not exponent:
        return text.removesuffix(".0")
    if -7 < int(exponent) < 21:
        return format(Decimal(text), "f")
    return f"{digits}e{int(exponent):+d}"


def record_line(poll: Poll, weights: Sequence[Floats] | None = None) -> str:
    """The line of one poll, without the line feed.

    `weights`: the matrices of both players in pA, or none.
    """
    x, y = poll.ball
    members = [
        f'"poll":{poll.index},"time_ms":{number(poll.time_ms)}',
        f'"ball":{{"x":{number(x)},"y":{number(y)},"cell":{_list(poll.ball_cell)}}}',
        f'"score":{_list(poll.score)}',
    ]
    for side, name in enumerate(SIDE_NAMES):
        player = poll.players[side]
        members.append(
            f'"{name}":{{"paddle":{number(poll.paddles[side])},"cell":{poll.paddle_rows[side]},'
            f'"counts":{_list(player.counts)},"winner":{player.winner},'
            f'"reward":{number(player.bare_reward)},"mean_reward":{number(player.mean_reward)}}}'
        )
    if weights is not None:
        left, right = (_joined(map(_list, matrix.tolist())) for matrix in weights)
        members.append(f'"weights":{{"left":{left},"right":{right}}}')
    return "{" + ",".join(members) + "}"


def replay(path: str | os.PathLike[str], match: Match, until_ms: float = math.inf) -> int:
    """Plays the polls of a record again in a match that has not begun, up to a time in ms.

    Returns the bytes of the record up to there; behind them are polls that end later, and perhaps
    a line that was still being written. Raises ValueError, with the number of the line that is
    not the match's.
    """
    size = 0
    with Path(path).open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n") or match.time_ms + POLL_MS > until_ms:
                break
            try:
                members = json.loads(line)
                left, right = (list(map(int, members[name]["counts"])) for name in SIDE_NAMES)
            except (KeyError, TypeError, ValueError) as error:
                raise ValueError(
                    f"{os.fspath(path)}, line {number}: is no poll of a match ({error!r})"
                ) from error
            same = len(left) == len(right) == match.game.rows
            if same:
                # All but the brace at its end, before which there may be weights.
                expected = record_line(match.play((left, right))).removesuffix("}")
                same = line.startswith(expected.encode())
            if not same:
                raise ValueError(
                    f"{os.fspath(path)}, line {number}: is a poll of another match; players, "
                    f"seed and number of neurons must be those that it began with"
                )
            size += len(line)
    return size


def _list(values: Iterable[float]) -> str:
    return _joined(map(number, values))


def _joined(texts: Iterable[str]) -> str:
    return "[" + ",".join(texts) + "]"


@dataclass(frozen=True)
class Record:
    """A record as arrays: an entry a poll, then a column each for left and right."""

    #: Biological time in ms at the end of each poll, shape (polls,).
    times_ms: Floats
    #: Where the ball was, (x, y), shape (polls, 2).
    balls: Floats
    #: Its cell, (column, row), shape (polls, 2).
    ball_cells: Ints
    #: Points after each poll, shape (polls, 2).
    scores: Ints
    #: Height of the middle of the paddles, shape (polls, 2).
    paddles: Floats
    #: Spikes of each motor neuron, shape (polls, 2, neurons).
    counts: Ints
    #: The neurons that decided where the paddles go, shape (polls, 2).
    winners: Ints
    #: Bare rewards, from 0 to 1, shape (polls, 2).
    rewards: Floats
    #: Means over all cells of the running mean rewards, shape (polls, 2).
    mean_rewards: Floats
    #: Polls whose weights were recorded, shape (recorded,).
    weight_polls: Ints
    #: Weights in pA, shape (recorded, 2, neurons, neurons): row, the cell of
    #: the ball; column, the motor neuron.
    weights: Floats

    def __len__(self) -> int:
        return len(self.times_ms)

    def __repr__(self) -> str:
        left, right = self.scores[-1]
        return (
            f"<Record of {len(self)} polls, {self.counts.shape[2]} neurons a player, "
            f"score {left}:{right}, weights at {len(self.weight_polls)} polls>"
        )


def read_record(path: str | os.PathLike[str]) -> Record:
    """Reads a record, whichever language's client wrote it.

    What was still being written (a last line without a line break) is left
    out. Raises ValueError, with the number of the line that is no poll.
    """
    columns = _Columns()
    with Path(path).open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if not line.endswith("\n"):
                break
            try:
                columns.append(json.loads(line))
            except (KeyError, TypeError, ValueError) as error:
                raise ValueError(
                    f"{os.fspath(path)}, line {number}: is no poll of a match ({error!r})"
                ) from error
    if not columns.counts:
        raise ValueError(f"{os.fspath(path)}: holds no poll of a match")
    return columns.record()


class _Columns:
    """What read_record gathers, line by line."""

    def __init__(self) -> None:
        self.counts: list[Ints] = []
        self._floats: list[list[float]] = []
        self._ints: list[list[int]] = []
        self._weight_polls: list[int] = []
        self._weights: list[Floats] = []

    def append(self, line: dict[str, Any]) -> None:
        """Takes a line; one that is no poll raises KeyError, TypeError or ValueError."""
        left, right = (line[name] for name in SIDE_NAMES)
        ball = line["ball"]
        counts = np.array([left["counts"], right["counts"]], dtype=np.int64)
        if counts.ndim != 2 or counts.shape != (self.counts or [counts])[0].shape:
            raise ValueError("other neurons than in the line before")
        self._floats.append(
            [
                line["time_ms"],
                *(ball["x"], ball["y"]),
                *(left["paddle"], right["paddle"]),
                *(left["reward"], right["reward"]),
                *(left["mean_reward"], right["mean_reward"]),
            ]
        )
        self._ints.append([*ball["cell"], *line["score"], left["winner"], right["winner"]])
        if "weights" in line:
            weights = np.array([line["weights"][name] for name in SIDE_NAMES], dtype=np.float64)
            if weights.shape != (*counts.shape, counts.shape[1]):
                raise ValueError("weights are not a square matrix for each player")
            self._weight_polls.append(len(self.counts))
            self._weights.append(weights)
        self.counts.append(counts)

    def record(self) -> Record:
        floats = np.array(self._floats, dtype=np.float64)
        ints = np.array(self._ints, dtype=np.int64)
        counts = np.array(self.counts)
        neurons = counts.shape[2]
        return Record(
            times_ms=floats[:, 0],
            balls=floats[:, 1:3],
            ball_cells=ints[:, 0:2],
            scores=ints[:, 2:4],
            paddles=floats[:, 3:5],
            counts=counts,
            winners=ints[:, 4:6],
            rewards=floats[:, 5:7],
            mean_rewards=floats[:, 7:9],
            weight_polls=np.array(self._weight_polls, dtype=np.int64),
            weights=np.array(self._weights).reshape(-1, 2, neurons, neurons),
        )
