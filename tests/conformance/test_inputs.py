"""SetInput and the inputs of a step: what each kind means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from client import Session
from contract import v1
from expect import refused
from networks import FULL_STEP, Twins, number, parse

pytestmark = pytest.mark.method("SetInput")

# One neuron and one relay for each kind of device, all with the least delay.
DEVICES = parse(
    v1.NetworkSpecification,
    """
    populations { name: "g" model: "spike_generator" size: 2 }
    populations { name: "p" model: "parrot_neuron" size: 2 record_spikes: true }
    populations { name: "steps" model: "step_current_generator" size: 2 }
    populations { name: "dc" model: "dc_generator" size: 2 }
    populations { name: "noise" model: "noise_generator" size: 1 }
    populations { name: "poisson" model: "poisson_generator" size: 2 }
    populations { name: "q" model: "parrot_neuron" size: 2 record_spikes: true }
    populations { name: "n" model: "iaf_psc_exp" size: 2
      parameters { key: "V_th" value { number: 1e6 } } }
    projections { name: "g" source: "g" target: "p" rule { one_to_one {} }
      delay_ms { number: 0.1 } }
    projections { name: "steps" source: "steps" target: "n" rule { one_to_one {} }
      delay_ms { number: 0.1 } }
    projections { name: "dc" source: "dc" target: "n" rule { one_to_one {} }
      delay_ms { number: 0.1 } }
    projections { name: "poisson" source: "poisson" target: "q" rule { one_to_one {} }
      delay_ms { number: 0.1 } }
    multimeters { name: "m" population: "n" variables: "V_m" interval_ms: 0.1 }
    """,
)


@pytest.fixture
def session(new_session: Callable[..., Session]) -> Session:
    return new_session(seed=1, specification=DEVICES)


def _trains(
    senders: list[int], times_ms: list[float], relative: bool = False, **more: Any
) -> dict[str, Any]:
    trains = {"senders": senders, "times_ms": times_ms, **more}
    return {"population": "net/g", "spike_trains": trains, "relative": relative}


def _relayed(session: Session, duration_ms: float) -> list[tuple[float, int]]:
    """What the relays repeat in the time that now passes, as stamps of the generators."""
    (spikes,) = session.step(duration_ms, readout={"spikes": ["net/p"]}).spikes
    return [
        (round(time - 0.1, 6), sender)
        for time, sender in zip(spikes.times_ms, spikes.senders, strict=True)
    ]


def _steps(
    senders: list[int], times_ms: list[float], amplitudes_pa: list[float], relative: bool = False
) -> dict[str, Any]:
    steps = {"senders": senders, "times_ms": times_ms, "amplitudes_pa": amplitudes_pa}
    return {"population": "net/steps", "current_steps": steps, "relative": relative}


def _driven(session: Session, duration_ms: float) -> list[list[float]]:
    """When, in steps of 0.1 ms from now, each neuron's potential is another than before."""
    begin = session.time_ms()
    session.step(duration_ms)
    signals = session.GetSignals(multimeter="net/m", after_ms=begin).signals
    values = signals.signals[0].values
    return [list(values[k::2]) for k in range(2)]


def test_spikes_are_emitted_at_their_stamps(session: Session) -> None:
    session.SetInput(inputs=[_trains([0, 1, 0, 0], [1, 2.5, 3, 3], multiplicities=[1, 1, 2, 1])])
    assert _relayed(session, 10) == [(1, 0), (2.5, 1), (3, 0), (3, 0), (3, 0)]


def test_relative_times_count_from_now(session: Session) -> None:
    session.step(7.3)
    session.SetInput(inputs=[_trains([0], [2], relative=True)])
    assert _relayed(session, 10) == [(9.3, 0)]


def test_stamps_that_have_passed_are_skipped(session: Session) -> None:
    session.step(10)
    session.SetInput(inputs=[_trains([0, 0, 0, 1], [3, 10, 10.1, 12])])
    assert _relayed(session, 10) == [(10.1, 0), (12, 1)]


def test_new_input_replaces_what_is_still_ahead(session: Session) -> None:
    session.SetInput(inputs=[_trains([0, 1], [5, 15])])
    session.step(10)
    session.SetInput(inputs=[_trains([0], [12])])
    assert _relayed(session, 20) == [(12, 0)]
    session.SetInput(inputs=[_trains([0], [40])])
    session.SetInput(inputs=[_trains([], [])])
    assert _relayed(session, 20) == []


def test_what_has_left_the_devices_stays_under_way(new_session: Callable[..., Session]) -> None:
    specification = v1.NetworkSpecification()
    specification.CopyFrom(DEVICES)
    specification.projections[0].delay_ms.number = 20
    session = new_session(specification=specification)
    session.SetInput(inputs=[_trains([0], [5])])
    session.step(10)
    session.SetInput(inputs=[_trains([], [])])
    (spikes,) = session.step(20, readout={"spikes": ["net/p"]}).spikes
    assert list(spikes.times_ms) == [25]


def test_a_current_holds_from_its_time_on(session: Session) -> None:
    session.SetInput(inputs=[_steps([0, 0], [2, 4], [100, 0])])
    driven, silent = _driven(session, 10)
    assert set(silent) == {-70}
    # Sample k is taken at (k + 1) * 0.1 ms.
    assert set(driven[:20]) == {-70}
    rising = driven[21:40]
    assert rising == sorted(rising)
    assert rising[0] > -70
    falling = driven[42:]
    assert falling == sorted(falling, reverse=True)
    assert max(driven) == max(driven[38:44])


