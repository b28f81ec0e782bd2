"""Connections as calls of Connect have made them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from spiked._columns import Floats, Indices
from spiked.nest._models import SynapseModel
from spiked.nest._nodes import Block
from spiked.v1 import network_pb2

#: A weight or delay: one for all, one for each in order of connection, or drawn by the server.
Amount = float | Floats | network_pb2.Distribution

# GetConnections lists, of each synapse model, connections among neurons first.
AMONG_NEURONS, TO_RECORDER, FROM_DEVICE = range(3)


@dataclass(eq=False)
class Link:
    """Connections from nodes of one block to nodes of another: a projection on the server.

    Connections are numbered as the server lists them: by source, those of one source in order
    of connection.
    """

    name: str
    source: Block
    target: Block
    rule: network_pb2.ConnectionRule
    model: SynapseModel
    weight: Amount
    delay: Amount
    #: Of the synapse model, for all connections.
    parameters: dict[str, float]
    volume_transmitter: int | None
    #: The line of the script that made them.
    place: str
    #: Sources and targets in order of connection, as indices; None where the server draws them.
    pairs: tuple[Indices, Indices] | None
    #: Whether the server has it.
    built: bool = False
    #: The current weights as far as they are known here.
    weights: Floats | None = None
    #: Which weights the server does not know yet.
    changed: set[int] = field(default_factory=set)
    # Numbers of sources and targets, where the server has drawn them.
    _drawn: tuple[Indices, Indices] | None = None

    def __post_init__(self) -> None:
        if self.pairs is not None:
            self.weights = self._listed(self.weight)

    @cached_property
    def _order(self) -> Indices | None:
        """Order of connection by number; None where the server draws the connections."""
        return None if self.pairs is None else np.argsort(self.pairs[0], kind="stable")

    def _listed(self, amount: Amount) -> Floats | None:
        """An amount by number of the connection; None where that is not known here."""
        if self.pairs is None or isinstance(amount, network_pb2.Distribution):
            return None
        if isinstance(amount, np.ndarray):
            listed: Floats = amount[self._order]
            return listed
        return np.full(len(self.pairs[0]), amount)

    @property
    def kind(self) -> int:
        """Among neurons, or from a device."""
        return FROM_DEVICE if self.source.model.element_type == "stimulator" else AMONG_NEURONS

    @property
    def plastic(self) -> bool:
        """Whether weights change as time passes."""
        return self.model.base in ("stdp_synapse", "stdp_dopamine_synapse")

    def known_ends(self) -> tuple[Indices, Indices] | None:
        """Numbers of sources and targets; None where the server draws them."""
        if self.pairs is None:
            return self._drawn
        return (
            self.source.first + self.pairs[0][self._order],
            self.target.first + self.pairs[1][self._order],
        )

    def learn_ends(self, sources: Indices, targets: Indices) -> None:
        """Takes down what the server has drawn, as indices."""
        self._drawn = sources + self.source.first, targets + self.target.first

    def known_delays(self) -> Floats | None:
        """Delays in ms; None where they are not known here."""
        return self._listed(self.delay)

    def spec_weight(self) -> Amount:
        """The weight as it is to be built, in order of connection."""
        if not self.changed or self.weights is None:
            return self.weight
        in_order = np.empty_like(self.weights)
        in_order[self._order] = self.weights
        return in_order


@dataclass(eq=False)
class RecorderLink:
    """Connections to a spike recorder, or from a multimeter, which exist here alone."""

    sources: Indices
    targets: Indices
    model: SynapseModel
    weight: float
    delay: float
    kind: int

    def known_ends(self) -> tuple[Indices, Indices]:
        """Numbers of sources and targets."""
        return self.sources, self.targets

    def column(self, name: str) -> Any:
        """A parameter of all connections."""
        values = {"weight": self.weight, "delay": self.delay}
        return np.full(len(self.sources), values.get(name, self.model.defaults.get(name)))
