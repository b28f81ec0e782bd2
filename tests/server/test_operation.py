"""The server as those see it who operate it: systemd, Prometheus, readers of its log."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

SPIKED = os.environ["SPIKED_BINARY"]
SPIKECTL = os.environ["SPIKECTL_BINARY"]
INSTALL = Path(__file__).resolve().parents[2] / "server/install"
TOKEN = "t" * 40
# Patience that only a server that is broken needs.
PATIENCE_S = 30
# Puts files where systemd puts them, and names the process whose they are.
LAUNCHER = """
import fcntl, os, sys
files = [int(file) for file in sys.argv[1].split(",") if file]
# First away from there.
files = [fcntl.fcntl(file, fcntl.F_DUPFD, 10) for file in files]
for k, file in enumerate(files):
    os.dup2(file, 3 + k, inheritable=True)
os.environ["LISTEN_PID"] = str(os.getpid())
os.execv(sys.argv[2], sys.argv[2:])
"""


class Server:
    """A server in a folder of its own, whose log is read line by line."""

    def __init__(self, process: subprocess.Popen[str], address: str) -> None:
        self.process = process
        self.address = address
        self.lines: list[str] = []

    def await_line(self, pattern: str) -> re.Match[str]:
        """The first line of the log that has the pattern."""
        for line in self.lines:
            if match := re.search(pattern, line):
                return match
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)
            if match := re.search(pattern, line):
                return match
        raise AssertionError(f"no line with {pattern!r}: {''.join(self.lines)}")

    def spikectl(self, *arguments: str) -> str:
        """What a command of spikectl prints."""
        command = [SPIKECTL, *arguments, "--server", self.address]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def stop(self) -> list[str]:
        """All of its log, once it has stopped in order."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.stderr is not None
        self.lines += self.process.stderr.readlines()
        assert self.process.wait(PATIENCE_S) == 0
        return self.lines


@contextmanager
def running(
    folder: Path,
    *options: str,
    environment: dict[str, str] | None = None,
    listen: bool = True,
    files: tuple[int, ...] = (),
) -> Iterator[Server]:
    path = folder / "spiked.sock"
    command = [SPIKED, *options]
    if listen:
        command += ["--listen", f"unix:{path}"]
    with subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, ",".join(map(str, files)), *command],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"XDG_STATE_HOME": str(folder)} | (environment or {}),
        pass_fds=files,
    ) as process:
        try:
            yield Server(process, f"unix:{path}")
        finally:
            process.kill()


def test_metrics_tell_what_has_been_done(tmp_path: Path) -> None:
    with running(tmp_path, "--metrics", "127.0.0.1:0") as server:
        port = server.await_line(r"metrics on port (\d+)")[1]
        server.spikectl("info")
        absent = [SPIKECTL, "users", "delete", "none", "--server", server.address]
        assert subprocess.run(absent, capture_output=True).returncode == 3
        url = f"http://127.0.0.1:{port}/metrics"
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
            assert answer.headers["Content-Type"].startswith("text/plain")
        metrics = metrics_at(port)
        assert metrics['spiked_commands_total{command="GetServerInfo",code="OK"}'] >= 1
        assert metrics['spiked_commands_total{command="DeleteAccount",code="NOT_FOUND"}'] == 1
        assert metrics['spiked_errors_total{reason="NOT_FOUND"}'] == 1
        assert metrics['spiked_sessions{account="owner",state="idle"}'] == 0
        assert metrics["process_resident_memory_bytes"] > 1e6
        count = metrics['spiked_command_duration_seconds_count{command="GetServerInfo"}']
        bucket = 'spiked_command_duration_seconds_bucket{command="GetServerInfo",le="+Inf"}'
        assert metrics[bucket] == count
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(url.replace("metrics", "sessions"), timeout=PATIENCE_S)
        server.stop()


