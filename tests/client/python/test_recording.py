"""Recordings that begin late, transmitted weights, and connections that are cut."""

from __future__ import annotations

import asyncio
import warnings

import numpy as np
import pytest
from conftest import Server

import spiked


@pytest.fixture
def pair(session: spiked.Session) -> spiked.Network:
    """Populations ``a``, which fires, and ``b``, connected by plastic synapses."""
    net = spiked.NetworkSpecification()
    a = net.population("a", "iaf_psc_exp", 2, I_e=[500.0, 450.0])
    b = net.population("b", "iaf_psc_exp", 2, I_e=390.0)
    net.connect(
        a, b, weight=60.0, synapse_model="stdp_synapse", record_weights=True, record_limit=100
    )
    return session.create_network("net", net)


def test_transmitted_weights_are_read(session: spiked.Session, pair: spiked.Network) -> None:
    del pair
    session.set_recording({"net/a": True})
    session.step(100.5)
    spikes = session.get_spikes("net/a")
    record = session.get_weight_record("net/a_b")
    assert len(record) == 2 * len(spikes) > 10
    np.testing.assert_array_equal(np.unique(record.times_ms), np.unique(spikes.times_ms))
    np.testing.assert_array_equal(record.connections, 2 * record.sources + record.targets)
    weights = session.get_weights("net/a_b").values
    for connection in range(4):
        assert record.weights[record.connections == connection][-1] == weights[connection]
    some = session.get_weight_record("net/a_b", 20.0, 40.0)
    assert len(some)
    assert ((some.times_ms > 20) & (some.times_ms <= 40)).all()
    assert repr(record).startswith(f"WeightRecord of net/a_b: {len(record)} transmissions")


def test_transmitted_weights_are_a_data_frame(
    session: spiked.Session, pair: spiked.Network
) -> None:
    pytest.importorskip("pandas")
    session.step(100)
    frame = session.get_weight_record(pair.projections["a_b"]).to_pandas()
    assert list(frame.columns) == ["time_ms", "connection", "source", "target", "weight_pa"]
    assert len(frame)


def test_a_full_record_warns(session: spiked.Session, pair: spiked.Network) -> None:
    session.step(1000)
    with pytest.warns(spiked.IncompleteRecord, match="transmitted weights of net/a_b up to"):
        record = session.get_weight_record(pair.projections["a_b"])
    assert record.dropped > 0


def test_recording_begins_late_and_ends(session: spiked.Session, pair: spiked.Network) -> None:
    session.step(50)
    with pytest.raises(spiked.NotRecorded):
        session.get_spikes("net/b")
    assert session.set_recording({"net/b": spiked.recording(limit=1000, start=60.0)}) == 50
    session.step(100)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nothing was dropped
        spikes = session.get_spikes("net/b")
    assert len(spikes)
    assert spikes.times_ms.min() > 60
    assert spikes.complete_after_ms == 50
    session.set_recording({"net/b": False}, projections={pair.projections["a_b"]: False})
    with pytest.raises(spiked.NotRecorded):
        session.get_spikes("net/b")
    with pytest.raises(spiked.NotRecorded):
        session.get_weight_record("net/a_b")


def test_cut_connections_transmit_no_more(session: spiked.Session, pair: spiked.Network) -> None:
    session.step(50)
    assert session.cut_connections(pair.projections["a_b"], [0, 2]) == 50
    session.step(50)
    record = session.get_weight_record("net/a_b", after_ms=50.0)
    assert set(record.connections.tolist()) == {1, 3}
    with pytest.raises(spiked.InvalidField) as refused:
        session.cut_connections("net/a_b", [4])
    assert refused.value.field == "connections[0]"


def test_a_specification_says_what_is_recorded(
    session: spiked.Session, pair: spiked.Network
) -> None:
    del pair
    description = session.network("net").specification.to_dict()
    (projection,) = description["projections"]
    assert projection["record_weights"]
    assert projection["record_limit"] == 100
    again = spiked.NetworkSpecification.from_dict(description)
    assert session.create_network("again", again).specification.to_dict() == description


def test_the_asynchronous_client_has_these_calls(server: Server) -> None:
    async def run() -> int:
        async with (
            spiked.aio.connect(server.address) as client,
            client.create_session(seed=1) as session,
        ):
            net = spiked.NetworkSpecification()
            net.population("a", "iaf_psc_exp", I_e=500.0)
            net.connect("a", "a", record_weights=True)
            await session.create_network("net", net)
            await session.set_recording({"net/a": True})
            await session.step(100)
            await session.cut_connections("net/a_a", [0])
            await session.step(100)
            spikes = await session.get_spikes("net/a")
            record = await session.get_weight_record("net/a_a")
            assert record.times_ms.max() <= 100 < spikes.times_ms.max()
            return len(record)

    assert asyncio.run(run()) > 2
