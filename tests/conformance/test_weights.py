"""GetWeights and SetWeights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from client import Session
from contract import v1
from expect import refused
from networks import SPECIFICATION, Twins, full_step, number, parse, values
from pages import pages

GET = pytest.mark.method("GetWeights")
READ = pytest.mark.method("ReadWeights")
SET = pytest.mark.method("SetWeights")

DENSE = "net/rewarded"
SPARSE = "net/plastic"


def read(session: Session, **fields: Any) -> list[Any]:
    request = v1.ReadWeightsRequest(session=session.name, **fields)
    return list(session.client.stream("ReadWeights", request))


@GET
def test_dense_projections_come_as_matrix_others_as_list(
    new_session: Callable[..., Session],
) -> None:
    session = new_session(seed=1, specification=SPECIFICATION)
    full_step(session)
    answer = session.GetWeights(projection=DENSE)
    assert answer.time_ms == 20
    dense = answer.weights
    assert dense.projection == DENSE
    assert (dense.shape.rows, dense.shape.columns) == (3, 4)
    assert len(dense.weights) == 12
    assert not dense.sources
    assert not dense.targets
    assert len(set(dense.weights)) == 12
    sparse = session.GetWeights(projection=SPARSE).weights
    assert not sparse.HasField("shape")
    assert len(sparse.weights) == len(sparse.sources) == len(sparse.targets) == 8
    assert list(sparse.sources) == sorted(sparse.sources)
    assert sorted(sparse.targets) == [0, 0, 1, 1, 2, 2, 3, 3]
    assert not answer.next_page_token


@GET
@pytest.mark.parametrize("projection", [DENSE, SPARSE, "net/dopaminergic"])
@pytest.mark.parametrize("page_size", [1, 5, 8, 12, 100_000, 0])
def test_weights_come_page_by_page(
    projection: str, page_size: int, new_session: Callable[..., Session]
) -> None:
    session = new_session(seed=1, specification=SPECIFICATION)
    full_step(session)
    variables = ["n", "c"] if projection == "net/dopaminergic" else []
    whole = session.GetWeights(projection=projection, variables=variables).weights
    joined = v1.Weights(projection=projection)
    joined.variables.extend(v1.SynapseVariable(name=name) for name in variables)
    if whole.HasField("shape"):
        joined.shape.CopyFrom(whole.shape)
    fields = {"projection": projection, "variables": variables, "page_size": page_size}
    for page in pages(session.GetWeights, **fields):
        assert page.time_ms == 20
        weights = page.weights
        assert 0 < len(weights.weights) <= (page_size or 100_000)
        assert weights.HasField("shape") == whole.HasField("shape")
        joined.sources.extend(weights.sources)
        joined.targets.extend(weights.targets)
        joined.weights.extend(weights.weights)
        assert [variable.name for variable in weights.variables] == variables
        for so_far, variable in zip(joined.variables, weights.variables, strict=True):
            assert len(variable.values) == len(weights.weights)
            so_far.values.extend(variable.values)
    assert joined == whole


@GET
@SET
@pytest.mark.method("Step")
def test_pages_go_on_while_weights_change_and_say_as_of_when(
    new_session: Callable[..., Session],
) -> None:
    session = new_session(seed=1, specification=SPECIFICATION)
    full_step(session)
    first = session.GetWeights(projection=DENSE, page_size=5)
    session.step(5)
    session.SetWeights(projection=DENSE, weights=number(3))
    second = session.GetWeights(projection=DENSE, page_token=first.next_page_token)
    assert (first.time_ms, second.time_ms) == (20, 25)
    assert len(first.weights.weights) == 5
    assert list(second.weights.weights) == [3] * 7


@READ
def test_all_weights_of_a_moment_come_part_by_part(new_session: Callable[..., Session]) -> None:
    session = new_session(seed=1, specification=SPECIFICATION)
    full_step(session)
    names = [SPARSE, DENSE, "net/dc_out"]
    parts = read(session, projections=names)
    assert [part.weights.projection for part in parts] == names
    for part in parts:
        assert (part.time_ms, part.first) == (20, 0)
        assert part.weights == session.GetWeights(projection=part.weights.projection).weights
    (only,) = read(session, projections=["net/dopaminergic"], variables=["n", "c"])
    assert [variable.name for variable in only.weights.variables] == ["n", "c"]


@READ
def test_many_weights_are_of_one_moment_while_the_session_steps(
    new_session: Callable[..., Session],
) -> None:
    session = new_session(
        specification={
            "populations": [{"name": "p", "model": "iaf_psc_exp", "size": 1000}],
            "projections": [
                {"name": "w", "source": "p", "target": "p", "rule": {"all_to_all": {}}}
            ],
        }
    )
    request = v1.ReadWeightsRequest(session=session.name, projections=["net/w"])
    answers = session.client.stream("ReadWeights", request)
    parts = [next(answers)]
    session.SetWeights(projection="net/w", weights=number(2))
    session.step(5)
    parts += answers
    assert len(parts) == 2
    assert [part.first for part in parts] == [0, len(parts[0].weights.weights)]
    assert {part.time_ms for part in parts} == {0}
    assert all(part.ByteSize() < 4 << 20 for part in parts)
    weights = [weight for part in parts for weight in part.weights.weights]
    assert len(weights) == 1_000_000
    assert set(weights) == {1}


@READ
def test_what_cannot_be_read_is_refused(new_session: Callable[..., Session]) -> None:
    session = new_session(seed=1, specification=SPECIFICATION)
    refused(read, session, projections=[], field="projections")
    refused(read, session, projections=[DENSE, "net/x"], field="projections[1]")
    refused(read, session, projections=[DENSE], variables=["c"], field="variables[0]")


@SET
def test_some_weights_are_replaced(new_session: Callable[..., Session]) -> None:
    session = new_session(seed=1, specification=SPECIFICATION)
    session.SetWeights(projection=SPARSE, weights=number(5))
    answer = session.SetWeights(projection=SPARSE, first=6, weights=values(1, 2))
    assert answer.connections == 8
    session.SetWeights(projection=SPARSE, connections=[3, 0], weights=values(7, 8))
    session.SetWeights(projection=SPARSE, connections=[2], weights=number(9))
    after = session.GetWeights(projection=SPARSE).weights.weights
    assert list(after) == [8, 5, 9, 7, 5, 5, 1, 2]


@SET
def test_parts_that_do_not_fit_are_refused(new_session: Callable[..., Session]) -> None:
    twins = Twins(new_session)

    def check(field: str, **fields: Any) -> None:
        refused(twins.one.SetWeights, projection=SPARSE, field=field, **fields)

    check("first", first=7, weights=values(1, 2))
    check("first", first=2**64 - 1, weights=values(1, 2))
    check("first", first=0, weights=number(1))
    check("connections", first=0, connections=[1], weights=values(1))
    check("connections[1]", connections=[0, 8], weights=number(1))
    check("weights.list", connections=[0, 1], weights=values(1))
    check("weights.list.values[1]", connections=[0, 1], weights=values(1, float("nan")))
    twins.check_equal()


@GET
def test_variables_come_as_asked_for_once_each(new_session: Callable[..., Session]) -> None:
    session = new_session(seed=1, specification=SPECIFICATION)
    full_step(session)
    for names in ([], ["c"], ["n", "c"], ["c", "n"]):
        answer = session.GetWeights(projection="net/dopaminergic", variables=names).weights
        assert [variable.name for variable in answer.variables] == names
    twice = ["c", "n", "c"]
    refused(
        session.GetWeights,
        projection="net/dopaminergic",
        variables=twice,
        field="variables[2]",
    )
    refused(
        session.GetWeights,
        projection=DENSE,
        variables=["c"],
        field="variables[0]",
    )


@SET
@GET
@pytest.mark.parametrize("projection", [DENSE, SPARSE, "net/dopaminergic", "net/dc_out"])
def test_weights_are_replaced_in_the_order_in_which_they_are_returned(
    projection: str, new_session: Callable[..., Session]
) -> None:
    session = new_session(seed=1, specification=SPECIFICATION)
    full_step(session)
    before = session.GetWeights(projection=projection).weights
    count = len(before.weights)
    new = [float(k + 1) for k in range(count)]
    assert session.SetWeights(projection=projection, weights=values(*new)).time_ms == 20
    after = session.GetWeights(projection=projection).weights
    assert list(after.weights) == new
    assert (after.sources, after.targets) == (before.sources, before.targets)
    session.SetWeights(projection=projection, weights=number(7.5))
    assert list(session.GetWeights(projection=projection).weights.weights) == [7.5] * count
    # What was read can be put back: a client's way to save and restore.
    session.SetWeights(projection=projection, weights=values(*before.weights))
    assert session.GetWeights(projection=projection).weights == before


@SET
@pytest.mark.method("Step")
def test_new_weights_are_felt(new_session: Callable[..., Session]) -> None:
    session = new_session(seed=1, specification=SPECIFICATION)
    session.SetInput(
        inputs=[
            {
                "population": "net/input",
                "spike_trains": {"senders": [0] * 4, "times_ms": [50, 150, 250, 350]},
            }
        ]
    )
    for projection in ("background_out", "noise_out", "plastic", "dopaminergic", "rewarded"):
        session.SetWeights(projection=f"net/{projection}", weights=number(0))
    readout = {"spike_counts": ["net/out"]}
    silent = session.step(100, readout=readout).spike_counts[0].counts
    session.SetWeights(projection=DENSE, weights=values(*[5000 * (k % 2) for k in range(12)]))
    driven = session.step(100, readout=readout).spike_counts[0].counts
    assert sum(silent) == 0
    assert [count > 0 for count in driven] == [False, True, False, True]


@SET
def test_weights_that_do_not_fit_are_refused(new_session: Callable[..., Session]) -> None:
    twins = Twins(new_session)

    def check(field: str, weights: Any, projection: str = DENSE) -> None:
        refused(twins.one.SetWeights, projection=projection, weights=weights, field=field)

    check("weights", None)
    check("weights", {})
    check("weights.list", values())
    check("weights.list", values(1))
    check("weights.list", values(*[1] * 11))
    check("weights.list", values(*[1] * 13))
    check("weights.list.values[11]", values(*[1] * 11, float("nan")))
    check("weights.list.values[3]", values(*[1] * 3, float("inf"), *[1] * 4), SPARSE)
    check("weights.distribution", v1.Value(distribution={"normal": {"mean": 1, "std": 1}}))
    check("weights.distribution", v1.Value(distribution={}))
    for projection in ("net/nothing", "net/out"):
        refused(twins.one.SetWeights, projection=projection, weights=number(1), field="projection")
    refused(
        twins.one.SetWeights,
        projection="nowhere/rewarded",
        weights=number(1),
        code="NOT_FOUND",
        reason="NOT_FOUND",
        field="projection",
    )
    twins.check_equal()


@GET
@SET
def test_a_projection_without_connections_has_no_weights(
    new_session: Callable[..., Session],
) -> None:
    session = new_session(
        specification={
            "populations": [{"name": "p", "model": "iaf_psc_exp", "size": 3}],
            "projections": [
                {
                    "name": "none",
                    "source": "p",
                    "target": "p",
                    "rule": {"pairwise_bernoulli": {"probability": 0}},
                }
            ],
        }
    )
    answer = session.GetWeights(projection="net/none")
    assert list(answer.weights.weights) == []
    assert not answer.next_page_token
    session.SetWeights(projection="net/none", weights=number(3))
    session.SetWeights(projection="net/none", weights=values())
    session.step(5)


@GET
def test_pages_of_large_projections_stay_within_a_message(
    new_session: Callable[..., Session],
) -> None:
    session = new_session(
        specification={
            "populations": [
                {"name": "p", "model": "iaf_psc_exp", "size": 500},
                {"name": "vt", "model": "volume_transmitter", "size": 1},
            ],
            "projections": [
                {
                    "name": "w",
                    "source": "p",
                    "target": "p",
                    "rule": {"fixed_indegree": {"indegree": 500}},
                    "synapse_model": "stdp_dopamine_synapse",
                    "volume_transmitter": "vt",
                    "weight": {"number": 3},
                }
            ],
        }
    )
    total = 0
    for page in pages(session.GetWeights, projection="net/w", variables=["c", "n"]):
        assert page.ByteSize() < 4 << 20
        total += len(page.weights.weights)
    assert total == 250_000


@GET
def test_delays_come_if_asked_for(new_session: Callable[..., Session]) -> None:
    session = new_session()
    specification = parse(
        v1.NetworkSpecification,
        """
        populations { name: "a" model: "iaf_psc_exp" size: 3 }
        projections { name: "same" source: "a" target: "a" rule { all_to_all {} }
          delay_ms { number: 2.5 } }
        projections { name: "listed" source: "a" target: "a" rule { one_to_one {} }
          delay_ms { list { values: [3, 0.5, 1] } } }
        """,
    )
    session.CreateNetwork(network="net", specification=specification)
    assert not session.GetWeights(projection="net/same").weights.delays_ms
    answer = session.GetWeights(projection="net/same", delays=True)
    assert list(answer.weights.delays_ms) == [2.5] * 9
    delays: list[float] = []
    for page in pages(session.GetWeights, projection="net/listed", delays=True, page_size=2):
        assert len(page.weights.delays_ms) == len(page.weights.weights)
        delays.extend(page.weights.delays_ms)
    assert delays == [3, 0.5, 1]


@READ
def test_delays_are_streamed_if_asked_for(new_session: Callable[..., Session]) -> None:
    session = new_session(specification=SPECIFICATION)
    projections = ["net/rewarded", "net/plastic"]
    plain = read(session, projections=projections)
    assert not any(part.weights.delays_ms for part in plain)
    for part in read(session, projections=projections, delays=True):
        page = session.GetWeights(projection=part.weights.projection, delays=True)
        assert list(part.weights.delays_ms) == list(page.weights.delays_ms) != []
