"""Sessions survive their server, and are saved, restored and forked."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from conftest import Server

import spiked
from spiked.pong.match import Match, Poll
from spiked.pong.play import play
from spiked.pong.player import PlayerKind

READ = {"spikes": "net/motor", "weights": "net/input_motor"}


@pytest.fixture
def keeping(tmp_path: Path) -> Iterator[Server]:
    """A server that keeps sessions, and takes snapshots of them again and again."""
    server = Server("--data-dir", str(tmp_path / "data"), "--max-replay-ms", "3")
    server.start()
    yield server
    server.close()


class Killer:
    """Kills a server at random moments, and starts it again."""

    def __init__(self, server: Server, kills: int) -> None:
        self._server = server
        self._kills = kills
        self._random = random.Random(3)
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        for _ in range(self._kills):
            time.sleep(self._random.uniform(0, 0.05))
            self._server.kill()
            self._server.start(wait=False)

    def __enter__(self) -> Killer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()

    @property
    def done(self) -> bool:
        return not self._thread.is_alive()


def result_of(result: spiked.StepResult) -> list[object]:
    return [
        result.time_ms,
        result.spikes["net/motor"].times_ms.tolist(),
        np.asarray(result.weights["net/input_motor"].matrix).tolist(),
    ]


def future(session: spiked.Session) -> list[object]:
    return result_of(session.step(300, read=READ))


def test_calls_and_streams_go_on_when_the_server_is_killed(keeping: Server) -> None:
    with spiked.connect(keeping.address) as client:
        session = client.create_session(seed=1)
        twin = client.create_session(seed=1, durability="power")
        assert session.info().durability == "process"
        for one in (session, twin):
            one.create_network("net", "pong/rstdp")
        steps: list[list[object]] = []
        with Killer(keeping, 5) as killer, session.stream() as stream:
            while not killer.done or len(steps) < 40:
                step = stream.step if len(steps) % 2 else session.step
                steps.append(result_of(step(20, read=READ)))
        assert steps == [result_of(twin.step(20, read=READ)) for _ in steps]


def test_a_match_of_pong_goes_on_when_the_server_is_killed(keeping: Server, server: Server) -> None:
    def match(client: spiked.Client) -> list[Poll]:
        polls: list[Poll] = []
        kinds = (PlayerKind.RSTDP_NOISY, PlayerKind.DOPAMINE_NOISY)
        play(
            client.create_session(seed=4),
            Match(kinds, 10, 4),
            100,
            on_poll=lambda poll, _: polls.append(poll),
        )
        return polls

    with spiked.connect(server.address) as client:
        undisturbed = match(client)
    with spiked.connect(keeping.address) as client, Killer(keeping, 5):
        assert match(client) == undisturbed


def test_a_session_goes_back_to_its_snapshots(keeping: Server) -> None:
    with spiked.connect(keeping.address) as client:
        session = client.create_session(seed=1)
        session.create_network("net", "pong/rstdp")
        session.step(100)
        assert session.take_snapshot("base") == 100
        first = future(session)
        assert session.info().snapshots == {"base": 100}
        keeping.kill()
        keeping.start()
        assert session.reset(snapshot="base") == 100
        assert session.time_ms == 100
        assert future(session) == first
        assert session.info().stored_bytes > 0
        session.forget_snapshot("base")
        with pytest.raises(spiked.NotFound):
            session.reset(snapshot="base")


def test_an_asynchronous_stream_goes_on(keeping: Server) -> None:
    async def run() -> list[float]:
        async with spiked.aio.connect(keeping.address) as client:
            session = await client.create_session(seed=1)
            await session.create_network("net", "pong/rstdp")
            async with session.stream() as stream:
                times = [(await stream.step(10)).time_ms]
                keeping.kill()
                keeping.start(wait=False)
                times.append((await stream.step(10)).time_ms)
            keeping.kill()
            keeping.start(wait=False)
            return [*times, (await session.step(10)).time_ms]

    assert asyncio.run(run()) == [10, 20, 30]


def test_a_saved_session_goes_on_elsewhere(keeping: Server, server: Server, tmp_path: Path) -> None:
    path = tmp_path / "saved"
    with spiked.connect(keeping.address) as client, spiked.connect(server.address) as other:
        session = client.create_session(display_name="Anna's", labels={"lab": "one"}, seed=1)
        session.create_network("net", "pong/dopamine")
        session.take_snapshot("start")
        session.step(100)
        session.save(path)
        fork = session.fork(display_name="fork")
        assert fork.info().display_name == "fork"
        assert fork.info().labels == {"lab": "one"}
        with other.restore_session(path) as restored:
            assert restored.info().display_name == "Anna's"
            assert restored.time_ms == 100
            expected = future(session)
            assert future(restored) == expected
            for one in (session, restored):
                one.reset(snapshot="start")
            assert restored.time_ms == 0
            assert future(restored) == future(session)
        assert future(fork) == expected
    about = spiked.inspect(path)
    assert about.session.name == session.name
    assert about.session.time_ms == 100
    assert about.session.snapshots == {"start": 0.0}
    assert about.server_version


def test_what_is_no_saved_session_is_refused(keeping: Server, tmp_path: Path) -> None:
    path = tmp_path / "saved"
    with spiked.connect(keeping.address) as client:
        session = client.create_session(seed=1)
        session.save(path)
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)
        with pytest.raises(ValueError, match="damaged"):
            spiked.inspect(path)
        with pytest.raises(spiked.SpikedError, match="damaged"):
            client.restore_session(path)
        path.write_bytes(b"something else")
        with pytest.raises(ValueError, match="is no saved session"):
            spiked.inspect(path)
        with pytest.raises(ValueError, match="durability"):
            session.fork(durability="for ever")
