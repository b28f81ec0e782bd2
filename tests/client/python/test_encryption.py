"""What is said where one side encrypts and the other does not, or a certificate does not fit."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import spiked
from conftest import Server
from spiked._address import encryption_advice

Make = Callable[[str], Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Makes an authority, and a certificate for a server of that name: their folder."""

    def made(host: str) -> Path:
        folder = tmp_path / host
        program = Path(os.environ["SPIKED_BINARY"]).with_name("spikectl")
        subprocess.run(
            [program, "tls", "init", "--folder", folder, "--host", host],
            check=True,
            capture_output=True,
        )
        return folder

    return made


@pytest.fixture
def lab(make: Make) -> Path:
    return make("localhost")


@pytest.fixture
def address(lab: Path) -> Iterator[str]:
    """Of a server that encrypts."""
    files = "--tls-certificate", f"{lab}/server.pem", "--tls-key", f"{lab}/server.key"
    server = Server("--listen", "127.0.0.1:0", *files)
    server.start()
    yield server.tcp_address.replace("127.0.0.1", "localhost")
    server.close()


def why_not(address: str) -> str:
    with pytest.raises(spiked.Unavailable) as error:
        spiked.connect(address, timeout_s=1.0)
    return str(error.value)


def test_a_server_that_encrypts(address: str, lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPIKED_TLS_CA", raising=False)
    assert "in $SPIKED_TLS_CA" in why_not(address)
    monkeypatch.setenv("SPIKED_TLS_CA", f"{lab}/ca.pem")
    with pytest.raises(spiked.PermissionDenied):  # encrypted, without a token
        spiked.connect(address, token="")


def test_a_server_that_does_not(
    tcp_server: Server, lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPIKED_TLS_CA", f"{lab}/ca.pem")
    assert "unset $SPIKED_TLS_CA" in why_not(tcp_server.tcp_address)


def test_an_authority_that_has_not_certified_the_server(
    address: str, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPIKED_TLS_CA", f"{make('other.example')}/ca.pem")
    assert "not by the authority that $SPIKED_TLS_CA names" in why_not(address)


def test_a_file_that_is_no_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x").write_text("x")
    monkeypatch.setenv("SPIKED_TLS_CA", f"{tmp_path}/x")
    with pytest.raises(ValueError, match="x is no PEM file"):
        spiked.connect("localhost:1")


@pytest.mark.parametrize(
    "why",
    [
        "Ssl handshake failed: Peer name localhost is not in peer certificate",
        "Hostname Verification Check failed.",
    ],
)
def test_a_name_that_is_not_in_the_certificate(why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPIKED_TLS_CA", "ca.pem")
    assert "not for the name localhost:" in encryption_advice(why, "localhost:50051")
    assert encryption_advice("Connection refused", "localhost:50051") == ""
    assert encryption_advice(why, "unix:/socket") == ""
