"""A server among hostile clients of all kinds, for minutes, and a decent client beside them.

Prints how long the decent client waits, how often gRPC gave up a stream or call of its, and what
memory the server has before, during and after; fails if the decent client is not served, or memory
does not come back.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import pathlib
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

_TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.dont_write_bytecode = True
sys.path[:0] = [str(_TESTS / "conformance"), str(_TESTS / "hostile")]

import grpc  # noqa: E402

from client import Client, Session, StepStream, wait_until  # noqa: E402
from contract import v1  # noqa: E402
from rubbish import HEADERS_WITHOUT_END, RUBBISH, bomb  # noqa: E402
from server import Server  # noqa: E402
from wire import (  # noqa: E402
    CANCEL,
    DATA,
    HEADERS,
    INITIAL_WINDOW_SIZE,
    PING,
    RST_STREAM,
    STEP_STREAM,
    Wire,
    call_headers,
    frame,
    last_data,
    message,
    open_call,
)

_MIB = 1 << 20
_MEMORY_MIB = 64  # that the server is allowed
# What a server has beside that (server/README.md), and what it may keep afterwards.
_BASE_MIB, _KEPT_MIB = 320, 32
# A call that is not answered until then is not served.
_PATIENCE_S = 10.0
_CREATE_NETWORK = "/spiked.v1.SimulationService/CreateNetwork"
_LIST_MODELS = "/spiked.v1.CatalogService/ListModels"
_STEP = "/spiked.v1.SimulationService/Step"
_HOUR = 3_600_000.0  # of biological time, in ms


class Attacker:
    """Does all that it can think of, one thing after the other."""

    def __init__(self, address: str, token: str, session: str, seed: int) -> None:
        self._address = address
        self._headers = {"authorization": f"Bearer {token}"}
        self._step = v1.StepRequest(session=session, duration_ms=_HOUR).SerializeToString()
        self._random = random.Random(seed)
        self._bomb = message(bomb(256), compressed=True)

    def attacks(self) -> list[Callable[[], None]]:
        return [
            self.connections,
            self.streams,
            self.half_open_streams,
            self.rubbish,
            self.headers_without_end,
            self.slow_headers,
            self.rapid_resets,
            self.compressed_bomb,
            self.oversized_message,
            self.false_claims,
            self.pings,
            self.answers_not_read,
            self.calls_without_end,
            self.death_in_mid_step,
        ]

    def attack(self) -> str:
        attack = self._random.choice(self.attacks())
        # Until the server has had enough, or there are no more files.
        with contextlib.suppress(OSError):
            attack()
        return attack.__name__

    def _open(self, stream: int, path: str, **more: str) -> bytes:
        return open_call(stream, path, **self._headers, **more)

    def _greeted(self) -> Wire:
        wire = Wire(self._address, timeout_s=2)
        wire.greet()
        return wire

    def connections(self) -> None:
        wires = []
        for k in range(500):
            wires.append(Wire(self._address, timeout_s=2))
            if k % 2 == 0:
                wires[-1].greet()
        time.sleep(0.2)
        for wire in wires:
            wire.close()

    def streams(self) -> None:
        wire = self._greeted()
        wire.send(b"".join(self._open(2 * k + 1, STEP_STREAM) for k in range(2000)))
        time.sleep(0.2)
        wire.close()

    def half_open_streams(self) -> None:
        wire = self._greeted()
        half = message(b"x" * 64)[:30]
        for k in range(500):
            wire.send(self._open(2 * k + 1, STEP_STREAM) + frame(DATA, 0, 2 * k + 1, half))
        wire.close()

    def rubbish(self) -> None:
        wire = Wire(self._address, timeout_s=2)
        wire.send(self._random.choice(list(RUBBISH.values())))
        wire.send(self._random.randbytes(10_000))
        wire.close()

    def headers_without_end(self) -> None:
        begin, more = self._random.choice(list(HEADERS_WITHOUT_END.values()))
        wire = self._greeted()
        wire.send(begin)
        for _ in range(1000):
            if not wire.send(more):
                break
        wire.close()

    def slow_headers(self) -> None:
        wire = self._greeted()
        headers = frame(HEADERS, 0, 1, call_headers(STEP_STREAM, **self._headers))
        for byte in headers[: self._random.randrange(len(headers))]:
            wire.send(bytes([byte]))
            time.sleep(0.002)
        wire.close()

    def rapid_resets(self) -> None:
        wire = self._greeted()
        reset = CANCEL.to_bytes(4, "big")
        for batch in range(10):
            calls = b""
            for k in range(300):
                stream = 2 * (300 * batch + k) + 1
                path = self._random.choice([STEP_STREAM, _LIST_MODELS, "/none/None"])
                calls += self._open(stream, path) + frame(RST_STREAM, 0, stream, reset)
            if not wire.send(calls):
                break
        wire.close()

    def compressed_bomb(self) -> None:
        wire = self._greeted()
        encoding = self._random.choice(["deflate", "gzip"])
        wire.send(self._open(1, _CREATE_NETWORK, grpc_encoding=encoding))
        wire.send_data(1, self._bomb)
        wire.close()

    def oversized_message(self) -> None:
        wire = self._greeted()
        wire.send(self._open(1, _CREATE_NETWORK))
        wire.send_data(1, message(bytes(32 * _MIB)))
        wire.close()

    def false_claims(self) -> None:
        """Messages that name more bytes than come."""
        wire = self._greeted()
        for k in range(20):
            claim = b"\0\x03\xff\xff\xff" + b"x" * 1000
            wire.send(self._open(2 * k + 1, _CREATE_NETWORK) + frame(DATA, 0, 2 * k + 1, claim))
        time.sleep(0.1)
        wire.close()

    def pings(self) -> None:
        wire = self._greeted()
        for _ in range(20):
            if not wire.send(500 * frame(PING, 0, 0, bytes(8))):
                break
        wire.close()

    def answers_not_read(self) -> None:
        wire = Wire(self._address, timeout_s=2)
        wire.greet([(INITIAL_WINDOW_SIZE, self._random.choice([0, 100, 1 << 20]))])
        for k in range(500):
            wire.send(self._open(2 * k + 1, _LIST_MODELS) + last_data(2 * k + 1, message(b"")))
        time.sleep(0.1)
        wire.close()

    def calls_without_end(self) -> None:
        """Small ones whose answers, and our settings, are never looked at."""
        wire = Wire(self._address, timeout_s=2)
        wire.greet()
        for k in range(0, 20_000, 100):
            calls = b""
            for stream in range(2 * k + 1, 2 * k + 201, 2):
                calls += self._open(stream, _LIST_MODELS) + last_data(stream, message(b""))
            if not wire.send(calls):
                break
        time.sleep(0.2)
        wire.close()

    def death_in_mid_step(self) -> None:
        wire = self._greeted()
        wire.send(self._open(1, _STEP) + last_data(1, message(self._step)))
        time.sleep(self._random.uniform(0, 0.1))
        wire.close()


def _attack(address: str, token: str, session: str, seed: int, end: float, counts: Any) -> None:
    os.nice(19)  # they are not to take the cores from the server whose delays are measured
    attacker = Attacker(address, token, session, seed)
    done: dict[str, int] = {}
    while time.monotonic() < end:
        name = attacker.attack()
        done[name] = done.get(name, 0) + 1
    counts.put(done)


class Decent:
    """Polls over a stream, and comes anew every now and then."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._client = Client(server.address)
        self._session = Session(self._client, self._client.CreateSession().session)
        network = v1.NetworkSpecification(
            populations=[{"name": "a", "model": "iaf_psc_exp", "size": 20}]
        )
        self._session.CreateNetwork(network="net", specification=network)
        self._stream = self._open()
        self._time_ms = 0.0
        self.given_up = 0  # streams and calls that gRPC gave up for want of memory

    def _open(self) -> StepStream:
        return StepStream(self._client, timeout=None)

    def poll(self) -> float:
        """How long a poll of 200 ms takes, in seconds."""
        begin = time.monotonic()
        before_ms = self._time_ms
        try:
            answer = self._stream.step(session=self._session.name, duration_ms=200)
            self._time_ms = answer.time_ms
            assert self._time_ms == before_ms + 200, "the session is not where it was"
        except grpc.RpcError as error:
            self._forgive(error)
            self._stream = self._open()
            self._time_ms = self._patiently(self._session.GetSession).session.time_ms
            assert before_ms <= self._time_ms <= before_ms + 200, "the session is not where it was"
        return time.monotonic() - begin

    def come_anew(self) -> float:
        begin = time.monotonic()
        client = Client(self._server.address)
        self._patiently(client.GetServerInfo)
        client.close()
        return time.monotonic() - begin

    def _patiently(self, call: Callable[..., Any]) -> Any:
        """Does as clients do, which try again."""
        end = time.monotonic() + _PATIENCE_S
        while True:
            try:
                return call(timeout=_PATIENCE_S)
            except grpc.RpcError as error:
                self._forgive(error)
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def _forgive(self, error: Any) -> None:
        if error.code() not in (grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAVAILABLE):
            raise error
        self.given_up += 1

    def close(self) -> None:
        self._stream.call.cancel()
        self._client.close()


