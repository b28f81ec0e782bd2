"""Models of nodes and synapses by name, with the defaults that the script has given them."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import Any

import numpy as np

from spiked._bounds import what_is_wrong
from spiked._text import unknown
from spiked.catalogue import Catalogue, Model
from spiked.nest import errors

#: What NEST says for infinity where it stands for "never" or "no bound".
LARGEST = sys.float_info.max
_INFINITE = {"stop": LARGEST, "V_min": -LARGEST}

RECORDERS = ("spike_recorder", "multimeter", "voltmeter", "weight_recorder")
_RECORDER_DEFAULTS: dict[str, Any] = {
    "label": "",
    "n_events": 0,
    "origin": 0.0,
    "record_to": "memory",
    "start": 0.0,
    "stop": math.inf,
    "time_in_steps": False,
}
_METER_DEFAULTS: dict[str, Any] = {
    **_RECORDER_DEFAULTS,
    "interval": 1.0,
    "offset": 0.0,
    "record_from": (),
}
# What the front itself keeps of a model, beside the server's parameters.
_OWN_DEFAULTS: dict[str, dict[str, Any]] = {
    "spike_generator": {
        "spike_times": (),
        "spike_multiplicities": (),
        "spike_weights": (),
        "allow_offgrid_times": False,
        "precise_times": False,
        "shift_now_spikes": False,
    },
    "step_current_generator": {
        "amplitude_times": (),
        "amplitude_values": (),
        "allow_offgrid_times": False,
    },
    "spike_recorder": _RECORDER_DEFAULTS,
    "multimeter": _METER_DEFAULTS,
    "voltmeter": {**_METER_DEFAULTS, "record_from": ("V_m",)},
    "weight_recorder": {**_RECORDER_DEFAULTS, "senders": (), "targets": ()},
}
#: Parameters that hold an array for each node.
ARRAYS = frozenset(
    {
        "amplitude_times",
        "amplitude_values",
        "record_from",
        "senders",
        "spike_multiplicities",
        "spike_times",
        "spike_weights",
        "targets",
    }
)
_FLAGS = frozenset({"allow_offgrid_times", "precise_times", "shift_now_spikes", "time_in_steps"})
_TEXTS = frozenset({"label", "record_to"})
_ELEMENT_TYPES = {"neuron": "neuron", "stimulation_device": "stimulator"}
#: What belongs to every synapse.
SYNAPSE_DEFAULTS: dict[str, Any] = {"weight": 1.0, "delay": 1.0, "receptor_type": 0}


@dataclass
class NodeModel:
    """A model of nodes, as the script knows it."""

    name: str
    #: The model that it is a copy of, as the server (or, for recorders, this front) knows it.
    base: str
    #: ``neuron``, ``stimulator``, ``recorder`` or ``other``.
    element_type: str
    #: What the server takes as parameters.
    parameters: frozenset[str]
    #: What a multimeter can record: the state of a neuron.
    recordables: tuple[str, ...]
    defaults: dict[str, Any]

    @property
    def on_server(self) -> bool:
        """Whether its nodes are a population on the server."""
        return self.element_type != "recorder"

    def checked(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters, one value for all nodes each, as they are kept."""
        for name in parameters:
            self.check_name(name)
        made = {name: checked_value(name, value) for name, value in parameters.items()}
        check_together({**self.defaults, **made})
        return made

    def check_name(self, name: str) -> None:
        """Raises an error unless there is such a parameter."""
        if name not in self.defaults and name not in self.recordables:
            raise errors.UnsupportedEntry(
                f"{self.name}: no parameter {unknown(name, self.defaults)}", field=name
            )


