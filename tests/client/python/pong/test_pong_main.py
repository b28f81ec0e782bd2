"""The program, beside that of C++ and on a real server."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
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


def test_a_match_goes_on_when_its_player_is_killed(server: Server, tmp_path: Path) -> None:
    options = ["--server", server.address, "--players", "rn,dn", "--polls", "600"]
    options += ["--record-weights", "25"]
    undisturbed, record = tmp_path / "undisturbed.jsonl", tmp_path / "match.jsonl"
    assert main([*options, "--record", str(undisturbed)]) == 0
    options += ["--record", str(record)]
    goes_on = ["--session-id", "match"]
    chance = random.Random(2)
    for kill in range(6):
        program = subprocess.Popen([sys.executable, "-m", "spiked.pong", *options, *goes_on])
        lines = 80 * kill + chance.randrange(1, 80)
        while not record.exists() or record.read_bytes().count(b"\n") < lines:
            assert program.poll() is None
            time.sleep(0.001)
        program.kill()
        program.wait(30)
        goes_on = ["--resume", "match"]
    # As if the machine had been slow to write the last answers.
    with record.open("r+b") as file:
        file.truncate(record.stat().st_size - 7)
    assert main([*options, *goes_on]) == 0
    assert record.read_bytes() == undisturbed.read_bytes()


def test_a_match_goes_on_whose_server_is_behind_its_record(tmp_path: Path) -> None:
    # As after a loss of power, which takes back the last moments.
    data, before = tmp_path / "data", tmp_path / "before"
    made = Server("--data-dir", str(data))
    made.start()
    try:
        options = ["--server", made.address, "--players", "rn,dn", "--record-weights", "25"]
        undisturbed, record = tmp_path / "undisturbed.jsonl", tmp_path / "match.jsonl"
        assert main([*options, "--polls", "1000", "--record", str(undisturbed)]) == 0
        options += ["--record", str(record)]

        def play_until(lines: int, *goes_on: str) -> None:
            arguments = [*options, "--polls", "1000", *goes_on]
            program = subprocess.Popen([sys.executable, "-m", "spiked.pong", *arguments])
            while not record.exists() or record.read_bytes().count(b"\n") < lines:
                assert program.poll() is None
                time.sleep(0.001)
            program.kill()
            program.wait(30)
            made.stop()

        play_until(50, "--session-id", "match")
        shutil.copytree(data, before)
        made.start()
        play_until(100, "--resume", "match")
        shutil.rmtree(data)
        before.rename(data)
        made.start()
        assert main([*options, "--polls", "1000", "--resume", "match"]) == 0
        assert record.read_bytes() == undisturbed.read_bytes()
    finally:
        made.close()


def test_a_match_that_has_a_name_can_go_on_after_an_error(
    server: Server, client: spiked.Client, tmp_path: Path
) -> None:
    record = tmp_path / "match.jsonl"
    options = ["--server", server.address, "--players", "d,r", "--polls", "1000000"]
    options += ["--record", str(record), "--session-id", "match"]
    program = subprocess.Popen(
        [sys.executable, "-m", "spiked.pong", *options],
        stderr=subprocess.PIPE,
        text=True,
    )
    while not record.exists() or record.read_bytes().count(b"\n") < 20:
        assert program.poll() is None
        time.sleep(0.001)
    # Somebody else takes a step: the players' next one does not follow.
    client.attach_session("match").step(0.1)
    _, errors = program.communicate(timeout=60)
    assert program.returncode == 1
    assert "--resume match goes on with the match" in errors
    assert [session.name for session in client.sessions()] == ["sessions/match"]
    client.attach_session("match").delete()


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (["--seed", "2"], "sessions/match has another seed than 2"),
        ([], "the session is at 0 ms, not at 4000"),
        (["--num-neurons", "7"], "line 1: is a poll of another match"),
    ],
)
def test_goes_on_only_with_the_same_match(
    server: Server,
    client: spiked.Client,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    other: list[str],
    message: str,
) -> None:
    record = tmp_path / "match.jsonl"
    options = ["--server", server.address, "--players", "d,r", "--record", str(record)]
    assert main([*options, "--polls", "20"]) == 0
    before = record.read_bytes()
    with client.create_session("match", seed=1):
        assert main([*options, "--polls", "30", "--resume", "match", *other]) == 1
        assert message in capsys.readouterr().err
        assert record.read_bytes() == before
        assert [session.name for session in client.sessions()] == ["sessions/match"]


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
        (["--resume", "match"], "--resume needs --record"),
        (["--resume", "a", "--record", "b", "--session-id", "c"], "that of a new match"),
    ],
)
def test_says_what_is_wrong_with_an_option(
    options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(options)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err
