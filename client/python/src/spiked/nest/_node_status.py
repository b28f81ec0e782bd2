"""Parameters and state of nodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
from spiked.nest._server import Server

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
        server: Server,
        sync: Callable[[], None],
    ) -> None:
        """`sync` sends what the server does not know of yet."""
        self._server = server
        self._sync = sync
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
            self._check_state(block, values)
            pieces.append((block, indices, values))
            begin += len(indices)
        for block, indices, values in pieces:
            self._assign(block, indices, values)

    def _check_state(self, block: Block, values: dict[str, Any]) -> None:
        for name in values:
            if name not in block.values and not block.built:
                raise errors.unsupported(f"setting {name} before time passes")

    def _assign(self, block: Block, indices: Indices, values: dict[str, Any]) -> None:
        kept = {name: value for name, value in values.items() if name in block.values}
        before = {name: block.values[name] for name in kept}
        for name, value in kept.items():
            block.assign(indices, name, value)
        kind = block.model.element_type
        if kind == "recorder":
            self._recording.changed(block, indices, set(values))
            return
        if kind == "stimulator":
            try:
                for index in indices.tolist():
                    _generators.check(block, index, self._clock)
            except (errors.NESTError, NotImplementedError):
                block.values.update(before)
                raise
        own = block.model.parameters | set(block.model.recordables)
        for name, value in values.items():
            if name not in own or (block.built and _generators.takes(block, name)):
                block.changed.add(name)
            elif block.built:
                each = value if isinstance(value, list) else [value] * len(indices)
                written = zip(indices.tolist(), each, strict=True)
                block.writes.setdefault(name, {}).update(written)
                block.state.clear()

    def send(self) -> None:
        """Sends parameters and state that have been set."""
        while any(block.writes for block in self._nodes.blocks):
            settings = {block: block.take_writes() for block in self._nodes.blocks if block.writes}
            self._server.write_parameters(settings)

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
        if name in model.recordables and self._clock.step > 0:
            self._sync()
            if name not in block.state:
                self.send()
                block.state.update(self._server.read_state(block))
            return [block.state[name][index] for index in indices.tolist()]
        if name in model.recordables and name not in block.values:
            return [0.0] * len(indices)
        if name not in block.values:
            model.check_name(name)
        return shown_column(block, indices, name)
