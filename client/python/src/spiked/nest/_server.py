"""The session of a script on the server: built, driven and read in few round trips.

What was read after one step is read out along with the next one, as loops do the same again and
again; so a poll of a closed loop takes one round trip.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

import spiked
from spiked._columns import Floats, Indices
from spiked.errors import InvalidField, ReplyTooLarge, SpikedError
from spiked.inputs import Inputs
from spiked.nest import errors
from spiked.nest._links import Link
from spiked.nest._nodes import Block
from spiked.nest._recorders import ServerMeter
from spiked.parameters import Settings, parameters
from spiked.signals import Signals
from spiked.spikes import Spikes
from spiked.v1 import data_pb2, network_pb2
from spiked.weight_record import WeightRecord

NETWORK = "nest"
# What has more numbers than this is not read along with a step, whose answer is one message.
_READ_ALONG = 50_000


@dataclass
class _SpikeColumns:
    """Spikes of a block that have been read: all those of (from_ms, until_ms]."""

    from_ms: float
    until_ms: float
    times_ms: Floats
    senders: Indices


class Server:
    """The session of a script; there is none before it is needed."""

    def __init__(self, client: Callable[[], spiked.Client], settings: Mapping[str, Any]) -> None:
        self._client = client
        self._settings = settings
        self._session: spiked.Session | None = None
        self.now_ms = 0.0
        # Whether there is a network.
        self._built = False
        # What the server is to record from now on, and connections that it is to cut.
        self._recorded: list[Block | Link] = []
        self._cut: dict[Link, list[int]] = {}
        self._spikes: dict[Block, _SpikeColumns] = {}
        self._signals: dict[ServerMeter, Signals] = {}
        self._transmitted: dict[Link, WeightRecord] = {}
        # What was read since the last step.
        self._asked: set[Block | ServerMeter | Link] = set()

    @property
    def _resolution_ms(self) -> float:
        resolution_ms: float = self._settings["resolution"]
        return resolution_ms

    @property
    def session(self) -> spiked.Session:
        """The session, which is opened now if there is none."""
        if self._session is None:
            self._session = self._client().create_session(
                display_name="a PyNEST script",
                labels={"front": "spiked.nest"},
                resolution_ms=self._resolution_ms,
                seed=self._settings["rng_seed"],
            )
        return self._session

    @property
    def opened(self) -> bool:
        """Whether there is a session."""
        return self._session is not None

    def delete(self) -> None:
        """Closes the session, if there is one."""
        session, self._session = self._session, None
        self._built = False
        if session is not None:
            session.delete()

    # -- Building

    def build(
        self, net: network_pb2.NetworkSpecification, blocks: Sequence[Block], links: Sequence[Link]
    ) -> None:
        """Creates the network, or adds to it."""
        with _translated(blocks, links):
            if self._built:
                self.session.extend_network(NETWORK, net)
            else:
                self.session.create_network(NETWORK, net)
        self._built = True

    def record(self, part: Block | Link) -> None:
        """Records the spikes of a block, or the weights of a link, from now on."""
        if part.built and not part.recorded:
            self._recorded.append(part)
        part.recorded = True

    def cut(self, link: Link, positions: Iterable[int]) -> None:
        """Takes connections of a link out of use, by their numbers."""
        self._cut.setdefault(link, []).extend(positions)

    def send_changes(self) -> None:
        """Sends what is to be recorded and cut, of what the server has, before time passes."""
        recorded, self._recorded = self._recorded, []
        cut, self._cut = self._cut, {}
        with _translated():
            if recorded:
                self.session.set_recording(
                    {_address(part): True for part in recorded if isinstance(part, Block)},
                    projections={
                        _address(part): True for part in recorded if isinstance(part, Link)
                    },
                )
            for link, positions in cut.items():
                self.session.cut_connections(_address(link), positions)

    # -- Driving

    def step(self, duration_ms: float, inputs: Inputs, plastic: Iterable[Link]) -> None:
        """Lets time pass, and reads along what was asked for after the last step.

        Weights of `plastic` links change meanwhile.
        """
        along = [part for part in self._asked if self._size(part) <= _READ_ALONG]
        self._asked.clear()
        read = data_pb2.Readout(
            spikes=[_address(part) for part in along if isinstance(part, Block)],
            signals=[_address(part) for part in along if isinstance(part, ServerMeter)],
            weights=[_address(part) for part in along if isinstance(part, Link)],
        )
        with _translated():
            try:
                result = self.session.step(duration_ms, inputs=inputs, read=read)
            except ReplyTooLarge:
                result = self.session.step(duration_ms, inputs=inputs)
            except InvalidField as error:
                if error.reason == "NOT_FINITE":  # the step ended where it was
                    self.now_ms = self.session.time_ms
                raise
            except spiked.Interrupted as interrupt:
                self.now_ms = interrupt.result.time_ms
                raise
        self.now_ms = result.time_ms
        for link in plastic:
            link.weights, link.stale = None, True
        if result.halted:
            raise errors.KernelException(
                f"the simulation was halted at {result.time_ms!r} ms "
                f"({result.halt_reason.lower() or 'by somebody'})"
            )
        for part in along:
            address = _address(part)
            if isinstance(part, Block) and address in result.spikes:
                self._append_spikes(part, result.spikes[address])
            elif isinstance(part, ServerMeter) and address in result.signals:
                self._append_signals(part, result.signals[address])
            elif isinstance(part, Link) and address in result.weights:
                part.weights = result.weights[address].values

    def _size(self, part: Block | ServerMeter | Link) -> int:
        """About how many numbers reading a part along would return."""
        if isinstance(part, Link):
            return 0 if part.weights is None else len(part.weights)
        if isinstance(part, Block):
            return len(self._spikes[part].times_ms) * 2
        signals = self._signals[part]
        return signals.times_ms.size * signals.neurons * len(signals)

    # -- Reading

    def spikes(self, block: Block, after_ms: float) -> tuple[Floats, Indices]:
        """Spikes of a block after a time, or more: stamps in ms, and indices within the block."""
        self._asked.add(block)
        after_ms = max(after_ms, 0.0)
        known = self._spikes.get(block)
        if known is None or after_ms < known.from_ms or known.until_ms < after_ms:
            known = _SpikeColumns(after_ms, after_ms, np.empty(0), np.empty(0, np.int64))
            self._spikes[block] = known
        if known.until_ms < self.now_ms:
            with _translated():
                self._append_spikes(
                    block,
                    self.session.get_spikes(_address(block), known.until_ms, self.now_ms),
                )
        return known.times_ms, known.senders

    @property
    def blocks_read(self) -> Iterable[Block]:
        """Blocks of which spikes have been read."""
        return self._spikes

    def forget_spikes(self, block: Block, until_ms: float) -> None:
        """Forgets those of the spikes that have been read that are not later."""
        known = self._spikes[block]
        if known.from_ms < until_ms:
            later = known.times_ms > until_ms + self._resolution_ms / 2
            known.times_ms, known.senders = known.times_ms[later], known.senders[later]
            known.from_ms = until_ms

    def _append_spikes(self, block: Block, spikes: Spikes) -> None:
        known = self._spikes[block]
        if spikes.after_ms > known.until_ms + self._resolution_ms / 2:
            return  # a gap: what is missing is read when it is asked for
        later = spikes.times_ms > known.until_ms + self._resolution_ms / 2
        known.times_ms = np.concatenate([known.times_ms, spikes.times_ms[later]])
        known.senders = np.concatenate([known.senders, spikes.senders[later]])
        known.until_ms = self.now_ms

    def signals(self, meter: ServerMeter) -> Signals:
        """All samples of a multimeter until now."""
        self._asked.add(meter)
        known = self._signals.get(meter)
        after_ms = 0.0 if known is None else known.until_ms
        if known is None or after_ms < self.now_ms:
            with _translated():
                self._append_signals(
                    meter, self.session.get_signals(_address(meter), after_ms, self.now_ms)
                )
        return self._signals[meter]

    def _append_signals(self, meter: ServerMeter, later: Signals) -> None:
        known = self._signals.get(meter)
        if known is None:
            self._signals[meter] = later
        elif later.after_ms <= known.until_ms + self._resolution_ms / 2:
            self._signals[meter] = Signals(
                multimeter=known.multimeter,
                times_ms=np.concatenate([known.times_ms, later.times_ms]),
                neurons=known.neurons,
                values_by_variable={
                    name: np.concatenate([known[name], later[name]]) for name in known
                },
                units=known.units,
                after_ms=known.after_ms,
                until_ms=later.until_ms,
                complete_after_ms=known.complete_after_ms,
            )

    def transmitted(self, link: Link, after_ms: float) -> WeightRecord:
        """What a link has transmitted by spikes later than a time."""
        known = self._transmitted.get(link)
        # What was emitted in the latest slice is transmitted only in the next one.
        if known is None or known.until_ms < self.now_ms or after_ms < known.after_ms:
            with _translated():
                known = self.session.get_weight_record(
                    _address(link), max(after_ms, 0.0), self.now_ms
                )
            self._transmitted[link] = known
        return known

    # -- Parameters and state

    def write_parameters(
        self, settings: Mapping[Block, tuple[list[int], dict[str, list[float]]]]
    ) -> None:
        """Sends parameters and state of some nodes of blocks: all of it, or none."""
        populations: Settings = {
            _address(block): parameters(values, neurons=indices)
            for block, (indices, values) in settings.items()
        }
        with _translated():
            self.session.set_parameters(populations)

    def read_state(self, block: Block) -> dict[str, list[float]]:
        """The state of all nodes of a block by name."""
        with _translated():
            read = self.session.get_parameters(_address(block), block.model.recordables)
        return {name: np.broadcast_to(column, block.size).tolist() for name, column in read.items()}

    def write_synapse_parameter(self, link: Link, name: str, value: float) -> None:
        """Sends a parameter that all connections of a link share."""
        with _translated():
            self.session.set_parameters(projections={_address(link): {name: value}})

    # -- Weights

    def read_weights(self, link: Link, variables: Iterable[str] = ()) -> spiked.Weights:
        """Weights of a projection with delays, and further variables of its synapses."""
        with _translated():
            return self.session.get_weights(_address(link), variables, delays=True)

    def ask_for(self, link: Link) -> None:
        """Notes that the weights were of interest, though they may be known here."""
        self._asked.add(link)

    def write_weights(self, link: Link) -> None:
        """Sends the weights that the script has set."""
        numbers = sorted(link.changed)
        weights = [link.changed[number] for number in numbers]
        with _translated(links=[link]):
            self.session.set_weights(_address(link), weights, connections=numbers)


def _address(part: Block | ServerMeter | Link) -> str:
    return f"{NETWORK}/{part.name}"


_PART = re.compile(r"(populations|projections)\[(\d+)\]")


@contextmanager
def _translated(blocks: Sequence[Block] = (), links: Sequence[Link] = ()) -> Iterator[None]:
    """Errors of the server become NEST's, and name the line of the script that they are about."""
    try:
        yield
    except SpikedError as error:
        if error.reason == "NOT_FINITE":
            raise errors.NumericalInstability(str(error)) from None
        if not isinstance(error, InvalidField):
            raise
        found = _PART.search(error.field or "")
        parts: Any = {"populations": blocks, "projections": links}.get(found[1] if found else "")
        about = parts[int(found[2])] if found and parts else None
        line = f" ({about.model.name}, {about.place})" if about else ""
        raise errors.BadProperty(f"{error}{line}", field=_field(error.field)) from None


def _field(path: str | None) -> str | None:
    """The parameter that a path such as ``populations[2].parameters[tau_m]`` ends in."""
    if path is None:
        return None
    named = re.search(r"\[([A-Za-z_]\w*)\]$", path)
    return named[1] if named else path.rpartition(".")[2]
