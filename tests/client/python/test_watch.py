"""Watching sessions against a real server."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from conftest import Server

import spiked
import spiked.aio


def test_frames_tell_what_the_driver_is_told(
    client: spiked.Client, session: spiked.Session
) -> None:
    neurons = {"name": "E", "model": "iaf_psc_exp", "size": 5, "record_spikes": True}
    driven = {**neurons, "parameters": {"I_e": 500.0}}
    connected = {"name": "E_E", "source": "E", "target": "E", "rule": "all_to_all"}
    session.create_network("net", {"populations": [driven], "projections": [connected]})
    watched = client.attach_session(session.name)
    with watched.watch({"spikes": "*", "weights": "net/E_E"}, rate_hz=50) as frames:
        first = next(frames)
        assert (first.begin_time_ms, first.time_ms, first.state) == (0, 0, "idle")
        assert first.spikes["net/E"].neurons == 5
        for _ in range(20):
            session.step(20)
        seen: list[float] = []
        for frame in frames:
            seen.extend(frame.spikes["net/E"].times_ms)
            if frame.time_ms == 400:
                break
        assert frame.weights["net/E_E"].matrix.shape == (5, 5)
        assert "400 ms" in repr(frame)
    np.testing.assert_array_equal(seen, session.get_spikes("net/E").times_ms)
    assert len(seen) > 0


def test_a_watch_ends_with_its_session(client: spiked.Client) -> None:
    session = client.create_session()
    frames = session.watch()
    next(frames)
    session.delete()
    with pytest.raises(spiked.NotFound):
        list(frames)


def test_a_cancelled_watch_ends_quietly(session: spiked.Session) -> None:
    with session.watch() as frames:
        next(frames)
    assert list(frames) == []


def test_what_cannot_be_watched_is_said(session: spiked.Session) -> None:
    with pytest.raises(spiked.NotFound, match=r"readout\.spikes\[0\]"):
        next(session.watch({"spikes": "none/E"}))
    with pytest.raises(spiked.InvalidField) as caught:
        next(session.watch(rate_hz=1000))
    assert caught.value.field == "max_rate_hz"


def test_the_asynchronous_twin_watches_its_own_steps(server: Server) -> None:
    async def run() -> None:
        async with (
            spiked.aio.connect(server.address) as client,
            client.create_session(seed=1) as session,
        ):
            await session.create_network("player", "pong/rstdp", num_neurons=5)
            async with session.watch(rate_hz=50) as frames:
                assert (await anext(frames)).time_ms == 0
                await session.step(200)
                async for frame in frames:
                    if frame.time_ms == 200:
                        break
                assert "player/motor" in frame.spikes
            frames = session.watch()
            await anext(frames)
            await session.delete()
            with pytest.raises(spiked.NotFound):
                async for _ in frames:
                    pass

    with pytest.raises(spiked.NotFound):  # it is deleted already
        asyncio.run(run())
