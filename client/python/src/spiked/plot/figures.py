"""Pictures of matches, from their records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from spiked.plot.style import (
    BALL_COLOUR,
    LABELS,
    PLAYER_COLOURS,
    WEIGHT_MAP,
    Labels,
    frame,
    poll_axis,
    style,
)
from spiked.pong.game import SIDES
from spiked.pong.record import Record

_Ints = npt.NDArray[np.int64]

#: Polls at the beginning and at the end of a match that a raster shows.
_RASTER_POLLS = 100
#: Parts of a match over which the length of rallies is averaged.
_RALLY_PARTS = 8


def mean_reward(records: Sequence[Record], labels: Labels = LABELS) -> Figure:
    """The course of both players' mean reward.

    Of several matches the mean, one standard deviation to either side of it,
    and each match as a thin line, over the polls that all of them have.
    """
    polls = min(len(record) for record in records)
    courses = np.array([record.mean_rewards[:polls] for record in records])
    with style():
        figure = Figure(figsize=(6.4, 3.6), layout="constrained")
        axes = figure.add_subplot()
        x = np.arange(polls)
        for side, (colour, label) in enumerate(zip(PLAYER_COLOURS, labels, strict=True)):
            matches = courses[:, :, side]
            mean = matches.mean(axis=0)
            if len(matches) > 1:
                spread = matches.std(axis=0, ddof=1)
                axes.fill_between(x, mean - spread, mean + spread, color=colour, alpha=0.2, lw=0)
                axes.plot(x, matches.T, color=colour, lw=0.5, alpha=0.35)
            axes.plot(x, mean, color=colour, lw=1.8, label=label)
        if len(records) > 1:
            axes.set_title(
                f"{len(records)} matches: mean, ±1 standard deviation (band), each (thin)",
                loc="left",
            )
        poll_axis(axes, polls)
        axes.set(ylabel="mean reward", ylim=(0, 1))
        axes.legend(loc="upper left")
    return figure


def weights(record: Record, polls: Sequence[int] | None = None, labels: Labels = LABELS) -> Figure:
    """Both players' weights from input to motor neurons at some polls.

    `polls`: which, of those whose weights were recorded; unset: four, from
    the first to the last. Raises ValueError for others.
    """
    chosen = _recorded(record, polls)
    with style():
        figure = Figure(figsize=(1.3 + 1.9 * len(chosen), 4.6), layout="constrained")
        grid = figure.subplots(2, len(chosen), sharex=True, sharey=True, squeeze=False)
        for side, (row, label) in enumerate(zip(grid, labels, strict=True)):
            shown = record.weights[chosen, side]
            for axes, poll, matrix in zip(row, record.weight_polls[chosen], shown, strict=True):
                image = axes.imshow(
                    matrix, origin="lower", cmap=WEIGHT_MAP, vmin=shown.min(), vmax=shown.max()
                )
                frame(axes)
                axes.set_title(f"{label}, poll {poll:,}")
            row[0].set_ylabel("cell of the ball")
            figure.colorbar(image, ax=list(row), label="weight (pA)")
        for axes in grid[-1]:
            axes.set_xlabel("motor neuron")
    return figure


def _recorded(record: Record, polls: Sequence[int] | None) -> _Ints:
    """Where in record.weights those of `polls` are."""
    recorded = record.weight_polls
    if not len(recorded):
        raise ValueError("the record holds no weights; they are recorded with --record-weights N")
    if polls is None:
        count = min(4, len(recorded))
        entries: _Ints = np.linspace(0, len(recorded) - 1, count).round().astype(np.int64)
        return entries
    for poll in polls:
        if poll not in recorded:
            known = ", ".join(str(each) for each in recorded[:20])
            more = ", ..." if len(recorded) > 20 else ""
            raise ValueError(f"no weights of poll {poll} are in the record, but of {known}{more}")
    return np.searchsorted(recorded, np.array(polls))


def raster(
    record: Record,
    windows: Sequence[tuple[int, int]] | None = None,
    labels: Labels = LABELS,
) -> Figure:
    """How often both players' motor neurons fired, poll by poll, and where the ball was.

    `windows`: the polls to show side by side, each (first, last + 1); unset:
    the first and the last hundred. Raises ValueError for polls that the record
    does not have.
    """
    shown = _windows(record, windows)
    most = max(record.counts[begin:end].max() for begin, end in shown)
    neurons = record.counts.shape[2]
    with style():
        figure = Figure(figsize=(1.4 + 3.6 * len(shown), 5.0), layout="constrained")
        grid = figure.subplots(2, len(shown), sharex="col", sharey=True, squeeze=False)
        for side, (row, label) in enumerate(zip(grid, labels, strict=True)):
            for axes, (begin, end) in zip(row, shown, strict=True):
                polls = np.arange(begin, end)
                image = axes.imshow(
                    record.counts[begin:end, side].T,
                    origin="lower",
                    aspect="auto",
                    interpolation="nearest",
                    cmap="Greys",
                    vmin=0,
                    vmax=most,
                    extent=(begin - 0.5, end - 0.5, -0.5, neurons - 0.5),
                )
                frame(axes)
                (ball,) = axes.step(
                    polls, record.ball_cells[begin:end, 1], where="mid", color=BALL_COLOUR, lw=1.6
                )
                (winner,) = axes.plot(
                    polls, record.winners[begin:end, side], "o", ms=2.5, color=PLAYER_COLOURS[side]
                )
                axes.set_title(f"{label}, polls {begin:,} to {end - 1:,}")
                axes.xaxis.set_major_formatter("{x:,.0f}")
            row[0].set_ylabel("motor neuron")
            row[-1].legend(
                [ball, winner],
                ["cell of the ball", "winner"],
                loc="lower right",
                bbox_to_anchor=(1.0, 1.08),
                ncols=2,
            )
        for axes in grid[-1]:
            axes.set_xlabel("poll")
        figure.colorbar(image, ax=grid, label="spikes in a poll of 200 ms")
    return figure


def _windows(
    record: Record, windows: Sequence[tuple[int, int]] | None
) -> Sequence[tuple[int, int]]:
    polls = len(record)
    if windows is None:
        if polls <= 2 * _RASTER_POLLS:
            return [(0, polls)]
        return [(0, _RASTER_POLLS), (polls - _RASTER_POLLS, polls)]
    for begin, end in windows:
        if not 0 <= begin < end <= polls:
            raise ValueError(f"polls {begin}:{end} are not within a record of {polls} polls")
    return windows


class Rallies(NamedTuple):
    """The rallies of a match that ended with a point, each array of shape (rallies,)."""

    #: The poll of the point.
    polls: _Ints
    #: How often the ball was returned before it.
    returns: _Ints
    #: Who scored: 0 left, 1 right.
    scorers: _Ints


def find_rallies(record: Record) -> Rallies:
    """Finds the rallies of a match in its record."""
    before = np.vstack([[0, 0], record.scores[:-1]])
    points, scorers = np.nonzero(record.scores > before)
    # The ball is returned in the poll after which its way along x turns around.
    # After a point it is placed anew, which is no way: neither what leads there
    # nor what leads on from there is compared.
    direction = np.sign(np.diff(record.balls[:, 0]))
    turns = np.flatnonzero(direction[1:] != direction[:-1]) + 1
    turns = turns[~np.isin(turns, np.concatenate([points, points + 1]))]
    returns = np.diff(np.searchsorted(turns, points), prepend=0)
    return Rallies(points, returns, scorers)


def rallies(records: Sequence[Record], labels: Labels = LABELS) -> Figure:
    """How long rallies were: how often the ball was returned before a point.

    With the mean over all matches in each eighth of the polls. Rallies that go on at the end
    of a match are not in it.
    """
    found = [find_rallies(record) for record in records]
    polls, returns, scorers = (np.concatenate(column) for column in zip(*found, strict=True))
    length = max(len(record) for record in records)
    with style():
        figure = Figure(figsize=(6.4, 3.6), layout="constrained")
        axes = figure.add_subplot()
        for side in SIDES:
            won = scorers == side
            axes.plot(
                polls[won],
                returns[won],
                "os"[side],
                ms=5,
                mew=0,
                alpha=0.6,
                color=PLAYER_COLOURS[side],
                label=f"point for {labels[side]}",
            )
        edges = np.linspace(0, length, _RALLY_PARTS + 1)
        part = np.clip(np.searchsorted(edges, polls, side="right") - 1, 0, _RALLY_PARTS - 1)
        count = np.bincount(part, minlength=_RALLY_PARTS)
        total = np.bincount(part, weights=returns, minlength=_RALLY_PARTS)
        mean = np.divide(total, count, out=np.full(_RALLY_PARTS, np.nan), where=count > 0)
        axes.stairs(mean, edges, baseline=None, color="black", lw=1.6, label="mean of each eighth")
        poll_axis(axes, length)
        axes.set(ylabel="returns in the rally", ylim=(-0.5, None))
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(loc="upper left")
    return figure
