"""WatchSession: what somebody sees of a session that others drive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from client import Client, Session
from contract import v1
from expect import refused
from networks import SPECIFICATION, Twins, full_step

pytestmark = pytest.mark.method("WatchSession")


def watch(client: Client, session: Session, rate_hz: float = 50, **readout: Any) -> Any:
    return client.stream(
        "WatchSession",
        v1.WatchSessionRequest(session=session.name, readout=readout, max_rate_hz=rate_hz),
    )


def until(call: Iterator[Any], time_ms: float) -> list[Any]:
    """The frames up to that time."""
    frames = [next(call)]
    while frames[-1].time_ms < time_ms:
        frames.append(next(call))
    return frames


def spikes_of(answer: Any) -> list[tuple[float, int]]:
    return [
        (time, sender)
        for spikes in answer.spikes
        if spikes.population == "net/out"
        for time, sender in zip(spikes.times_ms, spikes.senders, strict=True)
    ]


def test_frames_tell_what_steps_tell_their_driver(
    client: Client, new_session: Callable[..., Session]
) -> None:
    twins = Twins(new_session)
    begin = twins.one.time_ms()
    call = watch(client, twins.one, spikes=["*"], spike_counts=["net/out"])
    first = next(call)
    assert first.begin_time_ms == first.time_ms == begin
    assert {p.population for p in first.populations if p.recorded} >= {"net/out"}
    answers = [full_step(twins.one) for _ in range(20)]
    frames = until(call, answers[-1].time_ms)
    assert [frame.begin_time_ms for frame in frames] == [
        begin,
        *(frame.time_ms for frame in frames[:-1]),
    ]
    driven = [spike for answer in answers for spike in spikes_of(answer)]
    missing = 0
    for frame in frames:
        (told,) = (spikes for spikes in frame.spikes if spikes.population == "net/out")
        missing += told.dropped  # which the record has forgotten, as it is limited
        due = [spike for spike in driven if told.complete_after_ms < spike[0] <= frame.time_ms]
        of_frame = spikes_of(frame)
        some = len(of_frame) - len(due)
        assert of_frame[some:] == due
        # Of those of one moment the record may have forgotten some and not others.
        assert all(
            spike in driven and spike[0] == told.complete_after_ms and told.dropped
            for spike in of_frame[:some]
        )
        assert told.dropped or told.complete_after_ms == frame.begin_time_ms
    assert sum(len(spikes_of(frame)) for frame in frames) + missing == len(driven)
    call.cancel()
    for _ in answers:
        full_step(twins.other)
    twins.check_equal()


def test_a_session_at_rest_is_told_to_be_and_then_nothing_more(
    client: Client, new_session: Callable[..., Session]
) -> None:
    session = new_session(specification=SPECIFICATION)
    call = watch(client, session)
    assert next(call).state == v1.SESSION_STATE_IDLE
    assert next(call).speed == 0
    session.step(duration_ms=5)
    frame = next(call)
    assert (frame.begin_time_ms, frame.time_ms) == (0, 5)
    assert frame.speed > 0
    call.cancel()


def test_a_long_step_is_seen_while_it_runs(
    client: Client, new_session: Callable[..., Session]
) -> None:
    session = new_session(specification=SPECIFICATION)
    step = session.start_endless_step()
    call = watch(client, session, weights=["net/plastic"])
    frames = [next(call) for _ in range(4)]
    assert all(frame.state == v1.SESSION_STATE_BUSY for frame in frames)
    assert frames[-1].time_ms > frames[0].time_ms
    assert frames[-1].weights[0].projection == "net/plastic"
    session.halt()
    assert until(call, step.result().time_ms)[-1].time_ms == step.result().time_ms
    call.cancel()


def test_who_watches_is_told_of_and_of_the_end(
    client: Client, new_session: Callable[..., Session]
) -> None:
    session = new_session(specification=SPECIFICATION)
    assert not session.describe().uses
    call = watch(client, session)
    next(call)
    (use,) = session.describe().uses
    assert (use.watches, use.step_streams, use.commands) == (1, 0, 0)
    session.DeleteSession()
    refused(lambda: list(call), code="NOT_FOUND", reason="NOT_FOUND", field="session")


def test_a_frame_that_could_not_be_sent_is_refused(
    client: Client, new_session: Callable[..., Session]
) -> None:
    session = new_session()
    big = v1.NetworkSpecification(
        populations=[v1.Population(name="n", model="iaf_psc_exp", size=800)],
        projections=[
            v1.Projection(name="all", source="n", target="n", rule=v1.ConnectionRule(all_to_all={}))
        ],
    )
    session.CreateNetwork(network="big", specification=big)
    refused(
        lambda: next(watch(client, session, weights=["big/all"])),
        reason="READOUT_TOO_LARGE",
        field="readout.weights",
    )
