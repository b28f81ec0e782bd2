"""Who calls, and what they may do.

This needs servers of its own: it is skipped where only an address is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from client import Client
from contract import METHODS, v1
from expect import check_error, refused
from server import Server

StartServer = Callable[..., Server]


@pytest.fixture
def tcp_server(start_server: StartServer) -> Server:
    return start_server("--listen", "127.0.0.1:0")


@pytest.fixture
def stranger(tcp_server: Server) -> Iterator[Client]:
    client = Client(tcp_server.tcp_address, token="")
    yield client
    client.close()


def test_over_tcp_a_token_is_needed(tcp_server: Server, stranger: Client) -> None:
    refused(stranger.GetServerInfo, code="UNAUTHENTICATED", reason="TOKEN_MISSING")
    owner = Client(tcp_server.tcp_address, token=tcp_server.owner_token)
    owner.GetServerInfo()
    owner.close()


@pytest.mark.parametrize("method", METHODS.values(), ids=str)
def test_no_method_is_carried_out_for_those_whom_nobody_knows(
    method: object, stranger: Client
) -> None:
    call = stranger.send_bytes(method.path, b"")  # type: ignore[attr-defined]
    check_error(call, "UNAUTHENTICATED", "TOKEN_MISSING")


def test_what_is_no_token_is_refused(client: Client) -> None:
    request = v1.GetServerInfoRequest()
    for text in ["", "secret", "Basic secret"]:
        call = client.start("GetServerInfo", request, metadata=[("authorization", text)])
        check_error(call.exception(), "UNAUTHENTICATED", "TOKEN_MALFORMED")
    call = client.start("GetServerInfo", request, metadata=[("authorization", "Bearer secret")])
    check_error(call.exception(), "UNAUTHENTICATED", "TOKEN_UNKNOWN")
