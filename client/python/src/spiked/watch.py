"""Watching a session that somebody else drives."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Any

import grpc

from spiked import errors
from spiked import signals as signals_module
from spiked import spikes as spikes_module
from spiked import weights as weights_module
from spiked._columns import Indices, integers
from spiked._connection import Connection
from spiked._methods import WATCH_SESSION
from spiked._text import milliseconds, number
from spiked.readout import ReadoutLike, to_message
from spiked.signals import Signals
from spiked.spikes import Spikes
from spiked.step_result import ByAddress
from spiked.v1 import session_pb2
from spiked.v1 import simulation_service_pb2 as simulation_pb2
from spiked.weights import Weights


@dataclass(frozen=True, repr=False)
class Frame:
    """What has happened in a session since the frame before."""

    #: Biological time in ms of the frame before.
    begin_time_ms: float
    #: Biological time in ms now.
    time_ms: float
    #: ``idle``, ``busy`` or ``failed``.
    state: str
    #: Biological time that passes in a unit of real time: 1 is real time.
    speed: float
    #: Frames since the one before that were left out, as it had not been taken yet.
    lost_frames: int
    #: By population: number of spikes of each neuron. Shape (neurons,).
    spike_counts: ByAddress[Indices]
    #: By population: the spikes.
    spikes: ByAddress[Spikes]
    #: By projection: the weights as they are.
    weights: ByAddress[Weights]
    #: By multimeter: the samples.
    signals: ByAddress[Signals]

    def __repr__(self) -> str:
        lost = f", {self.lost_frames} frames lost" if self.lost_frames else ""
        return (
            f"Frame at {milliseconds(self.time_ms)}: {self.state}, "
            f"{number(self.speed)} times real time{lost}"
        )


class Frames:
    """Makes frames of messages; remembers how large the populations are."""

    def __init__(self) -> None:
        self._neurons: dict[str, int] = {}

    def take(self, message: simulation_pb2.WatchSessionResponse) -> Frame:
        """The frame of a message."""
        if message.populations:
            self._neurons = {told.population: told.size for told in message.populations}
        window = {"after_ms": message.begin_time_ms, "until_ms": message.time_ms}
        state = session_pb2.SessionState.Name(message.state)
        return Frame(
            begin_time_ms=message.begin_time_ms,
            time_ms=message.time_ms,
            state=state.removeprefix("SESSION_STATE_").lower(),
            speed=message.speed,
            lost_frames=message.lost_frames,
            spike_counts=ByAddress(
                {c.population: integers(c.counts) for c in message.spike_counts}
            ),
            spikes=ByAddress(
                {
                    s.population: spikes_module.from_pages(
                        [s], neurons=self._neurons.get(s.population), **window
                    )
                    for s in message.spikes
                }
            ),
            weights=ByAddress(
                {
                    w.projection: weights_module.from_pages([w], time_ms=message.time_ms)
                    for w in message.weights
                }
            ),
            signals=ByAddress(
                {
                    s.multimeter: signals_module.from_pages([s], units={}, **window)
                    for s in message.signals
                }
            ),
        )


def to_request(
    session: str, read: ReadoutLike | None, rate_hz: float
) -> simulation_pb2.WatchSessionRequest:
    """What is asked for; all spikes that are recorded, unless told otherwise."""
    return simulation_pb2.WatchSessionRequest(
        session=session,
        readout=to_message({"spikes": "*"} if read is None else read),
        max_rate_hz=rate_hz,
    )


class Watch:
    """A session that is watched, frame by frame; ``session.watch()`` makes one.

    Iterating over it waits for frames; a session at rest sends none. It ends with an error when
    the session does (:class:`spiked.NotFound`), and quietly when it is cancelled.
    """

    def __init__(
        self, connection: Connection, request: simulation_pb2.WatchSessionRequest
    ) -> None:
        self._connection = connection
        self._request = request
        self._frames = Frames()
        self._call: Any = connection.watch(WATCH_SESSION, request)
        self._cancelled = False

    def __iter__(self) -> Watch:
        return self

    def __next__(self) -> Frame:
        try:
            message = next(self._call)
        except grpc.RpcError as error:
            if self._cancelled:
                raise StopIteration from None
            self._connection.note_instance(self._call.initial_metadata())
            raise errors.from_rpc(
                error, address=self._connection.address, request=self._request
            ) from None
        except BaseException:
            self.cancel()  # Ctrl-C
            raise
        self._connection.note_instance(self._call.initial_metadata())
        return self._frames.take(message)

    def cancel(self) -> None:
        """Ends the watch, also from another thread."""
        self._cancelled = True
        self._call.cancel()

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.cancel()

    def __repr__(self) -> str:
        return f"Watch of {self._request.session}"
