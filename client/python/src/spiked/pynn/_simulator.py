"""The state of the simulation: what has been described, and the session in which it runs.

What a script creates, connects, records and sets is gathered here, and sent when time is to
pass or something is read that only the server knows.
"""

from __future__ import annotations

import atexit
import contextlib
import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from pyNN import common

import spiked
from spiked._columns import Floats
from spiked.inputs import Inputs
from spiked.parameters import Settings
from spiked.pynn._parts import NETWORK, Bundle, Group, Meter
from spiked.session import Session
from spiked.specification import NetworkSpecification
from spiked.weights import Weights

#: The name by which PyNN knows this simulator.
name = "spiked"


class ID(int, common.IDMixin):
    """A cell, which also is its number."""

    def __init__(self, number: int) -> None:
        int.__init__(number)
        common.IDMixin.__init__(self)


class State(common.control.BaseState):
    """Time and parts of the simulation."""

    def __init__(self) -> None:
        super().__init__()
        self.mpi_rank = 0
        self.num_processes = 1
        self.dt = 0.1
        self.seed = 1
        self.server: str | None = None
        self._client: spiked.Client | None = None
        self._session: Session | None = None
        self._begin()

    def _begin(self) -> None:
        self.min_delay: float = self.dt
        self.max_delay: float = 1e6 * self.dt
        self.recorders: set[Any] = set()
        self.write_on_end: list[tuple[Any, Any, str]] = []
        self.groups: list[Group] = []
        self.bundles: list[Bundle] = []
        self.meters: list[Meter] = []
        self.id_counter = 1
        self.segment_counter = 0
        self.running = False
        self._steps = 0
        self._origin_steps = 0
        self._network: spiked.Network | None = None
        self._names: set[str] = set()
        #: How often everything has been built anew.
        self.builds = 0

    # -- The session

    def clear(self) -> None:
        """Forgets everything; the session is closed."""
        self._delete_session()
        self._begin()

    def close(self) -> None:
        """Closes the session and the connection."""
        self._delete_session()
        if self._client is not None:
            self._client.close()
            self._client = None

    def _delete_session(self) -> None:
        if self._session is not None:
            with contextlib.suppress(spiked.SpikedError):  # it is gone already
                self._session.delete()
            self._session = None

    @property
    def session(self) -> Session:
        """The session, which is created now if there is none."""
        if self._session is None:
            if self._client is None:
                self._client = spiked.connect(self.server)
            self._session = self._client.create_session(
                seed=self.seed, resolution_ms=self.dt, display_name="PyNN"
            )
        return self._session

    def connect_to(self, server: str | None) -> None:
        """Uses another server from now on."""
        if server != self.server:
            self.close()
        self.server = server

    # -- Time

    @property
    def t(self) -> float:
        """Time of the current segment in ms."""
        return float(self.to_ms(self._steps))

    @property
    def origin_ms(self) -> float:
        """Time of the session at which the current segment began."""
        return float(self.to_ms(self._origin_steps))

    def to_ms(self, steps: Any) -> Any:
        """The time of a step, or of several, as it is written: 0.3, not 3 times 0.1."""
        return np.round(np.asarray(steps) * self.dt, 9)

    def to_steps(self, time_ms: Any) -> Any:
        """The step nearest to a time, or to several."""
        return np.rint(np.asarray(time_ms, float) / self.dt).astype(np.int64)

    def to_grid(self, time_ms: Any) -> Any:
        """Times on the grid of the resolution."""
        return self.to_ms(self.to_steps(time_ms))

    def run_until(self, time_ms: float) -> None:
        """Lets time pass."""
        self.sync()
        self.send()
        steps = int(self.to_steps(time_ms)) - self._steps
        self.running = True
        if steps <= 0:
            return
        for meter in self.meters:
            if meter.first is None:
                meter.first_ms, meter.first = self.t, self._sample(meter)
        devices = [group for group in self.groups if group.is_device and group.changed]
        given: Inputs = {d.address: d.input(self.origin_ms, self.t) for d in devices}
        try:
            result = self.session.step(float(self.to_ms(steps)), inputs=given)
        except spiked.Interrupted as interrupt:
            self._passed(interrupt.result.time_ms)
            raise
        except spiked.InvalidField as error:
            if error.reason == "NOT_FINITE":  # the step ended where it was
                self._passed(self.session.time_ms)
            raise
        for device in devices:
            device.changed.clear()
        self._passed(result.time_ms)
        if result.halted:
            raise spiked.SpikedError(
                f"the simulation was halted at {self.t} ms ({result.halt_reason.lower()})"
            )

    def _passed(self, session_ms: float) -> None:
        self._steps = int(self.to_steps(session_ms)) - self._origin_steps
        for bundle in self.bundles:
            if bundle.plastic:
                bundle.read = None

    def _sample(self, meter: Meter) -> Floats:
        """What a meter would measure now."""
        if self._steps == 0:
            return meter.group.state.get(meter.variable, np.zeros(meter.group.size))[meter.cells]
        read = self.session.get_parameters(
            meter.group.address, [meter.variable], neurons=meter.cells
        )
        return np.broadcast_to(read[meter.variable], len(meter.cells))

    def reset(self) -> None:
        """Begins a segment: time is 0, state and weights are those of the beginning.

        Time of the session goes on, so that what is random is drawn anew.
        """
        if self._steps and self._session is not None:
            # Samples are taken at multiples of an interval of the session's time.
            grid = math.lcm(*(int(self.to_steps(m.interval_ms)) for m in self.meters), 1)
            passed = self._origin_steps + self._steps
            rest = -passed % grid
            if rest:
                self._session.step(float(self.to_ms(rest)))
            self._session.reset(initial_weights=True)
            self._origin_steps = passed + rest
            for group in self.groups:
                group.begin()
            for bundle in self.bundles:
                bundle.begin()
        for meter in self.meters:
            meter.first = None
        self._steps = 0
        self.running = False
        self.segment_counter += 1

    # -- What is sent

    @property
    def _parts(self) -> list[Group | Bundle | Meter]:
        return [*self.groups, *self.bundles, *self.meters]

    def free_name(self, label: str) -> str:
        """A name for the server, after a label, that nothing has yet."""
        plain = re.sub(r"[^A-Za-z0-9_.-]", "_", label)[:48]
        if not re.match("[A-Za-z]", plain):
            plain = f"n{plain}"
        found, number = plain, 1
        while found in self._names:
            number += 1
            found = f"{plain}.{number}"
        self._names.add(found)
        return found

    def sync(self) -> None:
        """Sends groups, bundles and meters that the server does not know of yet."""
        parts = [p for p in self._parts if not p.built]
        if not parts:
            return
        net = NetworkSpecification(extends=self._network)
        for part in parts:
            part.add_to(net)
        if self._network is None:
            self._network = self.session.create_network(NETWORK, net)
        else:
            self._network = self.session.extend_network(NETWORK, net)
        for part in parts:
            part.built = True

    def build_anew(self, what: str) -> None:
        """Builds everything again before time passes, since `what` of it is to be different."""
        if self._steps:
            raise NotImplementedError(f"{what} once time has passed; do it before the first run")
        self._delete_session()
        self._network = None
        self._origin_steps = 0
        self.builds += 1
        for part in self._parts:
            part.built = False

    def send(self) -> None:
        """Sends parameters, state and weights that have been set since the parts were built."""
        settings: Settings = {g.address: s for g in self.groups if g.built and (s := g.setting())}
        if settings:
            self.session.set_parameters(settings)
            for group in self.groups:
                if not group.is_device:
                    group.changed.clear()
        for variable, state in self._changed_state():
            self.session.set_parameters(state)
            for group in self.groups:
                group.changed_state.pop(variable, None)
        for bundle in self.bundles:
            if bundle.built and bundle.changed:
                assert bundle.given is not None
                connections = sorted(bundle.changed)
                self.session.set_weights(
                    bundle.address, bundle.given[connections], connections=connections
                )
                bundle.changed.clear()
                bundle.read = None

    def _changed_state(self) -> Iterator[tuple[str, Settings]]:
        by_group = {g.address: g.state_settings() for g in self.groups if g.built}
        for variable in sorted({name for settings in by_group.values() for name in settings}):
            yield (
                variable,
                {a: settings[variable] for a, settings in by_group.items() if variable in settings},
            )

    # -- What is read

    def spikes(self, group: Group, after_ms: float) -> spiked.Spikes:
        """Spikes of a group after a time of this segment; times are those of the session."""
        return self.session.get_spikes(
            group.address, float(self.to_grid(self.origin_ms + after_ms))
        )

    def signal(self, meter: Meter, from_ms: float) -> tuple[Floats, Floats]:
        """Times in ms of this segment, and samples from `from_ms` on: shape (times, neurons)."""
        before = self.origin_ms + max(from_ms, meter.first_ms) - self.dt
        signals = self.session.get_signals(meter.address, float(self.to_grid(max(before, 0.0))))
        return signals.times_ms - self.origin_ms, signals[meter.variable]

    def weights(self, bundle: Bundle) -> Weights:
        """Weights and delays of a bundle, as of now."""
        self.sync()
        self.send()
        if bundle.read is None:
            bundle.read = self.session.get_weights(bundle.address, delays=True)
        return bundle.read


state = State()
atexit.register(state.close)
