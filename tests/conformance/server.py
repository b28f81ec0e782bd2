"""A server that the suite starts itself."""

from __future__ import annotations

import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse
from collections.abc import Mapping


class Server:
    """A process of the server's program, on a Unix socket of its own.

    `address` is where clients call it: the socket, or what `codec` says of its web front.
    """

    def __init__(
        self,
        program: str,
        *options: str,
        address: str | None = None,
        limits: Mapping[int, int] | None = None,
        codec: str | None = None,
    ) -> None:
        """Starts it with `limits` on what a process may have, by RLIMIT_* of resource.

        With `codec`, json or proto, it is to be called by Connect.
        """
        self._folder = tempfile.TemporaryDirectory(prefix="spiked-")
        folder = pathlib.Path(self._folder.name)
        self._socket = address or f"unix:{folder}/socket"
        self._codec = codec
        if codec is not None:
            options = ("--web=127.0.0.1:0", *options)
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [program, "--listen", self._socket, *options],
                stdout=log,
                stderr=log,
                # What it keeps of callers is no business of the tests' user.
                env=os.environ
                | {
                    "SPIKED_TOKEN_FILE": f"{folder}/token",
                    "SPIKED_ACCOUNTS": f"{folder}/accounts.json",
                },
            )
        for limit, number in (limits or {}).items():
            resource.prlimit(self._process.pid, limit, (number, number))
        deadline = time.monotonic() + 60
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self._process.kill()
                raise RuntimeError(f"the server did not start:\n{self.log()}")
            time.sleep(0.01)
        self.address = self._socket
        if codec is not None:
            web = urllib.parse.urlsplit(self.web_address)
            self.address = f"http://:{self.owner_token}@{web.netloc}/{codec}"

    def _listens(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(self._socket.removeprefix("unix:")) == 0

    @property
    def tcp_address(self) -> str:
        """Where callers show tokens, for one with `--listen 127.0.0.1:0`."""
        if self._codec is not None:
            return f"{self.web_address}/{self._codec}"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            found = re.search(r"listening on .*(127\.0\.0\.1:\d+)", self.log())
            if found:
                return found[1]
            time.sleep(0.01)
        raise RuntimeError(f"the server does not tell its port:\n{self.log()}")

    @property
    def web_address(self) -> str:
        """Where it serves browsers, for one with `--web 127.0.0.1:0`: `http://HOST:PORT`."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if found := re.search(r"browsers are served at (\S+)/", self.log()):
                return found[1]
            time.sleep(0.01)
        raise RuntimeError(f"the server does not serve browsers:\n{self.log()}")

    @property
    def owner_token(self) -> str:
        return (pathlib.Path(self._folder.name) / "token").read_text().strip()

    def damage_accounts(self) -> None:
        path = pathlib.Path(self._folder.name) / "accounts.json"
        path.touch(mode=0o600)
        path.write_text("{")

    def log(self) -> str:
        return self._log.read_text() if self._log.exists() else ""

    @property
    def pid(self) -> int:
        return self._process.pid

    def threads(self) -> int:
        return int(self._status("Threads"))

    def memory_bytes(self) -> int:
        return int(self._status("VmRSS")) << 10

    def peak_memory_bytes(self) -> int:
        return int(self._status("VmHWM")) << 10

    def _status(self, name: str) -> str:
        lines = pathlib.Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        (line,) = (line for line in lines if line.startswith(f"{name}:"))
        return line.split()[1]

    def signal_stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)

    def stop(self) -> int:
        """Stops it in order, unless that has happened; returns its exit code."""
        if self._process.poll() is None:
            self.signal_stop()
        return self._process.wait(timeout=60)
