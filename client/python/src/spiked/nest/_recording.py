"""Which nodes the script's recorders record, and what they hold."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import spiked
from spiked import rules
from spiked._columns import Floats, Indices
from spiked.nest import errors
from spiked.nest._clock import SliceClock
from spiked.nest._files import BACKENDS, OTHER_BACKENDS, EventWriter
from spiked.nest._links import FROM_DEVICE, Link, RecorderLink
from spiked.nest._models import Models
from spiked.nest._nodes import Block, NodeTable
from spiked.nest._recorders import (
    Multimeter,
    ServerMeter,
    SpikeRecorder,
    WeightRecorder,
    Window,
)
from spiked.nest._server import Server

AnyRecorder = SpikeRecorder | Multimeter | WeightRecorder


class Recording:
    """The recorders of a kernel."""

    def __init__(
        self,
        nodes: NodeTable,
        clock: SliceClock,
        server: Server,
        settings: Mapping[str, Any],
        models: Callable[[], Models],
        links: Callable[[], list[Link]],
    ) -> None:
        """`links` are the connections that the server has, or is to have."""
        self._links = links
        self._settings = settings
        self._nodes = nodes
        self._clock = clock
        self._server = server
        self._models = models
        self._recorders: dict[int, AnyRecorder] = {}
        self._writers: dict[int, EventWriter] = {}
        #: The multimeters that the server has, or is to have.
        self.meters: list[ServerMeter] = []
        #: Connections to relays which the server records in place of generators.
        self.relays: list[Link] = []

    # -- Parameters

    def check(self, block: Block, indices: Indices, values: dict[str, Any]) -> None:
        """Checks what is to be set of recorders."""
        backends = values.get("record_to", "memory")
        for backend in backends if isinstance(backends, list) else [backends]:
            if backend in OTHER_BACKENDS:
                raise errors.unsupported(f"record_to = {backend!r}")
            if backend not in BACKENDS:
                raise errors.BadProperty(
                    f"record_to must be one of {', '.join(BACKENDS)}, not {backend!r}",
                    field="record_to",
                )
        if "time_in_steps" in values:
            self._check_empty(block, indices)
        for name in ("senders", "targets"):
            given = values.get(name, ())
            for nodes in given if isinstance(given, list) else [given]:
                self._nodes.check(np.asarray(nodes, np.int64))
        for index in indices.tolist():
            recorder = self._recorders.get(block.first + index)
            if not (isinstance(recorder, Multimeter) and recorder.targets):
                continue
            for name in ("interval", "offset", "record_from"):
                if name in values:
                    raise errors.BadProperty(
                        f"{name} cannot be changed once the multimeter is connected", field=name
                    )
        for name in ("interval", "offset"):
            given = values.get(name, ())
            for value in given if isinstance(given, (list, tuple)) else [given]:
                if name == "interval" or value != 0.0:
                    self._clock.check_multiple(name, value)

    def _check_empty(self, block: Block, indices: Indices) -> None:
        if self._clock.step == 0:
            return
        for index in indices.tolist():
            if len(self.events(block, index)["times"]):
                raise errors.BadProperty(
                    "time_in_steps cannot be set while there are recordings; set n_events to 0",
                    field="time_in_steps",
                )

    def changed(self, block: Block, indices: Indices, names: set[str]) -> None:
        """Parameters of these names have been set; `n_events` to 0."""
        for index in indices.tolist():
            recorder = self._recorders.get(block.first + index)
            if recorder is None:
                continue
            if "n_events" in names:
                recorder.clear(self._clock)
                if recorder.node in self._writers:
                    self._writers[recorder.node].forget()
            if names & {"start", "stop", "origin"}:
                recorder.window.change(self._clock.time_ms, block.values_of(index))

    # -- Connections

    def connect(self, link: RecorderLink, place: str) -> None:
        """Lets recorders record what they have been connected to."""
        recorders, others = link.sources, link.targets
        if link.kind != FROM_DEVICE:
            recorders, others = others, recorders
        for node in np.unique(recorders).tolist():
            recorder = self._recorder(node)
            for block, indices in self._nodes.pieces(np.sort(others[recorders == node])):
                if block.model.base == "poisson_generator":
                    assert isinstance(recorder, SpikeRecorder)
                    relay = self._relay(block, indices, link.delay, place)
                    recorder.connect(relay, indices, self._clock.time_ms, link.delay)
                elif isinstance(recorder, SpikeRecorder):
                    self._server.record(block)
                    recorder.connect(block, indices, self._clock.time_ms)
                else:
                    assert isinstance(recorder, Multimeter)
                    meter = self._meter(node, block, indices, place)
                    recorder.connect(meter, indices, self._clock.time_ms)

    def begin(self, node: int) -> None:
        """Lets a weight recorder record from now on."""
        self._recorder(node)

    def _relay(self, block: Block, indices: Indices, delay_ms: float, place: str) -> Block:
        """Relays of some generators of a block, whose own spikes the server does not record."""
        models = self._models()
        name = f"relay.{len(self.relays) + 1}"
        model = models.node("parrot_neuron")
        relay = Block(
            block.first,
            block.size,
            model,
            place,
            dict(model.defaults),
            recorded=True,
            own_name=name,
        )
        chosen = None if len(indices) == block.size else indices
        self.relays.append(
            Link(
                name=name,
                source=block,
                target=relay,
                rule=rules.one_to_one(),
                model=models.synapse("static_synapse"),
                weight=1.0,
                delay=delay_ms,
                parameters={},
                volume_transmitter=None,
                place=place,
                find_pairs=None,
                source_part=chosen,
                target_part=chosen,
            )
        )
        return relay

    def _recorder(self, node: int) -> AnyRecorder:
        if node not in self._recorders:
            block = self._nodes.block_of(node)
            window = Window(self._clock.time_ms, block.values_of(node - block.first))
            kinds: dict[str, type[AnyRecorder]] = {
                "spike_recorder": SpikeRecorder,
                "weight_recorder": WeightRecorder,
            }
            self._recorders[node] = kinds.get(block.model.base, Multimeter)(node, window)
        return self._recorders[node]

    def _meter(self, node: int, block: Block, indices: Indices, place: str) -> ServerMeter:
        """The server's multimeter for a multimeter's targets in a block."""
        own = self._nodes.block_of(node)
        variables = own.value(node - own.first, "record_from")
        # Samples of the server lie on multiples of its interval, so that one that begins
        # elsewhere takes finer ones.
        interval = self._clock.to_step(own.value(node - own.first, "interval"))
        offset = self._clock.to_step(own.value(node - own.first, "offset"))
        interval_ms = float(self._clock.to_ms(math.gcd(interval, offset)))
        for name in variables:
            if name not in block.model.recordables:
                raise errors.IllegalConnection(
                    f"a {block.model.name} has no {name!r} to record", field="record_from"
                )
        for meter in self.meters:
            if (meter.block, meter.variables, meter.interval_ms) == (block, variables, interval_ms):
                if not meter.built:
                    meter.indices = np.union1d(meter.indices, indices)
                if np.isin(indices, meter.indices).all():
                    return meter
        name = f"multimeter.{len(self.meters) + 1}"
        made = ServerMeter(name, block, indices, variables, interval_ms, place)
        self.meters.append(made)
        return made

    # -- What they hold

    def events(self, block: Block, index: int) -> dict[str, Any]:
        """What a recorder holds."""
        recorder = self._recorder(block.first + index)
        found: dict[str, Any]
        if isinstance(recorder, SpikeRecorder):
            times, senders = recorder.events(self._read_spikes, self._clock)
            found = {"senders": senders, "times": times}
        elif isinstance(recorder, WeightRecorder):
            mine = [
                link
                for link in self._links()
                if link.recorded and link.model.weight_recorder == recorder.node
            ]
            if self._clock.step == 0:
                mine = []
            found = recorder.events(
                mine, self._server.transmitted, self._clock, block.values_of(index)
            )
        else:
            variables = block.value(index, "record_from")
            interval, offset = (
                self._clock.to_step(block.value(index, name)) for name in ("interval", "offset")
            )
            found = recorder.events(self._read_signals, self._clock, variables, interval, offset)
        if block.value(index, "time_in_steps"):
            found["times"] = np.rint(found["times"] / self._clock.resolution_ms).astype(np.int64)
            found["offsets"] = np.zeros(len(found["times"]))
        return found

    def _read_spikes(self, block: Block, after_ms: float) -> tuple[Floats, Indices]:
        if self._clock.step == 0:
            return np.empty(0), np.empty(0, np.int64)
        return self._server.spikes(block, after_ms)

    def _read_signals(self, meter: ServerMeter) -> spiked.Signals | None:
        return None if self._clock.step == 0 else self._server.signals(meter)

    # -- What they write

    def open_files(self) -> None:
        """Makes sure that recorders that write can do so."""
        for block in self._nodes.blocks:
            if block.model.element_type != "recorder":
                continue
            for index in range(block.size):
                node, backend = block.first + index, block.value(index, "record_to")
                if backend in ("ascii", "screen") and node not in self._writers:
                    path = self.path_of(block, index) if backend == "ascii" else None
                    overwrite = self._settings["overwrite_files"]
                    self._writers[node] = EventWriter(path, overwrite=overwrite)

    def path_of(self, block: Block, index: int) -> Path:
        """The file of a recorder, by the name that NEST gives it."""
        name = block.value(index, "label") or block.model.name
        number = str(block.first + index).zfill(len(str(self._nodes.next - 1)))
        prefix = self._settings["data_prefix"]
        return Path(self._settings["data_path"]) / f"{prefix}{name}-{number}-0.dat"

    def write(self) -> None:
        """Writes what has been recorded since the last time."""
        for node, writer in self._writers.items():
            block = self._nodes.block_of(node)
            writer.write(self.events(block, node - block.first))

    def forget(self) -> None:
        """Forgets spikes that were read and are of no interest to any recorder any more."""
        recorders = [r for r in self._recorders.values() if isinstance(r, SpikeRecorder)]
        for block in self._server.blocks_read:
            self._server.forget_spikes(block, min(r.needs_after(block) for r in recorders))