def test_generators_that_do_not_occur_keep_their_amplitude(session: Session) -> None:
    session.SetInput(inputs=[_steps([0, 1], [0, 0], [100, 100])])
    session.step(10)
    session.SetInput(inputs=[_steps([1], [10], [0])])
    session.step(1)
    kept, changed = _driven(session, 10)
    assert kept == sorted(kept)
    assert kept[0] < kept[-1]
    assert changed == sorted(changed, reverse=True)
    assert changed[0] > changed[-1]


def test_of_currents_in_the_past_the_last_holds_from_now(session: Session) -> None:
    session.step(10)
    session.SetInput(inputs=[_steps([0, 0, 0], [1, 3, 30], [-50, 100, 0])])
    session.step(0.2)
    driven, silent = _driven(session, 10)
    assert driven == sorted(driven)
    assert driven[-1] > -70
    assert set(silent) == {-70}


def test_relative_currents_count_from_now(session: Session) -> None:
    session.step(10)
    session.SetInput(inputs=[_steps([0], [5], [100], relative=True)])
    driven, _ = _driven(session, 10)
    assert set(driven[:50]) == {-70}
    assert driven[52] > -70


def _device(population: str, relative: bool = False, **parameters: float) -> dict[str, Any]:
    return {
        "population": f"net/{population}",
        "relative": relative,
        "device_parameters": {
            "parameters": {name: number(value) for name, value in parameters.items()}
        },
    }


def test_parameters_that_are_not_named_keep_their_values(session: Session) -> None:
    session.SetInput(inputs=[_device("dc", amplitude=100, start=3, stop=1000)])
    session.step(2)
    session.SetInput(inputs=[_device("dc", stop=6)])
    driven, _ = _driven(session, 10)
    assert set(driven[:10]) == {-70}
    assert driven[12] > -70  # amplitude and start are what they were
    falling = driven[42:]
    assert falling == sorted(falling, reverse=True)


def test_a_relative_window_counts_from_now(session: Session) -> None:
    session.step(10)
    session.SetInput(inputs=[_device("dc", relative=True, amplitude=100, start=2, stop=4)])
    driven, _ = _driven(session, 10)
    assert set(driven[:20]) == {-70}
    assert driven[22] > -70
    assert max(driven) == max(driven[38:44])


def test_a_rate_holds_from_now_on(session: Session) -> None:
    def count() -> int:
        (counts,) = session.step(1000, readout={"spike_counts": ["net/q"]}).spike_counts
        return sum(counts.counts)

    assert count() == 0
    session.SetInput(inputs=[_device("poisson", rate=500)])
    # Two trains of 500 expected spikes each.
    assert 1000 - 5 * 32 < count() < 1000 + 5 * 32
    session.SetInput(inputs=[_device("poisson", rate=0)])
    session.step(0.1)
    assert count() == 0


@pytest.mark.method("Step")
def test_inputs_that_do_not_fit_their_devices_are_refused(
    new_session: Callable[..., Session],
) -> None:
    twins = Twins(new_session)
    good = list(FULL_STEP.inputs)

    def check(field: str, code: str = "", **input_: Any) -> None:
        bad = {"population": "net/input", **input_}
        outcome = {
            "code": code or "INVALID_ARGUMENT",
            "reason": code or "INVALID_FIELD",
            # The good inputs before it must leave no trace.
            "field": f"inputs[1].{field}" if field else "inputs[1]",
        }
        inputs = [good[1], bad]
        refused(twins.one.SetInput, inputs=inputs, **outcome)
        refused(twins.one.step, 5, inputs=inputs, rewards=FULL_STEP.rewards, **outcome)

    check("", population="net/input")
    check("spike_trains", population="net/relay", spike_trains={})
    check("spike_trains", population="net/current", spike_trains={})
    check("current_steps", current_steps={})
    check("device_parameters", device_parameters={})
    check("spike_trains.times_ms", spike_trains={"senders": [0, 1], "times_ms": [40]})
    check("spike_trains.senders[1]", spike_trains={"senders": [0, 3], "times_ms": [40, 40]})
    check("spike_trains.times_ms[1]", spike_trains={"senders": [0, 0], "times_ms": [41, 40]})
    check("spike_trains.times_ms[0]", spike_trains={"senders": [0], "times_ms": [40.05]})
    check(
        "spike_trains.multiplicities",
        spike_trains={"senders": [0, 1], "times_ms": [40, 40], "multiplicities": [1]},
    )
    check(
        "spike_trains.multiplicities[0]",
        spike_trains={"senders": [0], "times_ms": [40], "multiplicities": [0]},
    )
    current = {"population": "net/current"}
    check(
        "current_steps.amplitudes_pa",
        current_steps={"senders": [0], "times_ms": [40], "amplitudes_pa": []},
        **current,
    )
    check(
        "current_steps.times_ms[1]",  # strictly ascending
        current_steps={"senders": [0, 0], "times_ms": [40, 40], "amplitudes_pa": [1, 2]},
        **current,
    )
    check(
        "device_parameters.parameters[rate]",
        population="net/noise",
        device_parameters={"parameters": {"rate": number(1)}},
    )
    check("population", population="net/nobody", spike_trains={})
    check("population", "NOT_FOUND", population="nowhere/input", spike_trains={})
    check("population", population="input", spike_trains={})
    twins.check_equal()


def test_nothing_to_apply_is_no_error(new_session: Callable[..., Session]) -> None:
    twins = Twins(new_session)
    assert twins.one.SetInput().time_ms == twins.one.time_ms()
    assert twins.one.SetInput(inputs=[]).time_ms == twins.one.time_ms()
    twins.check_equal()
