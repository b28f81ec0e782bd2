"""Parameters of connections."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from spiked._columns import Floats, Indices
from spiked.nest import errors
from spiked.nest._clock import SliceClock
from spiked.nest._connect import on_grid
from spiked.nest._links import AnyLink, Link, RecorderLink
from spiked.nest._models import checked_value, shown
from spiked.nest._server import Server


class SynapseStatus:
    """What connections have been given, and what they tell."""

    def __init__(self, clock: SliceClock, server: Server, sync: Callable[[], None]) -> None:
        """`sync` sends what the server does not know of yet."""
        self._clock = clock
        self._server = server
        self._sync = sync

    def ends(self, link: AnyLink) -> tuple[Indices, Indices]:
        """Numbers of the sources and targets of a link's connections."""
        if link.known_ends is None:
            assert isinstance(link, Link)
            self.weights(link)
        ends = link.known_ends
        assert ends is not None
        return ends

    def weights(self, link: Link) -> Floats:
        """The current weights of a link's connections."""
        if link.plastic:
            self._server.ask_for(link)
        if link.known_weights is None or link.known_ends is None:
            self._sync()
            read = self._server.read_weights(link)
            link.learn(read)
        assert link.weights is not None
        return link.weights

    def column(self, link: AnyLink, name: str) -> Any:
        """A parameter of all connections of a link."""
        if isinstance(link, RecorderLink):
            return link.column(name)
        if name == "weight":
            return self.weights(link)
        if name == "delay":
            self.ends(link)
            return link.known_delays
        if name in link.model.recordables and self._clock.step > 0:
            if name not in link.variables:
                self._sync()
                link.variables[name] = self._server.read_weights(link, [name]).variables[name]
            return link.variables[name]
        value = link.parameters.get(name, 0.0 if name in link.model.recordables else None)
        return np.full(len(self.ends(link)[0]), shown(name, value))

    def set(self, link: AnyLink, positions: Indices, name: str, values: Floats) -> None:
        """Sets a parameter of some connections of a link."""
        if isinstance(link, RecorderLink):
            return
        if name == "weight":
            link.change(positions, values)
            return
        same = len(positions) == len(self.ends(link)[0]) and (values == values[0]).all()
        if not same:
            raise errors.unsupported(f"different {name} for connections that one Connect has made")
        if name == "delay":
            if link.built or not isinstance(link.delay, float):
                raise errors.unsupported("setting the delay of connections once they are used")
            link.delay = on_grid(float(values[0]), self._clock)
            return
        value = checked_value(name, float(values[0]))
        if link.built:
            self._server.write_synapse_parameter(link, name, value)
            link.variables.clear()
        link.parameters[name] = value
