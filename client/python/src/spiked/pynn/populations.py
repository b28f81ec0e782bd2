"""Populations, views and assemblies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from pyNN import common, errors
from pyNN.parameters import ArrayParameter, LazyArray, ParameterSpace, Sequence, simplify

from spiked import rules
from spiked._bounds import what_is_wrong
from spiked._columns import Floats, Indices
from spiked.pynn import _simulator as simulator
from spiked.pynn._parts import Bundle, Group
from spiked.pynn.recording import Recorder


class Assembly(common.Assembly):
    """Several populations and views."""

    _simulator = simulator


class _Cells:
    """What populations and views have in common; cells are those of a root population."""

    _simulator = simulator
    _assembly_class = Assembly
    celltype: Any
    label: str
    size: int

    @property
    def root(self) -> Population:
        """The population."""
        raise NotImplementedError

    @property
    def indices(self) -> Indices:
        """Which cells of the population these are."""
        raise NotImplementedError

    def _get_view(self, selector: Any, label: str | None = None) -> PopulationView:
        return PopulationView(self, selector, label)

    def _get_parameters(self, *names: str) -> ParameterSpace:
        for name in names:
            if name not in self.celltype.translations:
                raise errors.NonExistentParameterError(
                    name, type(self.celltype).__name__, self.celltype.get_parameter_names()
                )
        computed = any(name in self.celltype.computed_parameters() for name in names)
        wanted = () if computed else names
        return self.celltype.reverse_translate(
            self._get_native_parameters(*self.celltype.get_native_names(*wanted))
        )

    def _get_native_parameters(self, *names: str) -> ParameterSpace:
        columns = {}
        for name in names:
            column = self.root.parameters.values[name][self.indices]
            if column.dtype == object:
                column = np.array([Sequence(entry) for entry in column] or [], dtype=object)
            columns[name] = simplify(column)
        return ParameterSpace(columns, shape=(self.size,))

    def _set_parameters(self, parameter_space: ParameterSpace) -> None:
        for name, column in self._checked(columns_of(parameter_space, self.size)).items():
            self.root.parameters.set(name, self.indices, column)

    def _checked(self, values: dict[str, Floats]) -> dict[str, Floats]:
        check_bounds(values, self.celltype, repr(self.label))
        for k, train in enumerate(values.get("spike_times", ())):
            if np.any(np.diff(train) < 0) or np.any(train < 0):
                raise errors.InvalidParameterValueError(
                    f"spike_times of cell {k} of {self.label!r} must ascend from 0 ms"
                )
        return values

    def _set_initial_value_array(self, variable: str, initial_values: LazyArray) -> None:
        if variable not in self.celltype.variables:
            raise NotImplementedError(
                f"{type(self.celltype).__name__} has no state variable {variable!r}"
            )
        name, unit = self.celltype.variables[variable]
        values = np.broadcast_to(initial_values.evaluate(), (self.size,)).astype(float)
        self.root.group.set_state(name, self.indices, values * unit)
        if self is not self.root:
            whole = self.root.group.state[name] / unit
            self.root.initial_values[variable] = LazyArray(whole, shape=(self.root.size,))


class PopulationView(_Cells, common.PopulationView):
    """Some cells of a population."""

    @property
    def root(self) -> Population:
        """The population of which it is a view."""
        root: Population = self.grandparent
        return root

    @property
    def indices(self) -> Indices:
        """Which cells of the population these are."""
        found: Indices = self.index_in_grandparent(np.arange(self.size))
        return found

    @property
    def initial_values(self) -> dict[str, LazyArray]:
        """Initial values of these cells, by state variable; a copy."""
        return {
            name: LazyArray(
                np.broadcast_to(values.evaluate(), (self.root.size,))[self.indices],
                shape=(self.size,),
            )
            for name, values in self.root.initial_values.items()
        }


class Population(_Cells, common.Population):
    """Cells of one type: a population of the server."""

    _recorder_class = Recorder

    #: What spikes on the server.
    group: Group
    #: What has its parameters there: a generator where cells are relays.
    parameters: Group
    initial_values: dict[str, LazyArray]

    @property
    def root(self) -> Population:
        """Itself."""
        return self

    @property
    def indices(self) -> Indices:
        """All."""
        return np.arange(self.size)

    def _create_cells(self) -> None:
        state = simulator.state
        # PyNN has added it; it is added again once nothing can go wrong any more.
        state.recorders.discard(self.recorder)
        first = state.id_counter
        ids = [simulator.ID(number) for number in range(first, first + self.size)]
        state.id_counter += self.size
        for cell in ids:
            cell.parent = self
        self.all_cells = np.array(ids, dtype=simulator.ID)
        self._mask_local = np.ones(self.size, bool)
        model = getattr(self.celltype, "server_model", None)
        if model is None:
            raise NotImplementedError(f"spiked.pynn has no {type(self.celltype).__name__}")
        space = self.celltype.native_parameters
        space.shape = (self.size,)
        values = self._checked(columns_of(space, self.size))
        name = state.free_name(self.label)
        if model == "poisson_generator":
            self.group = Group(name, "parrot_neuron", self.size)
            self.parameters = Group(
                state.free_name(f"{name}.drive"),
                model,
                self.size,
                values,
                to_grid=state.to_grid,
                lead_ms=state.min_delay,
            )
            state.groups += [self.parameters, self.group]
            state.bundles.append(
                Bundle(
                    state.free_name(f"{name}.drive"),
                    self.parameters,
                    self.group,
                    rules.one_to_one(),
                    "static_synapse",
                    1.0,
                    state.min_delay,
                    {},
                )
            )
        else:
            self.group = Group(name, model, self.size, values, to_grid=state.to_grid)
            self.parameters = self.group
            state.groups.append(self.group)
        state.recorders.add(self.recorder)

    def share_tau_minus(self, indices: Indices, tau_ms: float, *, changes: bool) -> None:
        """Gives cells the time constant of their trace for STDP: one for all synapses of a cell."""
        values = self.group.values
        if "tau_minus" not in values:
            values["tau_minus"] = np.full(self.size, 20.0)
            self._has_tau_minus = np.zeros(self.size, bool)
        others = self._has_tau_minus[indices] & (values["tau_minus"][indices] != tau_ms)
        if others.any() and not changes:
            raise NotImplementedError(
                f"spiked.pynn has no different tau_minus of synapses to the same cell "
                f"(of {self.label!r})"
            )
        self._has_tau_minus[indices] = True
        self.group.set("tau_minus", indices, tau_ms)

    def _set_cell_initial_value(self, cell: Any, variable: str, value: float) -> None:
        cell.as_view().initialize(**{variable: value})


def cells_of(population: Any) -> list[tuple[Population, Indices]]:
    """The cells of a population, view or assembly: populations, and indices within them."""
    parts = population.populations if isinstance(population, Assembly) else [population]
    return [(part.root, part.indices) for part in parts]


def check_bounds(values: Mapping[str, Any], model: Any, whose: str) -> None:
    """Raises an error if a value of the server's parameters is beyond bounds."""
    names = {entry["translated_name"]: name for name, entry in model.translations.items()}
    for native, column in values.items():
        numbers = np.asarray(column)
        if numbers.dtype == object:
            continue
        for number in np.unique(numbers).tolist():
            wrong = what_is_wrong(native, number)
            if wrong is not None:
                raise errors.InvalidParameterValueError(
                    f"{names.get(native, native)} of {whose}: {wrong}"
                )


def columns_of(space: ParameterSpace, size: int) -> dict[str, Floats]:
    """Parameters, one for each cell; sequences are entries of an array of objects."""
    space.evaluate(simplify=False)
    columns = {}
    for name, value in space.items():
        entries = np.asarray(value)
        if entries.dtype == object:
            column = np.empty(size, object)
            for k, entry in enumerate(np.broadcast_to(entries, (size,))):
                listed = entry.value if isinstance(entry, ArrayParameter) else entry
                column[k] = np.asarray(listed, float)
            columns[name] = column
        else:
            columns[name] = np.broadcast_to(entries, (size,)).astype(float)
    return columns
