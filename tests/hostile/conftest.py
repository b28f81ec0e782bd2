"""A server among hostile clients, and a decent client that goes on being served."""

from __future__ import annotations

import pathlib
import sys
from collections.abc import Callable, Iterator, Mapping

import grpc
import pytest

sys.dont_write_bytecode = True
# The decent clients are those that hold the server to its contract.
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "conformance"))

from client import Client, Session  # noqa: E402
from server import Server  # noqa: E402


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--server", required=True, help="the program to start as the server")


@pytest.fixture
def program(pytestconfig: pytest.Config) -> str:
    program: str = pytestconfig.getoption("--server")
    return program


@pytest.fixture
def start_server(program: str) -> Iterator[Callable[..., Server]]:
    """Starts servers with options; whatever happens to them, they stop in order."""
    servers: list[Server] = []

    def start(
        *options: str, address: str | None = None, limits: Mapping[int, int] | None = None
    ) -> Server:
        servers.append(Server(program, *options, address=address, limits=limits))
        return servers[-1]

    yield start
    for server in servers:
        assert server.stop() == 0, server.log()


@pytest.fixture
def server(start_server: Callable[..., Server]) -> Server:
    return start_server()


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    client = Client(server.address)
    yield client
    client.close()


def use(address: str) -> None:
    """What a decent client does: it opens a session, steps, and closes it."""
    client = Client(address)
    try:
        session = Session(client, client.CreateSession().session)
        assert session.step(100).time_ms == 100
        session.DeleteSession()
    finally:
        client.close()


def serves(address: str) -> bool:
    try:
        use(address)
    except grpc.RpcError:
        return False
    return True


@pytest.fixture
def expect_service(server: Server) -> Callable[[], None]:
    """Expects that a new client is served."""
    return lambda: use(server.address)