def _measure(title: str, decent: Decent, server: Server, end: float) -> None:
    """Uses the server until then, and prints how it went."""
    polls, visits, memory = [], [], []
    while time.monotonic() < end:
        polls.append(decent.poll())
        if len(polls) % 20 == 1:
            visits.append(decent.come_anew())
        memory.append(server.memory_bytes())
        time.sleep(0.005)
    for name, times in (("polls", polls), ("visits", visits)):
        ms = sorted(1000 * seconds for seconds in times)
        print(
            f"{title}: {len(ms)} {name}: median {statistics.median(ms):.2f} ms, "
            f"p99 {ms[int(0.99 * (len(ms) - 1))]:.2f} ms, max {ms[-1]:.2f} ms"
        )
    print(f"{title}: memory at most {max(memory) / _MIB:.0f} MiB, last {memory[-1] / _MIB:.0f} MiB")
    print(f"{title}: given up by gRPC so far: {decent.given_up}")
    assert max(polls + visits) < _PATIENCE_S, "it was not served"
    sys.stdout.flush()


def _hostile_account(owner: Client) -> tuple[str, str]:
    """One with half of the memory: its token, and a session of its own."""
    owner.PutAccount(
        account="mallory", role="ROLE_USER", quotas={"memory_bytes": _MEMORY_MIB * _MIB // 2}
    )
    token = owner.CreateToken(account="mallory").token
    theirs = [("authorization", f"Bearer {token}")]
    return token, owner.start("CreateSession", metadata=theirs).result().session.name


def _soak(server: Server, seconds: float, processes: int) -> None:
    decent = Decent(server)
    owner = Client(server.address)
    token, session = _hostile_account(owner)
    # A fork would take gRPC's threads for granted.
    spawn = multiprocessing.get_context("spawn")
    counts = spawn.Queue()
    beside = max(2.0, seconds / 10)
    _measure("before", decent, server, time.monotonic() + beside)
    before = server.memory_bytes()
    end = time.monotonic() + seconds
    attackers = [
        spawn.Process(
            target=_attack,
            args=(server.address, token, session, seed, end, counts),
            daemon=True,
        )
        for seed in range(processes)
    ]
    for attacker in attackers:
        attacker.start()
    _measure("attacked", decent, server, end)
    done: dict[str, int] = {}
    for attacker in attackers:
        for name, count in counts.get(timeout=60).items():
            done[name] = done.get(name, 0) + count
        attacker.join()
    print("attacks: " + ", ".join(f"{count} {name}" for name, count in sorted(done.items())))
    wait_until(lambda: server.memory_bytes() < before + _KEPT_MIB * _MIB)
    _measure("after", decent, server, time.monotonic() + beside)
    assert server.memory_bytes() < before + _KEPT_MIB * _MIB, "memory has not come back"
    peak = server.peak_memory_bytes()
    print(f"memory at its peak: {peak / _MIB:.0f} MiB")
    assert peak < (_MEMORY_MIB + _BASE_MIB) * _MIB, "the server took more than it may"
    decent.close()
    owner.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True, help="the program to start as the server")
    parser.add_argument("--seconds", type=float, default=300, help="how long it is attacked")
    parser.add_argument("--attackers", type=int, default=4, help="how many processes do so")
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    server = Server(options.server, "--max-memory-mib", str(_MEMORY_MIB))
    try:
        _soak(server, options.seconds, options.attackers)
    finally:
        status = server.stop()
    assert status == 0, server.log()


if __name__ == "__main__":
    try:
        main()
    except (AssertionError, grpc.RpcError) as error:
        sys.exit(f"failed: {error}")
