"""Attributes of the kernel: ``nest.resolution`` and its like."""

from __future__ import annotations

import math
from typing import Any

from spiked._text import unknown
from spiked.nest import errors
from spiked.nest._files import BACKENDS

#: What a script may set, with the values that NEST begins with.
SETTINGS: dict[str, Any] = {
    "data_path": "",
    "data_prefix": "",
    "dict_miss_is_error": True,
    "keep_source_table": True,
    "local_num_threads": 1,
    "overwrite_files": False,
    "print_time": False,
    "resolution": 0.1,
    "rng_seed": 143202461,
    "sort_connections_by_source": True,
    "use_compressed_spikes": True,
}
#: Bounds of delays in ms, which follow from the connections unless a script sets both.
DELAYS = ("min_delay", "max_delay")
#: What is so here, and can be set to nothing else.
FIXED: dict[str, Any] = {
    "off_grid_spiking": False,
    "rng_type": "mt19937_64",
    "structural_plasticity_update_interval": 10000.0,
    "tics_per_ms": 1000.0,
    "use_wfr": True,
}
#: What the kernel knows of itself, and no script may set; None is found when it is asked for.
READ_ONLY: dict[str, Any] = {
    "T_max": math.inf,
    "T_min": -math.inf,
    "biological_time": None,
    "connection_rules": (
        "all_to_all",
        "fixed_indegree",
        "fixed_outdegree",
        "fixed_total_number",
        "one_to_one",
        "pairwise_bernoulli",
    ),
    "max_delay": None,
    "min_delay": None,
    "ms_per_tic": 0.001,
    "network_size": None,
    "node_models": None,
    "num_connections": None,
    "num_processes": 1,
    "recording_backends": BACKENDS,
    "rng_types": ("mt19937_64",),
    "stimulation_backends": (),
    "synapse_models": None,
    "tics_per_step": None,
    "time": None,
    "to_do": 0.0,
}
# Other names of settings.
_ALIASES = {"total_num_virtual_procs": "local_num_threads"}
NAMES = (*SETTINGS, *_ALIASES, *FIXED, *READ_ONLY)
#: What NEST's kernel has beside these.
UNSUPPORTED = (
    "adaptive_spike_buffers",
    "adaptive_target_buffers",
    "growth_curves",
    "growth_factor_buffer_target_data",
    "local_spike_counter",
    "max_buffer_size_target_data",
    "max_num_syn_models",
    "max_update_time",
    "min_update_time",
    "send_buffer_size_secondary_events",
    "structural_plasticity_synapses",
    "time_construction_connect",
    "time_construction_create",
    "time_simulate",
    "update_time_limit",
    "wfr_comm_interval",
    "wfr_interpolation_order",
    "wfr_max_iterations",
    "wfr_tol",
)


def setting_of(name: str) -> str:
    """The setting that a name stands for."""
    return _ALIASES.get(name, name)


def checked(name: str, value: Any) -> Any:
    """A setting as it is kept."""
    if name in DELAYS:
        try:
            return float(value)
        except (TypeError, ValueError):
            raise errors.TypeMismatch(
                f"{name} must be a number, not {value!r}", field=name
            ) from None
    if name in READ_ONLY:
        raise errors.ReadOnly(f"{name} is a read only kernel attribute", field=name)
    if name in FIXED:
        if value != FIXED[name]:
            raise errors.unsupported(f"{name} = {value!r}")
        return value
    if name in UNSUPPORTED:
        raise errors.unsupported(f"the kernel attribute {name}")
    if name not in SETTINGS:
        raise errors.UnknownAttribute(f"no kernel attribute {unknown(name, NAMES)}", field=name)
    kind = type(SETTINGS[name])
    try:
        made = kind(value)
        same = made == value and (kind is str) == isinstance(value, str)
    except (TypeError, ValueError):
        same = False
    if not same:
        raise errors.TypeMismatch(f"{name} must be a {kind.__name__}, not {value!r}", field=name)
    if name == "resolution":
        _check_resolution(made)
    if kind is int and not 1 <= made < 2**32:
        raise errors.BadProperty(f"{name} must be from 1 to 2^32 - 1, not {value!r}", field=name)
    return made


def _check_resolution(resolution_ms: float) -> None:
    if not 0.001 <= resolution_ms <= 10.0:
        raise errors.BadProperty(
            f"resolution must be from 0.001 to 10 ms, not {resolution_ms!r}", field="resolution"
        )
    tics = resolution_ms * FIXED["tics_per_ms"]
    if abs(tics - round(tics)) > 1e-9 * tics:
        raise errors.BadProperty(
            f"resolution must be a multiple of 0.001 ms, not {resolution_ms!r}", field="resolution"
        )
