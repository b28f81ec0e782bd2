"""What a step answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from spiked import signals as signals_module
from spiked import spikes as spikes_module
from spiked import weights as weights_module
from spiked._columns import Indices, integers
from spiked._text import milliseconds, table_html
from spiked.errors import Interrupted
from spiked.network import Address, address_of
from spiked.signals import Signals
from spiked.spikes import Spikes
from spiked.v1 import simulation_service_pb2 as simulation_pb2
from spiked.weights import Weights

T = TypeVar("T")


class ByAddress(dict[str, T]):
    """Results by address; a population, projection or multimeter will do as a key, too."""

    def __getitem__(self, address: Address) -> T:
        return super().__getitem__(address_of(address))

    def __missing__(self, address: str) -> T:
        raise KeyError(f"{address!r} was not read; there is {', '.join(self) or 'nothing'}")

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)


@dataclass(frozen=True, repr=False)
class StepResult:
    """What a step read out, and how far it came."""

    #: Biological time in ms at the beginning of the step.
    begin_time_ms: float
    #: Biological time in ms at the end of the step.
    time_ms: float
    #: Whether the step ended before the whole duration was over.
    halted: bool
    #: Why it did: ``HALTED`` (by ``halt``), ``DEADLINE``, ``CANCELLED``, ``DELETED``,
    #: ``SHUTTING_DOWN`` or ``MEMORY`` (want of it); empty if it did not.
    halt_reason: str
    #: By population: number of spikes of each neuron during the step. Shape (neurons,).
    spike_counts: ByAddress[Indices]
    #: By population: the spikes of the step.
    spikes: ByAddress[Spikes]
    #: By projection: the weights after the step.
    weights: ByAddress[Weights]
    #: By multimeter: the samples of the step.
    signals: ByAddress[Signals]

    def _readings(self) -> list[str]:
        return [
            *(
                f"{a}: {c.sum():,} spikes of {len(c):,} neurons"
                for a, c in self.spike_counts.items()
            ),
            *map(repr, self.spikes.values()),
            *map(repr, self.weights.values()),
            *map(repr, self.signals.values()),
        ]

    def _head(self) -> str:
        halted = f", halted ({self.halt_reason.lower() or 'by somebody'})" if self.halted else ""
        return f"StepResult at {milliseconds(self.time_ms)}{halted}"

    def __repr__(self) -> str:
        return "\n  ".join([self._head(), *self._readings()])

    def _repr_html_(self) -> str:
        return table_html([self._head()], [[reading] for reading in self._readings()])


def interrupted(session: str, result: StepResult) -> Interrupted:
    """What Ctrl-C raises once the step has been halted."""
    return Interrupted(
        f"{session} stopped at {milliseconds(result.time_ms)}; it may be used on", result
    )


def from_message(
    response: simulation_pb2.StepResponse,
    *,
    neurons: Mapping[str, int | None],
    units: Mapping[str, Mapping[str, str]],
) -> StepResult:
    """The answer to a step."""
    window = {"after_ms": response.begin_time_ms, "until_ms": response.time_ms}
    return StepResult(
        begin_time_ms=response.begin_time_ms,
        time_ms=response.time_ms,
        halted=response.halted,
        halt_reason=_halt_reason(response),
        spike_counts=ByAddress({c.population: integers(c.counts) for c in response.spike_counts}),
        spikes=ByAddress(
            {
                s.population: spikes_module.from_pages(
                    [s], neurons=neurons.get(s.population), **window
                )
                for s in response.spikes
            }
        ),
        weights=ByAddress(
            {
                w.projection: weights_module.from_pages([w], time_ms=response.time_ms)
                for w in response.weights
            }
        ),
        signals=ByAddress(
            {
                s.multimeter: signals_module.from_pages(
                    [s], units=units.get(s.multimeter, {}), **window
                )
                for s in response.signals
            }
        ),
    )


def _halt_reason(response: simulation_pb2.StepResponse) -> str:
    if not response.halt_reason:
        return ""
    return simulation_pb2.HaltReason.Name(response.halt_reason).removeprefix("HALT_REASON_")
