"""What generators are to emit, as the server takes it."""

from __future__ import annotations

from typing import Any

import numpy as np

from spiked import inputs
from spiked.nest import errors
from spiked.nest._clock import SliceClock
from spiked.nest._nodes import Block
from spiked.v1 import data_pb2

#: Times are kept in units of this in NEST; what is nearer to the grid lies on it.
_TIC_MS = 0.001


def check(block: Block, index: int, clock: SliceClock) -> None:
    """Checks what a generator is to emit."""
    if block.model.base == "spike_generator":
        _spike_steps(block, index, clock)
    elif block.model.base == "step_current_generator":
        _current_steps(block, index, clock)
    elif block.model.base == "noise_generator":
        clock.check_multiple("dt", block.value(index, "dt"))


def takes(block: Block, name: str) -> bool:
    """Whether a parameter of a block is part of its input."""
    driven = ("dc_generator", "noise_generator", "poisson_generator")
    return block.model.base in driven and name != "dt"


def input_of(block: Block, names: set[str], clock: SliceClock) -> data_pb2.Input:
    """New input for a block of generators whose parameters of these names have changed."""
    if block.model.base == "spike_generator":
        return _spike_input(block, clock)
    if block.model.base == "step_current_generator":
        return _current_input(block, clock)
    return inputs.device_parameters({name: block.values[name] for name in sorted(names)})


def _to_steps(
    times: tuple[float, ...], name: str, clock: SliceClock, *, off_grid: bool
) -> np.ndarray[Any, np.dtype[np.int64]]:
    given = np.array(times, float)
    steps = np.rint(given / clock.resolution_ms)
    apart = np.abs(given - steps * clock.resolution_ms) >= _TIC_MS / 2
    if off_grid:
        steps[apart] = np.ceil(given[apart] / clock.resolution_ms)
    elif apart.any():
        raise errors.BadProperty(
            f"{name}: {float(given[apart][0])!r} ms is no multiple of the resolution, "
            f"{clock.resolution_ms!r} ms",
            field=name,
        )
    if len(steps) and steps.min() < 1:
        raise errors.BadProperty(
            f"{name} must be above 0 ms, not {float(given.min())!r}", field=name
        )
    return steps.astype(np.int64)


def _spike_steps(
    block: Block, index: int, clock: SliceClock
) -> tuple[np.ndarray[Any, np.dtype[np.int64]], list[int]]:
    """Steps of all stamps of a generator, and how many spikes each stands for."""
    for name in ("precise_times", "spike_weights"):
        if block.value(index, name):
            raise errors.unsupported(f"{name} of spike_generator")
    off_grid = block.value(index, "allow_offgrid_times")
    times = block.value(index, "spike_times")
    steps = _to_steps(times, "spike_times", clock, off_grid=off_grid)
    if (np.diff(steps) < 0).any():
        raise errors.BadProperty("spike_times must ascend", field="spike_times")
    many = [int(m) for m in block.value(index, "spike_multiplicities")]
    if many and len(many) != len(steps):
        raise errors.DimensionMismatch(
            f"spike_multiplicities must have a number for each of {len(steps)} spike_times, "
            f"not {len(many)}",
            field="spike_multiplicities",
        )
    if block.value(index, "shift_now_spikes"):
        steps = np.where(steps == clock.step, steps + 1, steps)
    return steps, many or [1] * len(steps)


def _spike_input(block: Block, clock: SliceClock) -> data_pb2.Input:
    senders: list[int] = []
    times: list[float] = []
    multiplicities: list[int] = []
    for index in range(block.size):
        if not block.value(index, "spike_times"):
            continue
        steps, many = _spike_steps(block, index, clock)
        for step, multiplicity in zip(steps.tolist(), many, strict=True):
            if step > clock.step and multiplicity > 0:
                senders.append(index)
                times.append(clock.to_ms(step))
                multiplicities.append(multiplicity)
    return inputs.spike_trains(
        senders=senders,
        times_ms=times,
        multiplicities=multiplicities if any(m != 1 for m in multiplicities) else None,
    )


def _current_steps(
    block: Block, index: int, clock: SliceClock
) -> tuple[np.ndarray[Any, np.dtype[np.int64]], tuple[float, ...]]:
    """Steps from which the amplitudes of a generator hold, and the amplitudes."""
    amplitudes = block.value(index, "amplitude_values")
    off_grid = block.value(index, "allow_offgrid_times")
    times = block.value(index, "amplitude_times")
    steps = _to_steps(times, "amplitude_times", clock, off_grid=off_grid)
    if (np.diff(steps) <= 0).any():
        raise errors.BadProperty("amplitude_times must strictly ascend", field="amplitude_times")
    if len(steps) != len(amplitudes):
        raise errors.DimensionMismatch(
            f"amplitude_values must have a number for each of {len(steps)} amplitude_times, "
            f"not {len(amplitudes)}",
            field="amplitude_values",
        )
    return steps, amplitudes


def _current_input(block: Block, clock: SliceClock) -> data_pb2.Input:
    steps: dict[int, list[tuple[float, float]]] = {}
    for index in range(block.size):
        when, amplitudes = _current_steps(block, index, clock)
        steps[index] = [
            (clock.to_ms(step), amplitude)
            for step, amplitude in zip(when.tolist(), amplitudes, strict=True)
        ]
    return inputs.current_steps(steps)
