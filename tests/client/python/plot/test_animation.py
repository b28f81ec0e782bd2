"""Animations, looked at frame by frame."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from records import write_record

from spiked import plot
from spiked.pong.record import Record, read_record


@pytest.fixture(scope="module")
def match(tmp_path_factory: pytest.TempPathFactory) -> Record:
    path = tmp_path_factory.mktemp("match") / "match.jsonl"
    write_record(path, 45, weights_every=20)
    return read_record(path)


def frames(path: Path) -> Iterator[npt.NDArray[np.int64]]:
    with Image.open(path) as image:
        for k in range(image.n_frames):
            image.seek(k)
            yield np.array(image.convert("RGB")).astype(np.int64)


def test_a_gif_has_a_frame_for_every_so_many_polls(match: Record, tmp_path: Path) -> None:
    plot.animate(match, tmp_path / "match.gif", every=5)
    pictures = list(frames(tmp_path / "match.gif"))
    assert len(pictures) == 9
    assert {picture.shape for picture in pictures} == {(450, 900, 3)}
    for before, after in pairwise(pictures):
        assert np.any(before != after)


def test_the_matrices_change_where_weights_were_recorded(match: Record, tmp_path: Path) -> None:
    plot.animate(match, tmp_path / "match.gif", every=5)
    # The left player's matrix, without the frame.
    matrices = [picture[60:200, 60:200] for picture in frames(tmp_path / "match.gif")]
    changed = [np.any(a != b) for a, b in pairwise(matrices)]
    assert np.flatnonzero(changed).tolist() == [3, 7], "at polls 20 and 40"


def test_without_weights_it_shows_the_game_and_the_rewards(tmp_path: Path) -> None:
    write_record(tmp_path / "match.jsonl", 12)
    plot.animate(read_record(tmp_path / "match.jsonl"), tmp_path / "match.gif", every=4)
    assert len(list(frames(tmp_path / "match.gif"))) == 3


def test_an_mp4_has_as_many_frames(match: Record, tmp_path: Path) -> None:
    ffprobe = shutil.which("ffprobe")
    if ffprobe is None:
        pytest.skip("needs ffmpeg")
    path = tmp_path / "match.mp4"
    plot.animate(match, path, every=5, frames_per_s=10)
    probe = subprocess.run(
        [ffprobe, "-v", "error", "-count_frames", "-show_streams", "-of", "json", path],
        capture_output=True,
        check=True,
    )
    (stream,) = json.loads(probe.stdout)["streams"]
    assert (stream["nb_read_frames"], stream["r_frame_rate"]) == ("9", "10/1")


def test_an_mp4_that_cannot_be_written_is_an_error(match: Record, tmp_path: Path) -> None:
    with pytest.raises((OSError, ValueError), match=r"match\.mp4"):
        plot.animate(match, tmp_path / "no such folder" / "match.mp4", every=5)


def test_refuses_other_kinds_of_files(match: Record, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"match\.avi: an animation ends with \.gif or \.mp4"):
        plot.animate(match, tmp_path / "match.avi")


def test_refuses_to_stand_still(match: Record, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="every: must be at least 1, not 0"):
        plot.animate(match, tmp_path / "match.gif", every=0)


class TestSnapshot:
    def test_shows_the_last_poll(self, match: Record) -> None:
        figure = plot.snapshot(match, labels=("rn", "r"))
        texts = {text.get_text() for axes in figure.axes for text in axes.texts}
        assert texts == {"poll 44", f"rn   {match.scores[-1, 0]} : {match.scores[-1, 1]}   r"}

    def test_shows_the_poll_that_is_asked_for(self, match: Record) -> None:
        shown: list[Any] = plot.snapshot(match, 25).axes
        field, left, right, courses = (axes for axes in shown if axes.get_label() != "<colorbar>")
        assert field.patches[0].get_center() == tuple(match.balls[25])
        assert np.array_equal(left.images[0].get_array(), match.weights[1, 0])
        assert np.array_equal(right.images[0].get_array(), match.weights[1, 1])
        assert np.array_equal(courses.lines[1].get_ydata(), match.mean_rewards[:26, 1])

    @pytest.mark.parametrize("poll", [-1, 45])
    def test_refuses_polls_that_are_not_there(self, match: Record, poll: int) -> None:
        with pytest.raises(ValueError, match=f"poll {poll} is not within a record of 45 polls"):
            plot.snapshot(match, poll)
