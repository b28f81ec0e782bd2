"""PyNEST on a spiked server: ``import spiked.nest as nest``.

Scripts for NEST 3 run unchanged by ``python3 -m spiked.nest SCRIPT``. Each has a session of its
own on the server that ``spiked.connect()`` finds. What a script creates and connects is gathered
here and sent when it is needed. ``client/python/docs/nest.md`` has the table of what is supported;
everything else raises NotImplementedError, which names it.
"""

from __future__ import annotations

import atexit
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

from spiked.nest import _settings, math, random, raster_plot, voltage_trace
from spiked.nest._calls import (
    VERBOSITIES,
    Cleanup,
    CollocatedSynapses,
    Connect,
    CopyModel,
    Create,
    CreateParameter,
    Disconnect,
    GetConnections,
    GetDefaults,
    GetKernelStatus,
    GetLocalNodeCollection,
    GetLocalVPs,
    GetNodes,
    GetStatus,
    NumProcesses,
    Prepare,
    PrintNodes,
    Rank,
    ResetKernel,
    Run,
    RunManager,
    SetDefaults,
    SetKernelStatus,
    SetStatus,
    Simulate,
    SyncProcesses,
    get,
    get_verbosity,
    help,  # noqa: A004
    message,
    set,  # noqa: A004
    set_verbosity,
    sysinfo,
    version,
)
from spiked.nest._kernel import KERNEL
from spiked.nest._parameters import Parameter
from spiked.nest.errors import NESTError, NESTErrors
from spiked.nest.nodes import NodeCollection
from spiked.nest.synapses import SynapseCollection

#: The version of NEST whose scripts run.
__version__ = "3.10"
build_info = {
    "built": "",
    "have_boost": False,
    "have_gsl": False,
    "have_hdf5": False,
    "have_libneurosim": False,
    "have_mpi": False,
    "have_music": False,
    "have_sionlib": False,
    "have_threads": True,
    "ndebug": True,
    "version": __version__,
}
#: Where PyNEST has its errors.
kernel = SimpleNamespace(NESTError=NESTError, NESTErrors=NESTErrors)
logic = SimpleNamespace(conditional=math.conditional)
verbosity = SimpleNamespace(**VERBOSITIES)
# What NEST has and this front has not, to be told by name.
_UNSUPPORTED = (
    "DisableStructuralPlasticity",
    "EnableStructuralPlasticity",
    "Install",
    "TripartiteConnect",
    "ll_api",
    "spatial",
    "spatial_distributions",
)


class _Module(ModuleType):
    """The module, with the kernel's attributes."""

    def __getattr__(self, name: str) -> Any:
        if name in _settings.NAMES:
            return KERNEL.attribute(name)
        if name in _UNSUPPORTED or name in _settings.UNSUPPORTED:
            raise NotImplementedError(f"spiked.nest does not support nest.{name}")
        raise AttributeError(f"module 'nest' has no attribute {name!r}", name=name, obj=self)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _settings.NAMES:
            KERNEL.set_attributes({name: value})
        else:
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *_settings.NAMES]


sys.modules[__name__].__class__ = _Module
atexit.register(KERNEL.close)

__all__ = [
    "Cleanup",
    "CollocatedSynapses",
    "Connect",
    "CopyModel",
    "Create",
    "CreateParameter",
    "Disconnect",
    "GetConnections",
    "GetDefaults",
    "GetKernelStatus",
    "GetLocalNodeCollection",
    "GetLocalVPs",
    "GetNodes",
    "GetStatus",
    "NESTError",
    "NESTErrors",
    "NodeCollection",
    "NumProcesses",
    "Parameter",
    "Prepare",
    "PrintNodes",
    "Rank",
    "ResetKernel",
    "Run",
    "RunManager",
    "SetDefaults",
    "SetKernelStatus",
    "SetStatus",
    "Simulate",
    "SynapseCollection",
    "SyncProcesses",
    "get",
    "get_verbosity",
    "help",
    "kernel",
    "logic",
    "math",
    "message",
    "random",
    "raster_plot",
    "set",
    "set_verbosity",
    "sysinfo",
    "verbosity",
    "version",
    "voltage_trace",
]
