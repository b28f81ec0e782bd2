"""Setting up, running and resetting the simulation."""

from __future__ import annotations

from typing import Any

from pyNN import common
from pyNN.common.control import DEFAULT_MAX_DELAY, DEFAULT_MIN_DELAY, DEFAULT_TIMESTEP
from pyNN.recording import get_io

from spiked.pynn import _simulator as simulator
from spiked.pynn.connectors import FixedProbabilityConnector
from spiked.pynn.populations import Population
from spiked.pynn.projections import Projection
from spiked.pynn.synapses import StaticSynapse


def setup(
    timestep: float = DEFAULT_TIMESTEP,
    min_delay: float | str = DEFAULT_MIN_DELAY,
    *,
    server: str | None = None,
    rng_seed: int = 1,
    **extra_params: Any,
) -> int:
    """Begins a simulation; what was before is forgotten.

    `timestep`, `min_delay` and ``max_delay`` are in ms. `server` is the address of one (see
    :func:`spiked.connect`), `rng_seed` the seed of all that the server draws. Parameters of other
    simulators (``threads``, ``verbosity``, ...) change nothing. Spikes of a SpikeSourcePoisson
    pass a relay whose delay is `min_delay`; with a larger one the simulation is somewhat faster.
    """
    common.setup(timestep, min_delay, **extra_params)
    if extra_params.get("spike_precision", "on_grid") != "on_grid":
        raise NotImplementedError("spiked.pynn has no spike_precision other than 'on_grid'")
    state = simulator.state
    state.clear()
    state.connect_to(server)
    state.dt = float(timestep)
    state.seed = int(rng_seed)
    state.min_delay = state.dt if min_delay == "auto" else float(min_delay)
    max_delay = extra_params.get("max_delay", DEFAULT_MAX_DELAY)
    state.max_delay = 1e6 * state.dt if max_delay == "auto" else float(max_delay)
    return 0  # the number of this process


def end(compatible_output: bool = True) -> None:  # noqa: ARG001  # PyNN has it
    """Writes what was to be written at the end. Data can be read until the next :func:`setup`."""
    for population, variables, filename in simulator.state.write_on_end:
        population.write_data(get_io(filename), variables)
    simulator.state.write_on_end = []


run, run_until = common.build_run(simulator)
run_for = run
reset = common.build_reset(simulator)
initialize = common.initialize
set = common.set  # noqa: A001  # PyNN calls it so
(
    get_current_time,
    get_time_step,
    get_min_delay,
    get_max_delay,
    num_processes,
    rank,
) = common.build_state_queries(simulator)
create = common.build_create(Population)
connect = common.build_connect(Projection, FixedProbabilityConnector, StaticSynapse)
record = common.build_record(simulator)
