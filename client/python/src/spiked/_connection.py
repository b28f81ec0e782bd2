"""The channel that a client and its sessions share: requests in, responses out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc

from spiked import errors
from spiked._address import channel_credentials, default_token
from spiked._interrupt import OnInterrupt
from spiked._methods import GET_SERVER_INFO, Method, Request, Response
from spiked.v1 import catalog_service_pb2 as catalog_pb2

#: Seconds after which a call that should be quick is given up.
CALL_TIMEOUT_S = 60.0
_INSTANCE_KEY = "spiked-instance"

CHANNEL_OPTIONS = [
    # What is large is large because it was asked for; gRPC's default of 4 MB would refuse the
    # weights of a thousand by a thousand neurons.
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    # A server that is just starting is found soon, one that restarts within a second.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # A new channel does not wait for what another one waits for.
    ("grpc.use_local_subchannel_pool", 1),
    # A step may rightly take hours. Pings tell a slow server from one that is gone; servers
    # refuse them more often than every 5 minutes.
    ("grpc.keepalive_time_ms", 330_000),
    ("grpc.keepalive_timeout_ms", 20_000),
]


def call_metadata(token: str | None) -> tuple[tuple[str, str], ...]:
    """What goes along with every call."""
    return (("authorization", f"Bearer {token}"),) if token else ()


class Instance:
    """The instance of a server: drawn anew when it starts, named in every answer."""

    def __init__(self) -> None:
        #: According to the last answer; empty before the first.
        self.id = ""

    def note(self, metadata: Any) -> None:
        """Takes down the instance that the initial metadata of an answer names."""
        for key, value in metadata or ():
            if key == _INSTANCE_KEY:
                self.id = value


class Connection:
    """A channel to a server. Several threads may use it."""

    def __init__(self, address: str, token: str | None) -> None:
        if not address:
            raise ValueError("the address of the server is empty")
        self.address = address
        self._metadata = call_metadata(default_token(address) if token is None else token)
        self._credentials = channel_credentials(address)
        self._noted = Instance()
        self._open()

    def _open(self) -> None:
        if self._credentials is None:
            self._channel = grpc.insecure_channel(self.address, options=CHANNEL_OPTIONS)
        else:
            self._channel = grpc.secure_channel(
                self.address, self._credentials, options=CHANNEL_OPTIONS
            )
        self._stubs: dict[str, Any] = {}

    def renew(self) -> None:
        """Has the next call try at once; this channel might wait for seconds before.

        gRPC for Python looks after its connections only while there are calls.
        """
        self._open()

    @property
    def instance(self) -> str:
        """The server's instance according to its last answer."""
        return self._noted.id

    def note_instance(self, metadata: Any) -> None:
        """Takes down the instance that the initial metadata of an answer names."""
        self._noted.note(metadata)

    def call(
        self,
        method: Method[Request, Response],
        request: Request,
        timeout_s: float | None = CALL_TIMEOUT_S,
        *,
        wait_for_ready: bool = False,
    ) -> Any:
        """Carries out a call; without a timeout it takes as long as it takes.

        Where the answer comes in parts, a list of them is returned. With `wait_for_ready` it
        waits for a server to come, rather than fail at once.
        """
        stubs = self._stubs
        stub = stubs.get(method.path)
        if stub is None:
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
            stubs[method.path] = stub
        options = {
            "timeout": timeout_s,
            "metadata": self._metadata,
            "wait_for_ready": wait_for_ready,
        }
        carry_out = _carry_out_in_parts if method.in_parts else _carry_out
        given: Any = request
        if method.in_pieces:
            given, request = iter(given), given[0]  # errors are of the first
        try:
            response, call = carry_out(stub, given, options)
        except grpc.RpcError as error:
            self.note_instance(error.initial_metadata())  # type: ignore[attr-defined]
            failed = errors.from_rpc(error, address=self.address, request=request)
            if isinstance(failed, errors.Unavailable) and not failed.reason:
                self.renew()
            raise failed from None
        self.note_instance(call.initial_metadata())
        return response

    def stream(self, method: Method[Request, Response], requests: Iterator[Request]) -> Any:
        """Opens a stream in both directions: an iterator of responses that can be cancelled."""
        stub: Any = self._channel.stream_stream(
            method.path,
            request_serializer=method.request.SerializeToString,
            response_deserializer=method.response.FromString,
        )
        with OnInterrupt() as interrupt:
            call = stub(requests, metadata=self._metadata)
        if interrupt.interrupted:
            call.cancel()
            raise KeyboardInterrupt
        return call

    def watch(self, method: Method[Request, Response], request: Request) -> Any:
        """Opens a call whose answer goes on: an iterator of responses that can be cancelled."""
        stub: Any = self._channel.unary_stream(
            method.path,
            request_serializer=method.request.SerializeToString,
            response_deserializer=method.response.FromString,
        )
        return stub(request, metadata=self._metadata)

    def wait_for_server(self, timeout_s: float) -> catalog_pb2.GetServerInfoResponse:
        """Waits until a server answers."""
        request = catalog_pb2.GetServerInfoRequest()
        response: catalog_pb2.GetServerInfoResponse
        try:
            response = self.call(GET_SERVER_INFO, request, timeout_s)
        except errors.Unavailable as error:
            try:
                response = self.call(GET_SERVER_INFO, request, timeout_s, wait_for_ready=True)
            except errors.DeadlineExceeded:
                raise error from None  # it says why there is no connection
        return response

    def close(self) -> None:
        """Closes the channel; calls under way are cancelled."""
        self._channel.close()


def _carry_out(stub: Any, request: Any, options: dict[str, Any]) -> tuple[Any, Any]:
    """The response to a call, and the call; Ctrl-C cancels it."""
    with OnInterrupt() as interrupt:
        if not interrupt.armed:
            response, call = stub.with_call(request, **options)
            return response, call
        call = stub.future(request, **options)
        interrupt.stop = call.cancel
        try:
            response = call.result()
        except (grpc.FutureCancelledError, grpc.RpcError):
            if not interrupt.interrupted:
                raise
    if interrupt.interrupted:
        raise KeyboardInterrupt
    return response, call


def _carry_out_in_parts(stub: Any, request: Any, options: dict[str, Any]) -> tuple[list[Any], Any]:
    """The parts of the answer to a call, and the call; Ctrl-C cancels it."""
    parts: list[Any] = []
    with OnInterrupt() as interrupt:
        call = stub(request, **options)
        interrupt.stop = call.cancel
        try:
            parts = list(call)
        except grpc.RpcError:
            if not interrupt.interrupted:
                raise
    if interrupt.interrupted:
        raise KeyboardInterrupt
    return parts, call
