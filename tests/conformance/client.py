"""Calling a server: a client with a connection of its own, and the session of a test."""

from __future__ import annotations

import os
import queue
import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any

import grpc

import connect
from contract import METHODS, stubs, v1

# For calls that are to be answered at once, on however busy a machine: a call
# that takes longer fails its test instead of stopping the suite.
TIMEOUT_S = 60.0


# What opens or makes something that is to be deleted in the end.
_CREATORS = {"CreateSession", "RestoreSession", "ForkSession", "PutAccount"}


class _OneAnswer:
    """A call with several requests and one answer, as other streams are."""

    def __init__(self, call: Any) -> None:
        self._call = call

    def __iter__(self) -> Iterator[Any]:
        yield self._call.result()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call, name)


class Client:
    """A connection of its own to a server, with the methods of the contract on it.

    `client.GetSession(session="sessions/x")` calls GetSession with a request of
    these fields; a request may be given as a whole instead.
    """

    def __init__(self, address: str, *, token: str | None = None) -> None:
        # Who calls: whoever the token stands for; over a Unix socket, its owner.
        token = os.environ.get("SPIKED_TOKEN") if token is None else token
        if connect.is_connect(address):
            self.channel: Any = connect.Channel(address)
            token = self.channel.token if token is None else token
        else:
            # Without sharing connections, so that this client is another one than the next.
            options = [("grpc.use_local_subchannel_pool", 1)]
            self.channel = grpc.insecure_channel(address, options=options)
        tcp = not address.startswith("unix:")
        self._metadata = [("authorization", f"Bearer {token}")] if token and tcp else []
        self._creations: list[Any] = []
        by_service = stubs(self.channel)
        self.health = by_service["grpc.health.v1.Health"]
        self.reflection = by_service["grpc.reflection.v1alpha.ServerReflection"]
        self._methods = {
            name: getattr(by_service[method.service], name) for name, method in METHODS.items()
        }

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if not METHODS[name].unary:
            raise AttributeError(f"{name} is no unary method: use stream")
        return lambda request=None, **fields: self.start(name, request, **fields).result()

    def start(
        self,
        name: str,
        request: Any = None,
        /,
        timeout: float | None = TIMEOUT_S,
        compression: grpc.Compression | None = None,
        metadata: list[tuple[str, str]] | None = None,
        **fields: Any,
    ) -> Any:
        """Starts a unary call and returns it: a future with the call's metadata."""
        if request is None:
            request = METHODS[name].request(**fields)
        else:
            assert not fields, "a request is given as a whole or field by field"
        call = self._methods[name].future(
            request,
            timeout=timeout,
            compression=compression,
            metadata=self._metadata if metadata is None else metadata,
        )
        if name in _CREATORS:
            self._creations.append(call)
        return call

    def new_account(self, role: str = "ROLE_USER", **quotas: int) -> str:
        """Makes an account; its name."""
        name = f"conformance-{secrets.token_hex(8)}"
        self.PutAccount(account=name, role=role, quotas=quotas)
        return name

    def delete_created(self) -> None:
        """Deletes the sessions and accounts that were created through this client."""
        for creation in self._creations:
            if creation.exception() is not None:
                continue
            created = creation.result()
            if hasattr(created, "session"):
                name, request = "DeleteSession", {"session": created.session.name}
            else:
                name, request = "DeleteAccount", {"account": created.account.name}
            self.start(name, **request).exception()  # some are gone already
        self._creations.clear()

    def stream(
        self,
        name: str,
        requests: Iterator[Any] | Any,
        timeout: float | None = TIMEOUT_S,
        compression: grpc.Compression | None = None,
    ) -> Any:
        """Opens a stream: the call, an iterator over the answers."""
        options = {"timeout": timeout, "metadata": self._metadata, "compression": compression}
        method: Any = self._methods[name]
        if METHODS[name].server_streaming:
            return method(requests, **options)
        call = method.future(requests, **options)
        if name in _CREATORS:
            self._creations.append(call)
        return _OneAnswer(call)

    def save(self, session: str) -> bytes:
        """A session as SaveSession returns it."""
        request = METHODS["SaveSession"].request(session=session)
        return b"".join(part.data for part in self.stream("SaveSession", request))

    def restore(self, saved: bytes, piece: int = 1 << 20, **fields: Any) -> Any:
        """A session that goes on from a saved one, sent in pieces."""
        message = METHODS["RestoreSession"].request
        pieces = [saved[k : k + piece] for k in range(0, len(saved), piece)]
        requests = [message(data=pieces[0] if pieces else b"", **fields)]
        requests += [message(data=data) for data in pieces[1:]]
        (answer,) = self.stream("RestoreSession", iter(requests))
        return answer.session

    def send_bytes(self, path: str, request: bytes) -> Any:
        """Sends what may be no message at all; returns the call, which has ended."""
        send: Any = self.channel.unary_unary(path)
        call = send.future(request, timeout=TIMEOUT_S, metadata=self._metadata)
        call.exception()
        return call

    def sent_bytes(self, request: Any) -> int:
        """How many bytes a request is on its way."""
        if isinstance(self.channel, connect.Channel):
            return self.channel.sent_bytes(request)
        size: int = request.ByteSize()
        return size

    def close(self) -> None:
        self.channel.close()


