"""Somebody who asks for much, again and again, in a process of their own."""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import grpc

from contract import METHODS, stubs, v1
from wire import Wire

_SESSIONS, _IDLE_CONNECTIONS = 50, 500
_CREATE_NETWORK = "/spiked.v1.SimulationService/CreateNetwork"
_HOUR = 3_600_000.0  # of biological time, in ms
_CONNECTIONS, _WAITING = 4, 4
# A network of nothing, for a session that is not there: two bytes each on the way, and a hundred
# when they have been read, as they must be before they can be refused: some 30 ms of computing.
_POPULATIONS = 500_000

_SMALL = v1.NetworkSpecification(populations=[{"name": "a", "model": "iaf_psc_exp", "size": 20}])


def _network(neurons: int, indegree: int) -> Any:
    return v1.NetworkSpecification(
        populations=[{"name": "a", "model": "iaf_psc_exp", "size": neurons}],
        projections=[
            {
                "name": "p",
                "source": "a",
                "target": "a",
                "rule": {"fixed_indegree": {"indegree": indegree}},
            }
        ],
    )


class _Busy:
    """An account's calls. What has been answered is counted."""

    def __init__(self, address: str, token: str, answered: Any) -> None:
        self._address = address
        self._metadata = [("authorization", f"Bearer {token}")] if token else []
        self._answered = answered
        self._lock = threading.Lock()
        self._wires: list[Wire] = []

    def _channel(self) -> Any:
        return grpc.insecure_channel(self._address, [("grpc.use_local_subchannel_pool", 1)])

    def _connect(self) -> dict[str, Any]:
        by_service = stubs(self._channel())
        return {name: getattr(by_service[one.service], name) for name, one in METHODS.items()}

    def _ask(self, methods: dict[str, Any], name: str, **fields: Any) -> Any:
        return methods[name](METHODS[name].request(**fields), metadata=self._metadata)

    def _sessions(self, methods: dict[str, Any], count: int, specification: Any) -> list[str]:
        names = [self._ask(methods, "CreateSession").session.name for _ in range(count)]
        for name in names:
            self._ask(
                methods, "CreateNetwork", session=name, network="net", specification=specification
            )
        return names

    def _keep_asking(
        self, methods: dict[str, Any], following: Callable[[Any], tuple[str, Any]], over: Any = None
    ) -> None:
        """Asks what follows upon each answer or error, and at first: a method and a request."""

        def go_on(over: Any) -> None:
            with self._lock:
                self._answered.value += 1
            self._keep_asking(methods, following, over)

        name, request = following(over)
        methods[name].future(request, metadata=self._metadata).add_done_callback(go_on)

    def _keep_asking_in_turn(
        self, methods: dict[str, Any], requests: Iterable[tuple[str, Any]]
    ) -> None:
        turns = itertools.cycle(requests)
        self._keep_asking(methods, lambda _: next(turns))

    def steps(self) -> None:
        """Hour-long steps of many sessions, and many connections that do nothing."""
        self._wires = [Wire(self._address) for _ in range(_IDLE_CONNECTIONS)]
        for wire in self._wires:
            wire.greet()
        methods = self._connect()
        for session in self._sessions(methods, _SESSIONS, _SMALL):
            step = v1.StepRequest(session=session, duration_ms=_HOUR)
            self._keep_asking_in_turn(methods, [("Step", step)])
        # None of them is answered for long.
        self._answered.value += 1

    def builds(self) -> None:
        """Networks of 10^6 synapses, deleted as soon as they are there."""
        methods = self._connect()
        for session in self._sessions(methods, 8, _SMALL):
            build = v1.CreateNetworkRequest(
                session=session, network="big", specification=_network(10_000, 100)
            )
            remove = v1.DeleteNetworkRequest(session=session, network="big")
            self._keep_asking_in_turn(
                methods, [("CreateNetwork", build), ("DeleteNetwork", remove)]
            )

    def reads(self) -> None:
        """10^7 weights, page after page."""
        methods = self._connect()
        (session,) = self._sessions(methods, 1, _network(10_000, 1000))

        def following(over: Any) -> tuple[str, Any]:
            token = "" if over is None or over.exception() else over.result().next_page_token
            return "GetWeights", v1.GetWeightsRequest(
                session=session, projection="net/p", page_token=token
            )

        for _ in range(_CONNECTIONS):
            self._keep_asking(self._connect(), following)

    def refusals(self) -> None:
        """Large requests that are refused."""
        request = v1.CreateNetworkRequest(session="sessions/none", network="net")
        for _ in range(_POPULATIONS):
            request.specification.populations.add()
        # Written once: this one is not to be busy itself.
        written = request.SerializeToString()
        for _ in range(_CONNECTIONS):
            methods = {"CreateNetwork": self._channel().unary_unary(_CREATE_NETWORK)}
            for _ in range(_WAITING):
                self._keep_asking_in_turn(methods, [("CreateNetwork", written)])


KINDS = ("steps", "builds", "reads", "refusals")


def _be_busy(kind: str, address: str, token: str, answered: Any) -> None:
    getattr(_Busy(address, token, answered), kind)()
    threading.Event().wait()


@contextlib.contextmanager
def busy(kind: str, address: str, token: str) -> Iterator[Any]:
    """Keeps the server busy meanwhile, with one of KINDS. Yields the count of answers."""
    spawn = multiprocessing.get_context("spawn")  # a fork would take gRPC's threads for granted
    answered = spawn.Value("Q", 0, lock=False)
    process = spawn.Process(target=_be_busy, args=(kind, address, token, answered), daemon=True)
    process.start()
    try:
        yield answered
    finally:
        process.kill()
        process.join()
