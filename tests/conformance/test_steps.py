"""Step: what it carries, in which order, and what it reads out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from client import TIMEOUT_S, Session
from contract import v1
from expect import check_error, failure, refused
from networks import FULL_STEP, SPECIFICATION, Twins, full_step, number, parse

pytestmark = pytest.mark.method("Step")

RELAY = parse(
    v1.NetworkSpecification,
    """
    populations { name: "g" model: "spike_generator" size: 2 }
    populations { name: "p" model: "parrot_neuron" size: 2 record_spikes: true }
    projections { name: "g_p" source: "g" target: "p" rule { one_to_one {} } }
    """,
)


@pytest.mark.method("SetInput", "ApplyReward", "GetSpikes", "GetSignals", "GetWeights")
def test_a_step_does_what_its_parts_do_one_by_one(new_session: Callable[..., Session]) -> None:
    twins = Twins(new_session)
    at_once = full_step(twins.one)
    step = FULL_STEP
    other = twins.other
    begin = other.time_ms()
    assert other.ApplyReward(rewards=step.rewards).time_ms == begin
    assert other.SetInput(inputs=step.inputs).time_ms == begin
    answer = other.step(step.duration_ms)
    assert not answer.halted
    assert answer.halt_reason == v1.HALT_REASON_UNSPECIFIED
    assert answer.time_ms == at_once.time_ms == begin + step.duration_ms
    for population, spikes in zip(step.readout.spikes, at_once.spikes, strict=True):
        read = other.GetSpikes(population=population, after_ms=begin).spikes
        assert read == spikes
    for multimeter, signals in zip(step.readout.signals, at_once.signals, strict=True):
        assert other.GetSignals(multimeter=multimeter, after_ms=begin).signals == signals
    for projection, weights in zip(step.readout.weights, at_once.weights, strict=True):
        assert other.GetWeights(projection=projection).weights == weights
    counts = [0] * 4
    for sender in at_once.spikes[0].senders:
        counts[sender] += 1
    assert list(at_once.spike_counts[0].counts) == counts
    twins.check_equal()


def test_a_step_without_a_duration_is_refused(new_session: Callable[..., Session]) -> None:
    twins = Twins(new_session)
    refused(twins.one.Step, rewards=FULL_STEP.rewards, field="duration_ms")
    refused(twins.one.Step, inputs=FULL_STEP.inputs, field="duration_ms")
    twins.check_equal()


def test_a_duration_of_0_only_applies_rewards_and_inputs(
    new_session: Callable[..., Session],
) -> None:
    twins = Twins(new_session)
    for session in (twins.one, twins.other):
        begin = session.time_ms()
        assert full_step(session, duration_ms=0).time_ms == begin
        assert session.time_ms() == begin
    twins.other.SetInput(inputs=FULL_STEP.inputs)  # the same once more
    twins.check_equal()
    # It is something else than nothing.
    bare = Twins(new_session)
    full_step(bare.one, duration_ms=0)
    plain = [s.step(20, readout=FULL_STEP.readout) for s in (bare.one, bare.other)]
    assert plain[0] != plain[1]


@pytest.mark.parametrize("resolution_ms", [0.1, 0.025, 1, 0.3])
def test_durations_are_whole_numbers_of_steps(
    resolution_ms: float, new_session: Callable[..., Session]
) -> None:
    session = new_session(resolution_ms=resolution_ms)
    for steps in (1, 2, 3, 7, 1000, 12345):
        begin = session.time_ms()
        # As a client computes it, with the rounding that comes with it.
        end = session.step(steps * resolution_ms).time_ms
        assert end == pytest.approx(begin + steps * resolution_ms, rel=1e-14)
    for off in (0.5, 1.01, 0.99, 1000.01):
        refused(session.step, off * resolution_ms, field="duration_ms")


def test_times_on_the_grid_are_exact_however_they_are_reached(
    new_session: Callable[..., Session],
) -> None:
    session = new_session()
    for k in range(1, 301):
        # The double nearest to k tenths, not a sum of rounded tenths.
        assert session.step(0.1).time_ms == k / 10


def test_the_expected_time_must_be_the_session_s(new_session: Callable[..., Session]) -> None:
    twins = Twins(new_session)
    now = twins.one.time_ms()
    for wrong in (0, now - 0.1, now + 0.1, now + 1e6):
        details = refused(
            twins.one.step,
            5,
            expected_time_ms=wrong,
            rewards=FULL_STEP.rewards,
            inputs=FULL_STEP.inputs,
            code="ABORTED",
            reason="TIME_MISMATCH",
            field="expected_time_ms",
        )
        assert float(details["ErrorInfo"].metadata["time_ms"]) == now
    twins.check_equal()
    now = twins.one.time_ms()
    assert twins.one.step(5, expected_time_ms=now).time_ms == now + 5
    # Unset is not 0.
    refused(
        twins.one.step,
        5,
        expected_time_ms=0,
        code="ABORTED",
        reason="TIME_MISMATCH",
        field="expected_time_ms",
    )


def test_a_retried_step_is_carried_out_once(new_session: Callable[..., Session]) -> None:
    session = new_session(specification=SPECIFICATION)
    calls = [session.start("Step", duration_ms=5, expected_time_ms=0) for _ in range(8)]
    codes = [call.exception().code().name if call.exception() else "OK" for call in calls]
    assert sorted(codes) == ["ABORTED"] * 7 + ["OK"]
    assert session.time_ms() == 5


def test_readouts_come_in_the_order_they_are_asked_for(
    new_session: Callable[..., Session],
) -> None:
    session = new_session(seed=7, specification=SPECIFICATION)
    names = ["net/out", "net/relay", "net/out"]
    weights = ["net/plastic", "net/rewarded", "net/plastic"]
    answer = session.step(
        20,
        inputs=FULL_STEP.inputs,
        readout={
            "spike_counts": names,
            "spikes": names,
            "weights": weights,
            "signals": ["net/meter", "net/meter"],
        },
    )
    assert [counts.population for counts in answer.spike_counts] == names
    assert [spikes.population for spikes in answer.spikes] == names
    assert [entry.projection for entry in answer.weights] == weights
    assert [entry.multimeter for entry in answer.signals] == ["net/meter"] * 2
    assert answer.spike_counts[0] == answer.spike_counts[2] != answer.spike_counts[1]
    assert answer.spikes[0] == answer.spikes[2]


def test_counts_are_of_the_step_alone(new_session: Callable[..., Session]) -> None:
    session = new_session(specification=RELAY)
    trains = {"senders": [0, 0, 1], "times_ms": [1, 12, 12], "multiplicities": [5, 1, 2]}
    session.SetInput(inputs=[{"population": "net/g", "spike_trains": trains}])
    counts = []
    for _ in range(3):
        answer = session.step(10, readout={"spike_counts": ["net/p"]})
        counts.append(list(answer.spike_counts[0].counts))
    assert counts == [[5, 0], [1, 2], [0, 0]]


def test_what_is_not_recorded_cannot_be_read_out(new_session: Callable[..., Session]) -> None:
    twins = Twins(new_session)
    for kind in ("spikes", "spike_counts"):
        refused(
            twins.one.step,
            1,
            rewards=FULL_STEP.rewards,
            readout={kind: ["net/out", "net/dc"]},
            code="FAILED_PRECONDITION",
            reason="NOT_RECORDED",
            field=f"readout.{kind}[1]",
        )
    twins.check_equal()


def test_a_readout_that_could_be_too_large_is_refused_before_time_passes(
    new_session: Callable[..., Session],
) -> None:
    specification = v1.NetworkSpecification(
        populations=[{"name": "p", "model": "iaf_psc_exp", "size": 1000}],
        projections=[
            {"name": "w", "source": "p", "target": "p", "rule": {"all_to_all": {}}},
        ],
        multimeters=[{"name": "m", "population": "p", "variables": ["V_m"], "interval_ms": 0.1}],
    )
    session = new_session(specification=specification)
    too_large = {"reason": "READOUT_TOO_LARGE"}
    refused(
        session.step,
        100,
        readout={"weights": ["net/w"]},
        field="readout.weights[0]",
        **too_large,
    )
    refused(
        session.step,
        100,
        readout={"signals": ["net/m"]},
        field="readout.signals[0]",
        **too_large,
    )
    assert session.time_ms() == 0
    # What fits is returned.
    answer = session.step(1, readout={"signals": ["net/m"]})
    assert len(answer.signals[0].signals[0].values) == 10 * 1000


def test_spikes_that_do_not_fit_are_told_by_completeness(
    new_session: Callable[..., Session],
) -> None:
    specification = v1.NetworkSpecification()
    specification.CopyFrom(RELAY)
    session = new_session(specification=specification)
    steps = 20
    session.SetInput(
        inputs=[
            {
                "population": "net/g",
                "spike_trains": {
                    "senders": [0] * steps,
                    "times_ms": range(1, steps + 1),
                    "multiplicities": [20_000] * steps,
                },
            }
        ]
    )
    answer = session.step(steps + 5, readout={"spikes": ["net/p"], "spike_counts": ["net/p"]})
    (spikes,) = answer.spikes
    assert answer.ByteSize() < 4 << 20, "it must fit into a message of gRPC's default size"
    assert answer.spike_counts[0].counts[0] == steps * 20_000
    assert 0 < len(spikes.times_ms) < steps * 20_000
    assert len(spikes.times_ms) == len(spikes.senders)
    # All that is later is there.
    complete = [time for time in spikes.times_ms if time > spikes.complete_after_ms]
    assert spikes.complete_after_ms > 0
    assert complete
    assert len(complete) == 20_000 * (steps + 1 - spikes.complete_after_ms)


def test_a_network_that_leaves_the_finite_numbers_says_so_and_concerns_no_other(
    new_session: Callable[..., Session],
) -> None:
    specification = v1.NetworkSpecification(
        populations=[
            {"name": "g", "model": "spike_generator", "size": 1},
            {"name": "n", "model": "iaf_psc_exp", "size": 3, "record_spikes": True},
        ],
        projections=[
            {
                "name": "g_n",
                "source": "g",
                "target": "n",
                "rule": {"explicit_pairs": {"sources": [0, 0], "targets": [1, 1]}},
                "weight": number(1.5e308),
            }
        ],
    )
    session, other = (new_session(specification=s) for s in (specification, SPECIFICATION))
    trains = {"senders": [0], "times_ms": [5]}
    inputs = [{"population": "net/g", "spike_trains": trains}]
    assert session.step(5, inputs=inputs).time_ms == 5
    for _ in range(2):
        error = failure(session.step, 10)
        check_error(error, "OUT_OF_RANGE", "NOT_FINITE")
        assert "net/n" in error.details()
    # It can still be looked at.
    session.describe()
    session.GetSpikes(population="net/n")
    assert other.step(10).time_ms == 10


def test_inputs_hold_from_the_next_step_on(new_session: Callable[..., Session]) -> None:
    session = new_session(specification=RELAY)
    trains = {"senders": [0, 0], "times_ms": [0.1, 5]}
    answer = session.step(
        10,
        inputs=[{"population": "net/g", "spike_trains": trains}],
        readout={"spikes": ["net/p"]},
    )
    assert list(answer.spikes[0].times_ms) == [1.1, 6]


def test_steps_wait_for_their_turn_in_order(new_session: Callable[..., Session]) -> None:
    session = new_session(specification=SPECIFICATION)
    endless = session.start_endless_step()
    waiting = session.start("Step", duration_ms=5)
    reading = session.start("GetWeights", projection="net/plastic")
    assert not waiting.done()
    assert not reading.done()
    session.halt()
    end = endless.result(TIMEOUT_S).time_ms
    assert waiting.result(TIMEOUT_S).time_ms == pytest.approx(end + 5, rel=1e-14)
    assert reading.result(TIMEOUT_S).time_ms >= end
    assert session.time_ms() == waiting.result().time_ms


def test_a_value_given_as_parameter_is_felt_at_once(new_session: Callable[..., Session]) -> None:
    specification = v1.NetworkSpecification(
        populations=[
            {"name": "dc", "model": "dc_generator", "size": 1},
            {"name": "n", "model": "iaf_psc_exp", "size": 1, "record_spikes": True},
        ],
        projections=[
            {
                "name": "dc_n",
                "source": "dc",
                "target": "n",
                "rule": {"one_to_one": {}},
                "delay_ms": number(0.1),
            }
        ],
    )
    session = new_session(specification=specification)
    readout = {"spike_counts": ["net/n"]}
    assert session.step(100, readout=readout).spike_counts[0].counts[0] == 0
    amplitude = {"parameters": {"amplitude": number(1000)}}
    driven = session.step(
        100,
        inputs=[{"population": "net/dc", "device_parameters": amplitude}],
        readout=readout,
    )
    assert driven.spike_counts[0].counts[0] > 10
    amplitude = {"parameters": {"amplitude": number(0)}}
    session.SetInput(inputs=[{"population": "net/dc", "device_parameters": amplitude}])
    session.step(10)
    assert session.step(100, readout=readout).spike_counts[0].counts[0] == 0
