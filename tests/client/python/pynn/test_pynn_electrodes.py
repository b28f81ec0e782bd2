"""Current sources of the PyNN backend."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("pyNN")


def potentials(population: Any) -> Any:
    return population.get_data("v").segments[0].analogsignals[0].magnitude


@pytest.fixture
def cells(sim: Any) -> Any:
    made = sim.Population(4, sim.IF_curr_exp(v_thresh=1e6))
    made.record("v")
    return made


def test_currents_act_from_their_start_to_their_stop(sim: Any, cells: Any) -> None:
    cells[1].inject(sim.DCSource(amplitude=1.0, start=20.0, stop=30.0))
    sim.StepCurrentSource(times=[20.0, 30.0], amplitudes=[1.0, 0.0]).inject_into(cells[2:3])
    sim.NoisyCurrentSource(mean=1.0, stdev=0.0, start=20.0, stop=30.0).inject_into([cells[3]])
    sim.run(50.0)
    v = potentials(cells)
    assert (v[:, 0] == -65.0).all()
    for column in v.T[1:]:
        assert (column[:201] == -65.0).all()
        assert (np.diff(column[200:301]) > 0).all()
        assert (np.diff(column[300:]) < 0).all()
        # V approaches v_rest + I tau_m / C_m.
        assert column[300] == pytest.approx(-65.0 + 20.0 * (1 - np.exp(-0.5)))


def test_parameters_are_read_and_set_between_runs(sim: Any, cells: Any) -> None:
    source = sim.DCSource(amplitude=0.5)
    source.inject_into(cells)
    sim.run(20.0)
    source.amplitude = -0.5
    assert source.amplitude == -0.5
    assert source.get_parameters() == {"amplitude": -0.5, "start": 0.0, "stop": 1e12}
    before = potentials(cells)[-1, 0]
    sim.run(100.0)
    assert potentials(cells)[-1, 0] < -65.0 < before


def test_steps_that_fall_on_one_point_of_the_grid_are_one(sim: Any) -> None:
    source = sim.StepCurrentSource(times=[0.41, 0.42, 0.86], amplitudes=[0.5, -0.5, 0.5])
    assert source.times.tolist() == pytest.approx([0.4, 0.9])
    assert source.amplitudes.tolist() == [-0.5, 0.5]
    with pytest.raises(ValueError, match="ascend"):
        sim.StepCurrentSource(times=[2.0, 1.0], amplitudes=[0.5, -0.5])
    with pytest.raises(ValueError, match="amplitude for each"):
        sim.StepCurrentSource(times=[2.0, 1.0], amplitudes=[0.5])


def test_noise_varies_from_cell_to_cell_and_again_after_a_reset(sim: Any, cells: Any) -> None:
    sim.NoisyCurrentSource(mean=0.0, stdev=1.0, dt=1.0).inject_into(cells)
    sim.run(30.0)
    first = potentials(cells)
    assert len({*first[-1]}) == 4
    sim.reset()
    sim.run(30.0)
    second = cells.get_data("v").segments[1].analogsignals[0].magnitude
    assert (first[-1] != second[-1]).all()


def test_noise_is_drawn_anew_at_multiples_of_the_time_step(sim: Any, cells: Any) -> None:
    with pytest.raises(ValueError, match=r"dt must be a multiple .* 0\.1 ms, not .*0\.25"):
        sim.NoisyCurrentSource(dt=0.25)
    with pytest.raises(ValueError, match="stdev of NoisyCurrentSource: std must be at least 0"):
        sim.NoisyCurrentSource(stdev=-1.0)
    source = sim.NoisyCurrentSource(dt=0.01)
    assert source.dt == 0.1
    source.inject_into(cells)
    sim.run(1.0)


def test_spike_sources_take_no_current(sim: Any) -> None:
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[1.0]))
    with pytest.raises(TypeError, match="spike source"):
        sim.DCSource().inject_into(source)
    with pytest.raises(NotImplementedError, match="does not record DCSource"):
        sim.DCSource().record()
