"""A stream of steps: one round trip a step."""

from __future__ import annotations

import queue
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

import grpc

from spiked import _plans, _requests, errors
from spiked._attempts import Attempts
from spiked._connection import Connection
from spiked._interrupt import OnInterrupt
from spiked._methods import STEP_STREAM
from spiked._plans import SessionPlans
from spiked.inputs import Inputs, Rewards
from spiked.readout import ReadoutLike
from spiked.step_result import StepResult, interrupted
from spiked.v1 import simulation_service_pb2 as simulation_pb2


class StepStream:
    """A stream of steps of one session; ``session.stream()`` opens one.

    A step that fails ends the stream and leaves the session as it was; open a new one to go on.
    Where the session survives its server, so does a step: it is sent again when the server is
    back, and carried out once. Several threads may step one stream, one after the other.
    """

    def __init__(
        self, connection: Connection, plans: SessionPlans, halt: Callable[[], object]
    ) -> None:
        self._connection = connection
        self._plans = plans
        self._halt = halt
        self._turn = threading.Lock()
        self._closed = False
        self._open()

    def _open(self) -> None:
        self._requests: queue.SimpleQueue[simulation_pb2.StepStreamRequest | None]
        self._requests = queue.SimpleQueue()
        # None ends the requests.
        requests: Iterator[simulation_pb2.StepStreamRequest] = iter(self._requests.get, None)
        self._call: Any = self._connection.stream(STEP_STREAM, requests)
        # A stream that is dropped must not keep gRPC's thread waiting.
        weakref.finalize(self, self._requests.put, None)
        self._instance_noted = False

    def step(
        self,
        duration_ms: float,
        *,
        inputs: Inputs | None = None,
        rewards: Rewards | None = None,
        read: ReadoutLike | None = None,
        expected_time_ms: float | None = None,
        request_id: str | None = None,
    ) -> StepResult:
        """Lets time pass, as :meth:`spiked.Session.step` does."""
        request = simulation_pb2.StepStreamRequest(
            step=_requests.step(
                self._plans.name, duration_ms, inputs, rewards, read, expected_time_ms, request_id
            )
        )
        with OnInterrupt(self._halt) as interrupt:
            with self._turn:
                response = self._exchange(request)
            plan = self._plans.finish_step(response.step)
            result = _plans.run(self._connection, plan)
        if interrupt.interrupted:
            raise interrupted(self._plans.name, result)
        return result

    def _exchange(
        self, request: simulation_pb2.StepStreamRequest
    ) -> simulation_pb2.StepStreamResponse:
        if self._closed:
            raise errors.SpikedError("the stream of steps is closed; open a new one")
        self._plans.name_step(request.step)
        attempts = Attempts()
        while True:
            try:
                return self._round_trip(request)
            except errors.Unavailable as error:
                pause_s = attempts.pause_s(error) if self._plans.survives else None
                if pause_s is None:
                    raise
                time.sleep(pause_s)
                self._connection.renew()
                self._open()
                self._closed = False

    def _round_trip(
        self, request: simulation_pb2.StepStreamRequest
    ) -> simulation_pb2.StepStreamResponse:
        try:
            self._requests.put(request)
            response: simulation_pb2.StepStreamResponse = next(self._call)
        except StopIteration:
            self._closed = True
            raise errors.Unavailable("the server closed the stream of steps") from None
        except grpc.RpcError as error:
            self.close()
            self._connection.note_instance(self._call.initial_metadata())
            failed = errors.from_rpc(error, address=self._connection.address, request=request)
            raise self._plans.explain(failed) from None
        except BaseException:
            # A second Ctrl-C, in the middle of it: the answer is lost.
            self.cancel()
            raise
        if not self._instance_noted:
            self._connection.note_instance(self._call.initial_metadata())
            self._instance_noted = True
        return response

    def close(self) -> None:
        """Ends the stream; the session stays."""
        if not self._closed:
            self._closed = True
            self._requests.put(None)

    def cancel(self) -> None:
        """Ends the stream at once, from another thread, too; a step under way is halted."""
        self.close()
        self._call.cancel()

    def __enter__(self) -> StepStream:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "closed" if self._closed else "open"
        return f"StepStream of {self._plans.name}: {state}"
