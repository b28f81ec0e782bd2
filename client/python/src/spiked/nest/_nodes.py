"""The nodes that a script has created: numbers, models, parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from spiked._columns import Indices
from spiked.nest import errors
from spiked.nest._models import (
    ARRAYS,
    NodeModel,
    check_together,
    checked_value,
    is_iterable,
    shown,
)


@dataclass(eq=False)
class Block:
    """Nodes of one model that were created together: a population on the server."""

    #: Number of the first node; the others follow.
    first: int
    size: int
    model: NodeModel
    #: The line of the script that created them.
    place: str
    #: Values of all parameters by name: a list has one for each node, everything else (also a
    #: tuple) stands for all of them.
    values: dict[str, Any] = field(default_factory=dict)
    #: Whether its spikes are recorded.
    recorded: bool = False
    #: Whether the server has it.
    built: bool = False
    #: For generators: what of their input the server does not know yet.
    changed: set[str] = field(default_factory=set)
    #: Parameters and state that the server does not know yet, by name and index.
    writes: dict[str, dict[int, float]] = field(default_factory=dict)
    #: State of all nodes, as far as it was read at this time.
    state: dict[str, list[float]] = field(default_factory=dict)

    #: Name of the population, where it is not made of model and numbers.
    own_name: str = ""

    @property
    def name(self) -> str:
        """Name of the population."""
        if self.own_name:
            return self.own_name
        last = self.first + self.size - 1
        return f"{self.model.base}.{self.first}" + (f"-{last}" if last > self.first else "")

    @property
    def ids(self) -> Indices:
        """Numbers of all its nodes."""
        return np.arange(self.first, self.first + self.size)

    def value(self, index: int, name: str) -> Any:
        """A parameter of one node, as it is kept."""
        value = self.values[name]
        return value[index] if isinstance(value, list) else value

    def values_of(self, index: int) -> dict[str, Any]:
        """All parameters of one node, as they are kept."""
        return {name: self.value(index, name) for name in self.values}

    def assign(self, indices: Indices, name: str, values: Any) -> None:
        """Sets a parameter: a list has a value for each of `indices`, else it is for all."""
        if len(indices) == self.size:
            self.values[name] = values
            return
        old = self.values[name]
        column = list(old) if isinstance(old, list) else [old] * self.size
        for k, index in enumerate(indices.tolist()):
            column[index] = values[k] if isinstance(values, list) else values
        self.values[name] = column

    def take_writes(self) -> tuple[list[int], dict[str, list[float]]]:
        """Some nodes, and what the server does not know of them; no more of it is kept."""
        indices = list(next(iter(self.writes.values())))
        taken = {n: list(w.values()) for n, w in self.writes.items() if list(w) == indices}
        for name in taken:
            del self.writes[name]
        return indices, taken


class NodeTable:
    """All nodes of a kernel, by number."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._firsts: list[int] = []
        #: Number of the node that is created next.
        self.next = 1

    def add(self, model: NodeModel, size: int, place: str) -> Block:
        """Creates nodes with the defaults of their model."""
        block = Block(self.next, size, model, place, dict(model.defaults))
        self.blocks.append(block)
        self._firsts.append(block.first)
        self.next += size
        return block

    def remove_from(self, first: int) -> None:
        """Takes back the latest nodes, from number `first` on."""
        while self.blocks and self.blocks[-1].first >= first:
            self.blocks.pop()
            self._firsts.pop()
        self.next = first

    def pieces(self, ids: Indices) -> Iterator[tuple[Block, Indices]]:
        """The ascending numbers by block, as indices within it."""
        if len(ids) == 0:
            return
        which = np.searchsorted(self._firsts, ids, side="right") - 1
        if which[0] == which[-1]:
            block = self.blocks[which[0]]
            yield block, ids - block.first
            return
        for k in np.unique(which):
            block = self.blocks[k]
            yield block, ids[which == k] - block.first

    def block_of(self, node: int) -> Block:
        """The block of a node."""
        return self.blocks[int(np.searchsorted(self._firsts, node, side="right")) - 1]

    def check(self, ids: Indices) -> None:
        """Raises an error unless there are nodes of all these numbers."""
        for node in ids.tolist():
            if not 1 <= node < self.next:
                raise errors.UnknownNode(f"there is no node {node}", field="node_ids")


def as_settings(
    parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]], size: int
) -> dict[str, Any]:
    """Parameters as a script gives them, by name: a list has one value for each of `size`."""
    if isinstance(parameters, Mapping):
        return {name: _each(name, value, size) for name, value in parameters.items()}
    given = list(parameters)
    if len(given) != size:
        raise errors.TypeMismatch(
            f"params must have a dictionary for each of {size} nodes, not {len(given)}",
            field="params",
        )
    return {name: [entry[name] for entry in given] for name in (given[0] if given else ())}


def same_names(parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> bool:
    """Whether the nodes of a call are all given the same parameters."""
    if isinstance(parameters, Mapping):
        return True
    return all(entry.keys() == parameters[0].keys() for entry in parameters)


def _each(name: str, value: Any, size: int) -> Any:
    if not is_iterable(value):
        return value
    if name in ARRAYS:
        return tuple(np.asarray(value).tolist())
    values = list(value)
    if len(values) != size:
        if size == 1:
            raise errors.TypeMismatch(f"{name} must be a number, not {value!r}", field=name)
        raise errors.DimensionMismatch(
            f"{name} must have a value for each of {size} nodes, not {len(values)}", field=name
        )
    return values


def checked_settings(block: Block, indices: Indices, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of some nodes of a block, checked, as they are kept."""
    made: dict[str, Any] = {}
    for name, value in settings.items():
        block.model.check_name(name)
        if isinstance(value, list):
            made[name] = [checked_value(name, one) for one in value]
        else:
            made[name] = checked_value(name, value)
    together: dict[str, Any] = {
        name: _some(block.values[name], indices)
        for name in ("V_reset", "V_th", "start", "stop")
        if name in block.values
    }
    check_together({**together, **made})
    return made


def _some(value: Any, indices: Indices) -> Any:
    return [value[index] for index in indices.tolist()] if isinstance(value, list) else value


def shown_column(block: Block, indices: Indices, name: str) -> list[Any]:
    """A parameter of some nodes of a block, as NEST shows it."""
    value = block.values[name]
    if isinstance(value, list):
        return [shown(name, value[index]) for index in indices.tolist()]
    return [shown(name, value)] * len(indices)
