"""The program for a first look, as a user starts it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from conftest import Server

import spiked


def look(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "spiked", *arguments], capture_output=True, text=True, check=False
    )


def test_info_tells_version_and_limits(server: Server) -> None:
    looked = look("--server", server.address, "info")
    assert looked.returncode == 0
    assert spiked.__version__ in looked.stdout
    assert "max_synapses" in looked.stdout


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["models"], "iaf_psc_exp"),
        (["models", "iaf_psc_exp"], "tau_m"),
        (["presets"], "pong/dopamine"),
        (["presets", "pong/rstdp"], "num_neurons"),
    ],
)
def test_the_catalogue_can_be_read(server: Server, arguments: list[str], expected: str) -> None:
    assert expected in look("--server", server.address, *arguments).stdout


def test_sessions_are_listed(server: Server, client: spiked.Client) -> None:
    with client.create_session("seen", display_name="look at me"):
        assert (
            "sessions/seen (look at me): idle"
            in look("--server", server.address, "sessions").stdout
        )
    assert look("--server", server.address, "sessions").stdout == "there are no sessions\n"


def test_what_is_wrong_is_told_in_one_line(server: Server) -> None:
    unknown = look("--server", server.address, "models", "iaf_psc_ex")
    assert unknown.returncode == 1
    assert unknown.stderr.startswith("spiked: no 'iaf_psc_ex'; did you mean 'iaf_psc_exp'?")
    assert unknown.stderr.count("\n") == 1
