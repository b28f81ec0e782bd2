"""What it costs to watch, and to call over HTTP: ./dev bench web.

Watches sessions as the page does: over WebSocket, all their spikes, 30 frames a second;
and over gRPC. Then makes the same call over gRPC and by Connect, in turn.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import http.client
import itertools
import json
import math
import os
import pathlib
import statistics
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any

import grpc
from google.protobuf import struct_pb2

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/conformance"))

from client import Client, Session, StepStream  # noqa: E402
from connect import BINARY, WebSocket  # noqa: E402
from contract import v1  # noqa: E402
from server import Server  # noqa: E402

FRAME_RATE_HZ = 30
WATCH = "/spiked.v1.SimulationService/WatchSession"
STEP = "/spiked.v1.SimulationService/Step"
TICKS = os.sysconf("SC_CLK_TCK")

# As the page's example: a thousand neurons that fire some times a second each.
CORTEX: Any = {
    "populations": [
        *(
            {
                "name": name,
                "model": "iaf_psc_exp",
                "size": size,
                "parameters": {"V_th": v1.Value(number=-50)},
                "record_spikes": True,
                "record_limit": 100_000,
            }
            for name, size in (("E", 800), ("I", 200))
        ),
        {
            "name": "drive",
            "model": "poisson_generator",
            "size": 1,
            "parameters": {"rate": v1.Value(number=4000)},
        },
    ],
    "projections": [
        {
            "name": f"{source}_{target}",
            "source": source,
            "target": target,
            "rule": {"fixed_indegree": {"indegree": number}}
            if number
            else {"all_to_all": {}},
            "weight": {"number": weight},
            "delay_ms": {"number": 1.5},
        }
        for source, number, weight in (("drive", 0, 60), ("E", 80, 20), ("I", 20, -150))
        for target in ("E", "I")
    ],
}
MATCH: Any = {
    side: {
        "name": "pong/rstdp",
        "options": {"fields": {"noise": struct_pb2.Value(bool_value=noise)}},
    }
    for side, noise in (("left", True), ("right", False))
}


def processor_seconds(pid: int) -> float:
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def lost_of(frame: bytes) -> int:
    """The field lost_frames of a frame, which stands before all that is long."""
    at = 0
    while at < len(frame):
        tag = frame[at]
        at += 1
        if tag & 7 == 1:
            at += 8
            continue
        if tag & 7 != 0:
            return 0
        value = shift = 0
        while True:
            byte = frame[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        if tag >> 3 == 5:
            return value
    return 0


class Watcher:
    """Reads frames as fast as they come."""

    def __init__(self, frames: Iterator[bytes], close: Callable[[], None]) -> None:
        self._frames, self._close = frames, close
        self.frames = self.bytes = self.lost = 0
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError, grpc.RpcError):
            for frame in self._frames:
                self.frames += 1
                self.bytes += len(frame)
                self.lost += lost_of(frame)

    def counts(self) -> tuple[int, int, int]:
        return self.frames, self.bytes, self.lost

    def close(self) -> None:
        self._close()
        self._thread.join()


def watch_request(session: str) -> Any:
    return v1.WatchSessionRequest(
        session=session, max_rate_hz=FRAME_RATE_HZ, readout={"spikes": ["*"]}
    )


def over_web_socket(server: Server, session: str) -> Watcher:
    url = urllib.parse.urlsplit(server.web_address)
    assert url.hostname is not None
    assert url.port is not None
    token = {"authorization": f"Bearer {server.owner_token}"}
    ws = WebSocket(url.hostname, url.port, WATCH, token)
    ws.send(BINARY, watch_request(session).SerializeToString())

    def frames() -> Iterator[bytes]:
        while True:
            kind, data = ws.receive()
            if kind == BINARY:
                yield data

    return Watcher(frames(), ws.abort)


def over_grpc(server: Server, session: str) -> Watcher:
    # Each with a connection of its own.
    options = [("grpc.use_local_subchannel_pool", 1)]
    channel = grpc.insecure_channel(server.address, options=options)
    # As with WebSocket nothing is made of the bytes.
    watch = channel.unary_stream(
        WATCH,
        request_serializer=v1.WatchSessionRequest.SerializeToString,
        response_deserializer=None,
    )
    return Watcher(watch(watch_request(session)), channel.close)


class Driver:
    """Lets a session's time pass, one step after the other, no faster than that."""

    def __init__(self, client: Client, session: str, speed: float) -> None:
        self._stopping = False
        self._thread = threading.Thread(target=self._run, args=(client, session, speed))
        self._thread.start()

    def _run(self, client: Client, session: str, speed: float) -> None:
        step_ms = min(20 * speed, 200)
        stream = StepStream(client, timeout=None)
        due = time.monotonic()
        while not self._stopping:
            stream.step(session=session, duration_ms=step_ms)
            # What was late is not caught up.
            due = max(due + step_ms / 1000 / speed, time.monotonic() - 0.05)
            time.sleep(max(due - time.monotonic(), 0))
        stream.end()

    def stop(self) -> None:
        self._stopping = True
        self._thread.join()


