"""Standard cell types, and what they are on the server. Units there: pF, pA, mV, ms, Hz."""

from __future__ import annotations

from typing import ClassVar

from pyNN.standardmodels import build_translations, cells

_MEMBRANE = (
    ("v_rest", "E_L"),
    ("v_reset", "V_reset"),
    ("v_thresh", "V_th"),
    ("cm", "C_m", 1000.0),
    ("tau_m", "tau_m"),
    ("tau_refrac", "t_ref"),
    ("i_offset", "I_e", 1000.0),
)
_CURRENTS = (*_MEMBRANE, ("tau_syn_E", "tau_syn_ex"), ("tau_syn_I", "tau_syn_in"))
#: State variables: the server's name, and its unit in PyNN's.
_POTENTIAL = {"v": ("V_m", 1.0)}
_SYNAPTIC = {"isyn_exc": ("I_syn_ex", 1000.0), "isyn_inh": ("I_syn_in", 1000.0)}


class IF_curr_exp(cells.IF_curr_exp):  # noqa: N801
    """Integrate-and-fire neuron with exponential currents: ``iaf_psc_exp``."""

    server_model = "iaf_psc_exp"
    translations = build_translations(*_CURRENTS)
    recordable: ClassVar = ["spikes", "v", "isyn_exc", "isyn_inh"]
    variables: ClassVar = {**_POTENTIAL, **_SYNAPTIC}


class IF_curr_alpha(cells.IF_curr_alpha):  # noqa: N801
    """Integrate-and-fire neuron with alpha-shaped currents: ``iaf_psc_alpha``."""

    server_model = "iaf_psc_alpha"
    translations = build_translations(*_CURRENTS)
    recordable: ClassVar = ["spikes", "v", "isyn_exc", "isyn_inh"]
    variables: ClassVar = {**_POTENTIAL, **_SYNAPTIC}


class IF_curr_delta(cells.IF_curr_delta):  # noqa: N801
    """Integrate-and-fire neuron whose potential jumps: ``iaf_psc_delta``; weights in mV."""

    server_model = "iaf_psc_delta"
    translations = build_translations(*_MEMBRANE)
    variables: ClassVar = _POTENTIAL


class SpikeSourceArray(cells.SpikeSourceArray):
    """Spikes at given times, in ms, each put on the grid: ``spike_generator``."""

    server_model = "spike_generator"
    translations = build_translations(("spike_times", "spike_times"))
    variables: ClassVar[dict[str, tuple[str, float]]] = {}


class SpikeSourcePoisson(cells.SpikeSourcePoisson):
    """Spike source, generating spikes according to a Poisson process.

    All targets of a cell get the same spikes: on the server, a relay behind a generator.
    """

    server_model = "poisson_generator"
    translations = build_translations(
        ("rate", "rate"),
        ("start", "start"),
        ("duration", "stop", "start+duration", "stop-start"),
    )
    variables: ClassVar[dict[str, tuple[str, float]]] = {}
