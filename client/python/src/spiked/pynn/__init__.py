"""PyNN on a spiked server: ``import spiked.pynn as sim``.

A backend made of PyNN's own common classes; takes the package PyNN. ``client/python/docs/pynn.md``
tells what is supported; everything else raises an error that names it.

>>> import spiked.pynn as sim                                     # doctest: +SKIP
>>> sim.setup(timestep=0.1)                                       # doctest: +SKIP
>>> cells = sim.Population(10, sim.IF_curr_exp(i_offset=1.0))     # doctest: +SKIP
>>> cells.record(["spikes", "v"])                                 # doctest: +SKIP
>>> sim.run(100.0)                                                # doctest: +SKIP
>>> cells.get_data().segments[0].spiketrains                      # doctest: +SKIP
"""

from __future__ import annotations

import sys

try:
    import pyNN  # noqa: F401
except ImportError as error:
    raise ImportError("spiked.pynn needs the package PyNN: pip install PyNN") from error
from pyNN import errors, random, space
from pyNN.connectors import (
    ArrayConnector,
    CloneConnector,
    DisplacementDependentProbabilityConnector,
    DistanceDependentProbabilityConnector,
    FromFileConnector,
    FromListConnector,
    IndexBasedProbabilityConnector,
)
from pyNN.network import Network
from pyNN.parameters import Sequence
from pyNN.random import GSLRNG, NumpyRNG, RandomDistribution
from pyNN.space import Space

from spiked.pynn import _simulator as simulator
from spiked.pynn.cells import (
    IF_curr_alpha,
    IF_curr_delta,
    IF_curr_exp,
    SpikeSourceArray,
    SpikeSourcePoisson,
)
from spiked.pynn.connectors import (
    AllToAllConnector,
    FixedNumberPostConnector,
    FixedNumberPreConnector,
    FixedProbabilityConnector,
    FixedTotalNumberConnector,
    OneToOneConnector,
)
from spiked.pynn.control import (
    connect,
    create,
    end,
    get_current_time,
    get_max_delay,
    get_min_delay,
    get_time_step,
    initialize,
    num_processes,
    rank,
    record,
    reset,
    run,
    run_for,
    run_until,
    set,  # noqa: A004
    setup,
)
from spiked.pynn.electrodes import DCSource, NoisyCurrentSource, StepCurrentSource
from spiked.pynn.populations import Assembly, Population, PopulationView
from spiked.pynn.projections import Projection
from spiked.pynn.synapses import (
    AdditivePotentiationMultiplicativeDepression,
    AdditiveWeightDependence,
    GutigWeightDependence,
    MultiplicativeWeightDependence,
    SpikePairRule,
    StaticSynapse,
    STDPMechanism,
    TsodyksMarkramSynapse,
)

_CELLS = (IF_curr_alpha, IF_curr_delta, IF_curr_exp, SpikeSourceArray, SpikeSourcePoisson)


def list_standard_models() -> list[str]:
    """Names of the standard cell types that there are."""
    return [cell.__name__ for cell in _CELLS]


def __getattr__(name: str) -> object:
    """What PyNN has and this backend has not is told by name."""
    from pyNN import connectors, standardmodels

    for module in (standardmodels.cells, standardmodels.synapses, standardmodels.electrodes):
        if hasattr(module, name):
            raise NotImplementedError(f"spiked.pynn has no {name}")
    if hasattr(connectors, name) or name == "NativeRNG":
        raise NotImplementedError(f"spiked.pynn has no {name}")
    raise AttributeError(
        f"module 'spiked.pynn' has no attribute {name!r}", name=name, obj=sys.modules[__name__]
    )


__all__ = [
    "GSLRNG",
    "AdditivePotentiationMultiplicativeDepression",
    "AdditiveWeightDependence",
    "AllToAllConnector",
    "ArrayConnector",
    "Assembly",
    "CloneConnector",
    "DCSource",
    "DisplacementDependentProbabilityConnector",
    "DistanceDependentProbabilityConnector",
    "FixedNumberPostConnector",
    "FixedNumberPreConnector",
    "FixedProbabilityConnector",
    "FixedTotalNumberConnector",
    "FromFileConnector",
    "FromListConnector",
    "GutigWeightDependence",
    "IF_curr_alpha",
    "IF_curr_delta",
    "IF_curr_exp",
    "IndexBasedProbabilityConnector",
    "MultiplicativeWeightDependence",
    "Network",
    "NoisyCurrentSource",
    "NumpyRNG",
    "OneToOneConnector",
    "Population",
    "PopulationView",
    "Projection",
    "RandomDistribution",
    "STDPMechanism",
    "Sequence",
    "Space",
    "SpikePairRule",
    "SpikeSourceArray",
    "SpikeSourcePoisson",
    "StaticSynapse",
    "StepCurrentSource",
    "TsodyksMarkramSynapse",
    "connect",
    "create",
    "end",
    "errors",
    "get_current_time",
    "get_max_delay",
    "get_min_delay",
    "get_time_step",
    "initialize",
    "list_standard_models",
    "num_processes",
    "random",
    "rank",
    "record",
    "reset",
    "run",
    "run_for",
    "run_until",
    "set",
    "setup",
    "simulator",
    "space",
]
