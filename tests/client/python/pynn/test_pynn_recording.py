"""What the PyNN backend records, and how time passes, stops and begins anew."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("pyNN")
neo: Any = pytest.importorskip("neo")


@pytest.fixture
def cells(sim: Any) -> Any:
    return sim.Population(4, sim.IF_curr_exp(i_offset=[0.5, 0.8, 1.0, 1.5]), label="E")


def test_blocks_hold_spikes_and_signals_of_what_is_recorded(sim: Any, cells: Any) -> None:
    cells[1:3].record("spikes")
    cells[2:4].record("v", sampling_interval=0.5)
    sim.run(100.0)
    block = cells.get_data()
    assert block.name == "E"
    (segment,) = block.segments
    assert [train.annotations["source_index"] for train in segment.spiketrains] == [1, 2]
    (signal,) = segment.analogsignals
    assert signal.shape == (201, 2)
    assert float(signal.sampling_period) == 0.5
    assert signal.array_annotations["channel_index"].tolist() == [2, 3]
    counts = cells.get_spike_counts()
    assert list(counts) == [int(cells[1]), int(cells[2])]
    assert list(counts.values()) == [len(train) for train in segment.spiketrains]
    assert cells[2:3].mean_spike_count() == len(segment.spiketrains[1]) > 0
    (view,) = cells[3:4].get_data("v").segments[0].analogsignals
    assert np.array_equal(view.magnitude[:, 0], signal.magnitude[:, 1])


def test_time_may_pass_in_pieces_with_callbacks(sim: Any, cells: Any) -> None:
    cells.record(["spikes", "v"])
    sim.run(60.0)
    whole = cells.get_data().segments[0]
    sim.setup(timestep=0.1, server=sim.simulator.state.server, rng_seed=1)
    again = sim.Population(4, sim.IF_curr_exp(i_offset=[0.5, 0.8, 1.0, 1.5]))
    again.record(["spikes", "v"])
    called = []

    def every_25_ms(t: float) -> float:
        called.append(t)
        return t + 25.0

    assert sim.run_until(40.0, callbacks=[every_25_ms]) == 40.0
    assert sim.run(20.0) == sim.get_current_time() == 60.0
    # At first, when it was due, and at the end, where PyNN asks whoever is next.
    assert called == [0.0, 25.0, 40.0]
    pieces = again.get_data().segments[0]
    assert np.array_equal(whole.analogsignals[0].magnitude, pieces.analogsignals[0].magnitude)
    for one, other in zip(whole.spiketrains, pieces.spiketrains, strict=True):
        assert one.magnitude.tolist() == other.magnitude.tolist()
    with pytest.raises(ValueError, match="in the past"):
        sim.run_until(10.0)


def test_a_reset_begins_a_segment_from_the_same_state_with_other_noise(sim: Any) -> None:
    cells = sim.Population(2, sim.IF_curr_exp(), initial_values={"v": -60.0})
    noise = sim.Population(2, sim.SpikeSourcePoisson(rate=100.0))
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[3.0, 8.0]))
    for population in (cells, noise, source):
        population.record("spikes")
    cells.record("v", sampling_interval=1.0)
    sim.run(100.3)
    sim.reset()
    assert sim.get_current_time() == 0.0
    sim.run(100.0)
    block = cells.get_data()
    assert [s.analogsignals[0].shape for s in block.segments] == [(101, 2), (101, 2)]
    first, second = (s.analogsignals[0].magnitude for s in block.segments)
    assert np.array_equal(first, second)
    sources = [s.spiketrains[0].magnitude.tolist() for s in source.get_data().segments]
    assert sources == [[3.0, 8.0], [3.0, 8.0]]
    drawn = [s.spiketrains[0].magnitude.tolist() for s in noise.get_data().segments]
    assert drawn[0] != drawn[1]
    assert all(0 < t <= 100.3 for t in drawn[1])


def test_cleared_data_are_not_read_again(sim: Any, cells: Any) -> None:
    cells.record(["spikes", "v"])
    sim.run(50.0)
    first = cells.get_data(clear=True).segments[0]
    sim.run(50.0)
    second = cells.get_data().segments[0]
    assert second.analogsignals[0].shape == (501, 4)
    assert float(second.analogsignals[0].t_start) == 50.0
    assert np.array_equal(
        first.analogsignals[0].magnitude[-1], second.analogsignals[0].magnitude[0]
    )
    assert all(float(t) > 50.0 for train in second.spiketrains for t in train)
    assert sum(len(train) for train in second.spiketrains) > 0


def test_what_is_recorded_later_begins_later(sim: Any, cells: Any) -> None:
    cells[0:1].record("v")
    sim.run(2.0)
    cells[1:2].record("v")
    sim.run(2.0)
    (signal,) = cells.get_data("v").segments[0].analogsignals
    assert signal.shape == (41, 2)
    assert np.isnan(signal.magnitude[:20, 1]).all()
    assert not np.isnan(signal.magnitude[20:]).any()


def test_files_are_written_at_the_end(sim: Any, cells: Any, tmp_path: Any) -> None:
    cells.record("spikes", to_file=str(tmp_path / "spikes.pkl"))
    sim.run(50.0)
    sim.end()
    block = neo.PickleIO(str(tmp_path / "spikes.pkl")).read_block()
    assert len(block.segments[0].spiketrains) == 4
    assert len(cells.get_data().segments[0].spiketrains) == 4  # still there


def test_record_none_forgets_what_was_to_be_recorded(sim: Any, cells: Any) -> None:
    cells.record("v")
    sim.run(1.0)
    sim.reset()
    cells.record(None)
    cells[1:2].record("v")
    sim.run(1.0)
    shapes = [s.analogsignals[0].shape for s in cells.get_data().segments]
    assert shapes == [(11, 4), (11, 1)]


def test_few_round_trips_are_made(sim: Any, cells: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from spiked import _connection

    calls: list[Any] = []
    real = _connection.Connection.call

    def counted(self: Any, method: Any, *args: Any, **kwargs: Any) -> Any:
        calls.append(method)
        return real(self, method, *args, **kwargs)

    monkeypatch.setattr(_connection.Connection, "call", counted)
    source = sim.Population(5, sim.SpikeSourcePoisson(rate=50.0))
    for _ in range(4):
        projection = sim.Projection(source, cells, sim.FixedProbabilityConnector(0.5))
        projection.set(weight=0.2, delay=1.5)
    cells.record(["spikes", "v"])
    cells.set(tau_m=15.0)
    sim.run(10.0)
    assert len(calls) <= 3  # the session, the network, the step
    calls.clear()
    source.set(rate=60.0)
    sim.run(10.0)
    assert len(calls) == 1
    assert set(projection.get(["weight", "delay"], format="list", with_address=False)) == {
        (0.2, 1.5)
    }


@pytest.mark.parametrize("timestep", [0.0125, 0.025, 0.5, 1.0])
def test_time_steps_are_what_they_are_said_to_be(sim: Any, timestep: float) -> None:
    sim.setup(timestep=timestep, server=sim.simulator.state.server)
    cells = sim.Population(1, sim.IF_curr_exp(i_offset=1.0, tau_refrac=2.0))
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[3.0, 7.0]))
    synapse = sim.StaticSynapse(weight=1.0, delay=1.0)
    sim.Projection(source, cells, sim.AllToAllConnector(), synapse)
    cells.record("v")
    source.record("spikes")
    assert sim.run(30.0) == 30.0
    (v,) = cells.get_data().segments[0].analogsignals
    assert v.shape == (round(30.0 / timestep) + 1, 1)
    assert source.get_data().segments[0].spiketrains[0].magnitude.tolist() == [3.0, 7.0]
    assert sim.get_time_step() == timestep
