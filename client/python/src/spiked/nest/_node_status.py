"""Parameters and state of nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from spiked._columns import Indices
from spiked.nest import _generators, errors
from spiked.nest._clock import SliceClock
from spiked.nest._nodes import (
    Block,
    NodeTable,
    as_settings,
    checked_settings,
    same_names,
    shown_column,
)
from spiked.nest._parameters import Parameter
from spiked.nest._recording import Recording

# What a node says of itself beside its parameters; all nodes are in one process here.
_IDENTITY = ("element_type", "frozen", "global_id", "local", "model", "thread", "vp")


class NodeStatus:
    """What nodes have been given, and what they tell."""

    def __init__(
        self,
        nodes: NodeTable,
        recording: Recording,
        clock: SliceClock,
        random: np.random.Generator,
    ) -> None:
        self._nodes = nodes
        self._recording = recording
        self._clock = clock
        self._random = random

    def set(
        self, ids: Indices, parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]]
    ) -> None:
        """Sets parameters of nodes: all of them, or none.

        (Where dictionaries for several nodes have different parameters, node by node.)
        """
        if not same_names(parameters):
            for k, entry in enumerate(parameters):
                self.set(ids[k : k + 1], entry)  # type: ignore[arg-type]
            return
        settings = as_settings(parameters, len(ids))
        for name, value in settings.items():
            if isinstance(value, Parameter):
                settings[name] = value.draw(self._random, len(ids)).tolist()
        pieces, begin = [], 0
        for block, indices in self._nodes.pieces(ids):
            mine = {
                name: value[begin : begin + len(indices)] if isinstance(value, list) else value
                for name, value in settings.items()
            }
            values = checked_settings(block, indices, mine)
            if block.model.element_type == "recorder":
                self._recording.check(block, indices, values)
            elif block.built and not _generators.takes(block, values):
                raise errors.unsupported(f"setting {', '.join(values)} once there is a network")
            pieces.append((block, indices, values))
            begin += len(indices)
        for block, indices, values in pieces:
            self._assign(block, indices, values)

    def _assign(self, block: Block, indices: Indices, values: dict[str, Any]) -> None:
        before = {name: block.values[name] for name in values}
        for name, value in values.items():
            block.assign(indices, name, value)
        kind = block.model.element_type
        if kind == "recorder":
            self._recording.changed(block, indices, set(values))
        elif kind == "stimulator":
            try:
                for index in indices.tolist():
                    _generators.check(block, index, self._clock)
            except (errors.NESTError, NotImplementedError):
                block.values.update(before)
                raise
            # Parameters go along when the population is created.
            known = frozenset() if block.built else block.model.parameters
            block.changed |= values.keys() - known

    def names_of(self, block: Block) -> list[str]:
        """All that a node of a block can tell."""
        names = [*_IDENTITY, *block.values]
        if block.model.element_type == "recorder":
            names += ["events", "filenames"]
        elif block.model.recordables:
            names += [*(n for n in block.model.recordables if n not in names), "recordables"]
        return names

    def get_all(self, ids: Indices) -> dict[str, list[Any]]:
        """All parameters of nodes; None where a node has no such."""
        names: dict[str, None] = {}
        for block, _ in self._nodes.pieces(ids):
            names.update(dict.fromkeys(self.names_of(block)))
        return {name: self.get_column(ids, name, missing=True) for name in sorted(names)}

    def get_column(self, ids: Indices, name: str, *, missing: bool = False) -> list[Any]:
        """A parameter of nodes, one each."""
        column: list[Any] = []
        for block, indices in self._nodes.pieces(ids):
            if missing and name not in self.names_of(block):
                column += [None] * len(indices)
            else:
                column += self._column(block, indices, name)
        return column

    def _column(self, block: Block, indices: Indices, name: str) -> list[Any]:
        if name == "global_id":
            return [block.first + index for index in indices.tolist()]
        model = block.model
        same = {
            "model": model.name,
            "element_type": model.element_type,
            "frozen": False,
            "local": True,
            "thread": 0,
            "vp": 0,
        }
        if model.recordables:
            same["recordables"] = model.recordables
        if name in same:
            return [same[name]] * len(indices)
        if model.element_type == "recorder" and name in ("events", "n_events"):
            events = [self._recording.events(block, index) for index in indices.tolist()]
            return events if name == "events" else [len(one["times"]) for one in events]
        if model.element_type == "recorder" and name == "filenames":
            paths = [self._recording.path_of(block, index) for index in indices.tolist()]
            backends = shown_column(block, indices, "record_to")
            return [
                (str(path),) if backend == "ascii" else ()
                for path, backend in zip(paths, backends, strict=True)
            ]
        if name in model.recordables:
            if self._clock.step > 0:
                raise errors.unsupported(f"reading {name} of nodes once time has passed")
            if name not in block.values:
                return [0.0] * len(indices)
        if name not in block.values:
            model.check_name(name)
        return shown_column(block, indices, name)
