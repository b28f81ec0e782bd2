"""ExtendNetwork and DeleteNetwork: networks that change while they run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from client import Session
from contract import v1
from expect import refused
from networks import FULL_STEP, SPECIFICATION, Twins, bytes_of, full_step, parse

EXTEND = pytest.mark.method("ExtendNetwork")
DELETE = pytest.mark.method("DeleteNetwork")

MORE: Any = parse(
    v1.NetworkSpecification,
    """
    populations {
      name: "more" model: "iaf_psc_exp" size: 4 record_spikes: true
      parameters { key: "V_m" value { distribution { uniform { low: -70 high: -56 } } } }
    }
    projections {
      name: "out_more" source: "out" target: "more" rule { fixed_indegree { indegree: 3 } }
      weight { distribution { normal { mean: 900 std: 50 } } }
    }
    projections {
      name: "more_out" source: "more" target: "out" rule { all_to_all {} } weight { number: 50 }
      delay_ms { number: 0.4 }
      source_neurons { range { first: 1 count: 2 step: 2 } }
      target_neurons { list { indices: [3, 0] } }
    }
    multimeters {
      name: "more_meter" population: "more" variables: "V_m" neurons { list { indices: [2, 0] } }
    }
    """,
)


def _pieces(specification: Any) -> list[Any]:
    """Its populations, then its projections, then its multimeters."""
    return [
        v1.NetworkSpecification(populations=specification.populations),
        v1.NetworkSpecification(projections=specification.projections),
        v1.NetworkSpecification(multimeters=specification.multimeters),
    ]


@EXTEND
def test_a_network_in_pieces_is_the_network_in_one_piece(
    new_session: Callable[..., Session],
) -> None:
    whole = new_session(seed=5, specification=SPECIFICATION)
    grown = new_session(seed=5)
    first, *others = _pieces(SPECIFICATION)
    grown.CreateNetwork(network="net", specification=first)
    for piece in others:
        answer = grown.ExtendNetwork(network="net", additions=piece)
    described = whole.GetNetwork(network="net").network
    assert (answer.network.size.neurons, answer.network.size.synapses) == (
        described.size.neurons,
        described.size.synapses,
    )
    assert grown.GetNetwork(network="net").network.specification == described.specification
    for _ in range(3):
        assert bytes_of(full_step(grown)) == bytes_of(full_step(whole))


@EXTEND
def test_a_network_that_has_run_grows_and_goes_on(new_session: Callable[..., Session]) -> None:
    twins = Twins(new_session)
    for session in (twins.one, twins.other):
        answer = session.ExtendNetwork(network="net", additions=MORE)
        assert answer.network.name == "net"
        assert answer.network.create_time_ms == 0
    session = twins.one
    names = [p.name for p in session.GetNetwork(network="net").network.specification.populations]
    assert names[-1] == "more"
    weights = session.GetWeights(projection="net/more_out").weights
    assert list(zip(weights.sources, weights.targets, strict=True)) == [
        (1, 3),
        (1, 0),
        (3, 3),
        (3, 0),
    ]
    assert not weights.HasField("shape"), "parts of populations are no matrix"
    answer = session.step(40, readout=v1.Readout(signals=["net/more_meter"]))
    assert answer.signals[0].neurons == 2
    twins.other.step(40)
    twins.check_equal()


@EXTEND
def test_connections_transmit_what_is_emitted_from_then_on(
    new_session: Callable[..., Session],
) -> None:
    session = new_session()
    specification = parse(
        v1.NetworkSpecification,
        """
        populations { name: "in" model: "spike_generator" size: 1 }
        populations { name: "out" model: "parrot_neuron" size: 1 record_spikes: true }
        """,
    )
    session.CreateNetwork(network="net", specification=specification)
    trains = v1.SpikeTrains(senders=[0, 0, 0], times_ms=[1, 5, 9])
    session.SetInput(inputs=[v1.Input(population="net/in", spike_trains=trains)])
    session.step(5)
    additions = parse(
        v1.NetworkSpecification,
        'projections { name: "p" source: "in" target: "out" rule { one_to_one {} } }',
    )
    session.ExtendNetwork(network="net", additions=additions)
    session.step(10)
    assert list(session.GetSpikes(population="net/out").spikes.times_ms) == [10]


@EXTEND
def test_validating_an_extension_adds_nothing(new_session: Callable[..., Session]) -> None:
    twins = Twins(new_session)
    before = twins.one.GetNetwork(network="net").network.size
    answer = twins.one.ExtendNetwork(network="net", additions=MORE, validate_only=True)
    assert answer.network.size.neurons == before.neurons + 4
    assert answer.network.size.synapses == before.synapses + 16
    twins.check_equal()


@EXTEND
@pytest.mark.parametrize(
    ("additions", "field"),
    [
        ('populations { name: "out" model: "parrot_neuron" size: 1 }', "populations[0].name"),
        (
            'projections { name: "plastic" source: "out" target: "out" rule { all_to_all {} } }',
            "projections[0].name",
        ),
        (
            """projections { name: "p" source: "out" target: "out" rule { all_to_all {} }
                 source_neurons { list { indices: [0, 4] } } }""",
            "projections[0].source_neurons.list.indices[1]",
        ),
        (
            """projections { name: "p" source: "out" target: "out" rule { all_to_all {} }
                 target_neurons { } }""",
            "projections[0].target_neurons",
        ),
        (
            """populations { name: "new" model: "parrot_neuron" size: 1 }
               multimeters { name: "m" population: "out" variables: "V_m"
                 neurons { range { first: 3 count: 2 } } }""",
            "multimeters[0].neurons.range",
        ),
    ],
)
def test_an_extension_that_is_refused_leaves_the_network_as_it_was(
    additions: str, field: str, new_session: Callable[..., Session]
) -> None:
    twins = Twins(new_session)
    refused(
        twins.one.ExtendNetwork,
        network="net",
        additions=parse(v1.NetworkSpecification, additions),
        field=f"additions.{field}",
    )
    twins.check_equal()


@EXTEND
@DELETE
@pytest.mark.parametrize("method", ["ExtendNetwork", "DeleteNetwork"])
def test_a_network_that_does_not_exist_is_not_found(
    method: str, new_session: Callable[..., Session]
) -> None:
    session = new_session(specification=SPECIFICATION)
    call = getattr(session, method)
    refused(call, network="other", code="NOT_FOUND", reason="NOT_FOUND", field="network")


@DELETE
def test_a_deleted_network_is_gone_and_its_name_free(new_session: Callable[..., Session]) -> None:
    session = new_session(specification=SPECIFICATION)
    full_step(session)
    session.DeleteNetwork(network="net")
    assert not session.describe().networks
    assert session.describe().size.neurons == 0
    refused(
        session.GetSpikes,
        population="net/out",
        code="NOT_FOUND",
        reason="NOT_FOUND",
        field="population",
    )
    assert session.step(10).time_ms == 30
    session.CreateNetwork(network="net", specification=SPECIFICATION)
    request = v1.StepRequest()
    request.CopyFrom(FULL_STEP)
    assert session.client.Step(_named(request, session)).time_ms == 50


def _named(request: Any, session: Session) -> Any:
    request.session = session.name
    return request
