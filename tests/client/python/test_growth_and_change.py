"""Networks that are extended, changed, reset and deleted while a session stands."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from conftest import Server

import spiked
from spiked.parameters import SettingLike


@pytest.fixture
def pair(session: spiked.Session) -> spiked.Network:
    """Populations ``a`` and ``b`` of three neurons each, connected one to one."""
    net = spiked.NetworkSpecification()
    a = net.population("a", "iaf_psc_exp", 3, I_e=500.0, record_spikes=True)
    b = net.population("b", "iaf_psc_exp", 3, I_e=370.0, record_spikes=True)
    net.connect(a, b, "one_to_one", weight=200.0, synapse_model="stdp_synapse", Wmax=300.0)
    net.multimeter("meter", b, ["V_m"], neurons=[2, 0])
    return session.create_network("net", net)


def test_a_network_is_extended(session: spiked.Session, pair: spiked.Network) -> None:
    session.step(50)
    more = spiked.NetworkSpecification(extends=pair)
    c = more.population("c", "parrot_neuron", 4, record_spikes=True)
    more.connect("a", c, "one_to_one", source_neurons=[2, 0], target_neurons=range(1, 3))
    with pytest.raises(ValueError, match="no population"):
        more.connect("d", c)
    whole = session.extend_network("net", more)
    assert list(whole.populations) == ["a", "b", "c"]
    assert "a[2 neurons] → c[1:3]" in repr(whole)
    assert whole.synapses == 5
    session.step(50)
    weights = session.get_weights("net/a_c", delays=True)
    assert weights.sources.tolist() == [0, 2]
    assert weights.targets.tolist() == [2, 1]
    assert weights.delays_ms is not None
    assert weights.delays_ms.tolist() == [1.0, 1.0]
    counts = session.get_spikes(whole["c"]).counts()
    assert counts.tolist() == [0, counts[1], counts[1], 0]
    assert counts[1] > 0
    assert spiked.NetworkSpecification.from_dict(whole.specification.to_dict()).message.projections[
        1
    ].source_neurons.list.indices == [2, 0]


def test_a_part_of_a_population_is_sampled(session: spiked.Session, pair: spiked.Network) -> None:
    session.set_parameters(
        {pair["b"]: spiked.parameters(V_m=[-69.0, -68.0], I_e=0.0, neurons=[0, 2])}
    )
    session.step(1)
    samples = session.get_signals("net/meter")["V_m"][0]
    assert (samples + 70.0).tolist() == pytest.approx(np.array([2.0, 1.0]) * np.exp(-0.1))


def test_parameters_and_state_are_set_and_read(
    session: spiked.Session, pair: spiked.Network
) -> None:
    session.step(10)
    time_ms = session.set_parameters(
        {
            "net/a": {"V_th": -40.0, "I_e": [0.0, 1.0, 2.0]},
            pair["b"]: spiked.parameters(V_m=-60.0, neurons=range(1, 3)),
        },
        projections={"net/a_b": {"lambda": 0.5}},
    )
    assert time_ms == 10.0
    read = session.get_parameters(pair["a"], ["V_th", "I_e"])
    assert read["V_th"] == -40.0
    assert np.array_equal(read["I_e"], [0.0, 1.0, 2.0])
    assert session.get_parameters("net/a", "I_e", neurons=2) == {"I_e": 2.0}
    potentials = session.get_parameters("net/b", "V_m")["V_m"]
    assert isinstance(potentials, np.ndarray)
    assert potentials[0] > -70.0
    assert potentials[1:].tolist() == [-60.0, -60.0]
    assert session.get_parameters("net/b")["tau_m"] == 10.0
    assert session.get_synapse_parameters("net/a_b", "lambda") == {"lambda": 0.5}
    assert session.get_synapse_parameters(pair["a_b"])["Wmax"] == 300.0


def test_what_is_refused_changes_nothing(session: spiked.Session, pair: spiked.Network) -> None:
    wrong: list[tuple[SettingLike, str]] = [
        ({"V_th": -40.0, "tau_m": -1.0}, "settings[1].parameters[tau_m]"),
        ({"V_th": [1.0, 2.0]}, "settings[1].parameters[V_th]"),
        (spiked.parameters(V_th=0.0, neurons=[7]), "settings[1].neurons"),
    ]
    for setting, field in wrong:
        with pytest.raises(spiked.InvalidField) as caught:
            session.set_parameters({"net/b": {"V_th": -50.0}, "net/a": setting})
        assert caught.value.field is not None
        assert caught.value.field.startswith(field)
    assert session.get_parameters("net/b", "V_th") == {"V_th": -55.0}
    assert session.get_parameters(pair["a"], "V_th") == {"V_th": -55.0}


def test_activity_is_forgotten_and_weights_are_kept(
    session: spiked.Session, pair: spiked.Network
) -> None:
    session.step(200)
    first = session.get_spikes(pair["a"])
    weights = session.get_weights("net/a_b").values
    assert (weights != 200.0).all()
    assert session.reset() == 200.0
    assert len(session.get_spikes(pair["a"]).times_ms) == 0
    assert np.array_equal(session.get_weights("net/a_b").values, weights)
    assert session.reset(to_time_0=True, initial_weights=True) == 0.0
    assert session.time_ms == 0.0
    session.step(200)
    assert np.array_equal(session.get_spikes(pair["a"]).times_ms, first.times_ms)
    assert np.array_equal(session.get_weights("net/a_b").values, weights)


def test_a_network_is_deleted(session: spiked.Session, pair: spiked.Network) -> None:
    session.delete_network(pair.name)
    assert session.info().networks == ()
    with pytest.raises(spiked.SpikedError):
        session.get_spikes("net/a")


def test_the_same_calls_are_awaited(server: Server) -> None:
    async def run() -> None:
        async with spiked.aio.connect(server.address) as client, client.create_session() as session:
            made = await session.create_network(
                "net", {"populations": [{"name": "a", "model": "iaf_psc_exp", "size": 2}]}
            )
            more = spiked.NetworkSpecification(extends=made)
            more.connect("a", "a", weight=spiked.normal(1.0, 0.1), delay=2.0)
            await session.extend_network("net", more)
            await session.set_parameters({"net/a": {"V_m": -60.0}})
            assert await session.get_parameters("net/a", "V_m") == {"V_m": -60.0}
            assert await session.get_synapse_parameters("net/a_a") == {}
            weights = await session.get_weights("net/a_a", delays=True)
            assert weights.delays_ms is not None
            await session.step(1.0)
            assert await session.reset() == 1.0
            await session.delete_network("net")

    asyncio.run(run())
