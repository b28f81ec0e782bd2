"""What errors say, as a real server sends them."""

from __future__ import annotations

from pathlib import Path

import pytest

import spiked
from spiked import _error_details_pb2


def test_a_refused_field_is_named_with_its_bound(client: spiked.Client) -> None:
    with pytest.raises(spiked.InvalidField) as caught:
        client.create_session(resolution_ms=20)
    error = caught.value
    assert (error.code, error.reason) == ("INVALID_ARGUMENT", "INVALID_FIELD")
    assert error.field == "resolution_ms"
    assert error.bound == "must be from 0.001 to 10 ms, not 20"
    assert str(error) == "resolution_ms: must be from 0.001 to 10 ms, not 20"
    assert isinstance(error, ValueError)


def test_a_refused_part_of_a_network_is_named_as_its_author_named_it(
    session: spiked.Session,
) -> None:
    net = spiked.NetworkSpecification()
    net.population("A", "iaf_psc_exp", 2)
    net.population("B", "iaf_psc_exp", 2, tau_m=-1.0)
    with pytest.raises(spiked.InvalidField) as caught:
        session.create_network("net", net)
    assert caught.value.field is not None
    assert caught.value.field.startswith("specification.populations[1].parameters")
    assert "population 'B'" in str(caught.value)


def test_what_does_not_exist_is_not_found(client: spiked.Client, session: spiked.Session) -> None:
    with pytest.raises(spiked.NotFound, match="sessions/nobody"):
        client.attach_session("nobody")
    with pytest.raises(spiked.NotFound) as caught:
        session.get_weights("net/none")
    assert caught.value.field == "projections[0]"


def test_a_slip_of_the_hand_is_told_with_what_may_have_been_meant(session: spiked.Session) -> None:
    session.create_network("net", {"populations": {"cells": {"model": "iaf_psc_exp"}}})
    with pytest.raises(spiked.InvalidField, match="did you mean 'cells'") as caught:
        session.get_spikes("net/cell")
    assert caught.value.field == "population"
    with pytest.raises(spiked.InvalidField, match="did you mean 'tau_m'"):
        session.create_network(
            "other", {"populations": {"a": {"model": "iaf_psc_exp", "tau_n": 10}}}
        )


def test_a_taken_name_is_refused(client: spiked.Client) -> None:
    with client.create_session("taken"), pytest.raises(spiked.AlreadyExists):
        client.create_session("taken")


def test_spikes_that_are_not_recorded_come_with_advice(session: spiked.Session) -> None:
    session.create_network("net", {"populations": {"a": {"model": "iaf_psc_exp"}}})
    with pytest.raises(spiked.NotRecorded, match="record_spikes=True"):
        session.get_spikes("net/a")


def test_a_quota_is_named(session: spiked.Session) -> None:
    with pytest.raises(spiked.QuotaExceeded) as caught:
        session.create_network(
            "net", {"populations": {"a": {"model": "iaf_psc_exp", "size": 4_000_000_000}}}
        )
    assert caught.value.quota == "memory_bytes"


def test_no_server_is_told_with_its_address(tmp_path: Path) -> None:
    message = r"no spiked server answers at unix:.*none\.sock.*Start a server"
    with pytest.raises(spiked.Unavailable, match=message):
        spiked.connect(f"unix:{tmp_path}/none.sock", timeout_s=0.1)


def test_error_details_go_together_with_those_of_google() -> None:
    """Where googleapis-common-protos is installed, which has messages of the same kind."""
    theirs = pytest.importorskip("google.rpc.error_details_pb2")
    ours = _error_details_pb2.ErrorInfo(reason="A", domain="spiked", metadata={"field": "x"})
    read = theirs.ErrorInfo.FromString(ours.SerializeToString())
    assert (read.reason, read.domain, dict(read.metadata)) == ("A", "spiked", {"field": "x"})
