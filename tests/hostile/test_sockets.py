"""Addresses that several servers, or somebody else, lay hands on."""

from __future__ import annotations

import pathlib
import subprocess
from collections.abc import Callable

from client import Client, Session
from server import Server


def _path(server: Server) -> pathlib.Path:
    return pathlib.Path(server.address.removeprefix("unix:"))


def test_a_second_server_on_the_same_address_leaves_the_first_alone(
    server: Server, program: str, expect_service: Callable[[], None]
) -> None:
    second = subprocess.run(
        [program, "--listen", server.address], capture_output=True, timeout=60, check=False
    )
    assert second.returncode == 1
    assert server.address in second.stderr.decode()
    expect_service()


def test_a_removed_socket_ends_no_connection_and_no_server(server: Server, client: Client) -> None:
    session = Session(client, client.CreateSession().session)
    _path(server).unlink()
    assert session.step(100).time_ms == 100


def test_a_server_that_stops_leaves_the_socket_of_its_successor(
    server: Server, start_server: Callable[..., Server], expect_service: Callable[[], None]
) -> None:
    _path(server).unlink()
    start_server(address=server.address)
    assert server.stop() == 0
    assert _path(server).exists()
    expect_service()
