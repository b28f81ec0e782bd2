"""SnapshotSession, and ResetSession to what it keeps."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from client import Client, Session
from expect import refused
from networks import Twins, bytes_of, full_step

pytestmark = pytest.mark.method("SnapshotSession", "ResetSession")


def _future(session: Session) -> list[bytes]:
    return [bytes_of(full_step(session)) for _ in range(2)]


def test_a_session_goes_back_to_its_snapshots_bit_for_bit(
    new_session: Callable[..., Session],
) -> None:
    session = Twins(new_session).one
    now = session.time_ms()
    kept = session.SnapshotSession(snapshot="now").snapshot
    assert (kept.name, kept.time_ms) == ("now", now)
    assert kept.bytes > 1000
    future = _future(session)
    session.DeleteNetwork(network="net")
    # Again and again, and to one and the other.
    for _ in range(2):
        assert session.ResetSession(snapshot="now").time_ms == now
        assert session.describe().time_ms == now
        assert list(session.describe().networks) == ["net"]
        assert _future(session) == future
        assert session.ResetSession(snapshot="base").time_ms == 20
        full_step(session, duration_ms=7.5)
        assert session.time_ms() == now
        assert _future(session) == future


def test_snapshots_are_told_replaced_and_forgotten(new_session: Callable[..., Session]) -> None:
    session = new_session()
    session.SnapshotSession(snapshot="b")
    session.step(5)
    session.SnapshotSession(snapshot="a")
    session.step(5)
    session.SnapshotSession(snapshot="b")
    assert [(kept.name, kept.time_ms) for kept in session.describe().snapshots] == [
        ("a", 5),
        ("b", 10),
    ]
    assert session.SnapshotSession(snapshot="b", forget=True).snapshot.time_ms == 10
    for call, more in ((session.ResetSession, {}), (session.SnapshotSession, {"forget": True})):
        refused(call, snapshot="b", **more, code="NOT_FOUND", reason="NOT_FOUND", field="snapshot")
    assert [kept.name for kept in session.describe().snapshots] == ["a"]
    assert session.time_ms() == 10


def test_a_snapshot_says_of_all_what_it_becomes(new_session: Callable[..., Session]) -> None:
    session = new_session()
    session.SnapshotSession(snapshot="a")
    for other in ("to_time_0", "initial_weights"):
        refused(
            session.ResetSession,
            snapshot="a",
            **{other: True},
            code="INVALID_ARGUMENT",
            reason="INVALID_FIELD",
            field="snapshot",
        )


def test_snapshots_have_a_bound(new_session: Callable[..., Session]) -> None:
    session = new_session()
    for k in range(100):
        session.SnapshotSession(snapshot=f"s{k}")
    refused(
        session.SnapshotSession,
        snapshot="more",
        code="RESOURCE_EXHAUSTED",
        reason="QUOTA_EXCEEDED",
        field="",
    )
    session.SnapshotSession(snapshot="s7")


def test_copies_have_the_snapshots_too(client: Client, new_session: Callable[..., Session]) -> None:
    session = Twins(new_session).one
    restored = Session(client, client.restore(client.save(session.name)))
    fork = Session(client, session.ForkSession().session)
    session.ResetSession(snapshot="base")
    future = _future(session)
    for copy in (restored, fork):
        assert [kept.name for kept in copy.describe().snapshots] == ["base"]
        assert copy.ResetSession(snapshot="base").time_ms == 20
        assert _future(copy) == future
