"""The command line of spiked.plot."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from records import write_record

from spiked.plot.__main__ import main


@pytest.fixture
def records(tmp_path: Path) -> list[str]:
    paths = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    write_record(paths[0], 60, seed=1, weights_every=20)
    write_record(paths[1], 60, seed=2)
    return [str(path) for path in paths]


def test_draws_all_that_the_records_hold(
    records: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "pictures"
    assert main([*records, "--output", str(folder)]) == 0
    names = ["reward.png", "rallies.png", "a-weights.png", "a-raster.png", "a-match.png"]
    names += ["b-raster.png", "b-match.png"]
    assert capsys.readouterr().out.split() == [str(folder / name) for name in names]
    for name in names:
        assert (folder / name).read_bytes().startswith(b"\x89PNG")


def test_draws_what_is_asked_for(records: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    options = ["--pictures", "weights,raster", "--weights-at", "20,40", "--raster-at", "5:9,20:60"]
    assert main([records[0], "--output", str(folder), "--format", "svg", *options]) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["a-raster.svg", "a-weights.svg"]


def test_records_that_are_called_alike_are_told_apart(tmp_path: Path) -> None:
    paths = [tmp_path / run / "match.jsonl" for run in ("1", "2")]
    for path in paths:
        path.parent.mkdir()
        write_record(path, 20)
    arguments = [*map(str, paths), "--output", str(tmp_path / "all"), "--pictures", "raster"]
    assert main(arguments) == 0
    assert sorted(path.name for path in (tmp_path / "all").iterdir()) == [
        "match-1-raster.png",
        "match-2-raster.png",
    ]


def test_writes_an_animation(records: list[str], tmp_path: Path) -> None:
    path = tmp_path / "match.gif"
    options = ["--output", str(tmp_path), "--pictures", "reward", "--every", "30"]
    assert main([records[0], *options, "--animation", str(path)]) == 0
    assert path.read_bytes().startswith(b"GIF89a")


def test_without_weights_asking_for_them_is_an_error(
    records: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([records[1], "--output", str(tmp_path), "--pictures", "weights"]) == 1
    assert "b.jsonl: the record holds no weights" in capsys.readouterr().err


def test_says_which_file_is_no_record(
    records: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "c.jsonl").write_text("nonsense\n")
    assert main([records[0], str(tmp_path / "c.jsonl"), "--output", str(tmp_path)]) == 1
    assert "c.jsonl, line 1: is no poll of a match" in capsys.readouterr().err
    assert main([str(tmp_path / "missing.jsonl"), "--output", str(tmp_path)]) == 1
    assert "missing.jsonl" in capsys.readouterr().err
    assert not (tmp_path / "reward.png").exists(), "draws nothing"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--labels", "one"], "two names with a comma between them: 'one'"),
        (
            ["--pictures", "reward,spikes"],
            "some of reward, rallies, weights, raster, match: 'spikes'",
        ),
        (["--weights-at", "1-3"], "polls such as 0,1000,2000: '1-3'"),
        (["--raster-at", "1,3"], "polls such as 0:100,1900:2000: '1,3'"),
        (["--every", "0"], "a whole number from 1 on: '0'"),
    ],
)
def test_says_what_is_wrong_with_an_option(
    records: list[str], options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([records[0], *options])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_animates_one_match_at_a_time(
    records: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([*records, "--animation", str(tmp_path / "match.gif")])
    assert "takes the record of one match" in capsys.readouterr().err


def test_without_matplotlib_says_how_to_get_it() -> None:
    program = "import sys; sys.modules['matplotlib'] = None; import spiked.plot"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ended.returncode == 1
    assert "spiked.plot needs the package 'matplotlib': pip install" in ended.stderr
