"""Somebody opens all the connections that there may be; whoever else comes is served."""

from __future__ import annotations

import contextlib
import multiprocessing
import resource
import socket
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import grpc
import pytest

from client import Client, Session, StepStream, wait_until
from conftest import use
from server import Server

_FILES = 256


class Flood(NamedTuple):
    """Connections to an address; over TCP from another one of this machine."""

    address: str
    source: str

    def connect(self) -> socket.socket:
        if self.address.startswith("unix:"):
            one = socket.socket(socket.AF_UNIX)
            one.settimeout(60)
            one.connect(self.address.removeprefix("unix:"))
            return one
        host, port = self.address.removeprefix("http://").rsplit(":", 1)
        return socket.create_connection((host, int(port)), 60, source_address=(self.source, 0))


@pytest.fixture
def server(start_server: Callable[..., Server]) -> Server:
    return start_server(
        "--listen", "127.0.0.1:0", "--web", "127.0.0.1:0", limits={resource.RLIMIT_NOFILE: _FILES}
    )


@pytest.fixture(params=["the Unix socket", "TCP", "the web"])
def flood(request: pytest.FixtureRequest, server: Server) -> Flood:
    addresses = {
        "the Unix socket": server.address,
        "TCP": server.tcp_address,
        "the web": server.web_address,
    }
    return Flood(addresses[request.param], "127.0.0.2")


@contextlib.contextmanager
def _decent(server: Server) -> Iterator[tuple[Client, Client]]:
    """Who comes over the Unix socket, and over TCP."""
    clients = Client(server.address), Client(server.tcp_address, token=server.owner_token)
    yield clients
    for client in clients:
        client.close()


def test_newcomers_are_served_and_those_who_are_known_stay(server: Server, flood: Flood) -> None:
    with _decent(server) as clients:
        streams = []
        for client in clients:
            session = Session(client, client.CreateSession().session)
            streams.append(StepStream(client))
            assert streams[-1].step(session=session.name, duration_ms=1).time_ms == 1
        held = [flood.connect() for _ in range(2 * _FILES)]
        # Even those from the same machine.
        held += [flood._replace(source="127.0.0.1").connect() for _ in range(_FILES)]
        for _ in range(10):
            use(server.address)
            with _decent(server) as newcomers:
                for newcomer in newcomers:
                    newcomer.GetServerInfo()
        for stream in streams:
            assert stream.step(duration_ms=1).time_ms == 2
            stream.end()
        for one in held:
            one.close()


def _keep_coming(flood: Flood, over: Any) -> None:
    held: list[socket.socket] = []
    while not over.is_set():
        with contextlib.suppress(OSError):
            held.append(flood.connect())
        if len(held) > 2 * _FILES:
            held.pop(0).close()


# Who comes to the owner's own socket, which nobody else can open, waits in one line with them.
@pytest.mark.parametrize("flood", ["TCP", "the web"], indirect=True)
def test_nor_does_it_help_to_come_again_at_once(server: Server, flood: Flood) -> None:
    context = multiprocessing.get_context("spawn")
    over = context.Event()
    flooding = context.Process(target=_keep_coming, args=(flood, over))
    flooding.start()
    try:
        wait_until(lambda: "connections are scarce" in server.log())
        for _ in range(3):
            wait_until(lambda: _all_are_served(server))
    finally:
        over.set()
        flooding.join()


def _all_are_served(server: Server) -> bool:
    """Whether nobody is refused as others come at the same moment; then they try again."""
    with _decent(server) as clients:
        try:
            for client in clients:
                client.GetServerInfo()
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.UNAVAILABLE, error
            return False
    return True