class Session:
    """A session of a test. Calls made through it name the session themselves."""

    def __init__(self, client: Client, description: Any) -> None:
        self.client = client
        self.name: str = description.name

    def __getattr__(self, method: str) -> Callable[..., Any]:
        call = getattr(self.client, method)
        return lambda **fields: call(session=self.name, **fields)

    def step(self, duration_ms: float, **fields: Any) -> Any:
        return self.client.Step(session=self.name, duration_ms=duration_ms, **fields)

    def start(self, method: str, /, timeout: float | None = TIMEOUT_S, **fields: Any) -> Any:
        return self.client.start(method, timeout=timeout, session=self.name, **fields)

    def start_endless_step(self, timeout: float | None = None, **fields: Any) -> Any:
        """Starts a step that is not over before it is halted; returns when it runs."""
        longest = self.client.GetServerInfo().limits.max_step_ms
        begin = self.describe().time_ms
        call = self.start("Step", timeout=timeout, duration_ms=longest, **fields)
        wait_until(lambda: call.done() or self.describe().time_ms > begin)
        assert not call.done(), "a step of the longest duration is over at once"
        return call

    def describe(self) -> Any:
        return self.client.GetSession(session=self.name).session

    def time_ms(self) -> float:
        time_ms: float = self.describe().time_ms
        return time_ms

    def halt(self) -> bool:
        stepping: bool = self.client.HaltSession(session=self.name).stepping
        return stepping


class StepStream:
    """A stream of steps whose requests are sent one by one."""

    def __init__(self, client: Client, timeout: float | None = TIMEOUT_S) -> None:
        self._requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.call = client.stream("StepStream", iter(self._requests.get, None), timeout)
        self.call.add_callback(self.close)  # however it ends, nobody waits for requests

    def send(self, **fields: Any) -> None:
        self._requests.put(v1.StepStreamRequest(step=fields))

    def close(self) -> None:
        """No more requests follow."""
        self._requests.put(None)

    def receive(self) -> Any:
        return next(self.call).step

    def answers_until_error(self) -> Iterator[Any]:
        """The answers that are still to come, until the stream ends in whichever way."""
        try:
            for answer in self.call:
                yield answer.step
        except grpc.RpcError:
            return

    def step(self, **fields: Any) -> Any:
        self.send(**fields)
        return self.receive()

    def end(self) -> None:
        """Closes; expects that the stream then ends well, without further answers."""
        self.close()
        assert list(self.call) == []
        assert self.call.code() == grpc.StatusCode.OK


def wait_until(condition: Callable[[], bool], patience_s: float = TIMEOUT_S) -> None:
    deadline = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("it did not happen")
        time.sleep(0.002)
