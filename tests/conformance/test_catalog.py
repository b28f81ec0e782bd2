"""The catalogue: models, presets, the server itself; and that it is true."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import grpc
import pytest

from client import Client, Session
from contract import v1
from expect import check_error, refused
from networks import number, values

KNOWN_MODELS = {
    "iaf_psc_exp": v1.MODEL_KIND_NEURON,
    "parrot_neuron": v1.MODEL_KIND_NEURON,
    "spike_generator": v1.MODEL_KIND_STIMULATION_DEVICE,
    "step_current_generator": v1.MODEL_KIND_STIMULATION_DEVICE,
    "dc_generator": v1.MODEL_KIND_STIMULATION_DEVICE,
    "noise_generator": v1.MODEL_KIND_STIMULATION_DEVICE,
    "poisson_generator": v1.MODEL_KIND_STIMULATION_DEVICE,
    "volume_transmitter": v1.MODEL_KIND_VOLUME_TRANSMITTER,
    "static_synapse": v1.MODEL_KIND_SYNAPSE,
    "stdp_synapse": v1.MODEL_KIND_SYNAPSE,
    "stdp_dopamine_synapse": v1.MODEL_KIND_SYNAPSE,
    "rstdp_synapse": v1.MODEL_KIND_SYNAPSE,
}

MODELS = pytest.mark.method("ListModels", "CreateNetwork")


@pytest.mark.method("ListModels")
def test_models_are_listed_by_kind_and_name(client: Client) -> None:
    models = client.ListModels().models
    order = [(model.kind, model.name) for model in models]
    assert order == sorted(order)
    assert len({model.name for model in models}) == len(models)
    assert KNOWN_MODELS.items() <= {model.name: model.kind for model in models}.items()
    for model in models:
        assert model.kind != v1.MODEL_KIND_UNSPECIFIED
        assert model.description
        for entries in (model.parameters, model.recordables):
            assert len({entry.name for entry in entries}) == len(entries)
            assert all(entry.name and entry.description for entry in entries)


NEURONS = {"name": "n", "model": "iaf_psc_exp", "size": 2}


@pytest.fixture(name="session")
def _session(new_session: Callable[..., Session]) -> Session:
    """With a network that can be mirrored."""
    session = new_session()
    session.CreateNetwork(network="there", specification={"populations": [NEURONS]})
    return session


def _with_model(model: Any, parameters: dict[str, Any]) -> Any:
    """A network that has the model, as a population or as a synapse, with these parameters."""
    if model.kind != v1.MODEL_KIND_SYNAPSE:
        one = model.kind == v1.MODEL_KIND_VOLUME_TRANSMITTER
        x = {"name": "x", "model": model.name, "size": 1 if one else 2, "parameters": parameters}
        if model.name == "mirror":
            x["mirrored"] = "there/n"
        return v1.NetworkSpecification(populations=[x, NEURONS])
    transmitter = "vt" if model.name == "stdp_dopamine_synapse" else ""
    return v1.NetworkSpecification(
        populations=[NEURONS, {"name": "vt", "model": "volume_transmitter", "size": 1}],
        projections=[
            {
                "name": "x",
                "source": "n",
                "target": "n",
                "rule": {"all_to_all": {}},
                "synapse_model": model.name,
                "volume_transmitter": transmitter,
                "parameters": parameters,
            }
        ],
    )


def _field_of(model: Any, parameter: str) -> str:
    part = "projections" if model.kind == v1.MODEL_KIND_SYNAPSE else "populations"
    return f"specification.{part}[0].parameters[{parameter}]"


@MODELS
def test_every_model_can_be_built_with_its_defaults_as_stated(
    client: Client, session: Session
) -> None:
    for k, model in enumerate(client.ListModels().models):
        stated = {
            parameter.name: number(parameter.default_value)
            for parameter in model.parameters
            if not math.isnan(parameter.default_value)
        }
        session.CreateNetwork(network=f"bare{k}", specification=_with_model(model, {}))
        session.CreateNetwork(network=f"stated{k}", specification=_with_model(model, stated))
        specifications = [
            session.GetNetwork(network=f"{kind}{k}").network.specification
            for kind in ("bare", "stated")
        ]
        assert specifications[0] == specifications[1]
    assert session.step(2).time_ms == 2


@MODELS
def test_every_parameter_of_every_model_refuses_what_is_no_number(
    client: Client, session: Session
) -> None:
    for model in client.ListModels().models:
        for parameter in model.parameters:
            field = _field_of(model, parameter.name)
            for bad in (math.nan, -math.inf, math.inf):
                specification = _with_model(model, {parameter.name: number(bad)})
                call = {"network": "bad", "specification": specification, "validate_only": True}
                # Only what has an infinite default may be infinite, and a threshold
                # that is never reached.
                if bad == parameter.default_value or (parameter.name, bad) == ("V_th", math.inf):
                    session.CreateNetwork(**call)
                else:
                    refused(session.CreateNetwork, field=field, **call)
        refused(
            session.CreateNetwork,
            network="bad",
            specification=_with_model(model, {"no such parameter": number(1)}),
            field=_field_of(model, "no such parameter"),
        )


@MODELS
@pytest.mark.method("GetSignals", "GetWeights")
def test_every_recordable_can_be_recorded_and_no_other(client: Client, session: Session) -> None:
    for number_, model in enumerate(client.ListModels().models):
        network = f"n{number_}"
        specification = _with_model(model, {})
        names = [recordable.name for recordable in model.recordables]
        if model.kind == v1.MODEL_KIND_SYNAPSE:
            session.CreateNetwork(network=network, specification=specification)
            projection = f"{network}/x"
            answer = session.GetWeights(projection=projection, variables=names).weights
            assert [variable.name for variable in answer.variables] == names
            assert all(len(v.values) == len(answer.weights) == 4 for v in answer.variables)
            refused(
                session.GetWeights,
                projection=projection,
                variables=["nothing"],
                field="variables[0]",
            )
            continue
        if names:
            specification.multimeters.add(name="m", population="x", variables=names)
        session.CreateNetwork(network=network, specification=specification)
        if names:
            session.step(3)
            signals = session.GetSignals(multimeter=f"{network}/m").signals
            assert [signal.variable for signal in signals.signals] == names
            assert all(len(signal.values) == 2 * 3 for signal in signals.signals)
        del specification.multimeters[:]
        specification.multimeters.add(name="m", population="x", variables=["nothing"])
        refused(
            session.CreateNetwork,
            network="bad",
            specification=specification,
            field="specification.multimeters[0].variables[0]",
        )


@pytest.mark.method("ListPresets", "CreateNetwork")
def test_every_preset_can_be_built_and_its_defaults_are_as_stated(
    client: Client, new_session: Callable[..., Session]
) -> None:
    presets = client.ListPresets().presets
    names = [preset.name for preset in presets]
    assert names == sorted(set(names))
    assert {"pong/dopamine", "pong/rstdp"} <= set(names)
    session = new_session()
    for k, preset in enumerate(presets):
        assert preset.description
        assert all(option.name and option.description for option in preset.options)
        bare = v1.PresetChoice(name=preset.name)
        stated = v1.PresetChoice(name=preset.name)
        for option in preset.options:
            stated.options.fields[option.name].CopyFrom(option.default_value)
        sizes = [_size(session, choice) for choice in (bare, stated)]
        assert sizes[0] == sizes[1]
        if sizes[0] is None or sizes[0].synapses > 1_000_000:
            continue  # too large for this test, or for this server
        session.CreateNetwork(network=f"bare{k}", preset=bare)
        session.CreateNetwork(network=f"stated{k}", preset=stated)
        specifications = [
            session.GetNetwork(network=f"{kind}{k}").network.specification
            for kind in ("bare", "stated")
        ]
        assert specifications[0] == specifications[1]
    assert len(session.describe().networks) >= 4
    session.step(10)


def _size(session: Session, preset: Any) -> Any:
    """The size of a network, or None if it exceeds what the server allows."""
    try:
        answer = session.CreateNetwork(network="n", preset=preset, validate_only=True)
    except grpc.RpcError as error:
        check_error(error, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED")
        return None
    return answer.network.size


@pytest.mark.method("ListPresets", "CreateNetwork")
def test_options_of_another_type_or_name_are_refused(
    client: Client, new_session: Callable[..., Session]
) -> None:
    session = new_session()
    for preset in client.ListPresets().presets:
        for option in preset.options:
            kind = option.default_value.WhichOneof("kind")
            others: dict[str, Any] = {
                "number_value": 2,
                "string_value": "2",
                "bool_value": True,
                "null_value": 0,
                "list_value": {},
                "struct_value": {},
            }
            del others[kind]
            for other, value in others.items():
                choice = v1.PresetChoice(name=preset.name)
                entry = choice.options.fields[option.name]
                if isinstance(value, dict):
                    getattr(entry, other).SetInParent()
                else:
                    setattr(entry, other, value)
                refused(
                    session.CreateNetwork,
                    network="n",
                    preset=choice,
                    field=f"preset.options[{option.name}]",
                )
        choice = v1.PresetChoice(name=preset.name)
        choice.options["no such option"] = 1
        refused(
            session.CreateNetwork,
            network="n",
            preset=choice,
            field="preset.options[no such option]",
        )
        # What a plain object becomes in a language whose Struct is no plain object.
        choice = v1.PresetChoice(name=preset.name)
        choice.options.SetInParent()
        refused(session.CreateNetwork, network="n", preset=choice, field="preset.options")
    assert list(session.describe().networks) == []


@pytest.mark.method("CreateNetwork")
@pytest.mark.parametrize("preset", ["pong/rstdp", "pong/dopamine"])
def test_options_of_the_pong_players_count(
    preset: str, new_session: Callable[..., Session]
) -> None:
    session = new_session()
    for neurons in (2, 1000):
        choice = v1.PresetChoice(name=preset)
        choice.options["num_neurons"] = neurons
        session.CreateNetwork(network=f"n{neurons}", preset=choice)
        populations = session.GetNetwork(network=f"n{neurons}").network.specification.populations
        sizes = {population.name: population.size for population in populations}
        assert sizes["input"] == sizes["motor"] == neurons
    for bad in (1, 1001, 2.5, -20):
        choice = v1.PresetChoice(name=preset)
        choice.options["num_neurons"] = bad
        refused(
            session.CreateNetwork,
            network="bad",
            preset=choice,
            field="preset.options[num_neurons]",
        )


@pytest.mark.method("GetServerInfo")
def test_the_server_tells_what_it_is_and_allows(client: Client, another_client: Client) -> None:
    info = client.GetServerInfo()
    assert info.version
    assert info.instance_id
    assert info.instruction_set
    assert info.commit
    assert info.build_type
    assert 0 < info.start_time.ToSeconds() < time.time() + 3600
    again = another_client.GetServerInfo()
    again.memory_bytes = info.memory_bytes  # what others take
    assert again == info
    for field in info.limits.DESCRIPTOR.fields:
        if field.message_type is None:  # leases have no limit unless told
            assert getattr(info.limits, field.name) > 0, field.name


@pytest.mark.method("SetInput")
def test_lists_of_device_parameters_have_one_entry_a_device(
    new_session: Callable[..., Session],
) -> None:
    session = new_session(
        specification={"populations": [{"name": "dc", "model": "dc_generator", "size": 3}]}
    )
    for good in (values(1, 2, 3), number(4)):
        session.SetInput(
            inputs=[
                {"population": "net/dc", "device_parameters": {"parameters": {"amplitude": good}}}
            ]
        )
    drawn = v1.Value(distribution={"normal": {"std": 1}})
    for bad in (values(1, 2), values(), v1.Value(), drawn):
        refused(
            session.SetInput,
            inputs=[
                {"population": "net/dc", "device_parameters": {"parameters": {"amplitude": bad}}}
            ],
            field="inputs[0].device_parameters.parameters[amplitude]",
        )
