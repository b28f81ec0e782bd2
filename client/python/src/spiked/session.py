"""A session: one simulation clock with the networks on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any

from spiked import _requests, network, session_info, signals, spikes, step_result, weights
from spiked._connection import CALL_TIMEOUT_S, Connection
from spiked._interrupt import HaltOnInterrupt
from spiked._methods import (
    APPLY_REWARD,
    CREATE_NETWORK,
    DELETE_SESSION,
    GET_NETWORK,
    GET_SESSION,
    GET_SIGNALS,
    GET_SPIKES,
    GET_WEIGHTS,
    HALT_SESSION,
    LIST_MODELS,
    SET_INPUT,
    SET_WEIGHTS,
    STEP,
    Method,
    Request,
    Response,
)
from spiked._requests import Source
from spiked._text import milliseconds
from spiked.catalogue import models_from_message
from spiked.errors import Interrupted, SpikedError
from spiked.inputs import Inputs, Rewards
from spiked.network import Address, Network, address_of
from spiked.readout import ReadoutLike
from spiked.session_info import SessionInfo
from spiked.signals import Signals
from spiked.specification import SpecificationLike
from spiked.spikes import Spikes
from spiked.step_result import StepResult
from spiked.stream import StepStream
from spiked.v1 import catalog_service_pb2 as catalog_pb2
from spiked.v1 import session_pb2
from spiked.v1 import simulation_service_pb2 as simulation_pb2
from spiked.weights import Weights


class Session:
    """A handle on a session of a server; ``client.create_session`` makes one.

    Populations, projections and multimeters are addressed as ``"network/name"``, or by the
    part itself (``network["E"]``). Times and durations are in ms of biological time, on the
    grid of the resolution. All calls block; several threads may use one session, and the
    server carries their commands out one by one. A command that fails raises a
    :class:`spiked.SpikedError` and leaves the session as it was.

    As a context manager, a session that was created is deleted at the end, one that was
    attached to is left alone. Dropping the handle leaves the session on the server.
    """

    def __init__(
        self, connection: Connection, message: session_pb2.Session, *, owned: bool
    ) -> None:
        self._connection = connection
        self._owned = owned
        self._info = session_info.from_message(message)
        self._time_ms = message.time_ms
        self._networks: dict[str, Network] = {}

    # -- The session itself

    @property
    def name(self) -> str:
        """``sessions/{id}``."""
        return self._info.name

    @property
    def id(self) -> str:
        """What ``client.attach_session`` takes."""
        return self.name.removeprefix("sessions/")

    @property
    def resolution_ms(self) -> float:
        """Step of the simulation in ms."""
        return self._info.resolution_ms

    @property
    def seed(self) -> int:
        """Seed of everything random in the session."""
        return self._info.seed

    def info(self) -> SessionInfo:
        """State, time, networks and size; answered at once, also while the session steps."""
        request = simulation_pb2.GetSessionRequest(session=self.name)
        message = self._call(GET_SESSION, request).session
        self._info = session_info.from_message(message)
        self._time_ms = message.time_ms
        return self._info

    @property
    def time_ms(self) -> float:
        """Biological time in ms, as the server tells it; also while the session steps."""
        return self.info().time_ms

    def delete(self) -> None:
        """Closes the session and frees what it holds; a step that is running is stopped."""
        self._call(DELETE_SESSION, simulation_pb2.DeleteSessionRequest(session=self.name))

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._owned:
            return
        try:
            self.delete()
        except SpikedError:
            # The error that ended the block, or the session itself, says more.
            if kind is None:
                raise

    # -- Networks

    def create_network(self, name: str, source: Source, **options: Any) -> Network:
        """Adds a network to the session.

        `source` is the name of a preset (``"pong/rstdp"``; with options such as
        ``num_neurons=20, noise=True``, see ``client.presets``), a
        :class:`spiked.NetworkSpecification`, or a dictionary (see
        :meth:`spiked.NetworkSpecification.from_dict`). Parts of the network are then
        addressed as ``"name/part"``.
        """
        request = _requests.create_network(self.name, name, source, options, False)
        # A large network takes its time; Ctrl-C ends the waiting.
        response = self._call(CREATE_NETWORK, request, timeout_s=None)
        if request.HasField("preset"):
            return self.network(name)
        return self._remember(network.Network(response.network, request.specification))

    def validate_network(self, name: str, source: Source, **options: Any) -> Network:
        """What ``create_network`` would make, and how large; checks it, but builds nothing."""
        request = _requests.create_network(self.name, name, source, options, True)
        response = self._call(CREATE_NETWORK, request)
        return network.Network(response.network, request.specification)

    def network(self, name: str) -> Network:
        """A network of the session, as the server resolved it: presets written out."""
        request = simulation_pb2.GetNetworkRequest(session=self.name, network=name)
        message = self._call(GET_NETWORK, request).network
        return self._remember(network.Network(message, message.specification))

    def networks(self) -> dict[str, Network]:
        """All networks of the session by name."""
        return {name: self.network(name) for name in self.info().networks}

    # -- Driving it

    def step(
        self,
        duration_ms: float,
        *,
        inputs: Inputs | None = None,
        rewards: Rewards | None = None,
        read: ReadoutLike | None = None,
        expected_time_ms: float | None = None,
        timeout_s: float | None = None,
    ) -> StepResult:
        """Lets time pass: rewards, then inputs, then the time, then the readout.

        `duration_ms` is a whole number of steps of the resolution; 0 only applies rewards and
        inputs. `inputs` gives devices new input (``{"net/drive": {"rate": 8000.0}}``, see
        :mod:`spiked.inputs`), `rewards` rewards for the time gone by (``{"net": 0.5}``),
        `read` says what to read out (``{"spikes": ["net/E"], "weights": "net/E_I"}``, or parts
        such as ``[net["E"]]``). With `expected_time_ms` the step is refused
        (:class:`spiked.TimeMismatch`) if the session is at another time. After `timeout_s`
        seconds of wall time the step is halted (:class:`spiked.DeadlineExceeded`).

        Ctrl-C halts the step and raises :class:`spiked.Interrupted`, a KeyboardInterrupt with
        the result so far; the session may be used on.
        """
        request = _requests.step(self.name, duration_ms, inputs, rewards, read, expected_time_ms)
        with HaltOnInterrupt(self.halt) as interrupt:
            response = self._call(STEP, request, timeout_s=timeout_s)
        return self._finish_step(request, response, interrupt.interrupted)

    def stream(self) -> StepStream:
        """Opens a stream of steps, the fastest way to close a loop: a round trip a step.

        >>> with session.stream() as stream:  # doctest: +SKIP
        ...     result = stream.step(200, read={"spike_counts": "net/motor"})
        """
        return StepStream(self._connection, self.name, self.halt, self._finish_step)

    def halt(self) -> bool:
        """Stops the step that is running, from another thread or program.

        The step itself then returns with ``halted`` and how far it came. Returns whether one
        was running.
        """
        request = simulation_pb2.HaltSessionRequest(session=self.name)
        return self._call(HALT_SESSION, request).stepping

    def set_input(self, inputs: Inputs) -> float:
        """Gives devices new input from now on (see :mod:`spiked.inputs`); all of it, or none.

        Returns the biological time in ms at which it was applied.
        """
        return self._call(SET_INPUT, _requests.set_input(self.name, inputs)).time_ms

    def apply_reward(self, rewards: Rewards) -> float:
        """Rewards ``rstdp_synapse`` for the time since the last reward.

        `rewards` by target: ``"network/projection"``, or ``"network"`` for all of its
        projections of that model. Returns the biological time in ms.
        """
        return self._call(APPLY_REWARD, _requests.apply_reward(self.name, rewards)).time_ms

    # -- Reading it

    def get_spikes(
        self, population: Address, after_ms: float = 0.0, until_ms: float | None = None
    ) -> Spikes:
        """Recorded spikes with stamps in (`after_ms`, `until_ms`]; until now unless given.

        Warns (:class:`spiked.IncompleteRecord`) where spikes of that time were dropped.
        """
        address = address_of(population)
        request = simulation_pb2.GetSpikesRequest(
            session=self.name,
            population=address,
            after_ms=after_ms,
            until_ms=self.time_ms if until_ms is None else until_ms,
        )
        pages = self._pages(GET_SPIKES, request, lambda page: page.next_page_token)
        return spikes.from_pages(
            [page.spikes for page in pages],
            neurons=self._neurons(address),
            after_ms=max(after_ms, self._created_ms(address)),
            until_ms=request.until_ms,
        )

    def get_signals(
        self, multimeter: Address, after_ms: float = 0.0, until_ms: float | None = None
    ) -> Signals:
        """Samples of a multimeter at times in (`after_ms`, `until_ms`]; until now unless given.

        Warns (:class:`spiked.IncompleteRecord`) where samples of that time were dropped.
        """
        address = address_of(multimeter)
        request = simulation_pb2.GetSignalsRequest(
            session=self.name,
            multimeter=address,
            after_ms=after_ms,
            until_ms=self.time_ms if until_ms is None else until_ms,
        )
        pages = self._pages(GET_SIGNALS, request, lambda page: page.next_page_token)
        return signals.from_pages(
            [page.signals for page in pages],
            units=self._units(address),
            after_ms=max(after_ms, self._created_ms(address)),
            until_ms=request.until_ms,
        )

    def get_weights(self, projection: Address, variables: str | Iterable[str] = ()) -> Weights:
        """Weights of a projection and, as asked for, further `variables` of its synapses.

        Such as ``c`` (eligibility) and ``n`` (dopamine); the recordables of the synapse model
        in ``client.models``. Raises :class:`spiked.SpikedError` if the session stepped while
        the answer was read page by page.
        """
        request = _requests.get_weights(self.name, projection, variables)
        pages = self._pages(GET_WEIGHTS, request, lambda page: page.next_page_token)
        _requests.check_one_time(self.name, request.projection, [page.time_ms for page in pages])
        return weights.from_pages([page.weights for page in pages], time_ms=pages[0].time_ms)

    def set_weights(self, projection: Address, given: Any) -> float:
        """Replaces the weights of a projection, in pA.

        `given` is one number for all, a matrix (sources × targets) or column in the order of
        ``get_weights``, or what ``get_weights`` returned. Returns the biological time in ms.
        """
        request = _requests.set_weights(self.name, projection, given)
        return self._call(SET_WEIGHTS, request).time_ms

    # -- How it is done

    def _call(
        self,
        method: Method[Request, Response],
        request: Request,
        timeout_s: float | None = CALL_TIMEOUT_S,
    ) -> Response:
        return self._connection.call(method, request, timeout_s)

    def _pages(
        self,
        method: Method[Request, Response],
        request: Request,
        next_token: Callable[[Response], str],
    ) -> list[Response]:
        pages = []
        while True:
            pages.append(self._call(method, request))
            token = next_token(pages[-1])
            if not token:
                return pages
            request.page_token = token  # type: ignore[attr-defined]

    def _finish_step(
        self,
        request: simulation_pb2.StepRequest,
        response: simulation_pb2.StepResponse,
        interrupted: bool,
    ) -> StepResult:
        """What an answered step says; raises Interrupted if Ctrl-C had stopped it."""
        start_ms: float | None = None
        if not response.halted:
            start_ms = response.time_ms - request.duration_ms
        elif request.HasField("expected_time_ms"):
            start_ms = request.expected_time_ms
        result = step_result.from_message(
            response,
            start_ms=start_ms,
            neurons={s.population: self._neurons(s.population) for s in response.spikes},
            units={s.multimeter: self._units(s.multimeter) for s in response.signals},
        )
        self._time_ms = response.time_ms
        if interrupted:
            raise Interrupted(
                f"{self.name} stopped at {milliseconds(result.time_ms)}; it may be used on",
                result,
            )
        return result

    def _remember(self, made: Network) -> Network:
        self._networks[made.name] = made
        return made

    def _network_of(self, address: str) -> Network | None:
        """The network of a part, as it was when it was created; None if it cannot be told."""
        name = address.partition("/")[0]
        if name not in self._networks:
            try:
                self.network(name)
            except SpikedError:  # too large to be told, or not there: the call will say
                return None
        return self._networks[name]

    def _created_ms(self, address: str) -> float:
        """When the part came to be: there is nothing to be read of the time before."""
        made = self._network_of(address)
        return 0.0 if made is None else made.create_time_ms

    def _neurons(self, address: str) -> int | None:
        made = self._network_of(address)
        return None if made is None else made.population_size(address)

    def _units(self, address: str) -> dict[str, str]:
        made = self._network_of(address)
        model = None if made is None else made.recorded_model(address)
        if model is None:
            return {}
        models = models_from_message(self._call(LIST_MODELS, catalog_pb2.ListModelsRequest()))
        return {r.name: r.unit for r in models[model].recordables.values()}

    def __repr__(self) -> str:
        title = f" ({self._info.display_name})" if self._info.display_name else ""
        return (
            f"Session {self.id}{title} at {self._connection.address}: resolution "
            f"{milliseconds(self.resolution_ms)}, seed {self.seed}, "
            f"last seen at {milliseconds(self._time_ms)}"
        )

    def _repr_html_(self) -> str:
        return self._info._repr_html_()
