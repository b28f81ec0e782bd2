"""What a full disk and damaged files do to the sessions of a real server."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from conftest import Server

import spiked

STEP_MS = 20.0
READ = {"spikes": "net/motor", "weights": "net/input_motor"}
IDS = ("first", "second", "third")
DISK_BYTES = 8 << 20

Answer = tuple[float, list[float], list[list[float]]]


def step(session: spiked.Session) -> Answer:
    """A step, and all that came of it."""
    result = session.step(STEP_MS, read=READ)
    return (
        result.time_ms,
        result.spikes["net/motor"].times_ms.tolist(),
        np.asarray(result.weights["net/input_motor"].matrix).tolist(),
    )


def create(
    client: spiked.Client, session_id: str = "", *, seed: int = 1, durability: str = "process"
) -> spiked.Session:
    """A session with a network that learns."""
    session = client.create_session(session_id, seed=seed, durability=durability)
    session.create_network("net", "pong/rstdp")
    return session


def undisturbed(server: Server, seed: int, steps: int) -> list[Answer]:
    """What so many steps come to where nothing is stored."""
    with spiked.connect(server.address) as client, client.create_session(seed=seed) as session:
        session.create_network("net", "pong/rstdp")
        return [step(session) for _ in range(steps)]


# -- A full disk


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a few MiB."""
    path = tmp_path / "disk"
    path.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", path],
        check=False,
        capture_output=True,
        text=True,
    )
    if mounted.returncode != 0:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.strip()}")
    yield path
    subprocess.run(["umount", "--lazy", path], check=True)


@pytest.fixture
def on_disk(disk: Path) -> Iterator[Server]:
    """A server that keeps its sessions on the small disk."""
    made = Server("--data-dir", str(disk / "data"))
    made.start()
    yield made
    made.close()


def fill(disk: Path) -> Path:
    """Writes a file until the disk has no room left."""
    path = disk / "filler"
    with path.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 10, 1):
            try:
                while file.write(b"x" * size) == size:
                    pass
            except OSError:
                continue
    return path


def steps_until_full(session: spiked.Session) -> tuple[list[Answer], spiked.SpikedError]:
    """The answers until the disk has no room for another one, and how that was said."""
    answers: list[Answer] = []
    for _ in range(2000):
        try:
            answers.append(step(session))
        except spiked.SpikedError as error:
            return answers, error
    raise AssertionError("the disk does not fill up")


def test_on_a_full_disk_stored_sessions_stay_as_they_were_and_go_on_when_there_is_room(
    on_disk: Server, disk: Path, server: Server
) -> None:
    with spiked.connect(on_disk.address) as client:
        first, second = create(client, seed=1), create(client, seed=2, durability="power")
        unstored = create(client, seed=3, durability="none")
        answers = {1: [step(first)], 2: [step(second)], 3: [step(unstored)]}
        filler = fill(disk)
        for seed, session in ((1, first), (2, second)):
            more, error = steps_until_full(session)
            answers[seed] += more
            assert error.reason == "STORAGE_FULL"
            assert session.info().time_ms == answers[seed][-1][0]
        with pytest.raises(spiked.SpikedError) as refused:
            for _ in range(100):
                client.create_session(durability="process")
        assert refused.value.reason == "STORAGE_FULL"
        # What is not stored needs no room, and what is stored can be read.
        answers[3] += [step(unstored) for _ in range(20)]
        assert first.network("net").name == "net"

        filler.unlink()
        for seed, session in ((1, first), (2, second), (3, unstored)):
            answers[seed] += [step(session) for _ in range(20)]
            assert answers[seed] == undisturbed(server, seed, len(answers[seed]))


def test_a_server_that_dies_on_a_full_disk_has_all_that_it_answered(
    on_disk: Server, disk: Path, server: Server
) -> None:
    with spiked.connect(on_disk.address) as client:
        session = create(client)
        answers = [step(session)]
        filler = fill(disk)
        answers += steps_until_full(session)[0]
        on_disk.kill()
        filler.unlink()
        on_disk.start(wait=False)
        answers += [step(session) for _ in range(20)]
    assert answers == undisturbed(server, 1, len(answers))


