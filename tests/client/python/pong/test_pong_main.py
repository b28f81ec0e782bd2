"""The program, beside that of C++ and on a real server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Server

import spiked
from spiked.pong.__main__ import main
from spiked.pong.record import read_record


@pytest.mark.parametrize("players", ["rn,r", "d,dn", "dn,rn"])
@pytest.mark.parametrize("seed", ["1", "18446744073709551615"])
def test_records_are_those_of_the_cpp_client(
    server: Server, tmp_path: Path, players: str, seed: str
) -> None:
    options = ["--server", server.address, "--players", players, "--seed", seed]
    options += ["--polls", "300", "--record-weights", "40"]
    python, cpp = tmp_path / "python.jsonl", tmp_path / "cpp.jsonl"
    assert main([*options, "--record", str(python)]) == 0
    subprocess.run(
        [os.environ["SPIKED_PONG_BINARY"], *options, "--plain", "--record", cpp],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    assert len(read_record(python)) == 300
    assert python.read_bytes() == cpp.read_bytes()


def test_other_sizes_of_the_field_are_those_of_the_cpp_client_too(
    server: Server, tmp_path: Path
) -> None:
    options = ["--server", server.address, "--num-neurons", "7", "--polls", "100"]
    python, cpp = tmp_path / "python.jsonl", tmp_path / "cpp.jsonl"
    assert main([*options, "--record", str(python)]) == 0
    subprocess.run(
        [os.environ["SPIKED_PONG_BINARY"], *options, "--plain", "--record", cpp],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    assert python.read_bytes() == cpp.read_bytes()


def test_says_how_the_match_ended_and_leaves_no_session(
    server: Server, client: spiked.Client, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--server", server.address, "--polls", "20", "--players", "d,r"]) == 0
    assert capsys.readouterr().out.startswith("poll 20 of 20  score 0:0  mean reward  d 0.")
    assert client.sessions() == []


def test_ctrl_c_ends_the_match_in_order(
    server: Server, client: spiked.Client, tmp_path: Path
) -> None:
    record = tmp_path / "match.jsonl"
    options = ["--polls", "1000000000", "--server", server.address, "--record", str(record)]
    program = subprocess.Popen(
        [sys.executable, "-m", "spiked.pong", *options], stdout=subprocess.PIPE, text=True
    )
    assert program.stdout is not None
    assert program.stdout.readline().startswith("poll "), "it plays"
    program.send_signal(signal.SIGINT)
    out, _ = program.communicate(timeout=60)
    assert program.returncode == 0
    assert out.splitlines()[-2] == "Interrupted:"
    assert record.read_bytes().endswith(b"}\n")
    assert f"poll {len(read_record(record))} of" in out.splitlines()[-1]
    assert client.sessions() == []


def test_a_record_that_has_no_place_is_told_before_the_match(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "no such folder" / "match.jsonl"
    assert main(["--server", server.address, "--record", str(path)]) == 1
    assert str(path) in capsys.readouterr().err


def test_a_server_that_is_not_there_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = f"unix:{tmp_path}/none.sock"
    assert main(["--server", address, "--polls", "1"]) == 1
    assert f"no spiked server answers at {address}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--players", "rn"], "two of r, rn, d, dn with a comma between them, not 'rn'"),
        (["--players", "rn,x"], "two of r, rn, d, dn with a comma between them, not 'rn,x'"),
        (["--polls", "0"], "a whole number from 1 to 1000000000, not '0'"),
        (["--seed", "-1"], "a whole number from 0 to 18446744073709551615, not '-1'"),
        (["--num-neurons", "1.5"], "a whole number from 2 to 400, not '1.5'"),
        (["--record-weights", "5"], "--record-weights needs --record"),
    ],
)
def test_says_what_is_wrong_with_an_option(
    options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(options)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err
