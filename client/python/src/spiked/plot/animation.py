"""A match as it goes on: the game beside what the players learn."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Circle, Rectangle
from PIL import Image

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
from spiked.pong.game import BALL_RADIUS, FIELD_HEIGHT, FIELD_LENGTH, PADDLE_LENGTH, SIDES
from spiked.pong.record import Record

#: Shape (height, width, 3).
_Pixels = npt.NDArray[np.uint8]

#: Polls for which the way of the ball stays to be seen.
_TRAIL = 30


def animate(
    record: Record,
    path: str | os.PathLike[str],
    *,
    every: int | None = None,
    frames_per_s: float = 20.0,
    labels: Labels = LABELS,
) -> None:
    """Writes an animation to `path`, which ends with ``.gif`` or ``.mp4``.

    Shows the game between both players' weights (as last recorded; none if the record has
    none), above the course of their mean rewards. `every`: polls from one frame to the next;
    unset: as many as make about 300 frames. MP4 needs the program ffmpeg.
    """
    write = {".gif": _write_gif, ".mp4": _write_mp4}.get(Path(path).suffix.lower())
    if write is None:
        raise ValueError(f"{os.fspath(path)}: an animation ends with .gif or .mp4")
    if every is not None and every < 1:
        raise ValueError(f"every: must be at least 1, not {every}")
    polls = range(0, len(record), every or max(1, round(len(record) / 300)))
    with style():
        write(_Scene(record, labels), polls, path, frames_per_s)


def snapshot(record: Record, poll: int | None = None, labels: Labels = LABELS) -> Figure:
    """The picture of an animation that belongs to one poll; unset: the last."""
    last = len(record) - 1
    if poll is None:
        poll = last
    if not 0 <= poll <= last:
        raise ValueError(f"poll {poll} is not within a record of {last + 1} polls")
    with style():
        scene = _Scene(record, labels)
        scene.show(poll)
    return scene.figure


def _write_gif(
    scene: _Scene, polls: range, path: str | os.PathLike[str], frames_per_s: float
) -> None:
    # One palette for all frames, without dithering: what stands still then
    # takes no place in the file.
    palette = Image.fromarray(scene.pixels(polls[-1])).quantize(
        256, method=Image.Quantize.FASTOCTREE
    )
    first, *others = (
        Image.fromarray(scene.pixels(poll)).quantize(palette=palette, dither=Image.Dither.NONE)
        for poll in polls
    )
    first.save(path, save_all=True, append_images=others, duration=1000.0 / frames_per_s, loop=0)


def _write_mp4(
    scene: _Scene, polls: range, path: str | os.PathLike[str], frames_per_s: float
) -> None:
    program = shutil.which("ffmpeg")
    if program is None:
        raise ValueError(f"{os.fspath(path)}: MP4 needs the program ffmpeg; GIF does not")
    height, width, _ = scene.pixels(polls[0]).shape
    source = f"-f rawvideo -pix_fmt rgb24 -s {width}x{height} -r {frames_per_s} -i -".split()
    command = [program, "-v", "error", "-y", *source, "-pix_fmt", "yuv420p", os.fspath(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as ffmpeg:
        assert ffmpeg.stdin is not None
        # If it gives up early, it says why below.
        with contextlib.suppress(BrokenPipeError):
            for poll in polls:
                ffmpeg.stdin.write(scene.pixels(poll).tobytes())
        _, complaint = ffmpeg.communicate()
    if ffmpeg.returncode != 0:
        raise OSError(f"ffmpeg: {complaint.decode(errors='replace').strip()}")


class _Scene:
    """The picture. What does not change from poll to poll is drawn once."""

    def __init__(self, record: Record, labels: Labels) -> None:
        self._record = record
        self._labels = labels
        # In pixels both even, as video wants it.
        self.figure = figure = Figure(figsize=(10.0, 5.0), dpi=90)
        self._canvas = _canvas_of(figure)
        grid = figure.add_gridspec(
            2,
            3,
            width_ratios=(1, 1.6, 1),
            height_ratios=(1.25, 1),
            left=0.06,
            right=0.91,
            bottom=0.11,
            top=0.91,
            wspace=0.5,
            hspace=0.35,
        )
        self._add_field(figure.add_subplot(grid[0, 1]))
        self._matrices = [
            self._add_matrix(figure.add_subplot(grid[0, 2 * side]), side)
            for side in SIDES
            if len(record.weights)
        ]
        self._add_courses(figure.add_subplot(grid[1, :]))
        self._moving: list[Artist] = [
            *(self._score, self._time, self._trail, self._ball),
            *self._paddles,
            *self._matrices,
            *self._courses,
        ]
        for artist in self._moving:
            artist.set_animated(True)
        self._canvas.draw()
        self._still = self._canvas.copy_from_bbox(figure.bbox)

    def pixels(self, poll: int) -> _Pixels:
        """The picture of a poll."""
        self.show(poll)
        self._canvas.restore_region(self._still)
        for artist in self._moving:
            artist.draw(self._canvas.get_renderer())
        pixels: _Pixels = np.array(self._canvas.buffer_rgba())[:, :, :3].copy()
        return pixels

    def show(self, poll: int) -> None:
        """Lets the figure show a poll."""
        record = self._record
        left, right = record.scores[poll]
        self._score.set_text(f"{self._labels[0]}   {left} : {right}   {self._labels[1]}")
        self._time.set_text(f"poll {poll:,}")
        way = record.balls[max(0, poll - _TRAIL) : poll + 1]
        # A ball placed anew has no way yet.
        jumps = np.flatnonzero(np.abs(np.diff(way[:, 0])) > FIELD_LENGTH / 4)
        if len(jumps):
            way = way[jumps[-1] + 1 :]
        self._trail.set_data(way[:, 0], way[:, 1])
        self._ball.set_center(tuple(record.balls[poll]))
        for side in SIDES:
            self._paddles[side].set_y(record.paddles[poll, side] - PADDLE_LENGTH / 2)
            self._courses[side].set_data(np.arange(poll + 1), record.mean_rewards[: poll + 1, side])
        latest = max(0, np.searchsorted(record.weight_polls, poll, side="right") - 1)
        for side, matrix in enumerate(self._matrices):
            matrix.set_data(record.weights[latest, side])

    def _add_field(self, axes: Axes) -> None:
        frame(axes)
        width = 0.03
        axes.set(
            xlim=(-width, FIELD_LENGTH + width),
            ylim=(0, FIELD_HEIGHT),
            xticks=[],
            yticks=[],
            aspect="equal",
        )
        self._score = axes.text(FIELD_LENGTH / 2, 1.04, "", ha="center", va="bottom", fontsize=13)
        self._time = axes.text(FIELD_LENGTH / 2, -0.04, "", ha="center", va="top")
        (self._trail,) = axes.plot([], [], color=BALL_COLOUR, lw=1.5, alpha=0.4)
        self._ball = Circle((0, 0), BALL_RADIUS, color=BALL_COLOUR)
        self._paddles = [
            Rectangle((x, 0), width, PADDLE_LENGTH, color=colour)
            for x, colour in zip((-width, FIELD_LENGTH), PLAYER_COLOURS, strict=True)
        ]
        for patch in (self._ball, *self._paddles):
            axes.add_patch(patch)

    def _add_matrix(self, axes: Axes, side: int) -> AxesImage:
        frame(axes)
        weights = self._record.weights[:, side]
        image = axes.imshow(
            weights[0], origin="lower", cmap=WEIGHT_MAP, vmin=weights.min(), vmax=weights.max()
        )
        axes.set_title(f"weights of {self._labels[side]}", color=PLAYER_COLOURS[side])
        axes.set(xlabel="motor neuron", ylabel="cell of the ball")
        axes.figure.colorbar(image, cax=axes.inset_axes((1.05, 0.0, 0.06, 1.0)), label="pA")
        return image

    def _add_courses(self, axes: Axes) -> None:
        poll_axis(axes, len(self._record))
        axes.set(ylabel="mean reward", ylim=(0, 1))
        self._courses = [
            axes.plot([], [], color=colour, lw=1.6, label=label)[0]
            for colour, label in zip(PLAYER_COLOURS, self._labels, strict=True)
        ]
        axes.legend(loc="upper left")


def _canvas_of(figure: Figure) -> Any:
    # Any, since its methods have no types.
    return FigureCanvasAgg(figure)
