"""Connections as calls of Connect have made them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from spiked._columns import Floats, Indices
from spiked.nest._models import SynapseModel
from spiked.nest._nodes import Block
from spiked.v1 import network_pb2
from spiked.weights import Weights

#: Sources and targets of connections.
Pairs = tuple[Indices, Indices]
#: A weight or delay: one for all, one for each in order of connection, or drawn by the server.
Amount = float | Floats | network_pb2.Distribution

# GetConnections lists, of each synapse model, connections among neurons first.
AMONG_NEURONS, TO_RECORDER, FROM_DEVICE = range(3)


@dataclass(eq=False)
class Link:
    """Connections from nodes of one block to nodes of another: a projection on the server.

    Connections are numbered as the server lists them: by source, those of one source by delay,
    then in order of connection.
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
    #: Finds sources and targets in order of connection, as indices; None where the server draws
    #: them, or their delays.
    find_pairs: Callable[[], Pairs] | None
    #: Which nodes of the blocks the rule connects, as indices; None for all of them.
    source_part: Indices | None = None
    target_part: Indices | None = None
    #: The port of the targets: what a relay receives at port 1 it does not repeat.
    receptor: int = 0
    #: Whether the server has it.
    built: bool = False
    #: Whether what it transmits is recorded.
    recorded: bool = False
    #: Numbers of connections that have been taken away again.
    gone: set[int] = field(default_factory=set)
    #: The current weights, where they have been asked for.
    weights: Floats | None = None
    #: Whether they may have changed since they were given.
    stale: bool = False
    #: Other variables of the synapses, as far as they were read at this time.
    variables: dict[str, Floats] = field(default_factory=dict)
    #: Weights that the server does not know yet, by number of the connection.
    changed: dict[int, float] = field(default_factory=dict)
    # Numbers of sources and targets, and delays, as the server has them.
    _drawn: Pairs | None = None
    _drawn_delays: Floats | None = None

    @cached_property
    def _pairs(self) -> Pairs | None:
        return None if self.find_pairs is None else self.find_pairs()

    @cached_property
    def _order(self) -> Indices | None:
        """Order of connection by number; None where the server draws the connections."""
        if self._pairs is None:
            return None
        sources = self._pairs[0]
        delays = self.delay if isinstance(self.delay, np.ndarray) else np.zeros(len(sources))
        return np.lexsort((delays, sources))  # which keeps the order of equals

    def _listed(self, amount: Amount) -> Floats | None:
        """An amount by number of the connection; None where that is not known here."""
        ends = self.known_ends
        if ends is None or isinstance(amount, network_pb2.Distribution):
            return None
        if not isinstance(amount, np.ndarray):
            return np.full(len(ends[0]), amount)
        listed: Floats | None = None if self._order is None else amount[self._order]
        return listed

    @property
    def kind(self) -> int:
        """Among neurons, or from a device."""
        return FROM_DEVICE if self.source.model.element_type == "stimulator" else AMONG_NEURONS

    @property
    def emits_spikes(self) -> bool:
        """Whether its sources emit spikes, the same to all."""
        model = self.source.model
        return model.element_type != "stimulator" or model.base == "spike_generator"

    @property
    def plastic(self) -> bool:
        """Whether weights change as time passes."""
        return self.model.base in ("stdp_synapse", "stdp_dopamine_synapse")

    @cached_property
    def _found_ends(self) -> Pairs | None:
        if self._pairs is None:
            return None
        sources, targets = (column[self._order] for column in self._pairs)
        return sources + self.source.first, targets + self.target.first

    @property
    def known_ends(self) -> Pairs | None:
        """Numbers of sources and targets; None where the server draws them."""
        return self._found_ends or self._drawn

    def learn(self, read: Weights) -> None:
        """Takes down what the server has."""
        self.weights = read.values.copy()
        self.weights[list(self.changed)] = list(self.changed.values())
        self._drawn = read.sources + self.source.first, read.targets + self.target.first
        self._drawn_delays = read.delays_ms

    @property
    def known_weights(self) -> Floats | None:
        """The current weights; None where they are not known here."""
        if self.weights is None and not self.stale:
            self.weights = self._listed(self.weight)
        return self.weights

    def change(self, numbers: Indices, weights: Floats) -> None:
        """Gives some connections other weights."""
        self.changed.update(zip(numbers.tolist(), weights.tolist(), strict=True))
        if self.known_weights is not None and self.weights is not None:
            if not self.weights.flags.writeable:
                self.weights = self.weights.copy()
            self.weights[numbers] = weights

    @property
    def known_delays(self) -> Floats | None:
        """Delays in ms; None where they are not known here."""
        if self._drawn_delays is not None:
            return self._drawn_delays
        return self._listed(self.delay)

    def settle(self) -> None:
        """Makes weights that have been set those that the projection is built with, if it can."""
        if self.changed and self._order is not None and self.weights is not None:
            in_order = np.empty_like(self.weights)
            in_order[self._order] = self.weights
            self.weight = in_order
            self.changed.clear()


@dataclass(eq=False)
class RecorderLink:
    """Connections to a spike recorder, or from a multimeter, which exist here alone."""

    sources: Indices
    targets: Indices
    model: SynapseModel
    weight: float
    delay: float
    kind: int
    receptor = 0
    gone: frozenset[int] = frozenset()

    @property
    def known_ends(self) -> Pairs:
        """Numbers of sources and targets."""
        return self.sources, self.targets

    def column(self, name: str) -> Any:
        """A parameter of all connections."""
        values = {"weight": self.weight, "delay": self.delay}
        return np.full(len(self.sources), values.get(name, self.model.defaults.get(name)))


AnyLink = Link | RecorderLink


def there(link: AnyLink, count: int) -> npt.NDArray[np.bool_]:
    """Which of the connections of a link, so many, have not been taken away."""
    left = np.ones(count, bool)
    left[list(link.gone)] = False
    return left
