"""Projections and their connections."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from pyNN import common, errors
from pyNN.parameters import ParameterSpace
from pyNN.space import Space

from spiked import rules
from spiked._columns import Floats, Indices, alike
from spiked.pynn import _simulator as simulator
from spiked.pynn._parts import Bundle, Group
from spiked.pynn.populations import Population, cells_of, check_bounds
from spiked.pynn.synapses import STEP, StaticSynapse
from spiked.v1.network_pb2 import ConnectionRule
from spiked.weights import Weights

# Synapses whose parameters differ are projections of their own on the server.
_MOST_KINDS = 1000
_SUMS = {"sum": np.add, "min": np.fmin, "max": np.fmax}


class Connection(common.Connection):
    """A connection of a projection; its weight can be set."""

    def __init__(self, projection: Projection, number: int) -> None:
        object.__setattr__(self, "_projection", projection)
        object.__setattr__(self, "_number", number)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        value = self._projection.column(name)[self._number]
        return int(value) if name.endswith("_index") else float(value)

    def __setattr__(self, name: str, value: Any) -> None:
        if name != "weight":
            raise NotImplementedError(f"setting {name!r} of one connection")
        self._projection.set_weights(np.array([self._number]), np.array([float(value)]))

    def __repr__(self) -> str:
        return (
            f"Connection({self.presynaptic_index} → {self.postsynaptic_index}, "
            f"weight={self.weight!r}, delay={self.delay!r})"
        )

    def as_tuple(self, *attribute_names: str) -> tuple[Any, ...]:
        """Attributes, in this order."""
        return tuple(getattr(self, name) for name in attribute_names)


class Projection(common.Projection):
    """Connections of one type: projections of the server."""

    _simulator = simulator
    _static_synapse_class = StaticSynapse

    def __init__(
        self,
        presynaptic_neurons: Any,
        postsynaptic_neurons: Any,
        connector: Any,
        synapse_type: Any = None,
        source: str | None = None,
        receptor_type: str | None = None,
        space: Space | None = None,
        label: str | None = None,
    ) -> None:
        if not getattr(postsynaptic_neurons, "receptor_types", True):
            raise errors.ConnectionError(f"{postsynaptic_neurons.label!r} has no input")
        super().__init__(
            presynaptic_neurons,
            postsynaptic_neurons,
            connector,
            synapse_type,
            source,
            receptor_type,
            Space() if space is None else space,
            label,
        )
        if source is not None:
            raise NotImplementedError("spiked.pynn has no source of a projection")
        if getattr(self.synapse_type, "server_model", None) is None:
            raise NotImplementedError(f"spiked.pynn has no {type(self.synapse_type).__name__}")
        self._bundles: list[Bundle] = []
        self._listed: list[tuple[Indices, int, dict[str, Any]]] = []
        self._known: tuple[int, dict[str, Any]] | None = None
        # Attributes of the connections by name, and of what they were made.
        self._columns: dict[str, tuple[list[Weights], Any]] = {}
        connector.connect(self)
        self._add_listed()

    # -- Making connections

    def _convergent_connect(
        self,
        presynaptic_indices: Any,
        postsynaptic_index: int,
        location_selector: Any = None,
        **connection_parameters: Any,
    ) -> None:
        """Notes connections to one cell, as PyNN's connectors find them."""
        if location_selector is not None:
            raise NotImplementedError("spiked.pynn has no location_selector")
        sources = np.atleast_1d(np.asarray(presynaptic_indices, np.int64))
        self._listed.append((sources, int(postsynaptic_index), connection_parameters))

    def add_rule(self, rule: ConnectionRule, values: dict[str, Any], count: int | None) -> None:
        """Adds the connections that the server finds by a rule, `count` if that is known."""
        ((pre, sources),) = cells_of(self.pre)
        ((post, targets),) = cells_of(self.post)
        self._add(
            pre.group,
            post,
            rule,
            values,
            count,
            None if len(sources) == pre.size else sources,
            None if len(targets) == post.size else targets,
        )

    def _add_listed(self) -> None:
        """Adds the connections that have been noted: a bundle for each pair of populations."""
        self._listed = [entry for entry in self._listed if len(entry[0])]
        if not self._listed:
            return
        counts = [len(sources) for sources, _, _ in self._listed]
        sources = np.concatenate([sources for sources, _, _ in self._listed])
        targets = np.repeat([target for _, target, _ in self._listed], counts)
        columns = {
            name: np.concatenate(
                [
                    np.broadcast_to(np.asarray(values[name], float), count)
                    for count, (_, _, values) in zip(counts, self._listed, strict=True)
                ]
            )
            for name in self._listed[0][2]
        }
        self._listed.clear()
        pre, post = _Ends(self.pre), _Ends(self.post)
        shared = [column for name, column in columns.items() if name not in ("weight", "delay")]
        kinds = alike([pre.part[sources], post.part[targets], *shared])
        if len(kinds) > _MOST_KINDS:
            raise NotImplementedError(
                f"spiked.pynn has no more than {_MOST_KINDS:,} different combinations of other "
                f"parameters than weight and delay in one projection, not {len(kinds):,}"
            )
        for mine in kinds:
            self._add(
                pre.populations[pre.part[sources[mine[0]]]].group,
                post.populations[post.part[targets[mine[0]]]],
                rules.explicit_pairs(pre.index[sources[mine]], post.index[targets[mine]]),
                {name: _one_or_all(column[mine]) for name, column in columns.items()},
                len(mine),
            )

    def _add(
        self,
        source: Group,
        target: Population,
        rule: ConnectionRule,
        values: dict[str, Any],
        count: int | None,
        source_cells: Indices | None = None,
        target_cells: Indices | None = None,
    ) -> None:
        state = simulator.state
        given = dict(values)
        weight = given.pop("weight") * self._unit_of(target) / 1000.0
        delay = given.pop("delay")
        shortest = np.min(delay) if np.size(delay) else state.min_delay
        if shortest < state.min_delay - state.dt / 2:
            raise errors.ConnectionError(
                f"Delay ({shortest}) is out of range [{state.min_delay}, {state.max_delay}]"
            )
        bundle = Bundle(
            state.free_name(f"{source.name}_{target.group.name}"),
            source,
            target.group,
            rule,
            self.synapse_type.server_model,
            weight,
            state.to_grid(delay) if isinstance(delay, np.ndarray) else float(state.to_grid(delay)),
            self._synapse_parameters(given, target, changes=False),
            count,
            source_cells,
            target_cells,
        )
        self._bundles.append(bundle)
        state.bundles.append(bundle)
        self._known = None

    def _synapse_parameters(
        self, given: dict[str, Any], target: Population, *, changes: bool
    ) -> dict[str, float]:
        """Parameters of the server's synapse model."""
        check_bounds(given, self.synapse_type, repr(self.label))
        if given.pop("w_min", 0.0) != 0:
            raise NotImplementedError("spiked.pynn has no w_min other than 0")
        if given.pop("dendritic_delay_fraction", 1.0) != 1:
            raise NotImplementedError("spiked.pynn has no dendritic_delay_fraction other than 1")
        if "Wmax" in given:
            given["Wmax"] *= self._unit_of(target) / 1000.0
            if self.receptor_type == "inhibitory":
                given["Wmax"] *= -1
        if "tau_minus" in given:
            # A property of the target cells, there.
            for population, indices in cells_of(self.post):
                population.share_tau_minus(indices, float(given["tau_minus"]), changes=changes)
            del given["tau_minus"]
        return {"lambda" if n == STEP else n: float(value) for n, value in given.items()}

    @staticmethod
    def _unit_of(target: Population) -> float:
        """What PyNN's unit of weights is, in the server's: nA in pA, or mV."""
        return 1.0 if target.group.model == "iaf_psc_delta" else 1000.0

    # -- Connections

    def _ends(self) -> dict[str, Any]:
        """Where connections come from and go to, ordered by source, then by target."""
        if self._known is None or self._known[0] != simulator.state.builds:
            pre, post = _Ends(self.pre), _Ends(self.post)
            read = [simulator.state.weights(bundle) for bundle in self._bundles]
            sources = [
                pre.places(b.source, r.sources) for b, r in zip(self._bundles, read, strict=True)
            ]
            targets = [
                post.places(b.target, r.targets) for b, r in zip(self._bundles, read, strict=True)
            ]
            counts = [len(column) for column in sources]
            rows, columns = _joined(sources).astype(int), _joined(targets).astype(int)
            order = np.lexsort((columns, rows))
            columns_by_name = {
                "presynaptic_index": rows[order],
                "postsynaptic_index": columns[order],
                "order": order,
                "bundle": np.repeat(np.arange(len(counts)), counts)[order],
                "number": _joined([np.arange(n) for n in counts]).astype(int)[order],
            }
            self._known = simulator.state.builds, columns_by_name
        return self._known[1]

    def column(self, name: str) -> Any:
        """An attribute of all connections, in PyNN's units; `name` is that of the server."""
        ends = self._ends()
        if name in ("presynaptic_index", "postsynaptic_index"):
            return ends[name]
        if name in ("presynaptic_cell", "postsynaptic_cell"):
            cells = self.pre.all_cells if name.startswith("pre") else self.post.all_cells
            return cells[ends[f"{name.removesuffix('cell')}index"]]
        read = [simulator.state.weights(bundle) for bundle in self._bundles]
        known = self._columns.get(name)
        if known is None or any(a is not b for a, b in zip(known[0], read, strict=True)):
            columns = [self._column_of(bundle, name) for bundle in self._bundles]
            known = self._columns[name] = read, _joined(columns)[ends["order"]]
        return known[1]

    def _column_of(self, bundle: Bundle, name: str) -> Floats:
        read = simulator.state.weights(bundle)
        if name == "weight":
            return read.values / self._unit(bundle)
        if name == "delay":
            assert read.delays_ms is not None
            return read.delays_ms
        plain = self._plain(bundle)
        if name not in plain:
            raise AttributeError(f"{type(self.synapse_type).__name__} has no attribute {name!r}")
        return np.full(len(read), plain[name])

    def _unit(self, bundle: Bundle) -> float:
        return 1.0 if bundle.target.model == "iaf_psc_delta" else 1000.0

    def _plain(self, bundle: Bundle) -> dict[str, float]:
        """Parameters of the synapses in PyNN's units, by their names there and here."""
        native = dict(bundle.parameters)
        if "Wmax" in native:
            native["Wmax"] = abs(native["Wmax"]) * 1000.0 / self._unit(bundle)
            native["w_min"] = 0.0
            native[STEP] = native.pop("lambda")
            native["dendritic_delay_fraction"] = 1.0
            population = cells_of(self.post)[0]
            native["tau_minus"] = float(population[0].group.values["tau_minus"][population[1][0]])
        translations = self.synapse_type.translations
        space = self.synapse_type.reverse_translate(ParameterSpace(native, shape=(1,)))
        plain = {name: float(value.evaluate(simplify=True)) for name, value in space.items()}
        return {
            **{translations[name]["translated_name"]: value for name, value in plain.items()},
            **plain,
        }

    def __len__(self) -> int:
        counts = [bundle.count for bundle in self._bundles]
        known = [count for count in counts if count is not None]
        return sum(known) if len(known) == len(counts) else len(self._ends()["order"])

    def __getitem__(self, i: int) -> Connection:
        if not -len(self) <= i < len(self):
            raise IndexError(f"the projection has {len(self)} connections, not {i}")
        return Connection(self, i % len(self))

    @property
    def connections(self) -> Iterator[Connection]:
        """All connections, by source, then by target."""
        return iter(self)

    def _get_attributes_as_list(self, names: Sequence[str]) -> list[tuple[Any, ...]]:
        columns = [self.column(name).tolist() for name in names]
        return list(zip(*columns, strict=True))

    def _get_attributes_as_arrays(
        self, names: Sequence[str], multiple_synapses: str = "sum"
    ) -> list[Floats]:
        ends = self._ends()
        rows, columns = ends["presynaptic_index"], ends["postsynaptic_index"]
        arrays = []
        for name in names:
            values = self.column(name)
            array = np.full(self.shape, np.nan)
            if multiple_synapses == "first":
                array[rows[::-1], columns[::-1]] = values[::-1]
            elif multiple_synapses == "last":
                array[rows, columns] = values
            else:
                if multiple_synapses == "sum":
                    array[rows, columns] = 0.0
                _SUMS[multiple_synapses].at(array, (rows, columns), values)
            arrays.append(array)
        return arrays

    # -- Setting them

    def _value_list_to_array(self, attributes: dict[str, Any]) -> dict[str, Any]:
        # PyNN reads all weights for this, lists or none.
        if any(isinstance(v, list) or np.ndim(v) == 1 for v in attributes.values()):
            listed: dict[str, Any] = super()._value_list_to_array(attributes)
            return listed
        return attributes

    def set(self, **attributes: Any) -> None:
        """Sets attributes of all connections: numbers, distributions, arrays or functions."""
        others = ("A_plus", "A_minus")
        if any(name in attributes for name in others) and self._bundles:
            now = self._plain(self._bundles[0])
            attributes = {**{name: now[name] for name in others}, **attributes}
        super().set(**attributes)

    def _set_attributes(self, parameter_space: ParameterSpace) -> None:
        for name, value in parameter_space.items():
            if name != "weight":
                if not value.is_homogeneous:
                    raise NotImplementedError(f"spiked.pynn has no different {name} in set()")
                self._set_shared(name, float(value.evaluate(simplify=True)))
                continue
            if value.is_homogeneous and not any(bundle.built for bundle in self._bundles):
                weight = float(value.evaluate(simplify=True)) / 1000.0
                for bundle in self._bundles:
                    bundle.weight = weight * self._unit(bundle)
                continue
            ends = self._ends()
            rows, columns = ends["presynaptic_index"], ends["postsynaptic_index"]
            weights = np.broadcast_to(value.evaluate(), self.shape)[rows, columns] / 1000.0
            given = np.flatnonzero(~np.isnan(weights))
            self.set_weights(given, weights[given])

    def set_weights(self, numbers: Indices, weights: Floats) -> None:
        """Sets weights, in PyNN's units, of connections with these numbers."""
        ends = self._ends()
        for k, bundle in enumerate(self._bundles):
            mine = np.flatnonzero(ends["bundle"][numbers] == k)
            places = ends["number"][numbers[mine]]
            if bundle.given is None:
                bundle.given = np.full(int((ends["bundle"] == k).sum()), np.nan)
            bundle.given[places] = weights[mine] * self._unit(bundle)
            bundle.changed.update(places.tolist())

    def _set_shared(self, name: str, value: float) -> None:
        """Sets what all connections have in common."""
        state = simulator.state
        self._columns.clear()
        if name == "delay":
            if any(bundle.built for bundle in self._bundles):
                state.build_anew(f"setting the delay of {self.label!r}")
            for bundle in self._bundles:
                bundle.delay = float(state.to_grid(value))
            return
        for bundle in self._bundles:
            target = next(p for p, _ in cells_of(self.post) if p.group is bundle.target)
            told = self._synapse_parameters({name: value}, target, changes=True)
            if told and bundle.built:
                state.session.set_parameters(projections={bundle.address: told})
            bundle.parameters.update(told)

    def _set_initial_value_array(self, variable: str, initial_value: Any) -> None:
        if self.synapse_type.server_model != "tsodyks2_synapse" or variable not in ("u", "x"):
            raise NotImplementedError(f"spiked.pynn has no initial {variable!r} of synapses")
        if any(bundle.built for bundle in self._bundles):
            simulator.state.build_anew(f"initializing {variable!r} of {self.label!r}")
        for bundle in self._bundles:
            bundle.parameters[variable] = float(initial_value.evaluate(simplify=True))


class _Ends:
    """Cells of a population, view or assembly by place, and back."""

    def __init__(self, population: Any) -> None:
        parts = cells_of(population)
        #: Populations, each once.
        self.populations = list(dict.fromkeys(root for root, _ in parts))
        #: Population and index within it of each place.
        self.part = np.concatenate(
            [np.full(len(cells), self.populations.index(root)) for root, cells in parts]
        )
        self.index = np.concatenate([cells for _, cells in parts])
        self._places = []
        for k, root in enumerate(self.populations):
            places = np.full(root.size, -1)
            mine = np.flatnonzero(self.part == k)
            places[self.index[mine]] = mine
            self._places.append(places)

    def places(self, group: Group, indices: Indices) -> Indices:
        """Places of cells of a group."""
        k = next(k for k, root in enumerate(self.populations) if root.group is group)
        found: Indices = self._places[k][indices]
        return found


def _one_or_all(column: Floats) -> float | Floats:
    """A number where it is the same for all."""
    return column if (column != column[0]).any() else float(column[0])


def _joined(columns: Sequence[Any]) -> Any:
    return np.concatenate(columns) if columns else np.empty(0)
