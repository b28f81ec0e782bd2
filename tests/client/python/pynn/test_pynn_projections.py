"""Projections of the PyNN backend: connectors, synapses, weights."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

import spiked

pynn: Any = pytest.importorskip("pyNN")


def pairs(projection: Any) -> list[tuple[int, int]]:
    return [(i, j) for i, j, _ in projection.get("weight", format="list")]


@pytest.fixture
def cells(sim: Any) -> Any:
    return sim.Population(6, sim.IF_curr_exp())


def test_rules_of_the_server_connect_as_they_say(sim: Any, cells: Any) -> None:
    view = cells[1:5]
    others = sim.Population(4, sim.IF_curr_exp())
    made = {
        "all": sim.Projection(cells, view, sim.AllToAllConnector(allow_self_connections=False)),
        "one": sim.Projection(view, others, sim.OneToOneConnector()),
        "pre": sim.Projection(cells, others, sim.FixedNumberPreConnector(2)),
        "post": sim.Projection(
            cells, others, sim.FixedNumberPostConnector(3, with_replacement=True)
        ),
        "total": sim.Projection(cells, others, sim.FixedTotalNumberConnector(11)),
        "p": sim.Projection(cells, cells, sim.FixedProbabilityConnector(0.5)),
    }
    rules = {
        p.rule.WhichOneof("rule") for p in sim.simulator.state.bundles
    }  # nothing is told one by one
    assert "explicit_pairs" not in rules
    assert pairs(made["all"]) == [(i, j) for i in range(6) for j in range(4) if i != j + 1]
    assert pairs(made["one"]) == [(k, k) for k in range(4)]
    assert set(Counter(j for _, j in pairs(made["pre"])).values()) == {2}
    assert len(set(pairs(made["pre"]))) == 8
    assert Counter(i for i, _ in pairs(made["post"])) == dict.fromkeys(range(6), 3)
    assert len(made["total"]) == 11
    assert 5 < len(made["p"]) < 30


def test_connectors_with_a_generator_of_the_script_draw_from_it(sim: Any, cells: Any) -> None:
    drawn = [
        pairs(
            sim.Projection(
                cells,
                cells,
                sim.FixedProbabilityConnector(0.5, rng=sim.NumpyRNG(seed=seed)),
            )
        )
        for seed in (5, 5, 6)
    ]
    assert drawn[0] == drawn[1] != drawn[2]


def test_lists_arrays_and_distances_connect_one_by_one(sim: Any, cells: Any) -> None:
    listed = sim.Projection(
        cells, cells, sim.FromListConnector([(0, 1, 0.5, 1.0), (2, 1, 0.25, 2.0), (0, 1, 0.1, 3.0)])
    )
    assert sorted(listed.get(["weight", "delay"], format="list")) == [
        (0, 1, 0.1, 3.0),
        (0, 1, 0.5, 1.0),
        (2, 1, 0.25, 2.0),
    ]
    array = listed.get("weight", format="array")
    assert array[0, 1] == pytest.approx(0.6)
    assert array[2, 1] == 0.25
    assert np.isnan(array).sum() == 34
    assert listed.get("weight", format="array", multiple_synapses="max")[0, 1] == 0.5

    where = np.zeros((6, 6), bool)
    where[3, 4] = where[5, 0] = True
    assert pairs(sim.Projection(cells, cells, sim.ArrayConnector(where))) == [(3, 4), (5, 0)]

    near = sim.DistanceDependentProbabilityConnector("d < 1.5", allow_self_connections=False)
    assert set(pairs(sim.Projection(cells, cells, near))) == {
        (i, j) for i in range(6) for j in range(6) if abs(i - j) == 1
    }
    far = sim.StaticSynapse(weight="0.1 + d", delay=0.5)
    by_distance = sim.Projection(cells, cells, sim.AllToAllConnector(), far)
    expected = 0.1 + np.abs(np.subtract.outer(np.arange(6), np.arange(6)))
    assert np.allclose(by_distance.get("weight", format="array"), expected)


def test_assemblies_and_views_are_connected_by_place(sim: Any, cells: Any) -> None:
    more = sim.Population(3, sim.IF_curr_exp())
    both = more + cells[4:6]
    weights = np.arange(1.0, 21.0).reshape(5, 4) / 100
    projection = sim.Projection(
        both, cells[0:4], sim.AllToAllConnector(), sim.StaticSynapse(weight=weights, delay=1.0)
    )
    assert np.allclose(projection.get("weight", format="array"), weights)


def test_random_weights_come_one_for_each_connection(sim: Any, cells: Any) -> None:
    synapse = sim.StaticSynapse(weight=sim.RandomDistribution("uniform", (0.1, 0.2)), delay=0.5)
    projection = sim.Projection(cells, cells, sim.FixedNumberPreConnector(3), synapse)
    weights = projection.get("weight", format="list", with_address=False)
    assert len(set(weights)) == 18
    assert 0.1 <= min(weights) <= max(weights) <= 0.2
    wrong = sim.StaticSynapse(weight=-1.0)
    with pytest.raises(pynn.errors.ConnectionError, match="must be positive"):
        sim.Projection(cells, cells, sim.AllToAllConnector(), wrong, receptor_type="excitatory")


def test_weights_are_set_whole_and_one_by_one_and_stay_when_time_begins_anew(
    sim: Any, cells: Any
) -> None:
    synapse = sim.StaticSynapse(weight=0.1, delay=1.0)
    projection = sim.Projection(cells[0:2], cells[2:4], sim.AllToAllConnector(), synapse)
    projection[1].weight = 0.7
    assert projection.get("weight", format="array").tolist() == [[0.1, 0.7], [0.1, 0.1]]
    sim.run(1.0)
    projection.set(weight=np.array([[0.2, 0.3], [0.4, 0.5]]))
    assert [c.weight for c in projection.connections] == [0.2, 0.3, 0.4, 0.5]
    assert projection[2].as_tuple("presynaptic_index", "postsynaptic_index", "delay") == (1, 0, 1.0)
    sim.run(1.0)
    sim.reset()
    assert projection.get("weight", format="array").tolist() == [[0.2, 0.3], [0.4, 0.5]]
    projection.set(delay=2.0)
    assert projection.get("delay", format="array").tolist() == [[2.0, 2.0], [2.0, 2.0]]
    sim.run(1.0)
    with pytest.raises(NotImplementedError, match=r"setting the delay .* once time has passed"):
        projection.set(delay=3.0)


def test_connections_are_the_same_when_recording_begins_late(sim: Any, cells: Any) -> None:
    projection = sim.Projection(cells, cells, sim.FixedProbabilityConnector(0.4))
    before = pairs(projection)
    sim.Population(3, sim.IF_curr_exp())
    cells.record("spikes")
    assert pairs(projection) == before
    sim.run(1.0)
    more = sim.Population(3, sim.IF_curr_exp(i_offset=1.0))
    sim.run(60.0)
    more.record("spikes")
    sim.run(60.0)
    trains = more.get_data("spikes").segments[0].spiketrains
    assert all(len(train) for train in trains)
    assert min(float(train[0]) for train in trains) > 61.0


@pytest.mark.parametrize(
    ("dependence", "exponents"),
    [
        ("AdditiveWeightDependence", (0.0, 0.0)),
        ("MultiplicativeWeightDependence", (1.0, 1.0)),
        ("AdditivePotentiationMultiplicativeDepression", (0.0, 1.0)),
        ("GutigWeightDependence", (0.5, 0.25)),
    ],
)
def test_stdp_is_that_of_the_contract(
    sim: Any, client: spiked.Client, dependence: str, exponents: tuple[float, float]
) -> None:
    bounds: dict[str, float] = {"w_min": 0.0, "w_max": 2.0}
    if dependence == "GutigWeightDependence":
        bounds |= {"mu_plus": exponents[0], "mu_minus": exponents[1]}
    source = sim.Population(2, sim.SpikeSourceArray(spike_times=[[10.0, 40.0, 70.0], [15.0, 61.0]]))
    cells = sim.Population(1, sim.IF_curr_exp(i_offset=1.0, tau_refrac=2.0))
    synapse = sim.STDPMechanism(
        timing_dependence=sim.SpikePairRule(
            tau_plus=15.0, tau_minus=25.0, A_plus=0.05, A_minus=0.03
        ),
        weight_dependence=getattr(sim, dependence)(**bounds),
        weight=1.0,
        delay=2.0,
    )
    projection = sim.Projection(source, cells, sim.AllToAllConnector(), synapse)
    sim.run(100.0)

    net = spiked.NetworkSpecification()
    net.population("source", "spike_generator", 2)
    net.population(
        "cells",
        "iaf_psc_exp",
        C_m=1000.0,
        tau_m=20.0,
        t_ref=2.0,
        E_L=-65.0,
        V_reset=-65.0,
        V_th=-50.0,
        tau_syn_ex=5.0,
        tau_syn_in=5.0,
        I_e=1000.0,
        tau_minus=25.0,
    )
    net.connect(
        "source",
        "cells",
        weight=1000.0,
        delay=2.0,
        synapse_model="stdp_synapse",
        name="plastic",
        parameters={
            "lambda": 0.05,
            "alpha": 0.03 / 0.05,
            "tau_plus": 15.0,
            "Wmax": 2000.0,
            "mu_plus": exponents[0],
            "mu_minus": exponents[1],
        },
    )
    with client.create_session(seed=1) as session:
        session.create_network("net", net)
        trains = spiked.spike_trains([[10.0, 40.0, 70.0], [15.0, 61.0]])
        session.step(100.0, inputs={"net/source": trains})
        expected = session.get_weights("net/plastic").values / 1000

    assert projection.get("weight", format="list", with_address=False) == expected.tolist()
    assert (expected != 1.0).all()
    told = projection.get(["A_plus", "A_minus", "tau_minus", "w_max"], format="list")[0][2:]
    assert told == pytest.approx((0.05, 0.03, 25.0, 2.0))
    projection.set(A_minus=0.1)
    assert projection.get("A_minus", format="list", with_address=False)[0] == pytest.approx(0.1)
    sim.reset()
    assert projection.get("weight", format="list", with_address=False) == [1.0, 1.0]


def test_short_term_plasticity_depresses_as_its_equations_say(sim: Any) -> None:
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[10.0, 30.0]))
    cells = sim.Population(1, sim.IF_curr_delta(v_thresh=1e6, tau_m=5.0))
    synapse = sim.TsodyksMarkramSynapse(weight=10.0, delay=1.0, U=0.5, tau_rec=100.0)
    sim.Projection(source, cells, sim.AllToAllConnector(), synapse)
    cells.record("v")
    sim.run(40.0)
    (v,) = cells.get_data().segments[0].analogsignals
    jumps = np.diff(v.magnitude[:, 0])
    assert jumps.max() == pytest.approx(5.0, abs=0.1)  # weight U
    # Half the resources were used, and have recovered for 20 ms.
    assert v.magnitude[310, 0] - v.magnitude[309, 0] == pytest.approx(
        10.0 * 0.5 * (1 - 0.5 * np.exp(-0.2)), rel=0.02
    )


def test_projections_that_cannot_be_are_refused_where_they_are_made(sim: Any, cells: Any) -> None:
    wrong = sim.TsodyksMarkramSynapse(U=2.0)
    with pytest.raises(pynn.errors.InvalidParameterValueError, match="U must be from 0 to 1"):
        sim.Projection(cells, cells, sim.AllToAllConnector(), wrong)
    source = sim.Population(1, sim.SpikeSourceArray(), label="source")
    with pytest.raises(pynn.errors.ConnectionError, match="'source' has no input"):
        sim.Projection(cells, source, sim.AllToAllConnector())
    short = sim.StaticSynapse(delay=0.01)
    with pytest.raises(pynn.errors.ConnectionError, match="out of range"):
        sim.Projection(cells, cells, sim.AllToAllConnector(), short)
    sim.run(1.0)
    made = sim.Projection(
        cells[:1], cells[1:2], sim.AllToAllConnector(), sim.StaticSynapse(weight=0.5)
    )
    assert repr(made[0]) == "Connection(0 → 0, weight=0.5, delay=0.1)"


def test_synapses_that_the_server_cannot_be_asked_for_are_refused(sim: Any, cells: Any) -> None:
    rule = sim.SpikePairRule()
    with pytest.raises(NotImplementedError, match="dendritic_delay_fraction"):
        sim.STDPMechanism(
            timing_dependence=rule,
            weight_dependence=sim.AdditiveWeightDependence(),
            dendritic_delay_fraction=0.5,
        )
    bounded = sim.STDPMechanism(
        timing_dependence=rule, weight_dependence=sim.AdditiveWeightDependence(w_min=0.1)
    )
    with pytest.raises(NotImplementedError, match="w_min"):
        sim.Projection(cells, cells, sim.AllToAllConnector(), bounded)


def test_parameters_may_differ_from_synapse_to_synapse(sim: Any, cells: Any) -> None:
    utilisation = sim.RandomDistribution("uniform", (0.2, 0.4))
    synapse = sim.TsodyksMarkramSynapse(weight=0.1, delay=1.0, U=utilisation)
    projection = sim.Projection(cells, cells, sim.AllToAllConnector(), synapse)
    drawn = projection.get("U", format="array")
    assert len(np.unique(drawn)) == 36
    assert 0.2 <= drawn.min() <= drawn.max() <= 0.4
    sim.run(1.0)
    assert np.array_equal(projection.get("U", format="array"), drawn)
    projection.set(U=0.5)
    assert (projection.get("U", format="array") == 0.5).all()
    many = sim.Population(40, sim.IF_curr_exp())
    with pytest.raises(NotImplementedError, match="1,600"):
        sim.Projection(many, many, sim.AllToAllConnector(), synapse)
