"""The slices of time in which NEST hands spikes out; they decide the order of events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from spiked._columns import Floats, Indices
from spiked.nest import errors


@dataclass(frozen=True)
class _Epoch:
    """From a time on, slices have one length."""

    begin: int
    length: int


class SliceClock:
    """Time in steps of the resolution, cut into slices of the smallest delay.

    NEST updates each node over a whole slice before it comes to the next node, so that events
    come by slice, then by node, then by time. Where a Simulate ends within a slice, that slice
    falls in two.
    """

    def __init__(self, resolution_ms: float) -> None:
        self.resolution_ms = resolution_ms
        #: Now.
        self.step = 0
        #: The shortest and the longest delay in ms that a script has asked for, if it has.
        self.delay_bounds: tuple[float, float] | None = None
        self._epochs: list[_Epoch] = []
        # Steps at which something begins anew, ascending: epochs, and Simulates amid slices.
        self._breaks: list[int] = []

    @property
    def time_ms(self) -> float:
        """Now, in ms."""
        return float(self.to_ms(self.step))

    def to_ms(self, step: Any) -> Any:
        """The time in ms of a step, or of several, as NEST computes it."""
        return step * round(self.resolution_ms * 1000) / 1000

    def to_step(self, time_ms: float) -> int:
        """The step nearest to a time."""
        return round(time_ms / self.resolution_ms)

    def check_multiple(self, name: str, value_ms: float) -> None:
        """Raises an error unless a parameter is a number of whole steps, at least one."""
        steps = value_ms / self.resolution_ms
        if steps < 1 - 1e-9 or abs(steps - round(steps)) > 1e-6:
            raise errors.StepMultipleRequired(
                f"{name} must be a multiple of the resolution, {self.resolution_ms!r} ms, "
                f"not {value_ms!r}",
                field=name,
            )

    def advance(self, steps: int, slice_length: int) -> None:
        """Lets time pass, in slices of so many steps."""
        if steps == 0:
            return
        if not self._epochs or self._epochs[-1].length != slice_length:
            self._epochs.append(_Epoch(self.step, slice_length))
            self._breaks.append(self.step)
        elif (self.step - self._epochs[-1].begin) % slice_length:
            self._breaks.append(self.step)
        self.step += steps

    @property
    def slice_begin(self) -> int:
        """The step at which the latest slice began."""
        if not self._epochs:
            return 0
        begin, length = self._epochs[-1].begin, self._epochs[-1].length
        return begin + (self.step - 1 - begin) // length * length

    def ranks(self, times_ms: Floats) -> Indices:
        """For stamps, a number that grows from slice to slice and is the same within one."""
        steps = np.rint(times_ms / self.resolution_ms).astype(np.int64)
        ranks = np.zeros(len(steps), np.int64)
        base = 0
        for k, epoch in enumerate(self._epochs):
            last = k + 1 == len(self._epochs)
            end = self.step if last else self._epochs[k + 1].begin
            inside = (steps > epoch.begin) & (steps <= end)
            ranks[inside] = base + (steps[inside] - 1 - epoch.begin) // epoch.length
            base += -(-(end - epoch.begin) // epoch.length)
        return ranks + np.searchsorted(self._breaks, steps, side="left")
