"""What the calls of a session do, free of input and output.

A plan is a generator: it yields calls, is sent their responses (or thrown their errors), and
returns a result. :func:`run` carries one out; ``spiked.aio`` has its own. So paging, noticing
a restart and remembering what networks look like are written once.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from spiked import (
    _requests,
    catalogue,
    network,
    parameters,
    session_info,
    signals,
    spikes,
    step_result,
    weight_record,
    weights,
)
from spiked._attempts import RECONNECT_S, RESTART_S, Attempts
from spiked._columns import Floats
from spiked._connection import CALL_TIMEOUT_S, Connection
from spiked._methods import (
    APPLY_REWARD,
    CREATE_NETWORK,
    CREATE_SESSION,
    CUT_CONNECTIONS,
    DELETE_NETWORK,
    DELETE_SESSION,
    EXTEND_NETWORK,
    FORK_SESSION,
    GET_NETWORK,
    GET_PARAMETERS,
    GET_SERVER_INFO,
    GET_SESSION,
    GET_SIGNALS,
    GET_SPIKES,
    GET_WEIGHT_RECORD,
    HALT_SESSION,
    LIST_MODELS,
    LIST_PRESETS,
    LIST_SESSIONS,
    READ_WEIGHTS,
    RESET_SESSION,
    RESTORE_SESSION,
    SAVE_SESSION,
    SET_INPUT,
    SET_PARAMETERS,
    SET_RECORDING,
    SET_WEIGHTS,
    SHARE_SESSION,
    SNAPSHOT_SESSION,
    STEP,
    Method,
    Request,
    Response,
)
from spiked._requests import Source
from spiked._text import milliseconds
from spiked.catalogue import Catalogue, Model, Preset, ServerInfo
from spiked.errors import (
    DeadlineExceeded,
    ErrorDetails,
    NotFound,
    ServerRestarted,
    SpikedError,
    Unavailable,
)
from spiked.inputs import Inputs, Rewards
from spiked.network import Address, Network, address_of
from spiked.parameters import Settings
from spiked.recording import Recordings
from spiked.selection import Neurons
from spiked.session_info import SessionInfo
from spiked.signals import Signals
from spiked.specification import SpecificationLike
from spiked.spikes import Spikes
from spiked.step_result import StepResult
from spiked.v1 import catalog_service_pb2 as catalog_pb2
from spiked.v1 import network_pb2, session_pb2
from spiked.v1 import simulation_service_pb2 as simulation_pb2
from spiked.weight_record import WeightRecord
from spiked.weights import Weights

T = TypeVar("T")


@dataclass(frozen=True)
class Call:
    """A call to be carried out."""

    method: Method[Any, Any]
    request: Any
    #: None: as long as it takes.
    timeout_s: float | None


@dataclass(frozen=True)
class Pause:
    """Nothing for a while."""

    seconds: float


Plan = Generator[Call | Pause, Any, T]


def run(connection: Connection, plan: Plan[T]) -> T:
    """Carries out a plan."""
    try:
        call = next(plan)
        while True:
            if isinstance(call, Pause):
                time.sleep(call.seconds)
                call = plan.send(None)
                continue
            try:
                response = connection.call(call.method, call.request, call.timeout_s)
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


def call(
    method: Method[Request, Response], request: Request, timeout_s: float | None = CALL_TIMEOUT_S
) -> Plan[Response]:
    """One call."""
    response: Response = yield Call(method, request, timeout_s)
    return response


def call_patiently(
    method: Method[Request, Response],
    request: Request,
    timeout_s: float | None = CALL_TIMEOUT_S,
    *,
    patience_s: float = RECONNECT_S,
) -> Plan[Response]:
    """One call under one request id, again and again where it is not answered."""
    named: Any = request
    if "request_id" in request.DESCRIPTOR.fields_by_name and not named.request_id:
        named.request_id = str(uuid.uuid4())
    attempts = Attempts(patience_s)
    while True:
        try:
            return (yield from call(method, request, timeout_s))
        except Unavailable as error:
            pause_s = attempts.pause_s(error)
            if pause_s is None:
                raise
            yield Pause(pause_s)


# -- Of a client


def create_session(
    session_id: str,
    display_name: str,
    labels: Mapping[str, str] | None,
    resolution_ms: float,
    seed: int | None,
    ttl_s: float | None,
    durability: str | None,
) -> Plan[session_pb2.Session]:
    request = _requests.create_session(
        session_id, display_name, labels, resolution_ms, seed, ttl_s, durability
    )
    # Whether it is to survive is not known yet.
    response = yield from call_patiently(CREATE_SESSION, request, patience_s=RESTART_S)
    return response.session


def get_session(session_id: str) -> Plan[session_pb2.Session]:
    request = simulation_pb2.GetSessionRequest(session=_requests.session_name(session_id))
    return (yield from call(GET_SESSION, request)).session


def restore_session(
    saved: bytes,
    session_id: str,
    display_name: str,
    labels: Mapping[str, str] | None,
    ttl_s: float | None,
    durability: str | None,
) -> Plan[session_pb2.Session]:
    requests = _requests.restore_session(saved, session_id, display_name, labels, ttl_s, durability)
    response: simulation_pb2.RestoreSessionResponse
    response = yield Call(RESTORE_SESSION, requests, None)
    return response.session


def sessions() -> Plan[list[SessionInfo]]:
    found: list[SessionInfo] = []
    request = simulation_pb2.ListSessionsRequest()
    while True:
        page = yield from call(LIST_SESSIONS, request)
        found.extend(session_info.from_message(message) for message in page.sessions)
        if not page.next_page_token:
            return found
        request.page_token = page.next_page_token


def models() -> Plan[Catalogue[Model]]:
    response = yield from call(LIST_MODELS, catalog_pb2.ListModelsRequest())
    return catalogue.models_from_message(response)


def presets() -> Plan[Catalogue[Preset]]:
    response = yield from call(LIST_PRESETS, catalog_pb2.ListPresetsRequest())
    return catalogue.presets_from_message(response)


def server_info(address: str) -> Plan[ServerInfo]:
    response = yield from call(GET_SERVER_INFO, catalog_pb2.GetServerInfoRequest())
    return catalogue.info_from_message(address, response)


# -- Of a session


class Server(Protocol):
    """What a plan must know of its connection."""

    @property
    def address(self) -> str: ...

    @property
    def instance(self) -> str: ...


class SessionPlans:
    """The calls of one session, and what is remembered of it."""

    def __init__(self, server: Server, message: session_pb2.Session) -> None:
        self._server = server
        self._instance = server.instance
        self.info = session_info.from_message(message)
        #: The latest time in ms that an answer told.
        self.time_ms = message.time_ms
        # By name; None where it cannot be told.
        self._networks: dict[str, Network | None] = {}
        self._models: Catalogue[Model] | None = None

    @property
    def name(self) -> str:
        return self.info.name

    def describe(self) -> str:
        """The session in a line, without asking for it."""
        title = f" ({self.info.display_name})" if self.info.display_name else ""
        return (
            f"Session {self.name.removeprefix('sessions/')}{title} at {self._server.address}: "
            f"resolution {milliseconds(self.info.resolution_ms)}, seed {self.info.seed}, "
            f"last seen at {milliseconds(self.time_ms)}"
        )

    def get_info(self) -> Plan[SessionInfo]:
        response = yield from self._call(
            GET_SESSION, simulation_pb2.GetSessionRequest(session=self.name)
        )
        self.info = session_info.from_message(response.session)
        self.time_ms = response.session.time_ms
        return self.info

    def delete(self) -> Plan[None]:
        yield from self._call(
            DELETE_SESSION, simulation_pb2.DeleteSessionRequest(session=self.name)
        )

    def save(self) -> Plan[list[bytes]]:
        request = simulation_pb2.SaveSessionRequest(session=self.name)
        parts: Any = yield from self._call(SAVE_SESSION, request, timeout_s=None)
        return [part.data for part in parts]

    def fork(
        self,
        session_id: str,
        display_name: str,
        labels: Mapping[str, str] | None,
        ttl_s: float | None,
        durability: str | None,
    ) -> Plan[session_pb2.Session]:
        request = simulation_pb2.ForkSessionRequest(session=self.name)
        _requests.fill_copy(request, session_id, display_name, labels, ttl_s, durability)
        return (yield from self._call(FORK_SESSION, request, timeout_s=None)).session

    def share(self, shares: Mapping[str, str]) -> Plan[SessionInfo]:
        request = _requests.share(self.name, shares)
        return session_info.from_message((yield from self._call(SHARE_SESSION, request)).session)

    def halt(self) -> Plan[bool]:
        request = simulation_pb2.HaltSessionRequest(session=self.name)
        return (yield from self._call(HALT_SESSION, request)).stepping

    # -- Networks

    def create_network(
        self, name: str, source: Source, options: Mapping[str, Any]
    ) -> Plan[Network]:
        request = _requests.create_network(self.name, name, source, options, False)
        # A large network takes its time; Ctrl-C ends the waiting.
        response = yield from self._call(CREATE_NETWORK, request, timeout_s=None)
        if request.HasField("preset"):
            return (yield from self.get_network(name))
        made = network.Network(response.network, request.specification)
        self._networks[name] = made
        return made

    def extend_network(self, name: str, additions: SpecificationLike) -> Plan[Network]:
        request = _requests.extend_network(self.name, name, additions)
        response = yield from self._call(EXTEND_NETWORK, request, timeout_s=None)
        known = self._networks.get(name)
        if known is None:
            return (yield from self.get_network(name))
        whole = network_pb2.NetworkSpecification()
        whole.CopyFrom(known.specification.message)
        whole.MergeFrom(request.additions)
        made = network.Network(response.network, whole)
        self._networks[name] = made
        return made

    def delete_network(self, name: str) -> Plan[None]:
        request = simulation_pb2.DeleteNetworkRequest(session=self.name, network=name)
        yield from self._call(DELETE_NETWORK, request)
        self._networks.pop(name, None)

    def validate_network(
        self, name: str, source: Source, options: Mapping[str, Any]
    ) -> Plan[Network]:
        request = _requests.create_network(self.name, name, source, options, True)
        response = yield from self._call(CREATE_NETWORK, request)
        return network.Network(response.network, request.specification)

    def get_network(self, name: str) -> Plan[Network]:
        request = simulation_pb2.GetNetworkRequest(session=self.name, network=name)
        message = (yield from self._call(GET_NETWORK, request)).network
        made = network.Network(message, message.specification)
        self._networks[name] = made
        return made

    def networks(self) -> Plan[dict[str, Network]]:
        found = {}
        for name in (yield from self.get_info()).networks:
            found[name] = yield from self.get_network(name)
        return found

    # -- Driving

    def step(
        self, request: simulation_pb2.StepRequest, timeout_s: float | None
    ) -> Plan[StepResult]:
        response = yield from self._call(STEP, request, timeout_s)
        result = yield from self.finish_step(response)
        if result.halt_reason == "DEADLINE":  # the server's answer was faster than our own clock
            raise DeadlineExceeded(
                f"halted after {timeout_s} s", ErrorDetails(code="DEADLINE_EXCEEDED")
            )
        return result

    def finish_step(self, response: simulation_pb2.StepResponse) -> Plan[StepResult]:
        """What an answered step says."""
        self.time_ms = response.time_ms
        neurons, units = {}, {}
        for read in response.spikes:
            neurons[read.population] = yield from self._neurons(read.population)
        for sampled in response.signals:
            units[sampled.multimeter] = yield from self._units(sampled.multimeter)
        return step_result.from_message(response, neurons=neurons, units=units)

    def set_input(self, inputs: Inputs) -> Plan[float]:
        request = _requests.set_input(self.name, inputs)
        return (yield from self._call(SET_INPUT, request)).time_ms

    def apply_reward(self, rewards: Rewards) -> Plan[float]:
        request = _requests.apply_reward(self.name, rewards)
        return (yield from self._call(APPLY_REWARD, request)).time_ms

    def set_parameters(
        self, populations: Settings | None, projections: Settings | None
    ) -> Plan[float]:
        request = _requests.set_parameters(self.name, populations, projections)
        return (yield from self._call(SET_PARAMETERS, request)).time_ms

    def set_recording(
        self, populations: Recordings | None, projections: Recordings | None
    ) -> Plan[float]:
        request = _requests.set_recording(self.name, populations, projections)
        return (yield from self._call(SET_RECORDING, request)).time_ms

    def get_parameters(
        self, kind: str, target: Address, names: str | Iterable[str], neurons: Neurons | None
    ) -> Plan[dict[str, float | Floats]]:
        request = _requests.get_parameters(self.name, kind, target, names, neurons)
        response = yield from self._call(GET_PARAMETERS, request)
        return parameters.from_message(response.values[0])

    def reset(self, to_time_0: bool, initial_weights: bool, snapshot: str) -> Plan[float]:
        request = simulation_pb2.ResetSessionRequest(
            session=self.name,
            to_time_0=to_time_0,
            initial_weights=initial_weights,
            snapshot=snapshot,
        )
        self.time_ms = (yield from self._call(RESET_SESSION, request)).time_ms
        return self.time_ms

    def snapshot(self, name: str, forget: bool) -> Plan[float]:
        request = simulation_pb2.SnapshotSessionRequest(
            session=self.name, snapshot=name, forget=forget
        )
        return (yield from self._call(SNAPSHOT_SESSION, request)).snapshot.time_ms

    # -- Reading

    def get_spikes(
        self, population: Address, after_ms: float, until_ms: float | None
    ) -> Plan[Spikes]:
        address = address_of(population)
        if until_ms is None:
            until_ms = (yield from self.get_info()).time_ms
        request = simulation_pb2.GetSpikesRequest(
            session=self.name, population=address, after_ms=after_ms, until_ms=until_ms
        )
        pages = yield from self._pages(GET_SPIKES, request, lambda page: page.next_page_token)
        return spikes.from_pages(
            [page.spikes for page in pages],
            neurons=(yield from self._neurons(address)),
            after_ms=max(after_ms, (yield from self._created_ms(address))),
            until_ms=until_ms,
        )

    def get_signals(
        self, multimeter: Address, after_ms: float, until_ms: float | None
    ) -> Plan[Signals]:
        address = address_of(multimeter)
        if until_ms is None:
            until_ms = (yield from self.get_info()).time_ms
        request = simulation_pb2.GetSignalsRequest(
            session=self.name, multimeter=address, after_ms=after_ms, until_ms=until_ms
        )
        pages = yield from self._pages(GET_SIGNALS, request, lambda page: page.next_page_token)
        return signals.from_pages(
            [page.signals for page in pages],
            units=(yield from self._units(address)),
            after_ms=max(after_ms, (yield from self._created_ms(address))),
            until_ms=until_ms,
        )

    def get_weights(
        self, projection: Address, variables: str | Iterable[str], delays: bool
    ) -> Plan[Weights]:
        request = _requests.read_weights(self.name, projection, variables, delays)
        # Many take their time; Ctrl-C ends the waiting.
        parts: Any = yield from self._call(READ_WEIGHTS, request, timeout_s=None)
        return weights.from_pages([part.weights for part in parts], time_ms=parts[0].time_ms)

    def get_weight_record(
        self, projection: Address, after_ms: float, until_ms: float | None
    ) -> Plan[WeightRecord]:
        address = address_of(projection)
        if until_ms is None:
            until_ms = (yield from self.get_info()).time_ms
        request = simulation_pb2.GetWeightRecordRequest(
            session=self.name, projection=address, after_ms=after_ms, until_ms=until_ms
        )
        pages = yield from self._pages(
            GET_WEIGHT_RECORD, request, lambda page: page.next_page_token
        )
        return weight_record.from_pages(
            [page.record for page in pages], after_ms=after_ms, until_ms=until_ms
        )

    def cut_connections(self, projection: Address, connections: Iterable[int]) -> Plan[float]:
        request = simulation_pb2.CutConnectionsRequest(
            session=self.name, projection=address_of(projection), connections=connections
        )
        return (yield from self._call(CUT_CONNECTIONS, request)).time_ms

    def set_weights(
        self, projection: Address, given: Any, connections: Iterable[int] | None
    ) -> Plan[float]:
        requests = _requests.set_weights(self.name, projection, given, connections)
        for request in requests:
            response = yield from self._call(SET_WEIGHTS, request)
        _requests.check_all_set(request, response)
        return response.time_ms

    # -- How it is done

    def _call(
        self,
        method: Method[Request, Response],
        request: Request,
        timeout_s: float | None = CALL_TIMEOUT_S,
    ) -> Plan[Response]:
        make = call_patiently if self.survives else call
        try:
            response = yield from make(method, request, timeout_s)
        except NotFound as error:
            raise self.explain(error) from None
        if self._restarted():
            yield from self._check_identity()
        return response

    @property
    def survives(self) -> bool:
        """Whether the session is there again when its server has been started anew."""
        return self.info.durability in ("process", "power")

    def name_step(self, request: simulation_pb2.StepRequest) -> None:
        """Has it carried out once, however often it is sent."""
        if self.survives and not request.request_id:
            request.request_id = str(uuid.uuid4())

    def explain(self, error: SpikedError) -> SpikedError:
        """The error; ServerRestarted where that is why the session is not found."""
        gone = isinstance(error, NotFound) and error.field in ("session", "step.session")
        if not (gone and self._restarted()):
            return error
        return ServerRestarted(
            f"the server at {self._server.address} has restarted, and {self.name} is gone; "
            f"create a new session",
            error.details,
        )

    def _restarted(self) -> bool:
        return self._server.instance != self._instance

    def _check_identity(self) -> Plan[None]:
        """After a restart, a session of this name may be kept from before, or another one."""
        request = simulation_pb2.GetSessionRequest(session=self.name)
        found = session_info.from_message((yield from call(GET_SESSION, request)).session)
        if found.create_time != self.info.create_time:
            raise ServerRestarted(
                f"the server at {self._server.address} has restarted, and {self.name} is another "
                f"session now, created at {found.create_time.isoformat(' ', 'seconds')}; "
                f"attach to it, or create a new one"
            )
        self._instance = self._server.instance

    def _pages(
        self,
        method: Method[Request, Response],
        request: Request,
        next_token: Callable[[Response], str],
    ) -> Plan[list[Response]]:
        pages: list[Response] = []
        while True:
            pages.append((yield from self._call(method, request)))
            token = next_token(pages[-1])
            if not token:
                return pages
            request.page_token = token  # type: ignore[attr-defined]

    def _network_of(self, address: str) -> Plan[Network | None]:
        """The network of a part; None if it cannot be told."""
        name = address.partition("/")[0]
        if name not in self._networks:
            try:
                yield from self.get_network(name)
            except SpikedError:  # too large for one answer
                self._networks[name] = None
        return self._networks[name]

    def _created_ms(self, address: str) -> Plan[float]:
        """When the part came to be: there is nothing to be read of the time before."""
        made = yield from self._network_of(address)
        return 0.0 if made is None else made.create_time_ms

    def _neurons(self, address: str) -> Plan[int | None]:
        made = yield from self._network_of(address)
        return None if made is None else made.population_size(address)

    def _units(self, address: str) -> Plan[dict[str, str]]:
        made = yield from self._network_of(address)
        model = None if made is None else made.recorded_model(address)
        if model is None:
            return {}
        if self._models is None:
            self._models = yield from models()
        return {r.name: r.unit for r in self._models[model].recordables.values()}
