"""Which server the suite holds to the contract, and what every test gets."""

from __future__ import annotations

import itertools
import os
import pathlib
import secrets
import sys
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest

sys.dont_write_bytecode = True
pytest.register_assert_rewrite("client", "expect", "networks")

from client import Client, Session  # noqa: E402
from connect import is_connect  # noqa: E402
from contract import METHODS  # noqa: E402
from server import Server  # noqa: E402

_checks = 0


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("conformance")
    group.addoption("--address", help="the server to hold to the contract")
    group.addoption("--server", help="the program to start as that server instead")
    group.addoption(
        "--codec",
        choices=["json", "proto", "json?get", "proto?get"],
        help="call that program by Connect, in this form",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "method(*names): says which methods a test is about")
    config.addinivalue_line("markers", "last: runs a test after all others")
    config.addinivalue_line("markers", "grpc(why): is about what Connect does not have")


def pytest_assertion_pass() -> None:
    global _checks
    _checks += 1


def pytest_terminal_summary(terminalreporter: Any) -> None:
    tests = sum(len(terminalreporter.stats.get(key, ())) for key in ("passed", "failed"))
    terminalreporter.write_line(
        f"conformance: {_checks} checks in {tests} tests of {len(METHODS)} methods"
    )


def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> None:
    # What looks back at all tests comes last.
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)
    # Before any of them is deselected.
    session.stash[_COLLECTED] = list(items)


_COLLECTED = pytest.StashKey[list[pytest.Item]]()


@pytest.fixture
def collected(request: pytest.FixtureRequest) -> list[pytest.Item]:
    """All tests of the suite; skips where only part of it was collected."""
    items = request.session.stash[_COLLECTED]
    folder = pathlib.Path(__file__).parent
    if {item.path for item in items} != set(folder.glob("test_*.py")):
        pytest.skip("only part of the suite was collected")
    return items


@pytest.fixture
def whole_run(request: pytest.FixtureRequest, collected: list[pytest.Item]) -> None:
    """Skips where only part of the suite runs."""
    if len(request.session.items) != len(collected):
        pytest.skip("only part of the suite runs")


@pytest.fixture(scope="session")
def own_server(pytestconfig: pytest.Config) -> Iterator[Server | None]:
    """The server that the suite has started; None where it was given an address."""
    program = pytestconfig.getoption("--server")
    if program is None:
        yield None
        return
    # Few enough sessions that the limit can be reached, and limits where by default
    # there is none but memory.
    limits = {
        "--max-sessions": 200,
        "--max-neurons": 1_000_000,
        "--max-synapses": 50_000_000,
        # Less than the most neurons take whose inputs wait longest.
        "--max-memory-mib": 900,
    }
    options = (f"{option}={number}" for option, number in limits.items())
    server = Server(program, *options, codec=pytestconfig.getoption("--codec"))
    yield server
    # Whatever the tests have done to it, it is alive and stops in order.
    assert server.stop() == 0, server.log()


@pytest.fixture(scope="session")
def address(pytestconfig: pytest.Config, own_server: Server | None) -> str:
    given: str | None = pytestconfig.getoption("--address") or os.environ.get("SPIKED_SERVER")
    if own_server is not None:
        return own_server.address
    if given is None:
        pytest.exit("say which server: --address ADDRESS or --server PROGRAM", 2)
    return given


@pytest.fixture
def start_server(pytestconfig: pytest.Config) -> Iterator[Callable[..., Server]]:
    """Starts further servers of the program under test, with options."""
    program = pytestconfig.getoption("--server")
    if program is None:
        pytest.skip("needs a server of its own, started with --server")
    codec = pytestconfig.getoption("--codec")
    servers: list[Server] = []

    def start(*options: str) -> Server:
        servers.append(Server(program, *options, codec=codec))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def client(address: str) -> Iterator[Client]:
    client = Client(address)
    try:
        client.start("GetServerInfo", timeout=10).result()
    except grpc.RpcError as error:
        pytest.exit(f"{address} is no server of this contract: {error.details()}", 2)
    yield client
    client.close()


@pytest.fixture
def another_client(address: str) -> Iterator[Client]:
    """A client with a connection of its own."""
    client = Client(address)
    yield client
    client.close()


@pytest.fixture(scope="session")
def unique_id() -> Callable[[], str]:
    """Draws session ids that sort in the order of drawing, and that nobody else has."""
    prefix = f"conformance-{secrets.token_hex(6)}"
    numbers = itertools.count()
    return lambda: f"{prefix}-{next(numbers):06}"


@pytest.fixture(autouse=True)
def _skip_what_connect_does_not_have(request: pytest.FixtureRequest, address: str) -> None:
    mark = request.node.get_closest_marker("grpc")
    if mark is not None and is_connect(address):
        pytest.skip(f"not by Connect: {mark.args[0]}")


@pytest.fixture(autouse=True)
def _leave_no_session(client: Client) -> Iterator[None]:
    """Deletes what a test has created."""
    yield
    client.delete_created()


@pytest.fixture
def new_session(client: Client) -> Callable[..., Session]:
    """Creates sessions.

    Keyword arguments are fields of CreateSessionRequest, or `specification`: a
    network of that specification named `net`.
    """

    def create(specification: Any = None, **fields: Any) -> Session:
        session = Session(client, client.CreateSession(**fields).session)
        if specification is not None:
            session.CreateNetwork(network="net", specification=specification)
        return session

    return create
