"""Records against the vectors of all clients, written and read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from vectors import VECTORS

from spiked.pong.match import Match
from spiked.pong.player import PlayerKind
from spiked.pong.record import number, read_record, record_line


@pytest.mark.parametrize("text", VECTORS["numbers"])
def test_numbers_are_written_as_all_clients_do(text: str) -> None:
    assert number(float(text)) == text


def test_zero_has_no_sign() -> None:
    assert number(-0.0) == "0"


@pytest.mark.parametrize("vector", VECTORS["matches"], ids=lambda match: ",".join(match["players"]))
def test_lines_are_those_of_all_clients(vector: dict[str, Any]) -> None:
    left, right = (PlayerKind(player) for player in vector["players"])
    match = Match((left, right), vector["rows"], int(vector["seed"]))
    for poll in vector["polls"]:
        weights = None
        if "weights" in poll:
            weights = [np.reshape(matrix, (vector["rows"],) * 2) for matrix in poll["weights"]]
        assert record_line(match.play(poll["counts"]), weights) == poll["record"]


class TestReadRecord:
    @pytest.fixture
    def vector(self) -> dict[str, Any]:
        chosen: dict[str, Any] = VECTORS["matches"][0]
        return chosen

    @pytest.fixture
    def lines(self, vector: dict[str, Any]) -> list[str]:
        return [poll["record"] + "\n" for poll in vector["polls"]]

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return tmp_path / "match.jsonl"

    def test_gives_back_what_was_recorded(
        self, vector: dict[str, Any], lines: list[str], path: Path
    ) -> None:
        path.write_text("".join(lines))
        record = read_record(path)
        left, right = (PlayerKind(player) for player in vector["players"])
        match = Match((left, right), vector["rows"], int(vector["seed"]))
        weights = iter(record.weights)
        for k, poll in enumerate(vector["polls"]):
            played = match.play(poll["counts"])
            assert record.times_ms[k] == played.time_ms
            assert tuple(record.balls[k]) == played.ball
            assert tuple(record.ball_cells[k]) == played.ball_cell
            assert tuple(record.scores[k]) == played.score
            assert tuple(record.paddles[k]) == played.paddles
            assert record.counts[k].tolist() == poll["counts"]
            assert tuple(record.winners[k]) == tuple(p.winner for p in played.players)
            assert tuple(record.rewards[k]) == tuple(p.bare_reward for p in played.players)
            assert tuple(record.mean_rewards[k]) == tuple(p.mean_reward for p in played.players)
            if "weights" in poll:
                assert next(weights).reshape(2, -1).tolist() == poll["weights"]
        assert next(weights, None) is None
        assert record.weight_polls.tolist() == [
            k for k, poll in enumerate(vector["polls"]) if "weights" in poll
        ]

    def test_says_what_it_holds(self, lines: list[str], path: Path) -> None:
        path.write_text("".join(lines[:3]))
        assert repr(read_record(path)) == (
            "<Record of 3 polls, 6 neurons a player, score 0:0, weights at 1 polls>"
        )

    def test_leaves_out_what_is_still_being_written(self, lines: list[str], path: Path) -> None:
        path.write_text("".join(lines[:3]) + lines[3][:50])
        assert len(read_record(path)) == 3

    def test_a_record_without_weights_has_none(self, lines: list[str], path: Path) -> None:
        path.write_text(lines[1])
        assert read_record(path).weights.shape == (0, 2, 6, 6)

    def test_nothing_is_no_record(self, path: Path) -> None:
        path.write_text("")
        with pytest.raises(ValueError, match=r"match\.jsonl: holds no poll"):
            read_record(path)

    @pytest.mark.parametrize(
        ("line", "why"),
        [
            ("[1, 2]\n", ""),
            ("{}\n", "KeyError\\('left'\\)"),
            ("poll\n", "JSONDecodeError"),
            (VECTORS["matches"][0]["polls"][1]["record"].replace("[", "[[") + "\n", ""),
            (
                VECTORS["matches"][0]["polls"][1]["record"].replace(":[1,3,1,3,1,2]", ":[1,3]")
                + "\n",
                "",
            ),
        ],
    )
    def test_names_the_line_that_is_no_poll(
        self, lines: list[str], path: Path, line: str, why: str
    ) -> None:
        path.write_text(lines[0] + line)
        with pytest.raises(
            ValueError, match=rf"match\.jsonl, line 2: is no poll of a match .*{why}"
        ):
            read_record(path)
