"""Populations, projections and multimeters of the server that PyNN's objects stand for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from spiked import inputs
from spiked._columns import Floats, Indices
from spiked.parameters import parameters
from spiked.specification import NetworkSpecification
from spiked.v1 import data_pb2, network_pb2
from spiked.weights import Weights

#: Name of the network of a script.
NETWORK = "pynn"
#: Devices whose parameters are their input.
_DRIVEN = ("poisson_generator", "noise_generator")
#: What ends later never ends.
_ENDLESS_MS = 1e9


@dataclass(eq=False)
class Group:
    """Neurons or devices: a population of the server."""

    name: str
    model: str
    size: int
    #: Parameters in the server's units. Shape (size,); sequences are entries of their own.
    values: dict[str, Any] = field(default_factory=dict)
    #: State with which time begins, likewise.
    state: dict[str, Floats] = field(default_factory=dict)
    #: Puts times in ms on the grid of the resolution.
    to_grid: Callable[[Any], Floats] = np.asarray
    #: How much earlier than its parameters say a device begins and ends, in ms: what it emits
    #: takes so long to arrive.
    lead_ms: float = 0.0
    recorded: bool = False
    built: bool = False
    #: Parameters that the server does not know yet.
    changed: set[str] = field(default_factory=set)
    #: Which neurons' state the server does not know yet, by variable.
    changed_state: dict[str, set[int]] = field(default_factory=dict)
    #: Whether the state has been given another beginning since the population was built.
    begins_anew: bool = False

    @property
    def address(self) -> str:
        """``network/population``."""
        return f"{NETWORK}/{self.name}"

    @property
    def is_device(self) -> bool:
        """Whether it is given input."""
        return self.model.endswith("_generator")

    def set(self, name: str, indices: Indices, values: Any) -> None:
        """Sets a parameter of some neurons."""
        column = self.values[name].copy()
        column[indices] = values
        self.values[name] = column
        self.changed.add(name)

    def set_state(self, name: str, indices: Indices, values: Floats) -> None:
        """Sets a state variable of some neurons, from now on and when time begins anew."""
        column = self.state.get(name, np.zeros(self.size)).copy()
        column[indices] = values
        self.state[name] = column
        self.changed_state.setdefault(name, set()).update(indices.tolist())
        self.begins_anew = self.built

    def begin(self) -> None:
        """Takes down that time has begun anew on the server."""
        if self.is_device:
            self.changed = set(self.values)
        if self.begins_anew:
            self.changed_state = {name: set(range(self.size)) for name in self.state}

    def add_to(self, net: NetworkSpecification) -> None:
        """Adds it to a specification."""
        given = {n: self._told(n) for n in self.values if not self._is_sent_later(n)}
        late = {name: column for name, column in self.state.items() if name != "V_m"}
        if "V_m" in self.state:
            given["V_m"] = _simple(self.state["V_m"])
        net.population(self.name, self.model, self.size, given, record_spikes=self.recorded)
        self.changed = {name for name in self.values if self._is_sent_later(name)}
        self.changed_state = {
            name: set(np.flatnonzero(column).tolist()) for name, column in late.items()
        }
        self.begins_anew = any(self.changed_state.values())

    def _is_sent_later(self, name: str) -> bool:
        """Whether a parameter goes to a device as input, once it has been built."""
        return name == "spike_times" or self.model == "step_current_generator"

    def setting(self) -> dict[str, Any]:
        """Changed parameters, unless they are input."""
        if self.is_device:
            return {}
        return {name: self._told(name) for name in sorted(self.changed)}

    def _current_steps(self) -> tuple[Floats, Floats]:
        """When the current of a source changes, in ms, and to what, in pA."""
        if "amplitude" not in self.values:
            return self.values["amplitude_times"][0], self.values["amplitude_values"][0]
        start, stop = float(self.values["start"][0]), float(self.values["stop"][0])
        if stop <= start:
            return np.empty(0), np.empty(0)
        amplitude = self.values["amplitude"][0]
        if stop >= _ENDLESS_MS:
            return np.array([start]), np.array([amplitude])
        return np.array([start, stop]), np.array([amplitude, 0.0])

    def _told(self, name: str) -> float | Sequence[float]:
        """A parameter as the server is told."""
        column = self.values[name]
        if name in ("start", "stop"):
            column = np.where(column < _ENDLESS_MS, self._ahead(column), np.inf)
        elif name == "t_ref":
            column = self.to_grid(column)
        return _simple(column)

    def _ahead(self, times_ms: Floats) -> Floats:
        """When a device has to do what is to arrive at these times."""
        return np.maximum(self.to_grid(self.to_grid(times_ms) - self.lead_ms), 0.0)

    def state_settings(self) -> dict[str, data_pb2.ParameterSetting]:
        """Changed state, by variable."""
        return {
            name: parameters({name: self.state[name][sorted(neurons)]}, neurons=sorted(neurons))
            for name, neurons in self.changed_state.items()
            if neurons
        }

    def input(self, origin_ms: float, now_ms: float) -> data_pb2.Input:
        """The input of a device; times count from `origin_ms` of the session."""
        if self.model == "spike_generator":
            trains = [self.to_grid(train) for train in self.values["spike_times"]]
            ahead = [train[train > now_ms] + origin_ms for train in trains]
            return inputs.spike_trains(ahead)
        if self.model == "step_current_generator":
            times, amplitudes = self._current_steps()
            begin = self._ahead(times) + origin_ms
            return inputs.current_steps(
                senders=[0] * len(begin), times_ms=begin, amplitudes_pa=amplitudes
            )
        assert self.model in _DRIVEN
        given = {name: self._told(name) for name in self.values if name != "dt"}
        return inputs.device_parameters({**given, "origin": origin_ms})


@dataclass(eq=False)
class Bundle:
    """Connections from neurons of one group to neurons of another: a projection of the server."""

    name: str
    source: Group
    target: Group
    rule: network_pb2.ConnectionRule
    synapse_model: str
    #: In the server's units: one for all, or one for each in order of connection.
    weight: float | Floats
    delay: float | Floats
    parameters: dict[str, float]
    #: Number of connections; None where the server draws it.
    count: int | None = None
    source_cells: Indices | None = None
    target_cells: Indices | None = None
    built: bool = False
    #: Weights as they were set once the connections were there; NaN where they were not.
    given: Floats | None = None
    #: Connections whose weights the server does not know yet.
    changed: set[int] = field(default_factory=set)
    #: What was read of it, and when.
    read: Weights | None = None

    @property
    def address(self) -> str:
        """``network/projection``."""
        return f"{NETWORK}/{self.name}"

    @property
    def plastic(self) -> bool:
        """Whether weights change as time passes."""
        return self.synapse_model == "stdp_synapse"

    def begin(self) -> None:
        """Takes down that time has begun anew on the server, with the weights of the beginning."""
        self.read = None if self.plastic or self.given is not None else self.read
        if self.given is not None:
            self.changed = set(np.flatnonzero(~np.isnan(self.given)).tolist())

    def add_to(self, net: NetworkSpecification) -> None:
        """Adds it to a specification."""
        net.connect(
            self.source.name,
            self.target.name,
            self.rule,
            name=self.name,
            synapse_model=self.synapse_model,
            weight=self.weight,
            delay=self.delay,
            source_neurons=self.source_cells,
            target_neurons=self.target_cells,
            parameters=self.parameters,
        )
        self.read = None
        self.begin()


@dataclass(eq=False)
class Meter:
    """Samples of a variable of some neurons: a multimeter of the server."""

    name: str
    group: Group
    variable: str
    #: Which neurons, ascending.
    cells: Indices
    interval_ms: float
    built: bool = False
    #: When its first sample is taken, in ms, and what it is; None before time passes.
    first_ms: float = 0.0
    first: Floats | None = None

    @property
    def address(self) -> str:
        """``network/multimeter``."""
        return f"{NETWORK}/{self.name}"

    def add_to(self, net: NetworkSpecification) -> None:
        """Adds it to a specification."""
        net.multimeter(
            self.name,
            self.group.name,
            self.variable,
            interval=self.interval_ms,
            neurons=self.cells,
        )


def _simple(column: Floats) -> float | Sequence[float]:
    """One number where it is the same for all."""
    same = len(column) and (column == column[0]).all()
    return float(column[0]) if same else column.tolist()
