"""Spikes as arrays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from spiked._columns import Floats, Indices, floats, integers, join
from spiked._optional import axes_for, need
from spiked._text import count, milliseconds, number, table_html
from spiked._warning import warn_incomplete
from spiked.v1 import data_pb2


@dataclass(frozen=True, repr=False, eq=False)
class Spikes:
    """Spikes of a population, ascending by time, then by sender.

    Entry k of `times_ms` and of `senders` belongs to spike k.
    """

    #: ``network/population``.
    population: str
    #: Stamp of each spike in ms: the end of the step in which it was emitted. Shape (spikes,).
    times_ms: Floats
    #: Index of the neuron within the population, from 0, for each spike. Shape (spikes,).
    senders: Indices
    #: Number of neurons in the population; None where it is not known.
    neurons: int | None
    #: The window that was asked for: stamps later than this, in ms ...
    after_ms: float
    #: ... and up to this one, in ms.
    until_ms: float
    #: The record is complete for stamps later than this, in ms. It is later than `after_ms`
    #: where older spikes were dropped.
    complete_after_ms: float
    #: How many of those before were dropped.
    dropped: int = 0

    @property
    def complete(self) -> bool:
        """Whether no spike of the window was dropped."""
        return self.complete_after_ms <= self.after_ms

    @property
    def duration_ms(self) -> float:
        """Length in ms of the part of the window for which the record is complete."""
        return self.until_ms - max(self.after_ms, self.complete_after_ms)

    @property
    def rate_hz(self) -> float:
        """Mean rate of a neuron in Hz, where the record is complete; NaN if unknown."""
        if not self.neurons or self.duration_ms <= 0:
            return float("nan")
        spikes = np.count_nonzero(self.times_ms > self.complete_after_ms)
        return float(spikes / self.neurons / self.duration_ms * 1e3)

    def counts(self) -> Indices:
        """Number of spikes of each neuron. Shape (neurons,)."""
        return np.bincount(self.senders, minlength=self.neurons or 0)

    def trains(self) -> list[Floats]:
        """Stamps in ms of each neuron: a list with an array for each."""
        order = np.argsort(self.senders, kind="stable")
        ends = np.cumsum(self.counts())
        return np.split(self.times_ms[order], ends[:-1]) if len(ends) else []

    def __len__(self) -> int:
        return len(self.times_ms)

    def to_pandas(self) -> Any:
        """A ``pandas.DataFrame`` with columns ``time_ms`` and ``sender``."""
        pandas = need("pandas", "Spikes.to_pandas")
        frame = pandas.DataFrame({"time_ms": self.times_ms, "sender": self.senders})
        frame.attrs.update(
            population=self.population, after_ms=self.after_ms, until_ms=self.until_ms
        )
        return frame

    def to_neo(self) -> Any:
        """A ``neo.Segment`` with a ``neo.SpikeTrain`` in ms for each neuron."""
        neo = need("neo", "Spikes.to_neo")
        segment = neo.Segment(name=self.population)
        for sender, train in enumerate(self.trains()):
            segment.spiketrains.append(
                neo.SpikeTrain(
                    train,
                    units="ms",
                    t_start=self.after_ms,
                    t_stop=self.until_ms,
                    name=f"{self.population}[{sender}]",
                    population=self.population,
                    sender=sender,
                )
            )
        return segment

    def to_xarray(self) -> Any:
        """An ``xarray.Dataset`` of ``time_ms`` and ``sender`` along ``spike``."""
        xarray = need("xarray", "Spikes.to_xarray")
        return xarray.Dataset(
            {
                "time_ms": ("spike", self.times_ms, {"units": "ms"}),
                "sender": ("spike", self.senders),
            },
            attrs={
                "population": self.population,
                "after_ms": self.after_ms,
                "until_ms": self.until_ms,
            },
        )

    def plot(self, axes: Any = None, **style: Any) -> Any:
        """Draws neurons over time, a dot a spike; returns the axes (of matplotlib).

        `axes`: where to draw, new ones unless given. `style` is what ``axes.plot`` takes.
        """
        axes = axes_for(axes, "Spikes.plot")
        dots = {"linestyle": "none", "marker": ".", "markersize": 2, **style}
        axes.plot(self.times_ms, self.senders, **dots)
        axes.set(xlabel="time (ms)", ylabel="neuron", title=self.population)
        axes.set_xlim(self.after_ms, self.until_ms)
        if self.neurons:
            axes.set_ylim(-0.5, self.neurons - 0.5)
        return axes

    def _facts(self) -> list[tuple[str, str]]:
        facts = [
            ("spikes", f"{len(self):,}"),
            ("neurons", "unknown" if self.neurons is None else f"{self.neurons:,}"),
            ("window", f"{number(self.after_ms)} to {milliseconds(self.until_ms)}"),
        ]
        if not np.isnan(self.rate_hz):
            facts.append(("mean rate", f"{self.rate_hz:.4g} Hz"))
        if not self.complete:
            facts.append(("complete after", milliseconds(self.complete_after_ms)))
        return facts

    def __repr__(self) -> str:
        text = f"Spikes of {self.population}: {count(len(self), 'spike')}"
        if self.neurons is not None:
            text += f" of {count(self.neurons, 'neuron')}"
        text += f" from {number(self.after_ms)} to {milliseconds(self.until_ms)}"
        if not np.isnan(self.rate_hz):
            text += f", {self.rate_hz:.4g} Hz each"
        if not self.complete:
            text += f"; those up to {milliseconds(self.complete_after_ms)} were dropped"
        return text

    def _repr_html_(self) -> str:
        return table_html(["Spikes", self.population], [list(fact) for fact in self._facts()])


def from_pages(
    pages: Iterable[data_pb2.Spikes],
    *,
    neurons: int | None,
    after_ms: float,
    until_ms: float,
) -> Spikes:
    """The spikes of the pages of an answer; warns where some were dropped."""
    pages = list(pages)
    spikes = Spikes(
        population=pages[0].population,
        times_ms=join([floats(page.times_ms) for page in pages], np.float64),
        senders=join([integers(page.senders) for page in pages], np.int64),
        neurons=neurons,
        after_ms=after_ms,
        until_ms=until_ms,
        # The network may step, and forget, while its pages are read.
        complete_after_ms=max(page.complete_after_ms for page in pages),
        dropped=max(page.dropped for page in pages),
    )
    # What came before recording began was not dropped.
    if spikes.dropped:
        warn_incomplete(f"spikes of {spikes.population}", spikes.complete_after_ms, after_ms)
    return spikes
