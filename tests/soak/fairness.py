"""How long a poll takes beside somebody who asks for all they can get.

Prints what a poll of 200 ms takes while nobody else is there, beside somebody else, and beside the
same load from the account that polls, between whose commands there is no fairness.
"""

from __future__ import annotations

import argparse
import pathlib
import resource
import statistics
import sys
import time
from typing import Any

_TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.dont_write_bytecode = True
sys.path[:0] = [str(_TESTS / "conformance"), str(_TESTS / "hostile")]

from client import Client, Session, StepStream, wait_until  # noqa: E402
from contract import v1  # noqa: E402
from loads import KINDS, busy  # noqa: E402
from server import Server  # noqa: E402

_PATIENCE_S = 300.0
_SETTLE_S = 1.0


def _polls(client: Client, count: int, most_s: float) -> list[float]:
    """What polls take one after the other, in ms."""
    session = Session(client, client.CreateSession().session)
    specification = v1.NetworkSpecification(
        populations=[{"name": "a", "model": "iaf_psc_exp", "size": 20}]
    )
    session.CreateNetwork(network="net", specification=specification)
    stream = StepStream(client)
    stream.step(session=session.name, duration_ms=200)
    times: list[float] = []
    end = time.monotonic() + most_s
    while len(times) < count and time.monotonic() < end:
        begin = time.perf_counter()
        stream.step(duration_ms=200)
        times.append(1000 * (time.perf_counter() - begin))
    stream.end()
    session.DeleteSession()
    return times


def _settle(answered: Any) -> None:
    wait_until(lambda: bool(answered.value > 0), _PATIENCE_S)
    time.sleep(_SETTLE_S)


def _report(title: str, times: list[float]) -> None:
    ms = sorted(times)
    print(
        f"{title:<32} {len(ms):5} polls: median {statistics.median(ms):7.2f} ms, "
        f"p99 {ms[int(0.99 * (len(ms) - 1))]:7.2f} ms, max {ms[-1]:7.2f} ms",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True, help="the program to start as the server")
    parser.add_argument("--polls", type=int, default=1000, help="how many are measured each time")
    parser.add_argument("--seconds", type=float, default=30, help="for how long at most")
    parser.add_argument("--load", choices=KINDS, action="append", help="default: all of them")
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    for kind in options.load or KINDS:
        server = Server(options.server, "--workers", "2")
        try:
            client = Client(server.address)
            _report("alone", _polls(client, options.polls, options.seconds))
            token = client.CreateToken(account=client.new_account()).token
            for title, theirs in (("another's", token), ("one's own", "")):
                with busy(kind, server.address, theirs) as answered:
                    _settle(answered)
                    times = _polls(client, options.polls, options.seconds)
                _report(f"beside {title} {kind}", times)
            client.close()
        finally:
            server.stop()


if __name__ == "__main__":
    main()
