"""Networks: from specifications and presets, what they are and how large."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from client import Client, Session
from contract import v1
from expect import refused
from networks import SPECIFICATION, Twins, full_step, number, parse, past_of, values

CREATE = pytest.mark.method("CreateNetwork")

RULES: dict[str, tuple[int, int, dict[str, Any]]] = {
    # Sizes of source and target, and the rule. A target population of size 0 is the source.
    "one to one": (5, 5, {"one_to_one": {}}),
    "all to all": (3, 4, {"all_to_all": {}}),
    "all to all within": (4, 0, {"all_to_all": {}}),
    "all to all within, no autapses": (4, 0, {"all_to_all": {"exclude_autapses": True}}),
    "fixed indegree": (10, 20, {"fixed_indegree": {"indegree": 15}}),
    "fixed indegree, no multapses": (
        10,
        20,
        {"fixed_indegree": {"indegree": 10, "exclude_multapses": True}},
    ),
    "fixed indegree, no autapses": (
        10,
        0,
        {"fixed_indegree": {"indegree": 9, "exclude_autapses": True, "exclude_multapses": True}},
    ),
    "fixed outdegree": (20, 10, {"fixed_outdegree": {"outdegree": 15}}),
    "fixed outdegree, no multapses": (
        20,
        10,
        {"fixed_outdegree": {"outdegree": 10, "exclude_multapses": True}},
    ),
    "fixed outdegree, no autapses": (
        10,
        0,
        {"fixed_outdegree": {"outdegree": 30, "exclude_autapses": True}},
    ),
    "never": (10, 10, {"pairwise_bernoulli": {"probability": 0}}),
    "always": (10, 10, {"pairwise_bernoulli": {"probability": 1}}),
    "sometimes": (40, 0, {"pairwise_bernoulli": {"probability": 0.3, "exclude_autapses": True}}),
    "fixed total number": (7, 9, {"fixed_total_number": {"connections": 200}}),
    "fixed total number, no autapses": (
        3,
        0,
        {"fixed_total_number": {"connections": 500, "exclude_autapses": True}},
    ),
    "explicit pairs": (
        4,
        4,
        {"explicit_pairs": {"sources": [3, 0, 3, 1], "targets": [2, 0, 2, 3]}},
    ),
}


def _pair(sources: int, targets: int, rule: dict[str, Any], **projection: Any) -> Any:
    """Relays, and a projection `p` between them."""
    populations = [{"name": "a", "model": "iaf_psc_exp", "size": sources}]
    if targets:
        populations.append({"name": "b", "model": "iaf_psc_exp", "size": targets})
    return v1.NetworkSpecification(
        populations=populations,
        projections=[
            {
                "name": "p",
                "source": "a",
                "target": "b" if targets else "a",
                "rule": rule,
                **projection,
            }
        ],
    )


def _pairs_of(weights: Any) -> list[tuple[int, int]]:
    if weights.HasField("shape"):
        rows, columns = weights.shape.rows, weights.shape.columns
        return [(source, target) for source in range(rows) for target in range(columns)]
    return list(zip(weights.sources, weights.targets, strict=True))


@CREATE
@pytest.mark.method("GetWeights")
@pytest.mark.parametrize("rule", RULES)
def test_a_rule_connects_what_it_says(rule: str, new_session: Callable[..., Session]) -> None:
    sources, targets, message = RULES[rule]
    session = new_session(seed=3, specification=_pair(sources, targets, message))
    weights = session.GetWeights(projection="net/p").weights
    targets = targets or sources
    pairs = _pairs_of(weights)
    assert len(weights.weights) == len(pairs)
    assert [source for source, _ in pairs] == sorted(source for source, _ in pairs)
    assert all(0 <= source < sources and 0 <= target < targets for source, target in pairs)
    assert session.GetNetwork(network="net").network.size.synapses == len(pairs)
    (kind,) = message
    options = message[kind]
    assert weights.HasField("shape") == (kind == "all_to_all" and not options)
    if weights.HasField("shape"):
        assert (weights.shape.rows, weights.shape.columns) == (sources, targets)
        assert not weights.sources
        assert not weights.targets
    if options.get("exclude_autapses"):
        assert all(source != target for source, target in pairs)
    if options.get("exclude_multapses"):
        assert len(set(pairs)) == len(pairs)
    if kind == "one_to_one":
        assert pairs == [(k, k) for k in range(sources)]
    elif kind == "all_to_all":
        autapses = not options
        every = [(s, t) for s in range(sources) for t in range(targets) if autapses or s != t]
        assert pairs == every
    elif kind == "fixed_indegree":
        degrees = Counter(target for _, target in pairs)
        assert degrees == dict.fromkeys(range(targets), options["indegree"])
    elif kind == "fixed_outdegree":
        degrees = Counter(source for source, _ in pairs)
        assert degrees == dict.fromkeys(range(sources), options["outdegree"])
    elif kind == "pairwise_bernoulli":
        assert len(set(pairs)) == len(pairs)
        possible = sources * targets - (sources if options.get("exclude_autapses") else 0)
        p = options["probability"]
        spread = math.sqrt(possible * p * (1 - p))
        assert abs(len(pairs) - possible * p) <= 5 * spread
    elif kind == "fixed_total_number":
        assert len(pairs) == options["connections"]
        assert len(set(pairs)) > 1
    else:
        assert sorted(pairs) == sorted(zip(options["sources"], options["targets"], strict=True))


@CREATE
def test_weights_and_parameters_come_in_the_order_of_their_lists(
    new_session: Callable[..., Session],
) -> None:
    specification = _pair(2, 3, {"all_to_all": {}}, weight=values(1, 2, 3, 4, 5, 6))
    specification.populations[1].parameters["V_m"].CopyFrom(values(-71, -72, -73))
    specification.multimeters.add(name="m", population="b", variables=["V_m"], interval_ms=0.1)
    session = new_session(specification=specification)
    assert list(session.GetWeights(projection="net/p").weights.weights) == [1, 2, 3, 4, 5, 6]
    session.step(0.1)
    sampled = session.GetSignals(multimeter="net/m").signals.signals[0].values
    assert sampled[0] > sampled[1] > sampled[2]


@CREATE
@pytest.mark.parametrize(
    ("distribution", "low", "high", "mean", "std"),
    [
        ({"normal": {"mean": 5, "std": 2}}, -math.inf, math.inf, 5, 2),
        ({"uniform": {"low": -1, "high": 3}}, -1, 3, 1, 4 / math.sqrt(12)),
        ({"lognormal": {"mean": 0, "std": 0.5}}, 0, math.inf, math.exp(0.125), 0.6039),
        ({"normal": {"mean": 0, "std": 1}, "minimum": 0}, 0, math.inf, 0.7979, 0.6028),
        ({"normal": {"mean": 7, "std": 0}}, 7, 7, 7, 0),
    ],
    ids=["normal", "uniform", "lognormal", "cut normal", "constant"],
)
def test_drawn_weights_follow_their_distribution(
    distribution: dict[str, Any],
    low: float,
    high: float,
    mean: float,
    std: float,
    new_session: Callable[..., Session],
) -> None:
    specification = _pair(50, 50, {"all_to_all": {}}, weight={"distribution": distribution})
    session = new_session(seed=11, specification=specification)
    weights = session.GetWeights(projection="net/p").weights.weights
    count = len(weights)
    assert count == 2500
    assert all(low <= weight <= high for weight in weights)
    measured = sum(weights) / count
    assert abs(measured - mean) <= 5 * std / math.sqrt(count)
    variance = sum((weight - measured) ** 2 for weight in weights) / count
    assert variance == pytest.approx(std**2, rel=0.2)


@CREATE
def test_a_delay_is_felt_after_so_many_steps(new_session: Callable[..., Session]) -> None:
    specification = parse(
        v1.NetworkSpecification,
        """
        populations { name: "g" model: "spike_generator" size: 1 }
        populations { name: "p" model: "parrot_neuron" size: 3 record_spikes: true }
        projections {
          name: "g" source: "g" target: "p" rule { all_to_all {} }
          delay_ms { list { values: [0.1, 1, 2.5] } }
        }
        projections { name: "default" source: "g" target: "p"
          rule { explicit_pairs { sources: 0 targets: 0 } } }
        """,
    )
    session = new_session(specification=specification)
    trains = {"senders": [0], "times_ms": [3]}
    answer = session.step(
        10,
        inputs=[{"population": "net/g", "spike_trains": trains}],
        readout={"spikes": ["net/p"]},
    )
    (spikes,) = answer.spikes
    assert list(spikes.times_ms) == [3.1, 4, 4, 5.5]
    assert list(spikes.senders) == [0, 0, 1, 2]


@CREATE
@pytest.mark.method("GetNetwork")
def test_the_specification_is_returned_as_resolved(
    client: Client, new_session: Callable[..., Session]
) -> None:
    session = new_session(specification=SPECIFICATION)
    network = session.GetNetwork(network="net").network
    assert network.name == "net"
    assert network.create_time_ms == 0
    assert network.size.neurons == sum(p.size for p in SPECIFICATION.populations)
    models = {model.name: model for model in client.ListModels().models}
    resolved = network.specification
    for given, full in zip(SPECIFICATION.populations, resolved.populations, strict=True):
        assert (full.name, full.model, full.size) == (given.name, given.model, given.size)
        assert full.record_spikes == given.record_spikes
        for parameter in models[given.model].parameters:
            value = full.parameters[parameter.name]
            if parameter.name in given.parameters:
                assert value == given.parameters[parameter.name]
            elif not math.isnan(parameter.default_value):
                assert value == number(parameter.default_value)
    for given, full in zip(SPECIFICATION.projections, resolved.projections, strict=True):
        assert (full.name, full.source, full.target) == (given.name, given.source, given.target)
        assert full.rule == given.rule
        assert full.synapse_model == (given.synapse_model or "static_synapse")
        assert full.weight == (given.weight if given.HasField("weight") else number(1))
        assert full.delay_ms == number(1)
        assert set(full.parameters) == {p.name for p in models[full.synapse_model].parameters}
    assert resolved.multimeters[0].interval_ms == 1


@CREATE
@pytest.mark.method("GetNetwork")
@pytest.mark.parametrize("source", ["specification", "pong/rstdp", "pong/dopamine"])
def test_what_get_network_returns_builds_the_same_network(
    source: str, new_session: Callable[..., Session]
) -> None:
    original, copy = (new_session(seed=4) for _ in range(2))
    if source == "specification":
        original.CreateNetwork(network="net", specification=SPECIFICATION)
    else:
        preset = v1.PresetChoice(name=source)
        preset.options["noise"] = True
        original.CreateNetwork(network="net", preset=preset)
    specification = original.GetNetwork(network="net").network.specification
    copy.CreateNetwork(network="net", specification=specification)
    recorded = [f"net/{p.name}" for p in specification.populations if p.record_spikes]
    steps = [s.step(200, readout={"spike_counts": recorded}) for s in (original, copy)]
    assert steps[0] == steps[1]
    assert past_of(original) == past_of(copy)


@CREATE
def test_validate_only_tells_the_size_and_builds_nothing(
    new_session: Callable[..., Session],
) -> None:
    twins = Twins(new_session)
    begin = twins.one.time_ms()
    checked = twins.one.CreateNetwork(
        network="new", specification=SPECIFICATION, validate_only=True
    ).network
    refused(
        twins.one.GetNetwork, network="new", code="NOT_FOUND", reason="NOT_FOUND", field="network"
    )
    twins.check_equal()
    built = twins.one.CreateNetwork(network="new", specification=SPECIFICATION).network
    assert checked.name == built.name == "new"
    assert checked.size.neurons == built.size.neurons
    assert checked.size.synapses == built.size.synapses
    assert checked.create_time_ms == begin
    assert built.create_time_ms == twins.one.time_ms()
    # The specification is for GetNetwork to tell.
    assert not checked.HasField("specification")
    assert not built.HasField("specification")


@CREATE
def test_validate_only_expects_the_number_of_drawn_connections(
    new_session: Callable[..., Session],
) -> None:
    specification = _pair(100, 50, {"pairwise_bernoulli": {"probability": 0.25}})
    session = new_session()
    checked = session.CreateNetwork(network="n", specification=specification, validate_only=True)
    assert checked.network.size.synapses == 1250


@CREATE
def test_validate_only_refuses_what_building_would(new_session: Callable[..., Session]) -> None:
    session = new_session(specification=SPECIFICATION)
    bad = parse(v1.NetworkSpecification, 'populations { name: "p" model: "brain" size: 1 }')
    for validate_only in (True, False):
        refused(
            session.CreateNetwork,
            network="new",
            specification=bad,
            validate_only=validate_only,
            field="specification.populations[0].model",
        )
        refused(
            session.CreateNetwork,
            network="net",
            specification=SPECIFICATION,
            validate_only=validate_only,
            code="ALREADY_EXISTS",
            reason="ALREADY_EXISTS",
            field="network",
        )


@CREATE
def test_a_name_is_taken_once_a_session(new_session: Callable[..., Session]) -> None:
    twins = Twins(new_session)
    refused(
        twins.one.CreateNetwork,
        network="net",
        specification=SPECIFICATION,
        code="ALREADY_EXISTS",
        reason="ALREADY_EXISTS",
        field="network",
    )
    twins.check_equal()
    new_session().CreateNetwork(network="net", specification=SPECIFICATION)


@CREATE
def test_names_may_have_64_characters_of_their_alphabet(
    new_session: Callable[..., Session],
) -> None:
    session = new_session()
    for good in ("A", "z-._9", "x" * 64):
        specification = v1.NetworkSpecification(
            populations=[{"name": good, "model": "iaf_psc_exp", "size": 1, "record_spikes": True}],
            projections=[
                {"name": good, "source": good, "target": good, "rule": {"one_to_one": {}}}
            ],
            multimeters=[{"name": good, "population": good, "variables": ["V_m"]}],
        )
        session.CreateNetwork(network=good, specification=specification)
        session.GetSpikes(population=f"{good}/{good}")
        session.GetWeights(projection=f"{good}/{good}")
        session.GetSignals(multimeter=f"{good}/{good}")
    for bad in ("", "9", "_", "a b", "a/b", "x" * 65, "ü", "a\n"):
        refused(session.CreateNetwork, network=bad, specification=SPECIFICATION, field="network")


@CREATE
@pytest.mark.parametrize("part", ["populations", "projections", "multimeters"])
def test_names_of_parts_are_unique_within_their_network(
    part: str, new_session: Callable[..., Session]
) -> None:
    specification = v1.NetworkSpecification()
    specification.CopyFrom(SPECIFICATION)
    parts = getattr(specification, part)
    parts.add().CopyFrom(parts[0])
    session = new_session()
    refused(
        session.CreateNetwork,
        network="n",
        specification=specification,
        field=f"specification.{part}[{len(parts) - 1}].name",
    )


@CREATE
@pytest.mark.method("Step")
def test_networks_of_a_session_share_its_clock(new_session: Callable[..., Session]) -> None:
    session = new_session(seed=7, specification=SPECIFICATION)
    full_step(session)
    late = session.CreateNetwork(network="late", specification=SPECIFICATION).network
    assert late.create_time_ms == 20
    session.step(30)
    assert session.GetNetwork(network="late").network.create_time_ms == 20
    for network in ("net", "late"):
        times = session.GetSignals(multimeter=f"{network}/meter").signals.times_ms
        assert times[-1] == 50
    # What was before a network has no record.
    assert times[0] == 21


@CREATE
@pytest.mark.method("DeleteNetwork")
def test_a_mirror_connects_two_networks(new_session: Callable[..., Session]) -> None:
    generator = {"populations": [{"name": "g", "model": "spike_generator", "size": 2}]}
    session = new_session(specification=generator)
    mirror = {"name": "m", "model": "mirror", "size": 2, "mirrored": "net/g"}
    relay = {"name": "p", "model": "parrot_neuron", "size": 2, "record_spikes": True}
    projection = {
        "name": "c",
        "source": "m",
        "target": "p",
        "rule": {"one_to_one": {}},
        "delay_ms": number(2.5),
    }
    other = {"populations": [mirror, relay], "projections": [projection]}
    session.CreateNetwork(network="other", specification=other)
    told = session.GetNetwork(network="other").network.specification
    assert told.populations[0].mirrored == "net/g"
    trains = {"senders": [0, 1, 0], "times_ms": [3, 4, 15]}
    answer = session.step(
        10,
        inputs=[{"population": "net/g", "spike_trains": trains}],
        readout={"spikes": ["other/p"]},
    )
    (spikes,) = answer.spikes
    assert list(zip(spikes.times_ms, spikes.senders, strict=True)) == [(5.5, 0), (6.5, 1)]
    session.DeleteNetwork(network="net")
    (spikes,) = session.step(10, readout={"spikes": ["other/p"]}).spikes
    assert not spikes.times_ms


@CREATE
def test_a_source_is_a_preset_or_a_specification(new_session: Callable[..., Session]) -> None:
    session = new_session()
    refused(session.CreateNetwork, network="n", field="specification")
    refused(
        session.CreateNetwork,
        network="n",
        specification={},
        field="specification.populations",
    )


def _refused_projection(session: Session, field: str, **projection: Any) -> None:
    specification = v1.NetworkSpecification(
        populations=[
            {"name": "n", "model": "iaf_psc_exp", "size": 3},
            {"name": "two", "model": "iaf_psc_exp", "size": 2},
            {"name": "dc", "model": "dc_generator", "size": 3},
            {"name": "poisson", "model": "poisson_generator", "size": 3},
            {"name": "vt", "model": "volume_transmitter", "size": 1},
        ],
        projections=[
            {
                "name": "p",
                "source": "n",
                "target": "n",
                "rule": {"one_to_one": {}},
                **projection,
            }
        ],
    )
    refused(
        session.CreateNetwork,
        network="bad",
        specification=specification,
        field=f"specification.projections[0].{field}",
    )


@CREATE
def test_projections_that_cannot_be_are_refused_by_field(
    new_session: Callable[..., Session],
) -> None:
    twins = Twins(new_session)
    one = twins.one
    drawn = v1.Value(distribution={"uniform": {"low": 1, "high": 2}})
    _refused_projection(one, "rule", rule=None)
    _refused_projection(one, "rule", rule={})
    _refused_projection(one, "rule.one_to_one", target="two")
    _refused_projection(one, "weight", weight={})
    _refused_projection(one, "weight", weight={"list": {"values": [1, 2]}})
    _refused_projection(one, "weight.distribution", weight={"distribution": {}})
    _refused_projection(one, "delay_ms", delay_ms=number(0))
    _refused_projection(one, "delay_ms", delay_ms=number(0.05))
    _refused_projection(one, "delay_ms", delay_ms=values(1, 1))
    _refused_projection(one, "delay_ms", source="dc", delay_ms=drawn)
    _refused_projection(one, "target", source="dc", target="vt")
    _refused_projection(one, "target", target="poisson")
    _refused_projection(one, "source", source="vt")
    _refused_projection(one, "synapse_model", source="poisson", synapse_model="stdp_synapse")
    _refused_projection(one, "synapse_model", synapse_model="iaf_psc_exp")
    _refused_projection(one, "volume_transmitter", volume_transmitter="vt")
    _refused_projection(one, "volume_transmitter", synapse_model="stdp_dopamine_synapse")
    _refused_projection(
        one,
        "volume_transmitter",
        synapse_model="stdp_dopamine_synapse",
        volume_transmitter="n",
    )
    _refused_projection(
        one,
        "parameters[Wmin]",
        synapse_model="stdp_dopamine_synapse",
        volume_transmitter="vt",
        parameters={"Wmin": number(3), "Wmax": number(2)},
    )
    _refused_projection(
        one, "parameters[lambda]", synapse_model="stdp_synapse", parameters={"lambda": values(1)}
    )
    _refused_projection(
        one, "parameters[lambda]", synapse_model="stdp_synapse", parameters={"lambda": drawn}
    )
    _refused_projection(
        one,
        "rule.fixed_indegree.indegree",
        rule={"fixed_indegree": {"indegree": 4, "exclude_multapses": True}},
    )
    _refused_projection(
        one,
        "rule.fixed_outdegree.outdegree",
        rule={
            "fixed_outdegree": {
                "outdegree": 3,
                "exclude_multapses": True,
                "exclude_autapses": True,
            }
        },
    )
    _refused_projection(
        one, "rule.explicit_pairs.targets", rule={"explicit_pairs": {"sources": [0]}}
    )
    _refused_projection(
        one,
        "weight",
        rule={"pairwise_bernoulli": {"probability": 0.5}},
        weight={"list": {"values": [1]}},
    )
    twins.check_equal()


@CREATE
def test_populations_that_cannot_be_are_refused_by_field(
    new_session: Callable[..., Session],
) -> None:
    twins = Twins(new_session)

    def check(field: str, **population: Any) -> None:
        refused(
            twins.one.CreateNetwork,
            network="bad",
            specification={
                "populations": [{"name": "p", "model": "iaf_psc_exp", "size": 2, **population}]
            },
            field=f"specification.populations[0].{field}",
        )

    check("model", model="static_synapse")
    check("size", model="volume_transmitter")
    check("record_spikes", model="poisson_generator", record_spikes=True)
    check("parameters[V_m]", parameters={"V_m": v1.Value()})
    check("parameters[V_m]", parameters={"V_m": values(1, 2, 3)})
    undecided = v1.Value(distribution={})
    check("parameters[V_m].distribution", parameters={"V_m": undecided})
    check("parameters[V_reset]", parameters={"V_reset": number(-50)})
    check("parameters[C_m]", parameters={"C_m": number(0)})
    check("parameters[t_ref]", parameters={"t_ref": number(0.05)})
    check("parameters[tau]", parameters={"tau": number(1)})
    check("parameters[dt]", model="noise_generator", parameters={"dt": values(1, 1)})
    check("mirrored", mirrored="net/input")
    check("mirrored", model="mirror", mirrored="net/inputs")
    check("size", model="mirror", mirrored="net/input")
    twins.check_equal()


@CREATE
def test_multimeters_that_cannot_be_are_refused_by_field(
    new_session: Callable[..., Session],
) -> None:
    twins = Twins(new_session)

    def check(field: str, **multimeter: Any) -> None:
        refused(
            twins.one.CreateNetwork,
            network="bad",
            specification={
                "populations": [{"name": "p", "model": "iaf_psc_exp", "size": 2}],
                "multimeters": [
                    {"name": "m", "population": "p", "variables": ["V_m"], **multimeter}
                ],
            },
            field=f"specification.multimeters[0].{field}",
        )

    check("population", population="q")
    check("variables", variables=[])
    check("variables[1]", variables=["V_m", "w"])
    check("interval_ms", interval_ms=0.05)
    check("interval_ms", interval_ms=-1)
    twins.check_equal()
