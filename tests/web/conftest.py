"""A server that browsers are served by, and what calls it."""

from __future__ import annotations

import http.client
import json
import pathlib
import ssl
import sys
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any

import pytest

sys.dont_write_bytecode = True
# Calls by gRPC and by Connect are those of the suite that holds servers to the contract.
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "conformance"))

from client import Client, Session  # noqa: E402
from server import Server  # noqa: E402

# Patience that only a server that is broken needs.
PATIENCE_S = 30


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--server", required=True, help="the program to start as the server")
    parser.addoption("--ctl", required=True, help="spikectl, which makes certificates")


class Web:
    """A server seen over HTTP."""

    def __init__(self, server: Server, tls: ssl.SSLContext | None = None) -> None:
        self.server = server
        self.origin = server.web_address
        url = urllib.parse.urlsplit(self.origin)
        assert url.hostname is not None
        assert url.port is not None
        self.host, self.port = url.hostname, url.port
        self.token = server.owner_token
        self.tls = tls

    def seen_by(self, tls: ssl.SSLContext) -> Web:
        """The same server, seen by somebody who trusts others, or shows a certificate."""
        return Web(self.server, tls)

    def connect(self) -> http.client.HTTPConnection:
        if self.tls is None:
            return http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE_S)
        return http.client.HTTPSConnection(
            self.host, self.port, timeout=PATIENCE_S, context=self.tls
        )

    def request(
        self, method: str, path: str, body: bytes | str | None = None, **headers: str
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """Answer and body, of a request on a connection of its own."""
        connection = self.connect()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, named)
        response = connection.getresponse()
        data = response.read()
        connection.close()
        return response, data

    def post(self, path: str, body: Any, **headers: str) -> tuple[int, Any]:
        """Status and answer of a call by JSON, as the owner unless told otherwise."""
        fields = {"authorization": f"Bearer {self.token}", "content_type": "application/json"}
        text = body if isinstance(body, (bytes, str)) else json.dumps(body)
        response, data = self.request("POST", path, text, **(fields | headers))
        return response.status, json.loads(data) if data else None

    def client(self, codec: str = "json", token: str | None = None) -> Client:
        return Client(f"{self.origin}/{codec}", token=token or self.token)


@pytest.fixture
def program(pytestconfig: pytest.Config) -> str:
    program: str = pytestconfig.getoption("--server")
    return program


@pytest.fixture
def start_web(program: str) -> Iterator[Callable[..., Web]]:
    """Starts servers with options; whatever happens to them, they stop in order."""
    servers: list[Server] = []

    def start(*options: str) -> Web:
        servers.append(Server(program, "--web=127.0.0.1:0", *options))
        return Web(servers[-1])

    yield start
    for server in servers:
        assert server.stop() == 0, server.log()


@pytest.fixture(scope="session")
def web(pytestconfig: pytest.Config) -> Iterator[Web]:
    """One for all tests that do it no harm."""
    server = Server(pytestconfig.getoption("--server"), "--web=127.0.0.1:0")
    yield Web(server)
    assert server.stop() == 0, server.log()


@pytest.fixture(scope="session")
def grpc_client(web: Web) -> Iterator[Client]:
    client = Client(web.server.address)
    yield client
    client.close()


@pytest.fixture
def session(grpc_client: Client) -> Iterator[Session]:
    session = Session(grpc_client, grpc_client.CreateSession(seed=7).session)
    grpc_client.CreateNetwork(session=session.name, network="net", preset={"name": "pong/rstdp"})
    yield session
    grpc_client.start("DeleteSession", session=session.name).exception()
