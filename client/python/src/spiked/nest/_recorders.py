"""Spike recorders and multimeters: which of the server's records are theirs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from spiked._columns import Floats, Indices
from spiked.nest._clock import SliceClock
from spiked.nest._links import Link
from spiked.nest._nodes import Block
from spiked.signals import Signals
from spiked.weight_record import WeightRecord

#: Reads the spikes of a block after a time: stamps in ms, and indices within the block.
ReadSpikes = Callable[[Block, float], tuple[Floats, Indices]]
#: Reads what a link has transmitted by spikes later than a time.
ReadTransmitted = Callable[[Link, float], WeightRecord]
#: Reads the samples of a meter of the server; None where there are none.
ReadSignals = Callable[["ServerMeter"], Signals | None]


class Window:
    """When a recorder records: after start and up to stop, as they were at the time."""

    def __init__(self, now_ms: float, values: dict[str, Any]) -> None:
        self._past: list[tuple[float, float]] = []
        self._since = now_ms
        self._low, self._high = self._bounds(values)

    @staticmethod
    def _bounds(values: dict[str, Any]) -> tuple[float, float]:
        return values["origin"] + values["start"], values["origin"] + values["stop"]

    def change(self, now_ms: float, values: dict[str, Any]) -> None:
        """From now on start, stop and origin are others."""
        self._past.append((max(self._since, self._low), min(now_ms, self._high)))
        self._since = now_ms
        self._low, self._high = self._bounds(values)

    def accepts(self, times_ms: Floats, tolerance_ms: float) -> npt.NDArray[np.bool_]:
        """Which stamps are recorded."""
        accepted = np.zeros(len(times_ms), bool)
        for low, high in [*self._past, (max(self._since, self._low), self._high)]:
            accepted |= (times_ms > low + tolerance_ms) & (times_ms < high + tolerance_ms)
        return accepted


@dataclass(eq=False)
class _Source:
    """Nodes of a block that are recorded, and since when."""

    block: Block
    indices: Indices
    since_ms: float
    #: How much later they spike than those whom they repeat, in ms.
    lag_ms: float


class SpikeRecorder:
    """A node that records spikes."""

    def __init__(self, node: int, window: Window) -> None:
        self.node = node
        self.window = window
        self.sources: list[_Source] = []
        #: What was recorded up to here has been forgotten.
        self.cleared_ms = -math.inf

    def connect(self, block: Block, indices: Indices, now_ms: float, lag_ms: float = 0.0) -> None:
        """Records these nodes from now on; of relays, what they repeat after `lag_ms`."""
        self.sources.append(_Source(block, indices, now_ms, lag_ms))

    def clear(self, clock: SliceClock) -> None:
        """Forgets what was recorded."""
        self.cleared_ms = clock.time_ms

    def needs_after(self, block: Block) -> float:
        """Spikes of a block up to this time in ms are of no interest here."""
        since = math.inf
        for source in self.sources:
            if source.block is block and source.since_ms < since:
                since = source.since_ms
        return max(self.cleared_ms, since)

    def events(self, read: ReadSpikes, clock: SliceClock) -> tuple[Floats, Indices]:
        """Stamps in ms and senders' numbers, in NEST's order."""
        times, senders = [], []
        tolerance_ms = clock.resolution_ms / 2
        for source in self.sources:
            stamps, indices = read(source.block, self.needs_after(source.block))
            if source.lag_ms:
                stamps = clock.to_ms(np.rint((stamps - source.lag_ms) / clock.resolution_ms))
            if len(source.indices) == 1:
                mine = indices == source.indices[0]
            elif len(source.indices) == source.block.size:
                mine = np.ones(len(indices), bool)
            else:
                mine = np.isin(indices, source.indices)
            mine &= stamps > max(self.cleared_ms, source.since_ms) + tolerance_ms
            mine &= self.window.accepts(stamps, tolerance_ms)
            times.append(stamps[mine])
            senders.append(indices[mine] + source.block.first)
        if not times:
            return np.empty(0), np.empty(0, np.int64)
        if len(self.sources) == 1 and len(self.sources[0].indices) == 1:
            return times[0], senders[0]  # in order as they are
        stamps, numbers = np.concatenate(times), np.concatenate(senders)
        order = np.lexsort((stamps, numbers, clock.ranks(stamps)))
        return stamps[order], numbers[order]


class WeightRecorder:
    """A node that records what the synapses of a model transmit."""

    def __init__(self, node: int, window: Window) -> None:
        self.node = node
        self.window = window
        #: What was recorded up to here has been forgotten.
        self.cleared_ms = 0.0

    def clear(self, clock: SliceClock) -> None:
        """Forgets what was recorded: not what the latest slice has emitted."""
        self.cleared_ms = clock.to_ms(clock.slice_begin)

    def events(
        self,
        links: Sequence[Link],
        read: ReadTransmitted,
        clock: SliceClock,
        values: Mapping[str, Any],
    ) -> dict[str, Any]:
        """What some links have transmitted, in NEST's order; `values` are the node's."""
        names = ("senders", "targets", "times", "weights", "receptors", "ports")
        columns: dict[str, list[Any]] = {name: [] for name in names}
        for link in links:
            record = read(link, self.cleared_ms)
            tolerance_ms = clock.resolution_ms / 2
            senders = record.sources + link.source.first
            targets = record.targets + link.target.first
            mine = record.times_ms > self.cleared_ms + tolerance_ms
            mine &= self.window.accepts(record.times_ms, tolerance_ms)
            for name, nodes in (("senders", senders), ("targets", targets)):
                if values[name]:
                    mine &= np.isin(nodes, values[name])
            for name, column in (
                ("senders", senders),
                ("targets", targets),
                ("times", record.times_ms),
                ("weights", record.weights),
                ("receptors", np.full(len(record), link.receptor)),
                ("ports", record.connections),
            ):
                columns[name].append(column[mine])
        found = {
            name: np.concatenate(parts)
            if parts
            else np.empty(0, np.int64 if name not in ("times", "weights") else float)
            for name, parts in columns.items()
        }
        order = np.lexsort((found["times"], found["senders"], clock.ranks(found["times"])))
        return {name: column[order] for name, column in found.items()}


@dataclass(eq=False)
class ServerMeter:
    """A multimeter on the server, which records some nodes of a block for all that ask for them."""

    name: str
    block: Block
    #: Which nodes it records, ascending.
    indices: Indices
    variables: tuple[str, ...]
    interval_ms: float
    #: The line of the script that connected it.
    place: str
    built: bool = False


@dataclass(eq=False)
class _Target:
    meter: ServerMeter
    indices: Indices
    since_ms: float


@dataclass(eq=False)
class Multimeter:
    """A node that samples what the server's multimeters record."""

    node: int
    window: Window
    targets: list[_Target] = field(default_factory=list)
    cleared_ms: float = -math.inf

    def connect(self, meter: ServerMeter, indices: Indices, now_ms: float) -> None:
        """Samples these nodes from now on."""
        self.targets.append(_Target(meter, indices, now_ms))

    def clear(self, clock: SliceClock) -> None:
        """Forgets what was recorded."""
        self.cleared_ms = clock.to_ms(clock.slice_begin)

    def events(
        self,
        read: ReadSignals,
        clock: SliceClock,
        variables: tuple[str, ...],
        interval: int,
        offset: int,
    ) -> dict[str, Any]:
        """Times, senders and samples, in NEST's order: every `interval` steps, from `offset` on.

        A slice's samples reach NEST's multimeter in the slice that follows, so that those of
        the latest are not there yet.
        """
        tolerance_ms = clock.resolution_ms / 2
        columns: dict[str, list[Any]] = {name: [] for name in ("times", "senders", *variables)}
        places: list[Indices] = []
        before = 0
        for target in self.targets:
            signals = read(target.meter)
            if signals is None:
                continue
            times = signals.times_ms
            places_there = np.searchsorted(target.meter.indices, target.indices)
            mine = times > max(self.cleared_ms, target.since_ms) + tolerance_ms
            mine &= times < clock.to_ms(clock.slice_begin) + tolerance_ms
            mine &= self.window.accepts(times, tolerance_ms)
            steps = np.rint(times / clock.resolution_ms).astype(np.int64) - offset
            mine &= (steps % interval == 0) & (steps >= 0)
            nodes, samples = len(target.indices), int(mine.sum())
            columns["times"].append(np.repeat(times[mine], nodes))
            columns["senders"].append(np.tile(target.indices + target.meter.block.first, samples))
            for name in variables:
                columns[name].append(signals[name][mine][:, places_there].ravel())
            places.append(np.tile(before + np.arange(nodes), samples))
            before += nodes
        joined = {
            name: np.concatenate(column) if column else np.empty(0)
            for name, column in columns.items()
        }
        if not places:
            return {**joined, "senders": np.empty(0, np.int64)}
        times = joined["times"]
        order = np.lexsort((times, np.concatenate(places), clock.ranks(times)))
        return {name: column[order] for name, column in joined.items()}
