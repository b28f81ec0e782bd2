"""Pictures of records: what is drawn is what was recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from records import ROWS, write_record

from spiked import plot
from spiked.pong.record import Record, read_record


@pytest.fixture(scope="module")
def match(tmp_path_factory: pytest.TempPathFactory) -> Record:
    path = tmp_path_factory.mktemp("match") / "match.jsonl"
    write_record(path, 600, weights_every=100)
    return read_record(path)


@pytest.fixture(scope="module")
def matches(tmp_path_factory: pytest.TempPathFactory) -> list[Record]:
    """Of different lengths."""
    folder = tmp_path_factory.mktemp("matches")
    records = []
    for seed in (1, 2, 3):
        path = folder / f"{seed}.jsonl"
        write_record(path, 300 + 10 * seed, seed)
        records.append(read_record(path))
    return records


def axes_of(figure: Figure) -> list[Any]:
    """Any, since the types of what is on them say too little."""
    return figure.axes


def test_drawing_leaves_no_trace_in_the_settings(match: Record) -> None:
    def settings() -> dict[str, Any]:
        # matplotlib itself settles the backend when something is drawn.
        return {name: value for name, value in mpl.rcParams.items() if name != "backend"}

    before = settings()
    plot.mean_reward([match])
    assert settings() == before


class TestMeanReward:
    def test_of_one_match_is_a_line_for_each_player(self, match: Record) -> None:
        (axes,) = axes_of(plot.mean_reward([match], ("rn", "r")))
        left, right = axes.lines
        assert np.array_equal(left.get_ydata(), match.mean_rewards[:, 0])
        assert np.array_equal(right.get_ydata(), match.mean_rewards[:, 1])
        assert [text.get_text() for text in axes.get_legend().get_texts()] == ["rn", "r"]

    def test_of_several_is_their_mean_with_the_spread(self, matches: list[Record]) -> None:
        (axes,) = axes_of(plot.mean_reward(matches))
        courses = np.array([record.mean_rewards[:310] for record in matches])
        labelled = [line for line in axes.lines if not line.get_label().startswith("_")]
        assert len(axes.lines) == 2 * (3 + 1)
        assert np.allclose(labelled[1].get_ydata(), courses[:, :, 1].mean(axis=0))
        upper = axes.collections[1].get_paths()[0].vertices[:, 1].max()
        mean, spread = courses[:, :, 1].mean(axis=0), courses[:, :, 1].std(axis=0, ddof=1)
        assert upper == pytest.approx((mean + spread).max())
        assert axes.get_title(loc="left").startswith("3 matches")


class TestWeights:
    def test_shows_both_players_at_four_of_the_recorded_polls(self, match: Record) -> None:
        figure = plot.weights(match)
        titles = [axes.get_title() for axes in axes_of(figure) if axes.get_title()]
        assert titles == [
            f"{name}, poll {poll}" for name in ("left", "right") for poll in (0, 200, 300, 500)
        ]

    def test_shows_the_polls_that_are_asked_for(self, match: Record) -> None:
        figure = plot.weights(match, [500, 100])
        images = [axes.images[0] for axes in axes_of(figure) if axes.get_title()]
        assert np.array_equal(images[0].get_array(), match.weights[5, 0])
        assert np.array_equal(images[3].get_array(), match.weights[1, 1])
        low, high = images[3].get_clim()
        assert (low, high) == (200.0, 1024.0), "one scale for all polls of a player"

    def test_names_the_poll_that_was_not_recorded(self, match: Record) -> None:
        with pytest.raises(
            ValueError, match="no weights of poll 50 are in the record, but of 0, 100"
        ):
            plot.weights(match, [0, 50])

    def test_without_weights_says_how_to_record_them(self, matches: list[Record]) -> None:
        with pytest.raises(ValueError, match="--record-weights"):
            plot.weights(matches[0])


class TestRaster:
    def test_shows_the_first_and_the_last_polls(self, match: Record) -> None:
        figure = plot.raster(match)
        panels = [axes for axes in axes_of(figure) if axes.get_title()]
        assert [axes.get_title() for axes in panels] == [
            f"{name}, polls {polls}"
            for name in ("left", "right")
            for polls in ("0 to 99", "500 to 599")
        ]
        assert np.array_equal(panels[1].images[0].get_array(), match.counts[500:, 0].T)
        ball, winner = panels[3].lines
        assert np.array_equal(ball.get_ydata(), match.ball_cells[500:, 1])
        assert np.array_equal(winner.get_ydata(), match.winners[500:, 1])

    def test_shows_a_short_match_whole(self, tmp_path: Path) -> None:
        write_record(tmp_path / "short.jsonl", 30)
        figure = plot.raster(read_record(tmp_path / "short.jsonl"))
        assert axes_of(figure)[0].images[0].get_array().shape == (ROWS, 30)

    @pytest.mark.parametrize("window", [(10, 10), (-1, 5), (590, 601)])
    def test_refuses_polls_that_are_not_there(self, match: Record, window: tuple[int, int]) -> None:
        with pytest.raises(ValueError, match=f"polls {window[0]}:{window[1]} are not within"):
            plot.raster(match, [window])


class TestRallies:
    @pytest.mark.parametrize("seed", [1, 2, 3, 4])
    def test_are_found_as_they_were_played(self, tmp_path: Path, seed: int) -> None:
        returns = write_record(tmp_path / "match.jsonl", 3000, seed)
        record = read_record(tmp_path / "match.jsonl")
        rallies = plot.find_rallies(record)
        assert len(returns) > 5
        assert max(returns) > 1
        assert rallies.returns.tolist() == returns
        assert len(rallies.polls) == record.scores[-1].sum()
        assert (rallies.scorers == 0).sum() == record.scores[-1, 0]

    def test_are_drawn_for_who_scored_with_the_mean(self, matches: list[Record]) -> None:
        (axes,) = axes_of(plot.rallies(matches))
        points = sum(record.scores[-1] for record in matches)
        assert [len(line.get_xdata()) for line in axes.lines] == points.tolist()
        assert [text.get_text() for text in axes.get_legend().get_texts()] == [
            "point for left",
            "point for right",
            "mean of each eighth",
        ]

    def test_a_match_without_a_point_has_none(self, tmp_path: Path) -> None:
        write_record(tmp_path / "match.jsonl", 5)
        record = read_record(tmp_path / "match.jsonl")
        assert len(plot.find_rallies(record).polls) == 0
        plot.rallies([record])
