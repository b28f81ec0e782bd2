"""A real server for the tests, and clients of it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import spiked


class Server:
    """A `spiked` binary on a Unix socket in a folder of its own."""

    def __init__(self, *arguments: str) -> None:
        # Not pytest's: the path of a socket may have no more than 107 bytes.
        self._folder = tempfile.TemporaryDirectory(prefix="spiked-")
        self.path = Path(self._folder.name)
        self.address = f"unix:{self.path}/spiked.sock"
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, wait: bool = True) -> None:
        with (self.path / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [os.environ["SPIKED_BINARY"], "--listen", self.address, *self._arguments],
                stderr=log,
                stdout=log,
                # What it keeps of callers is no business of the tests' user.
                env=os.environ
                | {
                    "SPIKED_TOKEN_FILE": f"{self.path}/token",
                    "SPIKED_ACCOUNTS": f"{self.path}/accounts.json",
                },
            )
        if not wait:
            return
        for _ in range(600):
            if self._process.poll() is not None:
                raise RuntimeError((self.path / "log").read_text())
            if (self.path / "spiked.sock").exists():
                return
            time.sleep(0.05)
        raise RuntimeError("the server does not listen")

    @property
    def tcp_address(self) -> str:
        """Where it listens beside its socket, for one that does (``--listen 127.0.0.1:0``)."""
        for _ in range(600):
            found = re.search(r"listening on .*(127\.0\.0\.1:\d+)", (self.path / "log").read_text())
            if found:
                return found[1]
            time.sleep(0.05)
        raise RuntimeError("the server does not tell its port")

    def stop(self) -> None:
        """Ends the server in order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Ends the server at once."""
        self._end(signal.SIGKILL)

    def close(self) -> None:
        if self._process is not None:
            self.kill()
        self._folder.cleanup()

    def _end(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(30)
        self._process = None


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server that the tests of one file share."""
    made = Server()
    made.start()
    yield made
    made.close()


@pytest.fixture(scope="module")
def tcp_server() -> Iterator[Server]:
    """A server that listens over TCP, too."""
    made = Server("--listen", "127.0.0.1:0")
    made.start()
    yield made
    made.close()


@pytest.fixture
def own_server() -> Iterator[Server]:
    """A server for one test, to be stopped and started; it has been started."""
    made = Server()
    made.start()
    yield made
    made.close()


@pytest.fixture(scope="session")
def client(server: Server) -> Iterator[spiked.Client]:
    with spiked.connect(server.address) as made:
        yield made


@pytest.fixture
def session(client: spiked.Client) -> Iterator[spiked.Session]:
    with client.create_session(seed=1) as made:
        yield made


@pytest.fixture
def nest(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The PyNEST front with a fresh kernel on the server."""
    import spiked.nest

    monkeypatch.setenv("SPIKED_SERVER", server.address)
    # Its attributes are those of the kernel, which types do not tell.
    front: Any = spiked.nest
    front.ResetKernel()
    yield front
    front.ResetKernel()


@pytest.fixture
def sim(server: Server) -> Iterator[Any]:
    """The PyNN backend, set up with steps of 0.1 ms on the server."""
    front: Any = pytest.importorskip("spiked.pynn", reason="PyNN is not there")
    front.setup(timestep=0.1, server=server.address, rng_seed=1)
    yield front
    front.setup(server=server.address)
