"""The asynchronous twin against a real server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np
import pytest
from conftest import Server

import spiked
import spiked.aio

DAY_MS = 86_000_000.0


def with_session(
    server: Server, work: Callable[[spiked.aio.Client, spiked.aio.Session], Awaitable[None]]
) -> None:
    async def run() -> None:
        async with (
            spiked.aio.connect(server.address) as client,
            client.create_session(seed=1) as session,
        ):
            await session.create_network("player", "pong/rstdp", num_neurons=20, noise=True)
            await work(client, session)

    asyncio.run(run())


def test_it_computes_what_its_blocking_twin_computes(
    server: Server, session: spiked.Session
) -> None:
    session.create_network("player", "pong/rstdp", num_neurons=20, noise=True)
    session.step(400)
    expected = session.get_spikes("player/motor")

    async def work(_client: spiked.aio.Client, twin: spiked.aio.Session) -> None:
        await twin.step(400)
        spikes = await twin.get_spikes("player/motor")
        assert np.array_equal(spikes.times_ms, expected.times_ms)
        assert np.array_equal(spikes.senders, expected.senders)
        assert repr(spikes) == repr(expected)

    with_session(server, work)


def test_all_calls_of_a_session(server: Server) -> None:
    async def work(client: spiked.aio.Client, session: spiked.aio.Session) -> None:
        player = await session.network("player")
        assert list(await session.networks()) == ["player"]
        assert (await session.validate_network("x", "pong/rstdp", num_neurons=5)).name == "x"
        stamps = spiked.spike_trains({3: np.arange(1.0, 100.0, 5.0)})
        assert await session.set_input({player["input"]: stamps}) == 0.0
        assert (await session.step(200)).time_ms == 200.0
        assert await session.apply_reward({"player": 0.1}) == 200.0
        weights = await session.get_weights(player["input_motor"])
        assert weights.matrix.shape == (20, 20)
        assert await session.set_weights(player["input_motor"], weights.matrix + 1) == 200.0
        changed = await session.get_weights("player/input_motor")
        assert np.array_equal(changed.values, weights.values + 1)
        assert not await session.halt()
        assert (await session.info()).time_ms == 200.0
        assert session.name in [info.name for info in await client.sessions()]
        assert "iaf_psc_exp" in await client.models()
        assert "pong/rstdp" in await client.presets()
        assert (await client.info()).instance_id == client.instance

    with_session(server, work)


def test_signals_can_be_read(server: Server) -> None:
    async def work(_client: spiked.aio.Client, session: spiked.aio.Session) -> None:
        net = spiked.NetworkSpecification()
        net.multimeter("voltmeter", net.population("a", "iaf_psc_exp", 3), "V_m")
        await session.create_network("net", net)
        await session.step(10)
        signals = await session.get_signals("net/voltmeter")
        assert signals["V_m"].shape == (10, 3)
        assert signals.units == {"V_m": "mV"}

    with_session(server, work)


def test_a_stream_steps_in_order(server: Server) -> None:
    async def work(_client: spiked.aio.Client, session: spiked.aio.Session) -> None:
        async with session.stream() as stream:
            for step in range(1, 6):
                result = await stream.step(20, read={"spike_counts": "player/motor"})
                assert result.time_ms == 20.0 * step
        with pytest.raises(spiked.SpikedError, match="closed"):
            await stream.step(1)

    with_session(server, work)


def test_tasks_that_share_a_stream_take_turns(server: Server) -> None:
    async def work(_client: spiked.aio.Client, session: spiked.aio.Session) -> None:
        async with session.stream() as stream:
            results = await asyncio.gather(*(stream.step(1) for _ in range(10)))
        assert sorted(result.time_ms for result in results) == list(range(1, 11))

    with_session(server, work)


def test_an_error_of_a_stream_has_its_details(server: Server) -> None:
    async def work(_client: spiked.aio.Client, session: spiked.aio.Session) -> None:
        with pytest.raises(spiked.InvalidField) as caught:
            await session.stream().step(0.05)
        assert caught.value.field == "step.duration_ms"
        with pytest.raises(spiked.InvalidField):
            await session.step(0.05)

    with_session(server, work)


def test_a_cancelled_step_is_halted_and_leaves_the_session_usable(server: Server) -> None:
    async def work(_client: spiked.aio.Client, session: spiked.aio.Session) -> None:
        task = asyncio.create_task(session.step(DAY_MS))
        while (await session.info()).state != "busy":
            pass
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        while (await session.info()).state == "busy":
            pass
        time_ms = (await session.info()).time_ms
        assert 0 < time_ms < DAY_MS
        assert (await session.step(1)).time_ms == time_ms + 1

    with_session(server, work)


def test_a_step_is_halted_by_another_task(server: Server) -> None:
    async def work(_client: spiked.aio.Client, session: spiked.aio.Session) -> None:
        task = asyncio.create_task(session.step(DAY_MS))
        while not await session.halt():
            pass
        assert (await task).halted

    with_session(server, work)


def test_an_attached_session_outlives_its_block(server: Server) -> None:
    async def work(client: spiked.aio.Client, session: spiked.aio.Session) -> None:
        async with client.attach_session(session.id) as again:
            assert again.name == session.name
        assert (await session.info()).name == session.name

    with_session(server, work)


def test_no_server_is_told_with_its_address() -> None:
    async def run() -> None:
        await spiked.aio.connect("unix:/nowhere/none.sock", timeout_s=0.1)

    with pytest.raises(spiked.Unavailable, match="no spiked server answers at unix:/nowhere"):
        asyncio.run(run())


def test_a_restart_is_noticed(own_server: Server) -> None:
    async def run() -> None:
        async with spiked.aio.connect(own_server.address) as client:
            session = await client.create_session("mine")
            own_server.kill()
            own_server.start()
            for _ in range(1000):
                try:
                    await client.info()
                except spiked.Unavailable:
                    await asyncio.sleep(0.02)
                else:
                    break
            with pytest.raises(spiked.ServerRestarted):
                await session.step(1)

    asyncio.run(run())
