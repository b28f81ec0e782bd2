"""A restart of the server is noticed."""

from __future__ import annotations

import time

import pytest
from conftest import Server

import spiked


def restart(server: Server, client: spiked.Client) -> None:
    """Restarts the server, and waits until the client reaches it again."""
    before = client.instance
    server.kill()
    server.start()
    for _ in range(1000):
        try:
            client.info()
        except spiked.Unavailable:
            time.sleep(0.02)
        else:
            break
    assert client.instance != before


def test_a_session_of_the_server_before_is_gone(own_server: Server) -> None:
    with spiked.connect(own_server.address) as client:
        session = client.create_session("mine")
        session.step(1)
        restart(own_server, client)
        with pytest.raises(spiked.ServerRestarted, match="sessions/mine is gone"):
            session.step(1)
        with pytest.raises(spiked.ServerRestarted), session.stream() as stream:
            stream.step(1)


def test_a_new_session_of_the_same_name_is_not_taken_for_the_old_one(own_server: Server) -> None:
    with spiked.connect(own_server.address) as client:
        session = client.create_session("mine")
        restart(own_server, client)
        client.create_session("mine")
        with pytest.raises(spiked.ServerRestarted, match="another session"):
            session.info()


def test_sessions_of_the_new_server_work(own_server: Server) -> None:
    with spiked.connect(own_server.address) as client:
        client.create_session("old")
        restart(own_server, client)
        assert client.create_session("new").step(1).time_ms == 1.0


def test_a_server_that_has_gone_is_told(own_server: Server) -> None:
    with spiked.connect(own_server.address) as client:
        session = client.create_session()
        own_server.stop()
        with pytest.raises(spiked.Unavailable, match=r"no spiked server answers at unix:"):
            session.step(1)
