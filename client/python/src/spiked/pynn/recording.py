"""Recordings of populations."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from pyNN import recording

from spiked._columns import Floats, Indices
from spiked.pynn import _simulator as simulator
from spiked.pynn._parts import Meter


class Recorder(recording.Recorder):
    """Records a population."""

    _simulator = simulator

    def __init__(self, population: Any, file: Any = None) -> None:
        super().__init__(population, file)
        self._meters: dict[str, list[Meter]] = {}

    def _record(
        self, variable: Any, new_ids: Collection[int], sampling_interval: float | None = None
    ) -> None:
        state = simulator.state
        group = self.population.group
        if sampling_interval is not None:
            steps = int(state.to_steps(sampling_interval))
            if steps < 1 or abs(steps * state.dt - sampling_interval) > 1e-6 * state.dt:
                raise ValueError(
                    f"sampling_interval must be a multiple of the time step, {state.dt} ms, "
                    f"not {sampling_interval!r}"
                )
            self.sampling_interval = sampling_interval
        if not new_ids:
            return
        if variable.name == "spikes":
            if group.built and not group.recorded:
                state.session.set_recording({group.address: True})
            group.recorded = True
            return
        name, _ = self.population.celltype.variables[variable.name]
        meter = Meter(
            state.free_name(f"{group.name}.{variable.name}"),
            group,
            name,
            np.sort(self.population.id_to_index(np.array([int(cell) for cell in new_ids]))),
            self.sampling_interval,
        )
        self._meters.setdefault(variable.name, []).append(meter)
        state.meters.append(meter)

    @property
    def _start_ms(self) -> float:
        return float(self._recording_start_time.magnitude)

    def _spikes(self, ids: Collection[int]) -> tuple[Indices, Floats]:
        """Senders (numbers of cells) and times in ms of what has been recorded of some cells."""
        state = simulator.state
        if not self.population.group.built:
            return np.empty(0, int), np.empty(0)
        spikes = state.spikes(self.population.group, self._start_ms)
        senders = spikes.senders + int(self.population.first_id)
        wanted = np.isin(senders, np.array([int(cell) for cell in ids], int))
        return senders[wanted], state.to_grid(spikes.times_ms[wanted] - state.origin_ms)

    def _get_spiketimes(
        self,
        id: Any,  # noqa: A002  # PyNN calls it so
        clear: bool = False,  # noqa: ARG002
    ) -> Any:
        if not isinstance(id, (list, np.ndarray)):
            return self._spikes([id])[1]
        senders, times = self._spikes(id)
        order = np.lexsort((times, senders))
        senders, times = senders[order], times[order]
        ends = np.searchsorted(senders, [[int(cell), int(cell) + 1] for cell in id])
        return {int(cell): times[a:b] for cell, (a, b) in zip(id, ends.reshape(-1, 2), strict=True)}

    def _local_count(
        self, variable: Any, filter_ids: Collection[int] | None = None
    ) -> dict[int, int]:
        ids = [int(cell) for cell in self.filter_recorded(variable, filter_ids)]
        senders, _ = self._spikes(ids)
        first = int(self.population.first_id)
        counts = np.bincount(senders - first, minlength=self.population.size)
        return {cell: int(counts[cell - first]) for cell in sorted(ids)}

    def _get_all_signals(
        self,
        variable: Any,
        ids: Collection[int],
        clear: bool = False,  # noqa: ARG002
    ) -> tuple[Floats, None]:
        """Samples, NaN before they began: shape (times, cells)."""
        state = simulator.state
        interval = self.sampling_interval
        start = self._start_ms
        count = int(state.to_steps(state.t - start)) // int(state.to_steps(interval)) + 1
        unit = self.population.celltype.variables[variable.name][1]
        whole = np.full((count, self.population.size), np.nan)
        for meter in self._meters.get(variable.name, ()):
            if meter.first is None:  # nothing has happened yet
                continue
            if meter.first_ms >= start - state.dt / 2:
                times, samples = np.array([meter.first_ms]), meter.first[np.newaxis]
                rows = state.to_steps(times - start) // state.to_steps(interval)
                whole[np.ix_(rows, meter.cells)] = samples / unit
            times, samples = state.signal(meter, start)
            rows = state.to_steps(times - start) // state.to_steps(interval)
            whole[np.ix_(rows, meter.cells)] = samples / unit
        return whole[:, self.population.id_to_index(np.array([int(c) for c in ids], int))], None

    def clear(self) -> None:
        """Forgets what has been recorded."""
        on_grid = int(simulator.state.to_steps(simulator.state.t)) % int(
            simulator.state.to_steps(self.sampling_interval)
        )
        if any(self._meters.values()) and on_grid:
            raise NotImplementedError(
                f"clearing at {simulator.state.t} ms, between two samples "
                f"(every {self.sampling_interval} ms)"
            )
        super().clear()

    def _clear_simulator(self) -> None:
        """The server keeps what has been recorded; what was before is not read any more."""

    def _reset(self) -> None:
        for meters in self._meters.values():
            for meter in meters:
                simulator.state.meters.remove(meter)
        self._meters.clear()
