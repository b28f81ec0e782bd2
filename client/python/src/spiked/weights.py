"""Weights of a projection as a matrix or as columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt

from spiked._checks import reals
from spiked._columns import Floats, Indices, floats, integers, join
from spiked._optional import axes_for, need
from spiked._text import count, milliseconds, table_html
from spiked.v1 import data_pb2


@dataclass(frozen=True, repr=False, eq=False)
class Weights:
    """Weights of a projection, ordered by source, then by target.

    Entry k of each column belongs to connection k. Where every source connects to every
    target (``all_to_all``), ``matrix`` is a view of the same numbers.
    """

    #: ``network/projection``.
    projection: str
    #: Biological time in ms at which the weights were read.
    time_ms: float
    #: Weight of each connection, in pA onto a neuron. Shape (connections,).
    values: Floats
    #: Further variables of the synapses, as asked for, such as ``c``. Shape (connections,).
    variables: dict[str, Floats]
    #: (sources, targets) of a dense matrix; None for a list of connections.
    shape: tuple[int, int] | None
    #: Sources and targets of a list of connections; None for a dense matrix.
    pairs: tuple[Indices, Indices] | None
    #: Delay of each connection in ms, where they were asked for. Shape (connections,).
    delays_ms: Floats | None = None

    @cached_property
    def sources(self) -> Indices:
        """Source of each connection, an index within its population. Shape (connections,)."""
        if self.pairs is not None:
            return self.pairs[0]
        rows, columns = self.shape or (0, 0)
        return np.repeat(np.arange(rows), columns)

    @cached_property
    def targets(self) -> Indices:
        """Target of each connection, an index within its population. Shape (connections,)."""
        if self.pairs is not None:
            return self.pairs[1]
        rows, columns = self.shape or (0, 0)
        return np.tile(np.arange(columns), rows)

    @property
    def dense(self) -> bool:
        """Whether every source connects to every target, so that there is a ``matrix``."""
        return self.shape is not None

    @property
    def matrix(self) -> Floats:
        """The weights in pA, source by target. Shape (sources, targets)."""
        if self.shape is None:
            raise ValueError(
                f"{self.projection} does not connect every source to every target: its weights "
                f"are columns (sources, targets, values); to_scipy makes a sparse matrix of them"
            )
        return self.values.reshape(self.shape)

    def variable_matrix(self, name: str) -> Floats:
        """A further variable, source by target. Shape (sources, targets)."""
        if self.shape is None:
            raise ValueError(f"{self.projection} does not connect every source to every target")
        return self.variables[name].reshape(self.shape)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        # `copy` is what NumPy 2 asks for; a view is made into a copy there as well.
        numbers = self.values if self.shape is None else self.matrix
        return np.array(numbers, dtype=dtype)

    def __len__(self) -> int:
        return len(self.values)

    def to_pandas(self) -> Any:
        """A ``pandas.DataFrame`` with ``source``, ``target``, ``weight_pa`` and the variables."""
        pandas = need("pandas", "Weights.to_pandas")
        return pandas.DataFrame(
            {
                "source": self.sources,
                "target": self.targets,
                "weight_pa": self.values,
                **self.variables,
            }
        )

    def to_xarray(self) -> Any:
        """An ``xarray.Dataset`` of ``weight``.

        It lies over (``source``, ``target``), or, where not every source connects to every
        target, along ``connection``.
        """
        xarray = need("xarray", "Weights.to_xarray")
        attributes = {"projection": self.projection, "time_ms": self.time_ms}
        columns = {"weight": self.values, **self.variables}
        units = {"weight": {"units": "pA"}}
        if self.shape is not None:
            return xarray.Dataset(
                {
                    name: (("source", "target"), column.reshape(self.shape), units.get(name, {}))
                    for name, column in columns.items()
                },
                coords={"source": np.arange(self.shape[0]), "target": np.arange(self.shape[1])},
                attrs=attributes,
            )
        return xarray.Dataset(
            {name: ("connection", column, units.get(name, {})) for name, column in columns.items()},
            coords={"source": ("connection", self.sources), "target": ("connection", self.targets)},
            attrs=attributes,
        )

    def to_scipy(self, shape: tuple[int, int] | None = None) -> Any:
        """A ``scipy.sparse.coo_array``, source by target, in pA.

        Several connections of one pair are entries of their own, which SciPy adds up.
        """
        sparse = need("scipy.sparse", "Weights.to_scipy")
        return sparse.coo_array(
            (self.values, (self.sources, self.targets)), shape=shape or self.shape
        )

    def plot(self, axes: Any = None, **style: Any) -> Any:
        """Draws the ``matrix``, sources down, targets across; returns the axes (of matplotlib).

        `axes`: where to draw, new ones unless given. `style` is what ``axes.imshow`` takes.
        """
        matrix = self.matrix
        axes = axes_for(axes, "Weights.plot")
        image = axes.imshow(matrix, **{"aspect": "auto", "interpolation": "nearest", **style})
        axes.figure.colorbar(image, ax=axes, label="weight (pA)")
        axes.set(xlabel="target", ylabel="source", title=self.projection)
        return axes

    def _shape_text(self) -> str:
        if self.shape is not None:
            return f"{self.shape[0]} × {self.shape[1]} matrix (source × target)"
        return count(len(self), "connection")

    def _spread(self) -> str:
        if not len(self):
            return ""
        mean, std = self.values.mean(), self.values.std()
        return f"{mean:.4g} ± {std:.3g} pA ({self.values.min():.4g} to {self.values.max():.4g})"

    def __repr__(self) -> str:
        parts = [self._shape_text(), self._spread(), f"at {milliseconds(self.time_ms)}"]
        if self.variables:
            parts.append(f"with {', '.join(self.variables)}")
        return f"Weights of {self.projection}: {', '.join(part for part in parts if part)}"

    def _repr_html_(self) -> str:
        rows = []
        for name, unit, column in [
            ("weight", "pA", self.values),
            *((name, "", column) for name, column in self.variables.items()),
        ]:
            if len(column):
                spread = [f"{f(column):.4g}" for f in (np.min, np.mean, np.std, np.max)]
                rows.append([name, unit, *spread])
        caption = (
            f"Weights of {self.projection}: {self._shape_text()}, at {milliseconds(self.time_ms)}"
        )
        return table_html(["", "unit", "minimum", "mean", "std", "maximum"], rows, caption)


def from_pages(pages: Iterable[data_pb2.Weights], *, time_ms: float) -> Weights:
    """The weights of the pages of an answer."""
    pages = list(pages)
    first = pages[0]
    values = join([floats(page.weights) for page in pages], np.float64)
    delays = join([floats(page.delays_ms) for page in pages], np.float64)
    shape = pairs = None
    if first.HasField("shape"):
        shape = (first.shape.rows, first.shape.columns)
    else:
        pairs = (
            join([integers(page.sources) for page in pages], np.int64),
            join([integers(page.targets) for page in pages], np.int64),
        )
    return Weights(
        projection=first.projection,
        time_ms=time_ms,
        values=values,
        variables={
            variable.name: join([floats(page.variables[k].values) for page in pages], np.float64)
            for k, variable in enumerate(first.variables)
        },
        shape=shape,
        pairs=pairs,
        delays_ms=delays if len(delays) == len(values) and len(values) else None,
    )


def column_of(weights: Weights | float | Mapping[str, Any] | npt.ArrayLike) -> float | Floats:
    """What SetWeights takes: a number, or the weights in the order of their connections."""
    if isinstance(weights, Weights):
        return weights.values
    return float(weights) if isinstance(weights, Real) else reals(weights, "weights")
