"""The asynchronous twin: the same calls, awaited, on ``grpc.aio``.

>>> async def run() -> None:
...     async with spiked.aio.connect() as client, client.create_session(seed=1) as session:
...         await session.create_network("player", "pong/rstdp")
...         async with session.stream() as stream:
...             result = await stream.step(200, read={"spike_counts": "player/motor"})

What is not said here is as in :class:`spiked.Client`, :class:`spiked.Session` and
:class:`spiked.StepStream`. Cancelling a task that awaits a step halts the step; the session may
be used on, a stream that was awaited is closed. A client belongs to the event loop in which it
was made.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Generator, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, TypeVar

import grpc

from spiked import _plans, _requests, errors, saved, watch
from spiked._address import channel_credentials, default_address, default_token
from spiked._attempts import Attempts
from spiked._columns import Floats
from spiked._connection import CHANNEL_OPTIONS, Instance, call_metadata
from spiked._handles import ClientHandle, SessionHandle
from spiked._methods import (
    GET_SERVER_INFO,
    STEP_STREAM,
    WATCH_SESSION,
    Method,
    Request,
    Response,
)
from spiked._plans import Pause, Plan, SessionPlans
from spiked._requests import Source
from spiked.catalogue import Catalogue, Model, Preset, ServerInfo
from spiked.errors import SpikedError
from spiked.inputs import Inputs, Rewards
from spiked.network import Address, Network
from spiked.parameters import Settings
from spiked.readout import ReadoutLike
from spiked.recording import Recordings
from spiked.selection import Neurons
from spiked.session_info import SessionInfo
from spiked.signals import Signals
from spiked.specification import SpecificationLike
from spiked.spikes import Spikes
from spiked.step_result import StepResult
from spiked.v1 import catalog_service_pb2 as catalog_pb2
from spiked.v1 import session_pb2
from spiked.v1 import simulation_service_pb2 as simulation_pb2
from spiked.watch import Frame, Frames
from spiked.weight_record import WeightRecord
from spiked.weights import Weights

__all__ = ["Client", "Session", "StepStream", "Watch", "connect"]

T = TypeVar("T")


class _Opening(Generic[T]):
    """What is being opened: ``await`` gives it, ``async with`` closes it at the end, too."""

    def __init__(self, open_it: Coroutine[Any, Any, T], close_it: Callable[[T, bool], Any]) -> None:
        self._open = open_it
        self._close = close_it
        self._opened: T | None = None

    def __await__(self) -> Generator[Any, Any, T]:
        return self._open.__await__()

    async def __aenter__(self) -> T:
        self._opened = await self._open
        return self._opened

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._opened is not None
        await self._close(self._opened, kind is not None)


def connect(
    address: str | None = None, token: str | None = None, *, timeout_s: float = 5.0
) -> _Opening[Client]:
    """Connects to a server, as :func:`spiked.connect` does."""

    async def open_client() -> Client:
        connection = _Connection(default_address() if address is None else address, token)
        try:
            await connection.wait_for_server(timeout_s)
        except BaseException:
            await connection.close()
            raise
        return Client(connection)

    async def close_client(client: Client, _failed: bool) -> None:
        await client.close()

    return _Opening(open_client(), close_client)


class _Connection:
    """A channel to a server, in one event loop."""

    def __init__(self, address: str, token: str | None) -> None:
        if not address:
            raise ValueError("the address of the server is empty")
        self.address = address
        self._noted = Instance()
        self._metadata = call_metadata(default_token(address) if token is None else token)
        credentials = channel_credentials(address)
        self._channel = (
            grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS)
            if credentials is None
            else grpc.aio.secure_channel(address, credentials, options=CHANNEL_OPTIONS)
        )

    @property
    def instance(self) -> str:
        return self._noted.id

    def note_instance(self, metadata: Any) -> None:
        self._noted.note(metadata)

    async def run(self, plan: Plan[T]) -> T:
        """Carries out a plan."""
        try:
            call = next(plan)
            while True:
                if isinstance(call, Pause):
                    await asyncio.sleep(call.seconds)
                    call = plan.send(None)
                    continue
                try:
                    response = await self.call(call.method, call.request, call.timeout_s)
                except SpikedError as error:
                    call = plan.throw(error)
                else:
                    call = plan.send(response)
        except StopIteration as stop:
            result: T = stop.value
            return result
        except SpikedError as error:
            # How the plan came here tells nobody anything.
            raise error.with_traceback(None) from None

    async def call(
        self,
        method: Method[Request, Response],
        request: Request,
        timeout_s: float | None,
        *,
        wait_for_ready: bool = False,
    ) -> Any:
        """Carries out a call; a list where the answer comes in parts."""
        connect: Any = self._channel.unary_unary
        if method.in_parts:
            connect = self._channel.unary_stream
        elif method.in_pieces:
            connect = self._channel.stream_unary
        stub = connect(
            method.path,
            request_serializer=method.request.SerializeToString,
            response_deserializer=method.response.FromString,
        )
        call = stub(
            request, timeout=timeout_s, metadata=self._metadata, wait_for_ready=wait_for_ready
        )
        try:
            response = [part async for part in call] if method.in_parts else await call
        except grpc.RpcError as error:
            first: Any = request
            raise self.failed(error, first[0] if method.in_pieces else first) from None
        self.note_instance(await call.initial_metadata())
        return response

    def watch(self, method: Method[Request, Response], request: Request) -> Any:
        """Opens a call whose answer goes on."""
        stub: Any = self._channel.unary_stream(
            method.path,
            request_serializer=method.request.SerializeToString,
            response_deserializer=method.response.FromString,
        )
        return stub(request, metadata=self._metadata)

    def stream(self, method: Method[Request, Response]) -> Any:
        """Opens a stream in both directions."""
        stub: Any = self._channel.stream_stream(
            method.path,
            request_serializer=method.request.SerializeToString,
            response_deserializer=method.response.FromString,
        )
        return stub(metadata=self._metadata)

    def failed(self, error: Any, request: Any) -> SpikedError:
        """The exception for an error of gRPC."""
        self.note_instance(error.initial_metadata())
        return errors.from_rpc(error, address=self.address, request=request)

    async def wait_for_server(self, timeout_s: float) -> None:
        request = catalog_pb2.GetServerInfoRequest()
        try:
            await self.call(GET_SERVER_INFO, request, timeout_s)
        except errors.Unavailable as error:
            try:
                await self.call(GET_SERVER_INFO, request, timeout_s, wait_for_ready=True)
            except errors.DeadlineExceeded:
                raise error from None  # it says why there is no connection

    async def close(self) -> None:
        await self._channel.close()


class Client(ClientHandle):
    """A connection to a server; :func:`connect` makes one."""

    def __init__(self, connection: _Connection) -> None:
        super().__init__(connection)
        self._connection = connection

    def create_session(
        self,
        session_id: str = "",
        *,
        display_name: str = "",
        labels: Mapping[str, str] | None = None,
        resolution_ms: float = 0.1,
        seed: int | None = None,
        ttl_s: float | None = None,
        durability: str | None = None,
    ) -> _Opening[Session]:
        """Opens a session; with ``async with`` it is deleted at the end."""
        plan = _plans.create_session(
            session_id, display_name, labels, resolution_ms, seed, ttl_s, durability
        )

        async def close_session(session: Session, failed: bool) -> None:
            try:
                await session.delete()
            except SpikedError:
                # The error that ended the block, or the session itself, says more.
                if not failed:
                    raise

        return _Opening(self._session(plan), close_session)

    def attach_session(self, session_id: str) -> _Opening[Session]:
        """A handle on a session that exists: its id, or ``sessions/{id}``."""

        async def leave_alone(_session: Session, _failed: bool) -> None:
            pass

        return _Opening(self._session(_plans.get_session(session_id)), leave_alone)

    async def restore_session(
        self,
        path: str | os.PathLike[str],
        session_id: str = "",
        *,
        display_name: str = "",
        labels: Mapping[str, str] | None = None,
        ttl_s: float | None = None,
        durability: str | None = None,
    ) -> Session:
        """Opens a session that goes on from the one that ``session.save`` has written there."""
        content = await asyncio.to_thread(Path(path).read_bytes)
        return await self._session(
            _plans.restore_session(content, session_id, display_name, labels, ttl_s, durability)
        )

    async def _session(self, plan: Plan[session_pb2.Session]) -> Session:
        return Session(self._connection, await self._connection.run(plan))

    async def sessions(self) -> list[SessionInfo]:
        """All sessions, ordered by name."""
        return await self._connection.run(_plans.sessions())

    async def models(self) -> Catalogue[Model]:
        """The models of neurons, devices and synapses by name, with parameters and units."""
        return await self._connection.run(_plans.models())

    async def presets(self) -> Catalogue[Preset]:
        """The networks that the server knows by name, with their options."""
        return await self._connection.run(_plans.presets())

    async def info(self) -> ServerInfo:
        """Version, instance and limits of the server."""
        return await self._connection.run(_plans.server_info(self.address))

    async def close(self) -> None:
        """Closes the connection; sessions stay on the server."""
        await self._connection.close()


class Session(SessionHandle):
    """A handle on a session of a server."""

    def __init__(self, connection: _Connection, message: session_pb2.Session) -> None:
        super().__init__(SessionPlans(connection, message))
        self._connection = connection

    async def info(self) -> SessionInfo:
        """State, time, networks and size; answered at once, also while the session steps."""
        return await self._run(self._plans.get_info())

    async def delete(self) -> None:
        """Closes the session and frees what it holds; a step that is running is stopped."""
        await self._run(self._plans.delete())

    async def create_network(self, name: str, source: Source, **options: Any) -> Network:
        """Adds a network, from a preset, a specification or a dictionary."""
        return await self._run(self._plans.create_network(name, source, options))

    async def extend_network(self, name: str, additions: SpecificationLike) -> Network:
        """Adds populations, projections and multimeters, also after a network has run."""
        return await self._run(self._plans.extend_network(name, additions))

    async def delete_network(self, name: str) -> None:
        """Takes a network out of the session, with all that was recorded of it."""
        await self._run(self._plans.delete_network(name))

    async def validate_network(self, name: str, source: Source, **options: Any) -> Network:
        """What ``create_network`` would make, and how large; checks it, but builds nothing."""
        return await self._run(self._plans.validate_network(name, source, options))

    async def network(self, name: str) -> Network:
        """A network of the session, as the server resolved it: presets written out."""
        return await self._run(self._plans.get_network(name))

    async def networks(self) -> dict[str, Network]:
        """All networks of the session by name."""
        return await self._run(self._plans.networks())

    async def step(
        self,
        duration_ms: float,
        *,
        inputs: Inputs | None = None,
        rewards: Rewards | None = None,
        read: ReadoutLike | None = None,
        expected_time_ms: float | None = None,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> StepResult:
        """Lets time pass: rewards, then inputs, then the time, then the readout."""
        request = _requests.step(
            self.name, duration_ms, inputs, rewards, read, expected_time_ms, request_id
        )
        return await self._run(self._plans.step(request, timeout_s))

    def stream(self) -> StepStream:
        """Opens a stream of steps, the fastest way to close a loop: a round trip a step."""
        return StepStream(self._connection, self._plans)

    def watch(self, read: ReadoutLike | None = None, *, rate_hz: float = 10.0) -> Watch:
        """Watches the session while somebody else drives it: an asynchronous iterator of frames.

        >>> async for frame in session.watch():  # doctest: +SKIP
        ...     print(frame.time_ms, frame.speed)
        """
        return Watch(self._connection, watch.to_request(self.name, read, rate_hz))

    async def share(self, shares: Mapping[str, str]) -> SessionInfo:
        """Shares the session with these accounts, and nobody else, from now on."""
        return await self._run(self._plans.share(shares))

    async def halt(self) -> bool:
        """Stops the step that is running; returns whether one was."""
        return await self._run(self._plans.halt())

    async def set_input(self, inputs: Inputs) -> float:
        """Gives devices new input from now on; returns the biological time in ms."""
        return await self._run(self._plans.set_input(inputs))

    async def set_parameters(
        self, populations: Settings | None = None, *, projections: Settings | None = None
    ) -> float:
        """Changes parameters and state (see :mod:`spiked.parameters`); all of it, or none."""
        return await self._run(self._plans.set_parameters(populations, projections))

    async def set_recording(
        self, populations: Recordings | None = None, *, projections: Recordings | None = None
    ) -> float:
        """Begins and ends recording (see :mod:`spiked.recording`); all of it, or none."""
        return await self._run(self._plans.set_recording(populations, projections))

    async def save(self, path: str | os.PathLike[str]) -> None:
        """Writes all that the session is to a file."""
        pieces = await self._run(self._plans.save())
        await asyncio.to_thread(saved.write, path, pieces)

    async def fork(
        self,
        session_id: str = "",
        *,
        display_name: str = "",
        labels: Mapping[str, str] | None = None,
        ttl_s: float | None = None,
        durability: str | None = None,
    ) -> Session:
        """Opens a session that goes on from where this one is; both go on."""
        plan = self._plans.fork(session_id, display_name, labels, ttl_s, durability)
        return Session(self._connection, await self._run(plan))

    async def get_parameters(
        self,
        population: Address,
        names: str | Iterable[str] = (),
        *,
        neurons: Neurons | None = None,
    ) -> dict[str, float | Floats]:
        """Parameters and state variables of a population, or of some of its neurons, by name."""
        return await self._run(self._plans.get_parameters("population", population, names, neurons))

    async def get_synapse_parameters(
        self, projection: Address, names: str | Iterable[str] = ()
    ) -> dict[str, float | Floats]:
        """Parameters that all synapses of a projection share, by name."""
        return await self._run(self._plans.get_parameters("projection", projection, names, None))

    async def take_snapshot(self, name: str) -> float:
        """Keeps all that the session is now under a name, for `reset`; its time in ms."""
        return await self._run(self._plans.snapshot(name, forget=False))

    async def forget_snapshot(self, name: str) -> None:
        """Forgets what `take_snapshot` has kept under that name."""
        await self._run(self._plans.snapshot(name, forget=True))

    async def reset(
        self, *, to_time_0: bool = False, initial_weights: bool = False, snapshot: str = ""
    ) -> float:
        """Forgets all activity, and keeps networks, parameters, weights and time.

        With `snapshot` all becomes what it was when that was taken.
        """
        return await self._run(self._plans.reset(to_time_0, initial_weights, snapshot))

    async def apply_reward(self, rewards: Rewards) -> float:
        """Rewards ``rstdp_synapse`` for the time since the last reward; returns the time in ms."""
        return await self._run(self._plans.apply_reward(rewards))

    async def get_spikes(
        self, population: Address, after_ms: float = 0.0, until_ms: float | None = None
    ) -> Spikes:
        """Recorded spikes with stamps in (`after_ms`, `until_ms`]; until now unless given."""
        return await self._run(self._plans.get_spikes(population, after_ms, until_ms))

    async def get_signals(
        self, multimeter: Address, after_ms: float = 0.0, until_ms: float | None = None
    ) -> Signals:
        """Samples of a multimeter at times in (`after_ms`, `until_ms`]; until now unless given."""
        return await self._run(self._plans.get_signals(multimeter, after_ms, until_ms))

    async def get_weights(
        self, projection: Address, variables: str | Iterable[str] = (), *, delays: bool = False
    ) -> Weights:
        """Weights of a projection and, as asked for, further `variables` and delays."""
        return await self._run(self._plans.get_weights(projection, variables, delays))

    async def get_weight_record(
        self, projection: Address, after_ms: float = 0.0, until_ms: float | None = None
    ) -> WeightRecord:
        """Weights that a projection has transmitted in (`after_ms`, `until_ms`], spike by spike."""
        return await self._run(self._plans.get_weight_record(projection, after_ms, until_ms))

    async def cut_connections(self, projection: Address, connections: Iterable[int]) -> float:
        """Cuts connections, by their numbers, for good; returns the biological time in ms."""
        return await self._run(self._plans.cut_connections(projection, connections))

    async def set_weights(
        self, projection: Address, given: Any, *, connections: Iterable[int] | None = None
    ) -> float:
        """Replaces weights of a projection, in pA; returns the biological time in ms."""
        return await self._run(self._plans.set_weights(projection, given, connections))

    async def _run(self, plan: Plan[T]) -> T:
        return await self._connection.run(plan)


class StepStream:
    """A stream of steps of one session; ``session.stream()`` opens one.

    A step that fails ends the stream and leaves the session as it was. Steps are answered one
    after the other: several tasks may step one stream.
    """

    def __init__(self, connection: _Connection, plans: SessionPlans) -> None:
        self._connection = connection
        self._plans = plans
        self._turn = asyncio.Lock()
        self._closed = False
        self._open()

    def _open(self) -> None:
        self._call = self._connection.stream(STEP_STREAM)
        self._instance_noted = False

    async def step(
        self,
        duration_ms: float,
        *,
        inputs: Inputs | None = None,
        rewards: Rewards | None = None,
        read: ReadoutLike | None = None,
        expected_time_ms: float | None = None,
        request_id: str | None = None,
    ) -> StepResult:
        """Lets time pass, as :meth:`Session.step` does."""
        request = simulation_pb2.StepStreamRequest(
            step=_requests.step(
                self._plans.name, duration_ms, inputs, rewards, read, expected_time_ms, request_id
            )
        )
        async with self._turn:
            response = await self._exchange(request)
        return await self._connection.run(self._plans.finish_step(response.step))

    async def _exchange(
        self, request: simulation_pb2.StepStreamRequest
    ) -> simulation_pb2.StepStreamResponse:
        if self._closed:
            raise SpikedError("the stream of steps is closed; open a new one")
        self._plans.name_step(request.step)
        attempts = Attempts()
        while True:
            try:
                return await self._round_trip(request)
            except errors.Unavailable as error:
                pause_s = attempts.pause_s(error) if self._plans.survives else None
                if pause_s is None:
                    raise
                await asyncio.sleep(pause_s)
                self._open()
                self._closed = False

    async def _round_trip(
        self, request: simulation_pb2.StepStreamRequest
    ) -> simulation_pb2.StepStreamResponse:
        try:
            await self._call.write(request)
            response = await self._call.read()
        except grpc.RpcError as error:
            self._closed = True
            failed = self._connection.failed(error, request)
            if failed.code == "INTERNAL" and not failed.reason:
                # What newer versions of gRPC say where a stream has broken before it is written to.
                failed = errors.Unavailable(f"the stream of steps has broken: {failed}")
            raise self._plans.explain(failed) from None
        except BaseException:
            # Cancelled in the middle of it: the answer is lost.
            self.cancel()
            raise
        if response is grpc.aio.EOF:
            self._closed = True
            raise errors.Unavailable("the server closed the stream of steps")
        if not self._instance_noted:
            self._connection.note_instance(await self._call.initial_metadata())
            self._instance_noted = True
        answer: simulation_pb2.StepStreamResponse = response
        return answer

    async def close(self) -> None:
        """Ends the stream; the session stays."""
        if not self._closed:
            self._closed = True
            await self._call.done_writing()

    def cancel(self) -> None:
        """Ends the stream at once; a step under way is halted."""
        self._closed = True
        self._call.cancel()

    async def __aenter__(self) -> StepStream:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        state = "closed" if self._closed else "open"
        return f"StepStream of {self._plans.name}: {state} (asynchronous)"


class Watch:
    """A session that is watched, frame by frame; ``session.watch()`` makes one."""

    def __init__(
        self, connection: _Connection, request: simulation_pb2.WatchSessionRequest
    ) -> None:
        self._connection = connection
        self._request = request
        self._frames = Frames()
        self._call = connection.watch(WATCH_SESSION, request)
        self._cancelled = False

    def __aiter__(self) -> Watch:
        return self

    async def __anext__(self) -> Frame:
        try:
            message = await self._call.read()
        except grpc.RpcError as error:
            raise self._connection.failed(error, self._request) from None
        except asyncio.CancelledError:
            # Of the watch, or of the task that awaits it.
            if self._cancelled:
                raise StopAsyncIteration from None
            self.cancel()
            raise
        if message is grpc.aio.EOF:
            raise StopAsyncIteration
        self._connection.note_instance(await self._call.initial_metadata())
        return self._frames.take(message)

    def cancel(self) -> None:
        """Ends the watch."""
        self._cancelled = True
        self._call.cancel()

    async def __aenter__(self) -> Watch:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.cancel()

    def __repr__(self) -> str:
        return f"Watch of {self._request.session} (asynchronous)"
