"""What spikectl shows again and again, on a terminal that a person sits at."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.dont_write_bytecode = True
sys.path.append(str(Path(__file__).resolve().parents[2] / "conformance"))

from client import Client, Session  # noqa: E402
from server import Server  # noqa: E402

PROGRAM = os.environ["SPIKED_BINARY"]
PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Of a server with a session that rests."""
    server = Server(PROGRAM)
    client = Client(server.address)
    session = Session(client, client.CreateSession(session_id="demo").session)
    session.CreateNetwork(network="net", preset={"name": "pong/rstdp"})
    session.step(500)
    yield server.address
    client.close()
    assert server.stop() == 0, server.log()


class Terminal:
    """A program in the foreground of a terminal of its own."""

    def __init__(self, *command: str, lines: int = 24, columns: int = 80) -> None:
        self._master, self._slave = pty.openpty()
        self.resize(lines, columns)
        self.before = termios.tcgetattr(self._slave)
        self.process = subprocess.Popen(
            command,
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0) and None,
        )
        self.written = ""

    def resize(self, lines: int, columns: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def _read(self, timeout_s: float) -> None:
        if select.select([self._master], [], [], timeout_s)[0]:
            self.written += os.read(self._master, 1 << 16).decode(errors="replace")

    def wait_for(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, self.written
            self._read(0.02)

    @property
    def picture(self) -> list[str]:
        """The lines that were drawn last."""
        text = self.written.rpartition("\x1b[H")[2]
        return re.sub(r"\x1b\[[?0-9;]*[a-zA-Z]", "", text).split("\r\n")

    def is_restored(self) -> bool:
        return termios.tcgetattr(self._slave) == self.before and self.written.rfind(
            "\x1b[?25h"
        ) > self.written.rfind("\x1b[?25l")

    def ends(self) -> int:
        self.wait_for(lambda: self.process.poll() is not None)
        self._read(0)
        assert self.process.returncode is not None
        return self.process.returncode

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)
        os.close(self._slave)


def shown(command: str, address: str) -> Terminal:
    """One that shows what it has to show."""
    arguments = {"watch": ["watch", "demo"], "top": ["top", "--interval", "3600"]}[command]
    terminal = Terminal(str(Path(PROGRAM).parent / "spikectl"), *arguments, "--server", address)
    mark = {"watch": "net/motor", "top": "demo"}[command]
    terminal.wait_for(lambda: any(line.startswith(mark) for line in terminal.picture))
    return terminal


@pytest.fixture(params=["watch", "top"])
def terminal(request: pytest.FixtureRequest, address: str) -> Iterator[Terminal]:
    terminal = shown(request.param, address)
    yield terminal
    terminal.close()


def test_it_draws_within_the_terminal_and_follows_its_size(terminal: Terminal) -> None:
    assert max(map(len, terminal.picture)) <= 80
    assert "\x1b[?25l" in terminal.written  # a cursor would jump about
    # Nothing new is to be shown, but for the size.
    for lines, columns in ((10, 50), (40, 120)):
        drawn = terminal.written.count("\x1b[2J")
        terminal.resize(lines, columns)
        terminal.wait_for(lambda: terminal.written.count("\x1b[2J") > drawn)  # noqa: B023
        terminal.wait_for(lambda: terminal.written.endswith("\x1b[J"))
        assert len(terminal.picture) <= lines
        assert columns / 2 < max(map(len, terminal.picture)) <= columns


@pytest.mark.parametrize("key", ["q", "\x03"], ids=["q", "Ctrl-C"])
def test_a_key_ends_it_and_the_terminal_is_as_it_was(terminal: Terminal, key: str) -> None:
    terminal.press("x")  # which means nothing, and is not shown
    terminal.press(key)
    assert terminal.ends() == 0, terminal.written
    assert terminal.is_restored()
    assert "x" not in terminal.written.rpartition("\x1b[J")[2]


def test_a_key_that_is_taken_back_before_it_is_read_stops_nothing(address: str) -> None:
    # Ctrl-C takes back what was pressed before it, at times between being told of a key and
    # reading it: many are needed to meet one.
    for _ in range(20):
        terminal = shown("top", address)
        terminal.press("x")
        terminal.press("\x03")
        assert terminal.ends() == 0, terminal.written
        terminal.close()


def test_while_it_is_suspended_the_terminal_is_the_shells(terminal: Terminal) -> None:
    drawn = terminal.written.count("\x1b[2J")
    terminal.press("\x1a")
    assert os.WIFSTOPPED(os.waitpid(terminal.process.pid, os.WUNTRACED)[1])
    terminal.wait_for(terminal.is_restored)
    terminal.process.send_signal(signal.SIGCONT)
    terminal.wait_for(lambda: terminal.written.count("\x1b[2J") > drawn)
    assert not terminal.is_restored()
    terminal.press("q")
    assert terminal.ends() == 0
    assert terminal.is_restored()
