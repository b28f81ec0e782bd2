"""Whose a session is, how long it stays, and what it costs."""

from __future__ import annotations

import pytest

import spiked


def test_a_session_is_its_owners_and_can_be_shared(client: spiked.Client) -> None:
    with client.create_session() as session:
        assert session.info().owner == "owner"
        assert session.share({"*": "watch", "owner": "drive"}).shares == {
            "*": "watch",
            "owner": "drive",
        }
        assert session.info().shares["owner"] == "drive"
        with pytest.raises(spiked.InvalidField, match="there is no account 'nobody'") as refused:
            session.share({"nobody": "watch"})
        assert refused.value.field == "shares[0].account"
        with pytest.raises(ValueError, match="must be 'watch' or 'drive', not 'own'"):
            session.share({"anna": "own"})
        assert session.share({}).shares == {}


def test_a_session_may_expire(client: spiked.Client) -> None:
    with client.create_session() as session:
        assert session.info().ttl_s is None
        assert session.info().expire_time is None
    with client.create_session(ttl_s=90.5) as session:
        info = session.info()
        assert info.ttl_s == 90.5
        assert info.expire_time is not None
        assert (info.expire_time - info.last_use_time).total_seconds() == pytest.approx(90.5)
    with pytest.raises(spiked.InvalidField, match="ttl: must be from 1 to"):
        client.create_session(ttl_s=0.5)


def test_a_session_tells_what_it_has_cost(client: spiked.Client) -> None:
    with client.create_session() as session:
        session.create_network("player", "pong/rstdp")
        before = session.info()
        session.step(1000)
        after = session.info()
        assert after.processor_s > before.processor_s > 0
        assert after.commands == before.commands + 1
