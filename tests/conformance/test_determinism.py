"""Equal seeds and equal commands give equal results, bit for bit, however time is cut."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from client import Client, Session, StepStream
from contract import v1
from networks import FULL_STEP, SPECIFICATION, bytes_of, past_of

pytestmark = pytest.mark.method("Step", "CreateNetwork", "CreateSession")

PRESETS = ["pong/rstdp", "pong/dopamine"]
# Uneven pieces that make 200 ms together.
CUTS: dict[str, list[float]] = {
    "halves": [100, 100],
    "uneven": [0.1, 0.9, 7.3, 41.7, 0, 120, 29.9, 0.1],
    "tens": [10] * 20,
    "single steps": [0.1] * 2000,
}


def _player(new_session: Callable[..., Session], seed: int, preset: str) -> Session:
    session = new_session(seed=seed)
    choice = v1.PresetChoice(name=preset)
    choice.options["noise"] = True
    session.CreateNetwork(network="net", preset=choice)
    trains = {"senders": [3] * 20, "times_ms": [10 * k + 10 for k in range(20)]}
    session.SetInput(inputs=[{"population": "net/input", "spike_trains": trains}])
    return session


def _mixed(new_session: Callable[..., Session], seed: int) -> Session:
    session = new_session(seed=seed, specification=SPECIFICATION)
    session.SetInput(inputs=FULL_STEP.inputs)
    return session


def _make(new_session: Callable[..., Session], network: str, seed: int) -> Session:
    if network in PRESETS:
        return _player(new_session, seed, network)
    return _mixed(new_session, seed)


NETWORKS = pytest.mark.parametrize("network", [*PRESETS, "mixed"])


@NETWORKS
def test_equal_seeds_give_equal_bits(network: str, new_session: Callable[..., Session]) -> None:
    sessions = [_make(new_session, network, seed=13) for _ in range(3)]
    for session in sessions:
        session.step(200)
    pasts = [past_of(session) for session in sessions]
    assert pasts[0] == pasts[1] == pasts[2]


@NETWORKS
def test_other_seeds_give_other_results(network: str, new_session: Callable[..., Session]) -> None:
    seeds = [0, 1, 2, 2**32, 2**53 + 1, 2**64 - 1]
    recorded: set[bytes] = set()
    for seed in seeds:
        session = _make(new_session, network, seed)
        session.step(200)
        recorded.add(b"".join(_what_happened(session)))
    assert len(recorded) == len(seeds)


def _what_happened(session: Session) -> list[bytes]:
    specification = session.GetNetwork(network="net").network.specification
    return [
        bytes_of(session.GetSpikes(population=f"net/{population.name}"))
        for population in specification.populations
        if population.record_spikes
    ] + [
        bytes_of(session.GetWeights(projection=f"net/{projection.name}"))
        for projection in specification.projections
    ]


@NETWORKS
@pytest.mark.parametrize("cut", CUTS)
def test_results_do_not_depend_on_how_time_is_cut(
    network: str, cut: str, new_session: Callable[..., Session]
) -> None:
    whole, pieces = (_make(new_session, network, seed=21) for _ in range(2))
    whole.step(200)
    for duration in CUTS[cut]:
        pieces.step(duration)
    assert past_of(whole) == past_of(pieces)
    assert pieces.time_ms() == 200


@NETWORKS
@pytest.mark.method("StepStream")
def test_streams_and_reading_in_between_change_nothing(
    network: str, client: Client, new_session: Callable[..., Session]
) -> None:
    plain, watched = (_make(new_session, network, seed=34) for _ in range(2))
    for _ in range(10):
        plain.step(20)
    stream = StepStream(client)
    for _ in range(10):
        stream.step(session=watched.name, duration_ms=20)
        past_of(watched)
    stream.end()
    assert past_of(plain) == past_of(watched)


@NETWORKS
def test_crowds_change_nothing(network: str, new_session: Callable[..., Session]) -> None:
    alone = _make(new_session, network, seed=55)
    alone.step(200)
    crowd = [_make(new_session, network, seed=55 if k % 2 else k) for k in range(6)]
    calls: list[Any] = [session.start("Step", duration_ms=200) for session in crowd]
    for call in calls:
        call.result()
    expected = past_of(alone)
    for session in crowd[1::2]:
        assert past_of(session) == expected


def test_a_second_network_does_not_change_the_first(
    new_session: Callable[..., Session],
) -> None:
    one, two = (_mixed(new_session, seed=89) for _ in range(2))
    two.CreateNetwork(network="second", specification=SPECIFICATION)
    readout = {"spikes": ["net/out"], "weights": ["net/rewarded"], "signals": ["net/meter"]}
    assert one.step(100, readout=readout) == two.step(100, readout=readout)
