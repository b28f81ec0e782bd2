"""Servers that have too little of what a process needs."""

from __future__ import annotations

import os
import pathlib
import resource
import shutil
import subprocess
from collections.abc import Callable

import grpc
import pytest

from client import Client, Session, wait_until
from conftest import serves
from contract import v1
from server import Server
from wire import Wire


def test_want_of_file_descriptors(start_server: Callable[..., Server]) -> None:
    server = start_server(limits={resource.RLIMIT_NOFILE: 64})
    client = Client(server.address)
    session = Session(client, client.CreateSession().session)
    # More than it can take.
    wires = [Wire(server.address) for _ in range(100)]
    for wire in wires:
        wire.greet()
    # Who is there goes on being served.
    for _ in range(5):
        session.step(100)
    for wire in wires:
        wire.close()
    # And others are, when there is room again.
    wait_until(lambda: serves(server.address))
    assert session.time_ms() == 500
    client.close()


def test_want_of_memory(start_server: Callable[..., Server]) -> None:
    server = start_server("--max-memory-mib", "100000", limits={resource.RLIMIT_AS: 2 << 30})
    client = Client(server.address)
    other = Session(client, client.CreateSession(seed=1).session)
    network = v1.NetworkSpecification(
        populations=[
            {"name": "a", "model": "iaf_psc_exp", "size": 50_000},
        ],
        projections=[
            {
                "name": "p",
                "source": "a",
                "target": "a",
                "rule": {"fixed_indegree": {"indegree": 20_000}},
                "weight": {"distribution": {"normal": {"mean": 1, "std": 1}}},
            }
        ],
    )
    for _ in range(3):
        session = Session(client, client.CreateSession().session)
        with pytest.raises(grpc.RpcError) as error:
            session.CreateNetwork(network="net", specification=network)
        assert error.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED, error.value.details()
        session.DeleteSession()
    assert other.step(100).time_ms == 100
    client.close()


@pytest.mark.skipif(os.getuid() != 0, reason="takes root, to become a user with few threads")
def test_want_of_threads(program: str) -> None:
    """It says so at its start, or serves; it never crashes."""
    user = 1_000_000 + os.getpid()  # who has no other processes
    folder = pathlib.Path("/tmp") / f"spiked-threads-{os.getpid()}"
    folder.mkdir()
    shutil.copy(program, folder / "spiked")
    os.chown(folder, user, user)
    served = []
    try:
        for threads in (4, 8, 12, 16, 24, 100):

            def become_user(threads: int = threads) -> None:
                os.setgroups([])
                os.setgid(user)
                resource.setrlimit(resource.RLIMIT_NPROC, (threads, threads))
                os.setuid(user)

            address = f"unix:{folder}/socket"
            try:
                process = subprocess.Popen(
                    [folder / "spiked", "--listen", address],
                    preexec_fn=become_user,
                    env=os.environ | {"SPIKED_ACCOUNTS": f"{folder}/accounts.json"},
                    stderr=subprocess.PIPE,
                    text=True,
                )
            except BlockingIOError:
                continue  # not even the program could be started
            wait_until(
                lambda: process.poll() is not None or (folder / "socket").exists()  # noqa: B023
            )
            if process.poll() is None:
                served.append(serves(address))
                process.terminate()
            _, log = process.communicate(timeout=60)
            assert process.returncode in (0, 1), f"with {threads} threads:\n{log}"
        assert all(served)
    finally:
        shutil.rmtree(folder)