def watched(
    server: Server,
    name: str,
    make: Callable[[Session], None],
    speed: float,
    seconds: float,
    watch: Callable[[Server, str], Watcher] = over_web_socket,
) -> Any:
    """Figures for 0, 1, 10 and 50 watchers."""
    client = Client(server.address)
    session = Session(client, client.CreateSession(seed=1).session)
    make(session)
    driver = Driver(client, session.name, speed)
    figures = []
    for count in (0, 1, 10, 50):
        watchers = [watch(server, session.name) for _ in range(count)]
        time.sleep(0.5)
        begin, cpu, bio = (
            time.monotonic(),
            processor_seconds(server.pid),
            session.time_ms(),
        )
        own = time.process_time()
        before = [watcher.counts() for watcher in watchers]
        time.sleep(seconds)
        after = [watcher.counts() for watcher in watchers]
        took = time.monotonic() - begin
        frames, size, lost = (
            sum(b[k] - a[k] for a, b in zip(before, after, strict=True))
            for k in range(3)
        )
        figures.append(
            {
                "session": name,
                "watchers": count,
                "frames_per_second_each": round(frames / took / max(count, 1), 1),
                "kilobytes_per_second_each": round(
                    size / took / max(count, 1) / 1000, 1
                ),
                "bytes_per_frame": round(size / max(frames, 1)),
                "lost_frames": lost,
                "server_cores": round((processor_seconds(server.pid) - cpu) / took, 2),
                "watchers_cores": round((time.process_time() - own) / took, 2),
                "speed": round((session.time_ms() - bio) / 1000 / took, 1),
            }
        )
        for watcher in watchers:
            watcher.close()
    driver.stop()
    session.DeleteSession()
    client.close()
    return figures


def called(server: Server, rounds: int, calls: int) -> Any:
    """Microseconds of a step of 1 ms, by each way to call it; the ways take turns."""
    by_grpc = Client(server.tcp_address, token=server.owner_token)
    session = Session(by_grpc, by_grpc.CreateSession(seed=1).session)
    session.CreateNetwork(network="net", preset=MATCH["left"])
    request = v1.StepRequest(session=session.name, duration_ms=1)
    url = urllib.parse.urlsplit(server.web_address)
    connection = http.client.HTTPConnection(url.netloc)
    stub = by_grpc._methods["Step"]

    def over_http(kind: str, body: bytes) -> Callable[[], None]:
        headers = {
            "Content-Type": f"application/{kind}",
            "Authorization": f"Bearer {server.owner_token}",
        }

        def call() -> None:
            connection.request("POST", STEP, body, headers)
            answer = connection.getresponse()
            data = answer.read()
            assert answer.status == 200, data
            if kind == "json":
                json.loads(data)
            else:
                v1.StepResponse.FromString(data)

        return call

    body = json.dumps({"session": session.name, "durationMs": 1}).encode()
    ways = {
        "gRPC": lambda: stub(request, metadata=by_grpc._metadata),
        "Connect, binary": over_http("proto", request.SerializeToString()),
        "Connect, JSON": over_http("json", body),
    }
    took: dict[str, list[float]] = {way: [] for way in ways}
    cpu = dict.fromkeys(ways, 0.0)
    for _, (way, call) in itertools.product(range(rounds), ways.items()):
        begin = processor_seconds(server.pid)
        for _ in range(calls):
            start = time.perf_counter()
            call()
            took[way].append(time.perf_counter() - start)
        cpu[way] += processor_seconds(server.pid) - begin
    session.DeleteSession()
    by_grpc.close()
    return [
        {
            "call": f"Step of 1 ms, {way}",
            "median_us": round(1e6 * statistics.median(took[way])),
            "least_us": round(1e6 * min(took[way])),
            "server_processor_us": round(1e6 * cpu[way] / rounds / calls),
        }
        for way in ways
    ]


def page_files() -> Any:
    """Bytes of the page's files, as they are and compressed as a proxy would."""
    return [
        {
            "file": path.name,
            "bytes": path.stat().st_size,
            "gzip_bytes": len(gzip.compress(path.read_bytes(), 9)),
        }
        for path in sorted((ROOT / "client/web/dist").iterdir())
    ]


def make_cortex(session: Session) -> None:
    session.CreateNetwork(network="cortex", specification=CORTEX)


def make_match(session: Session) -> None:
    for side, preset in MATCH.items():
        session.CreateNetwork(network=side, preset=preset)


def table(rows: list[dict[str, Any]]) -> str:
    columns = [[name, *(str(row[name]) for row in rows)] for name in rows[0]]
    widths = [max(map(len, column)) for column in columns]
    lines = zip(*columns, strict=True)
    return "\n".join(
        "  ".join(
            cell.ljust(width) for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in lines
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="./dev bench web", description=__doc__)
    parser.add_argument("--server", required=True, help=argparse.SUPPRESS)
    parser.add_argument(
        "--seconds", type=float, default=5, help="for each number of watchers"
    )
    parser.add_argument(
        "--json", type=pathlib.Path, help="write the figures there as well"
    )
    options = parser.parse_args()
    server = Server(options.server, "--web=127.0.0.1:0", "--listen=127.0.0.1:0")
    try:
        parts = {
            "watchers": [
                *watched(server, "1,000 neurons", make_cortex, 1, options.seconds),
                *watched(
                    server, "1,000 neurons", make_cortex, math.inf, options.seconds
                ),
                *watched(
                    server,
                    "1,000 neurons, gRPC",
                    make_cortex,
                    math.inf,
                    options.seconds,
                    over_grpc,
                ),
                *watched(
                    server, "two players of pong", make_match, math.inf, options.seconds
                ),
            ],
            "calls": called(server, rounds=10, calls=200),
            "page": page_files(),
            "load": [{"load_average": os.getloadavg()[0], "cores": os.cpu_count()}],
        }
    finally:
        server.stop()
    print("\n\n".join(table(rows) for rows in parts.values()))
    if options.json:
        options.json.write_text(json.dumps(parts, indent=1) + "\n")


if __name__ == "__main__":
    main()