def metrics_at(port: str) -> dict[str, float]:
    """The values of all that is told there."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE_S) as answer:
        lines = answer.read().decode().splitlines()
    values = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in values}


def call(port: str, method: str, request: dict[str, Any]) -> dict[str, Any]:
    """What the server answers over HTTP."""
    url = f"http://127.0.0.1:{port}/spiked.v1.SimulationService/{method}"
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}
    message = urllib.request.Request(url, json.dumps(request).encode(), headers)
    with urllib.request.urlopen(message, timeout=PATIENCE_S) as answer:
        reply: dict[str, Any] = json.load(answer)
    return reply


def test_what_networks_do_is_counted_once(tmp_path: Path) -> None:
    options = ("--metrics", "127.0.0.1:0", "--web", "127.0.0.1:0", "--data-dir", str(tmp_path / "d"))
    step = {"session": "sessions/s", "duration_ms": 100}

    def ports(server: Server) -> tuple[str, str]:
        web = server.await_line(r"http://127\.0\.0\.1:(\d+)")[1]
        return web, server.await_line(r"metrics on port (\d+)")[1]

    # A tonic neuron with two synapses on a silent one.
    neurons = [
        {"name": "tonic", "model": "iaf_psc_exp", "size": 1, "record_spikes": True},
        {"name": "silent", "model": "iaf_psc_exp", "size": 2},
    ]
    neurons[0]["parameters"] = {"I_e": {"number": 1000}}
    network = {
        "populations": neurons,
        "projections": [
            {"name": "p", "source": "tonic", "target": "silent", "rule": {"all_to_all": {}}}
        ],
    }
    environment = {"SPIKED_OWNER_TOKEN": TOKEN}
    with running(tmp_path, *options, environment=environment) as server:
        web, port = ports(server)
        call(web, "CreateSession", {"session_id": "s"})
        request = {"session": "sessions/s", "network": "n", "specification": network}
        call(web, "CreateNetwork", request)
        step["readout"] = {"spikes": ["n/tonic"]}
        spikes = len(call(web, "Step", step)["spikes"][0]["timesMs"])
        assert spikes > 2
        metrics = metrics_at(port)
        assert metrics["spiked_simulated_seconds_total"] == 0.1
        assert metrics["spiked_spikes_total"] == spikes
        # The last spike may be yet to come to its synapses, in the next slice.
        assert 2 * spikes - metrics["spiked_synaptic_events_total"] in (0, 2)
        server.process.kill()
    with running(tmp_path, *options, environment=environment) as server:
        web, port = ports(server)
        again = len(call(web, "Step", step)["spikes"][0]["timesMs"])
        metrics = metrics_at(port)
        assert metrics["spiked_simulated_seconds_total"] == 0.1
        assert metrics["spiked_spikes_total"] == again
        assert abs(2 * again - metrics["spiked_synaptic_events_total"]) <= 2
        assert metrics["spiked_watches"] == metrics["spiked_watch_frames_total"] == 0
        server.stop()


def test_a_port_for_metrics_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = "127.0.0.1:%d" % taken.getsockname()[1]
        with running(tmp_path, "--metrics", address) as server:
            server.await_line(f"cannot listen on {address}")
            assert server.process.wait(PATIENCE_S) == 1


def test_logs_for_machines_are_objects_without_tokens(tmp_path: Path) -> None:
    with running(
        tmp_path,
        *("--log-format", "json", "--log-level", "debug", "--listen", "127.0.0.1:0"),
        environment={"SPIKED_OWNER_TOKEN": TOKEN},
    ) as server:
        port = server.await_line(r"127\.0\.0\.1:(\d+)")[1]
        guess = "g" * 40
        for shown, exit_code in ((TOKEN, 0), (guess, 4)):
            called = subprocess.run(
                [SPIKECTL, "info", "--server", f"127.0.0.1:{port}"],
                capture_output=True,
                env=os.environ | {"SPIKED_TOKEN": shown},
            )
            assert called.returncode == exit_code
        made = server.spikectl("users", "put", "anna", "--role", "user")
        made += server.spikectl("token", "new", "anna")
        secret = re.search(r"spiked_[0-9a-f]{12}_\S+", made)
        assert secret
        lines = server.stop()
    objects = [json.loads(line) for line in lines]
    assert all({"time", "level", "message"} <= set(entry) for entry in objects)
    calls = [entry for entry in objects if entry["message"] == "GetServerInfo"]
    refused = [entry for entry in calls if entry["code"] == "UNAUTHENTICATED"]
    assert refused
    assert all(entry["reason"] == "TOKEN_UNKNOWN" for entry in refused)
    assert len(calls) > len(refused)
    assert all(
        entry["account"] == "owner" and entry["code"] == "OK"
        for entry in calls
        if entry not in refused
    )
    for hidden in (TOKEN, guess, secret[0]):
        assert not any(hidden in line for line in lines)


def test_the_service_manager_is_told_how_it_goes(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(PATIENCE_S)

        def told() -> str:
            return manager.recv(4096).decode()

        environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "200000"}
        with running(tmp_path, environment=environment) as server:
            assert told() == "READY=1"
            assert told() == "WATCHDOG=1"
            server.process.send_signal(signal.SIGHUP)
            while (message := told()) == "WATCHDOG=1":
                pass
            assert message.startswith("RELOADING=1\nMONOTONIC_USEC=")
            assert told() == "READY=1"
            assert told() == "WATCHDOG=1"
            server.process.send_signal(signal.SIGTERM)
            while (message := told()) == "WATCHDOG=1":
                pass
            assert message == "STOPPING=1"
            assert server.process.wait(PATIENCE_S) == 0


def test_it_serves_on_sockets_that_the_service_manager_has_opened(tmp_path: Path) -> None:
    path = tmp_path / "spiked.sock"
    with socket.socket(socket.AF_UNIX) as unix, socket.create_server(("127.0.0.1", 0)) as tcp:
        unix.bind(str(path))
        unix.listen()
        port = tcp.getsockname()[1]
        with running(
            tmp_path,
            environment={"LISTEN_FDS": "2"},
            listen=False,
            files=(unix.fileno(), tcp.fileno()),
        ) as server:
            server.await_line(rf"listening on unix:{path} 127\.0\.0\.1:{port}$")
            assert "SERVING" in server.spikectl("health")
            server.stop()
        # They stay, for the next server.
        assert path.exists()


@pytest.mark.skipif(not shutil.which("systemd-socket-activate"), reason="there is no systemd")
def test_systemd_starts_it_for_its_first_client(tmp_path: Path) -> None:
    path = tmp_path / "activated.sock"
    environment = os.environ | {"XDG_STATE_HOME": str(tmp_path)}
    with subprocess.Popen(
        ["systemd-socket-activate", "-l", path, SPIKED],
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        server = Server(process, f"unix:{path}")
        server.await_line("Listening on ")
        assert "SERVING" in server.spikectl("health")
        server.await_line("Execing ")
        server.stop()


def test_a_socket_of_the_service_manager_is_no_way_around_encryption(tmp_path: Path) -> None:
    with socket.create_server(("0.0.0.0", 0)) as tcp:
        with running(
            tmp_path, environment={"LISTEN_FDS": "1"}, listen=False, files=(tcp.fileno(),)
        ) as server:
            server.await_line("--insecure allows it nevertheless")
            assert server.process.wait(PATIENCE_S) == 2


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze")
def test_the_unit_leaves_the_server_few_rights(tmp_path: Path) -> None:
    unit = tmp_path / "spiked.service"
    unit.write_text((INSTALL / "spiked.service.in").read_text().replace("@prefix@", "/usr"))
    analyze = ["systemd-analyze", "security", "--offline=true", "--no-pager"]
    # In tenths.
    subprocess.run([*analyze, "--threshold=30", unit], check=True)


def test_the_settings_that_are_installed_are_good(tmp_path: Path) -> None:
    text = (INSTALL / "spiked.toml").read_text()
    # With what it suggests, too.
    suggested = re.sub(r"^# ([a-z-]+ = )", r"\1", text, flags=re.MULTILINE)
    assert suggested != text
    subprocess.run([SPIKECTL, "tls", "init", "--folder", tmp_path], check=True, capture_output=True)
    for settings in (text, suggested.replace("/etc/spiked", str(tmp_path))):
        (tmp_path / "spiked.toml").write_text(settings)
        command = [SPIKED, "--config", str(tmp_path / "spiked.toml"), "--check-config"]
        subprocess.run(command, check=True, env=os.environ | {"XDG_STATE_HOME": str(tmp_path)})
