"""SaveSession, RestoreSession, ForkSession and durability."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from client import Client, Session
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
    fork = Session(client, session.ForkSession(session_id=unique_id(), display_name="b").session)
    assert fork.describe().display_name == "b"
    assert fork.time_ms() == session.time_ms()
    future = _future(session)
    assert _future(fork) == future
    fork_of_fork = Session(client, fork.ForkSession().session)
    assert _future(fork_of_fork) == _future(session)


@pytest.mark.method("ForkSession")
def test_a_fork_does_not_wait_for_the_end_of_a_step(
    client: Client, new_session: Callable[..., Session]
) -> None:
    session, other = (Twins(new_session).one for _ in range(2))
    begin = session.time_ms()
    # Longer than anybody waits.
    running = session.start("Step", duration_ms=50_000_000)
    while session.time_ms() == begin:
        pass
    forks = [Session(client, session.ForkSession().session) for _ in range(3)]
    times = [fork.time_ms() for fork in forks]
    assert begin < times[0] <= times[1] <= times[2]
    assert not running.done()
    assert session.HaltSession().stepping
    assert running.result().time_ms >= times[2]
    # The step went on, and so do the copies, as if nothing had been copied.
    last = session.time_ms()
    other.step(last - begin)
    future = _future(other)
    assert _future(session) == future
    for fork, time_ms in zip(forks, times, strict=True):
        if last > time_ms:
            fork.step(last - time_ms)
        assert _future(fork) == future


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
