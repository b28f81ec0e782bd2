"""What people write is checked where they write it, and named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import spiked
from spiked import _checks

# What nobody with a type checker would write.
untyped: Any = spiked


def test_whole_numbers_come_in_many_types() -> None:
    for value in (800, 800.0, np.int32(800), np.float64(800)):
        assert _checks.whole_number(value, "size") == 800
    assert _checks.whole_number(2**60 + 1, "seed") == 2**60 + 1
    assert _checks.indices(np.array([0.0, 3.0]), "senders").tolist() == [0, 3]
    assert _checks.indices([], "senders").tolist() == []
    assert _checks.reals([], "times").tolist() == []


@pytest.mark.parametrize(
    ("write", "error", "message"),
    [
        (lambda net: net.population("a", "iaf_psc_exp", 2.5), TypeError, "size must be a whole"),
        (lambda net: net.population("a", "iaf_psc_exp", -1), ValueError, "size must be at least 0"),
        (lambda net: net.population(5, "iaf_psc_exp"), TypeError, "name must be a string, not 5"),
        (lambda net: net.population("a", None), TypeError, "model must be a string, not None"),
        (lambda net: net.multimeter("m", "E", interval="1"), TypeError, "interval must be a num"),
        (lambda _: untyped.fixed_indegree(2.5), TypeError, "indegree must be a whole number"),
        (lambda _: untyped.pairwise_bernoulli("much"), TypeError, "p must be a number"),
        (lambda _: untyped.normal("a", 1), TypeError, "mean must be a number"),
        (lambda _: untyped.explicit_pairs([0.5], [1]), TypeError, "sources must be whole numbers"),
        (lambda _: untyped.explicit_pairs([-1], [1]), ValueError, "sources must be at least 0"),
        (lambda _: untyped.spike_trains({0: ["a"]}), TypeError, "spike_trains must be numbers"),
        (lambda _: untyped.spike_trains({-1: [1.0]}), ValueError, "a device must be at least 0"),
        (
            lambda _: untyped.spike_trains(senders=[0.5], times_ms=[1.0]),
            TypeError,
            "senders must be whole numbers",
        ),
    ],
)
def test_slips_are_told_by_name(
    write: Callable[[spiked.NetworkSpecification], object], error: type[Exception], message: str
) -> None:
    net = spiked.NetworkSpecification()
    net.population("E", "iaf_psc_exp")
    with pytest.raises(error, match=message):
        write(net)
    assert len(net.message.populations) == 1


def test_slips_in_calls_are_told_by_name(client: spiked.Client, session: spiked.Session) -> None:
    with pytest.raises(TypeError, match="duration_ms must be a number, not '200'"):
        session.step("200")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="the reward of net must be a number"):
        session.apply_reward({"net": None})  # type: ignore[dict-item]
    with pytest.raises(ValueError, match="seed must be at least 0"):
        client.create_session(seed=-1)
    with pytest.raises(TypeError, match="session_id must be a string"):
        client.create_session(5)  # type: ignore[arg-type]


def test_numbers_of_numpy_are_as_good_as_others(session: spiked.Session) -> None:
    player = session.create_network(
        "player", "pong/rstdp", num_neurons=np.int64(5), noise=np.bool_(True)
    )
    assert player.populations["motor"].size == 5
    assert session.step(np.float32(20)).time_ms == 20.0
    assert session.step(np.int64(20), expected_time_ms=np.float64(20)).time_ms == 40.0
