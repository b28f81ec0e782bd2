"""Samples of a multimeter as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spiked._columns import Floats, floats, join
from spiked._optional import axes_for, need
from spiked._text import count, milliseconds, number, table_html
from spiked._warning import warn_incomplete
from spiked.v1 import data_pb2


@dataclass(frozen=True, repr=False, eq=False)
class Signals(Mapping[str, Floats]):
    """Samples of a multimeter: ``signals["V_m"]`` has shape (times, neurons)."""

    #: ``network/multimeter``.
    multimeter: str
    #: Time of each sample in ms. Shape (times,).
    times_ms: Floats
    #: Number of neurons that are recorded.
    neurons: int
    #: By variable: shape (times, neurons), in the variable's unit.
    values_by_variable: dict[str, Floats]
    #: Unit of each variable, such as mV; empty where it has none or is not known.
    units: dict[str, str]
    #: The window that was asked for: samples later than this, in ms ...
    after_ms: float
    #: ... and up to this time, in ms.
    until_ms: float
    #: The record is complete for samples later than this, in ms.
    complete_after_ms: float
    #: How many of those before were dropped.
    dropped: int = 0

    @property
    def complete(self) -> bool:
        """Whether no sample of the window was dropped."""
        return self.complete_after_ms <= self.after_ms

    @property
    def variables(self) -> tuple[str, ...]:
        """What was recorded."""
        return tuple(self.values_by_variable)

    def __getitem__(self, variable: str) -> Floats:
        try:
            return self.values_by_variable[variable]
        except KeyError:
            raise KeyError(
                f"{self.multimeter} does not record {variable!r}, but {', '.join(self)}"
            ) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_by_variable)

    def __len__(self) -> int:
        return len(self.values_by_variable)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def to_pandas(self) -> Any:
        """A ``pandas.DataFrame``: time in ms down, (variable, neuron) across."""
        pandas = need("pandas", "Signals.to_pandas")
        columns = pandas.MultiIndex.from_product(
            [list(self), range(self.neurons)], names=["variable", "neuron"]
        )
        data = np.hstack(
            list(self.values_by_variable.values()) or [np.empty((len(self.times_ms), 0))]
        )
        return pandas.DataFrame(
            data, index=pandas.Index(self.times_ms, name="time_ms"), columns=columns
        )

    def to_xarray(self) -> Any:
        """An ``xarray.Dataset`` with a variable each over (``time_ms``, ``neuron``)."""
        xarray = need("xarray", "Signals.to_xarray")
        return xarray.Dataset(
            {
                variable: (("time_ms", "neuron"), samples, {"units": self.units.get(variable, "")})
                for variable, samples in self.items()
            },
            coords={
                "time_ms": ("time_ms", self.times_ms, {"units": "ms"}),
                "neuron": np.arange(self.neurons),
            },
            attrs={"multimeter": self.multimeter},
        )

    def to_neo(self) -> Any:
        """A ``neo.Segment`` with an ``neo.IrregularlySampledSignal`` for each variable."""
        neo = need("neo", "Signals.to_neo")
        segment = neo.Segment(name=self.multimeter)
        for variable, samples in self.items():
            segment.irregularlysampledsignals.append(
                neo.IrregularlySampledSignal(
                    self.times_ms,
                    samples,
                    units=self.units.get(variable) or "dimensionless",
                    time_units="ms",
                    name=variable,
                )
            )
        return segment

    def plot(
        self,
        variable: str | None = None,
        neurons: Sequence[int] | None = None,
        axes: Any = None,
        **style: Any,
    ) -> Any:
        """Draws a variable over time, a line a neuron; returns the axes (of matplotlib).

        `variable`: the first unless given. `neurons`: which, counted as the columns of the
        samples; the first ten unless given. `axes`: where to draw, new ones unless given. `style`
        is what ``axes.plot`` takes.
        """
        axes = axes_for(axes, "Signals.plot")
        name = next(iter(self)) if variable is None else variable
        samples = self[name]
        for neuron in range(min(10, self.neurons)) if neurons is None else neurons:
            axes.plot(self.times_ms, samples[:, neuron], **{"linewidth": 1, **style})
        unit = self.units.get(name)
        axes.set(xlabel="time (ms)", ylabel=f"{name} ({unit})" if unit else name)
        axes.set_title(self.multimeter)
        return axes

    def _with_units(self) -> list[str]:
        return [f"{v} ({self.units[v]})" if self.units.get(v) else v for v in self]

    def __repr__(self) -> str:
        text = (
            f"Signals of {self.multimeter}: {', '.join(self._with_units())}, "
            f"{count(len(self.times_ms), 'time')} × {count(self.neurons, 'neuron')}"
        )
        if len(self.times_ms):
            text += f" from {number(self.times_ms[0])} to {milliseconds(self.times_ms[-1])}"
        if not self.complete:
            text += f"; samples up to {milliseconds(self.complete_after_ms)} were dropped"
        return text

    def _repr_html_(self) -> str:
        rows = []
        for variable, samples in self.items():
            unit = self.units.get(variable, "")
            if samples.size:
                low, mean, high = samples.min(), samples.mean(), samples.max()
                spread = [f"{low:.4g}", f"{mean:.4g}", f"{high:.4g}"]
            else:
                spread = ["", "", ""]
            rows.append([variable, unit, " × ".join(map(str, samples.shape)), *spread])
        head = ["variable", "unit", "times × neurons", "minimum", "mean", "maximum"]
        return table_html(head, rows, f"Signals of {self.multimeter}")


def from_pages(
    pages: Iterable[data_pb2.Signals],
    *,
    units: Mapping[str, str],
    after_ms: float,
    until_ms: float,
) -> Signals:
    """The samples of the pages of an answer; warns where some were dropped."""
    pages = list(pages)
    # A sample that is too large for one page comes in pieces.
    neurons = max(page.first_neuron + page.neurons for page in pages)
    by_variable = {
        signal.variable: join(
            [floats(page.signals[k].values) for page in pages], np.float64
        ).reshape(-1, neurons)
        for k, signal in enumerate(pages[0].signals)
    }
    signals = Signals(
        multimeter=pages[0].multimeter,
        times_ms=join(
            [floats(page.times_ms) for page in pages if page.first_neuron == 0], np.float64
        ),
        neurons=neurons,
        values_by_variable=by_variable,
        units={variable: units.get(variable, "") for variable in by_variable},
        after_ms=after_ms,
        until_ms=until_ms,
        complete_after_ms=max(page.complete_after_ms for page in pages),
        dropped=max(page.dropped for page in pages),
    )
    if not signals.complete:
        warn_incomplete(f"samples of {signals.multimeter}", signals.complete_after_ms, after_ms)
    return signals