@dataclass
class SynapseModel:
    """A model of synapses, as the script knows it."""

    name: str
    base: str
    #: What the server takes as parameters of a projection.
    parameters: frozenset[str]
    recordables: tuple[str, ...]
    defaults: dict[str, Any]
    #: Number of the volume transmitter (``stdp_dopamine_synapse``).
    volume_transmitter: int | None = None
    #: Number of the weight recorder that records what is transmitted.
    weight_recorder: int | None = None
    identifier: int = 0

    def checked(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters of all synapses of a projection, as they are kept."""
        made = {}
        for name, value in parameters.items():
            self.check_name(name)
            made[name] = value if name in SYNAPSE_DEFAULTS else checked_value(name, value)
        return made

    def check_name(self, name: str) -> None:
        """Raises an error unless there is such a parameter."""
        if name == "synapse_label":
            raise errors.unsupported(f"{name} of {self.name}")
        if name == "weight_recorder":
            raise errors.BadProperty(
                "weight_recorder is set by CopyModel or SetDefaults, for all synapses of a model",
                field=name,
            )
        if name not in self.defaults:
            raise errors.UnsupportedEntry(
                f"{self.name}: no parameter {unknown(name, self.defaults)}", field=name
            )


@dataclass
class Models:
    """The models that there are: the server's, the recorders, and copies."""

    catalogue: Catalogue[Model]
    nodes: dict[str, NodeModel] = field(default_factory=dict)
    synapses: dict[str, SynapseModel] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for model in self.catalogue.values():
            if model.name == "mirror":
                continue  # it connects networks, of which a script has one
            if model.kind == "synapse":
                self._add_synapse(model)
            else:
                self._add_node(model)
        for name in RECORDERS:
            self.nodes[name] = NodeModel(
                name, name, "recorder", frozenset(), (), dict(_OWN_DEFAULTS[name])
            )

    def node(self, name: str) -> NodeModel:
        """The model of nodes of this name."""
        if name not in self.nodes:
            raise errors.UnsupportedModel(f"no model {unknown(name, self.nodes)}", field="model")
        return self.nodes[name]

    def synapse(self, name: str) -> SynapseModel:
        """The model of synapses of this name."""
        if name not in self.synapses:
            raise errors.UnsupportedSynapse(
                f"no synapse model {unknown(name, self.synapses)}", field="synapse_model"
            )
        return self.synapses[name]

    def any(self, name: str) -> NodeModel | SynapseModel:
        """The model of this name."""
        if name in self.synapses:
            return self.synapses[name]
        return self.node(name)

    def copy(self, existing: str, new: str) -> NodeModel | SynapseModel:
        """A model that begins with the defaults of another."""
        if new in self.nodes or new in self.synapses:
            raise errors.NewModelNameExists(f"there is a model {new!r} already", field="new")
        model = self.any(existing)
        if isinstance(model, NodeModel):
            node = replace(model, name=new, defaults=dict(model.defaults))
            self.nodes[new] = node
            return node
        number = len(self.synapses)
        synapse = replace(model, name=new, defaults=dict(model.defaults), identifier=number)
        self.synapses[new] = synapse
        return synapse

    def _add_node(self, model: Model) -> None:
        defaults = _defaults(model)
        if "V_m" in defaults:
            defaults["V_m"] = defaults["E_L"]
        self.nodes[model.name] = NodeModel(
            model.name,
            model.name,
            _ELEMENT_TYPES.get(model.kind, "other"),
            frozenset(model.parameters),
            tuple(model.recordables),
            {**defaults, **_OWN_DEFAULTS.get(model.name, {})},
        )

    def _add_synapse(self, model: Model) -> None:
        defaults = _defaults(model)
        if "u" in defaults:
            defaults["u"] = defaults["U"]
        self.synapses[model.name] = SynapseModel(
            model.name,
            model.name,
            frozenset(model.parameters),
            tuple(model.recordables),
            {**SYNAPSE_DEFAULTS, **defaults},
            identifier=len(self.synapses),
        )


def _defaults(model: Model) -> dict[str, Any]:
    return {name: parameter.default for name, parameter in model.parameters.items()}


def checked_value(name: str, value: Any) -> Any:
    """One parameter's value for one node or synapse, as it is kept; names it where it is wrong."""
    if name in _TEXTS:
        if not isinstance(value, str):
            raise errors.TypeMismatch(f"{name} must be a string, not {value!r}", field=name)
        return value
    if name in _FLAGS:
        return bool(value)
    if name in ARRAYS:
        return _array(name, value)
    if not isinstance(value, (Real, np.bool_)):
        raise errors.TypeMismatch(f"{name} must be a number, not {value!r}", field=name)
    if name == "n_events":
        if value != 0:
            raise errors.BadProperty(
                "n_events can only be set to 0, which forgets what was recorded", field=name
            )
        return 0
    number = float(value)
    if abs(number) == LARGEST and name in _INFINITE:
        number = math.copysign(math.inf, number)
    wrong = what_is_wrong(name, number)
    if wrong is not None:
        raise errors.BadProperty(wrong, field=name)
    return number


def check_together(values: Mapping[str, Any]) -> None:
    """Checks parameters of one node against each other."""
    for low, high in (("V_reset", "V_th"), ("start", "stop")):
        if low not in values or high not in values:
            continue
        one, other = np.asarray(values[low]), np.asarray(values[high])
        if one.dtype.kind not in "fi" or other.dtype.kind not in "fi":
            continue  # drawn on the server, which checks it
        if low == "V_reset" and (one >= other).any():
            raise errors.BadProperty("V_reset must be below V_th", field=low)
        if low == "start" and (other < one).any():
            raise errors.BadProperty("stop must not be before start", field=high)


def _array(name: str, value: Any) -> Any:
    if name == "record_from":
        texts = [value] if isinstance(value, str) else list(value)
        for text in texts:
            if not isinstance(text, str):
                raise errors.TypeMismatch(f"{name} must be names, not {value!r}", field=name)
        return tuple(texts)
    numbers = np.asarray(value)
    if numbers.size == 0:
        numbers = np.empty(0)
    if numbers.ndim != 1 or numbers.dtype.kind not in "iuf":
        raise errors.TypeMismatch(f"{name} must be a list of numbers, not {value!r}", field=name)
    return tuple(numbers.tolist())


def shown(name: str, value: Any) -> Any:
    """A parameter's value as NEST shows it."""
    if name == "record_from":
        return tuple(value)
    if name in ("senders", "targets"):
        return value
    if name in ARRAYS:
        return np.array(value, float if "multiplicities" not in name else int)
    if isinstance(value, float) and math.isinf(value) and name in _INFINITE:
        return _INFINITE[name]
    return value


def is_iterable(value: Any) -> bool:
    """Whether a value is a list of values, one for each."""
    return isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping))


# What the server takes for a parameter that is not given, where that is another parameter.
_FOLLOWS = {"V_m": "E_L", "u": "U"}


def for_server(catalogue: Catalogue[Model], base: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the values that the server has to be told, as they differ from its own."""
    told = {}
    for name, parameter in catalogue[base].parameters.items():
        default = values[_FOLLOWS[name]] if name in _FOLLOWS else parameter.default
        if values[name] != default:
            told[name] = values[name]
    return told