# -- Damaged files


@dataclass
class Played:
    """Sessions as a server left them."""

    folder: Path
    #: Whether the server was killed, so that all is in its log and SQLite's still.
    in_log: bool
    #: What each was answered, and would be answered to one step more.
    answers: dict[str, list[Answer]] = field(default_factory=dict)


@pytest.fixture(scope="module", params=["in the log", "in the database"])
def played(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, server: Server
) -> Played:
    """Three sessions after 60, 40 and 20 steps."""
    played = Played(tmp_path_factory.mktemp("played") / "data", request.param == "in the log")
    made = Server("--data-dir", str(played.folder))
    made.start()
    with spiked.connect(made.address) as client:
        for number, session_id in enumerate(IDS):
            session = create(client, session_id, seed=number)
            answers = [step(session) for _ in range(60 - 20 * number)]
            played.answers[session_id] = undisturbed(server, number, len(answers) + 1)
            assert played.answers[session_id][:-1] == answers
    if not played.in_log:
        made.stop()
        assert not (played.folder / "spiked.db-wal").exists()
    made.close()
    return played


def damage(path: Path, chance: random.Random) -> str:
    """Changes a bit of a file, or cuts it somewhere; says what was done."""
    content = bytearray(path.read_bytes())
    place = chance.randrange(len(content))
    if chance.random() < 0.3:
        path.write_bytes(content[:place])
        return f"{path.name} cut at {place}"
    bit = chance.randrange(8)
    content[place] ^= 1 << bit
    path.write_bytes(content)
    return f"bit {bit} changed at {place} of {path.name}"


def step_again(client: spiked.Client, session_id: str) -> Answer | None:
    """The next step of a session that is back; None where it says what is lost."""
    try:
        session = client.attach_session(session_id)
    except spiked.NotFound:
        return None
    except spiked.SpikedError as error:
        assert error.reason == "STORAGE_DAMAGED"
        return None
    try:
        return step(session)
    except spiked.SpikedError as error:
        if error.reason not in ("SESSION_FAILED", "STORAGE_DAMAGED"):
            # It is back at a time when it had no network.
            assert session.info().networks == ()
            assert session.time_ms == 0
        return None


def test_whole_files_bring_all_sessions_back(played: Played, tmp_path: Path) -> None:
    folder = shutil.copytree(played.folder, tmp_path / "data")
    whole = Server("--data-dir", str(folder))
    whole.start()
    try:
        with spiked.connect(whole.address) as client:
            for session_id in IDS:
                assert step_again(client, session_id) == played.answers[session_id][-1]
    finally:
        whole.close()


@pytest.mark.parametrize("seed", range(30))
def test_damage_ends_sessions_at_a_command_of_theirs_and_never_changes_one(
    played: Played, tmp_path: Path, seed: int
) -> None:
    folder = shutil.copytree(played.folder, tmp_path / "data")
    files = ["spiked.db-wal", "spiked.log0", "spiked.log1"] if played.in_log else ["spiked.db"]
    files = [name for name in files if (folder / name).stat().st_size > 0]
    what = damage(folder / files[seed % len(files)], random.Random(seed))
    damaged = Server("--data-dir", str(folder))
    try:
        try:
            damaged.start()
        except RuntimeError as error:
            # So many pages are cut off that nothing is left; the server says of which folder.
            assert str(folder) in str(error), what
            return
        with spiked.connect(damaged.address) as client:
            for session_id in IDS:
                answer = step_again(client, session_id)
                if answer is None:
                    continue
                expected = played.answers[session_id]
                number = round(answer[0] / STEP_MS)
                assert answer == expected[number - 1], what
                # What the log has lost at its end was never there; the database loses nothing
                # without a word.
                assert played.in_log or number == len(expected), what
            with create(client, durability="none") as other:
                assert step(other)[0] == STEP_MS, what
    finally:
        damaged.close()
