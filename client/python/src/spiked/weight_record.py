"""Weights as synapses have transmitted them, spike by spike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from spiked._columns import Floats, Indices, floats, integers, join
from spiked._optional import need
from spiked._text import count, milliseconds, number
from spiked._warning import warn_incomplete
from spiked.v1 import data_pb2


@dataclass(frozen=True, repr=False, eq=False)
class WeightRecord:
    """Weights that a projection has transmitted, ascending by time, then by connection.

    Entry k of each column belongs to transmission k.
    """

    #: ``network/projection``.
    projection: str
    #: Stamp of the presynaptic spike in ms. Shape (entries,).
    times_ms: Floats
    #: Number of the connection, in the order of ``get_weights``. Shape (entries,).
    connections: Indices
    #: Its source, an index within its population. Shape (entries,).
    sources: Indices
    #: Its target, an index within its population. Shape (entries,).
    targets: Indices
    #: What was transmitted, in pA onto a neuron. Shape (entries,).
    weights: Floats
    #: The window that was asked for: stamps later than this, in ms ...
    after_ms: float
    #: ... and up to this one, in ms.
    until_ms: float
    #: The record is complete for stamps later than this, in ms.
    complete_after_ms: float
    #: How many of those before were dropped.
    dropped: int = 0

    def __len__(self) -> int:
        return len(self.times_ms)

    def to_pandas(self) -> Any:
        """A ``pandas.DataFrame`` with a column for each of these."""
        pandas = need("pandas", "WeightRecord.to_pandas")
        return pandas.DataFrame(
            {
                "time_ms": self.times_ms,
                "connection": self.connections,
                "source": self.sources,
                "target": self.targets,
                "weight_pa": self.weights,
            }
        )

    def __repr__(self) -> str:
        return (
            f"WeightRecord of {self.projection}: {count(len(self), 'transmission')} "
            f"from {number(self.after_ms)} to {milliseconds(self.until_ms)}"
        )


def from_pages(
    pages: Iterable[data_pb2.WeightRecord], *, after_ms: float, until_ms: float
) -> WeightRecord:
    """The entries of the pages of an answer; warns where some were dropped."""
    pages = list(pages)
    record = WeightRecord(
        projection=pages[0].projection,
        times_ms=join([floats(page.times_ms) for page in pages], np.float64),
        connections=join([integers(page.connections) for page in pages], np.int64),
        sources=join([integers(page.sources) for page in pages], np.int64),
        targets=join([integers(page.targets) for page in pages], np.int64),
        weights=join([floats(page.weights) for page in pages], np.float64),
        after_ms=after_ms,
        until_ms=until_ms,
        complete_after_ms=max(page.complete_after_ms for page in pages),
        dropped=max(page.dropped for page in pages),
    )
    if record.dropped:
        warn_incomplete(
            f"transmitted weights of {record.projection}", record.complete_after_ms, after_ms
        )
    return record
