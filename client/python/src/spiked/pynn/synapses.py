"""Standard synapse types, and what they are on the server.

Weights there are in pA, in mV onto ``iaf_psc_delta``; :mod:`spiked.pynn.projections` sees to the
latter.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pyNN.standardmodels import build_translations, synapses

from spiked.pynn import _simulator as simulator

_BOTH = (("weight", "weight", 1000.0), ("delay", "delay"))


class _Synapse:
    def _get_minimum_delay(self) -> float:
        return simulator.state.min_delay


class StaticSynapse(_Synapse, synapses.StaticSynapse):
    """A weight and a delay: ``static_synapse``."""

    server_model = "static_synapse"
    translations = build_translations(*_BOTH)


class TsodyksMarkramSynapse(_Synapse, synapses.TsodyksMarkramSynapse):
    """Short-term plasticity: ``tsodyks2_synapse``."""

    server_model = "tsodyks2_synapse"
    translations = build_translations(
        *_BOTH, ("U", "U"), ("tau_rec", "tau_rec"), ("tau_facil", "tau_fac")
    )


class STDPMechanism(_Synapse, synapses.STDPMechanism):
    """Spike-timing dependent plasticity of pairs: ``stdp_synapse``."""

    server_model = "stdp_synapse"
    base_translations = build_translations(
        *_BOTH, ("dendritic_delay_fraction", "dendritic_delay_fraction")
    )

    def __init__(
        self,
        timing_dependence: Any = None,
        weight_dependence: Any = None,
        voltage_dependence: Any = None,
        dendritic_delay_fraction: float = 1.0,
        weight: Any = 0.0,
        delay: Any = None,
    ) -> None:
        if voltage_dependence is not None:
            raise NotImplementedError("spiked.pynn has no voltage_dependence")
        if dendritic_delay_fraction != 1:
            raise NotImplementedError(
                "spiked.pynn has no dendritic_delay_fraction other than 1: delays are dendritic"
            )
        super().__init__(
            timing_dependence,
            weight_dependence,
            voltage_dependence,
            dendritic_delay_fraction,
            weight,
            delay,
        )

    def _build_translations(self) -> None:
        # PyNN adds them to a dictionary of the class, where those of other rules would stay.
        self.translations = dict(self.base_translations)
        for part in (self.timing_dependence, self.weight_dependence):
            if part is not None:
                self.translations.update(part.translations)


#: The server's ``lambda``, which PyNN would take for a word of Python.
STEP = "step_size"
_RULE = {"stdp_synapse"}
_BOUNDS = (("w_max", "Wmax", 1000.0), ("w_min", "w_min"))


class AdditiveWeightDependence(synapses.AdditiveWeightDependence):
    """Changes do not depend on the weight."""

    translations = build_translations(*_BOUNDS)
    possible_models: ClassVar = _RULE
    extra_parameters: ClassVar = {"mu_plus": 0.0, "mu_minus": 0.0}


class MultiplicativeWeightDependence(synapses.MultiplicativeWeightDependence):
    """Changes are proportional to the distance to the bound."""

    translations = build_translations(*_BOUNDS)
    possible_models: ClassVar = _RULE
    extra_parameters: ClassVar = {"mu_plus": 1.0, "mu_minus": 1.0}


class AdditivePotentiationMultiplicativeDepression(
    synapses.AdditivePotentiationMultiplicativeDepression
):
    """Only depression depends on the weight."""

    translations = build_translations(*_BOUNDS)
    possible_models: ClassVar = _RULE
    extra_parameters: ClassVar = {"mu_plus": 0.0, "mu_minus": 1.0}


class GutigWeightDependence(synapses.GutigWeightDependence):
    """Changes go with powers of the distance to the bound."""

    translations = build_translations(*_BOUNDS, ("mu_plus", "mu_plus"), ("mu_minus", "mu_minus"))
    possible_models: ClassVar = _RULE


def _to_alpha(**parameters: Any) -> Any:
    return parameters["A_minus"] / parameters["A_plus"]


def _from_alpha(**parameters: Any) -> Any:
    return parameters["alpha"] * parameters[STEP]


class SpikePairRule(synapses.SpikePairRule):
    """All pairs of spikes count."""

    translations = build_translations(
        ("tau_plus", "tau_plus"),
        ("tau_minus", "tau_minus"),
        ("A_plus", STEP),
        ("A_minus", "alpha", _to_alpha, _from_alpha),
    )
    possible_models: ClassVar = _RULE
