"""SaveSession, RestoreSession, ForkSession and durability."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from client import Client, Session, wait_until
from contract import v1
from expect import refused
from networks import Twins, bytes_of, full_step


def _future(session: Session) -> list[bytes]:
    return [bytes_of(full_step(session)) for _ in range(3)]


@pytest.mark.method("SaveSession", "RestoreSession")
@pytest.mark.parametrize("piece", [1000, 1 << 20])
def test_a_session_that_was_saved_goes_on_from_there(
    piece: int, client: Client, new_session: Callable[..., Session]
) -> None:
    session = Twins(new_session).one
    saved = client.save(session.name)
    described = session.describe()
    restored = Session(client, client.restore(saved, piece=piece))
    copy = restored.describe()
    assert copy.name != described.name
    for field in ("time_ms", "networks", "resolution_ms", "seed", "labels", "display_name"):
        assert getattr(copy, field) == getattr(described, field), field
    assert _future(restored) == _future(session)


@pytest.mark.method("RestoreSession")
def test_what_was_damaged_is_refused(client: Client, new_session: Callable[..., Session]) -> None:
    session = Twins(new_session).one
    saved = bytearray(client.save(session.name))
    for place in (3, 40, len(saved) // 2, len(saved) - 1):
        saved[place] ^= 1
        refused(
            client.restore,
            bytes(saved),
            code="INVALID_ARGUMENT",
            reason="NOT_A_SAVED_SESSION",
            field="data",
        )
        saved[place] ^= 1
    client.restore(bytes(saved))


@pytest.mark.method("ForkSession")
def test_a_fork_goes_on_from_where_the_session_is(
    client: Client, new_session: Callable[..., Session], unique_id: Callable[[], str]
) -> None:
    session = Twins(new_session).one
    running = session.start("Step", duration_ms=20)
    # Calls on connections of their own come in any order.
    wait_until(lambda: running.done() or session.describe().state == v1.SESSION_STATE_BUSY)
    fork = Session(client, session.ForkSession(session_id=unique_id(), display_name="b").session)
    running.result()
    assert fork.describe().display_name == "b"
    assert fork.time_ms() == session.time_ms()
    future = _future(session)
    assert _future(fork) == future
    fork_of_fork = Session(client, fork.ForkSession().session)
    assert _future(fork_of_fork) == _future(session)


@pytest.mark.method("CreateSession")
def test_a_server_that_keeps_nothing_says_so(start_server: Callable[..., Any]) -> None:
    client = Client(start_server().address)
    refused(
        client.CreateSession,
        durability=v1.DURABILITY_PROCESS,
        code="FAILED_PRECONDITION",
        reason="NO_STORAGE",
        field="durability",
    )
    assert client.CreateSession().session.durability == v1.DURABILITY_NONE
