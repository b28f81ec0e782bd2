"""ApplyReward: whom it reaches, and what it does to weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from client import Session
from contract import v1
from expect import refused
from networks import Twins, parse

pytestmark = pytest.mark.method("ApplyReward")

# Two relays that fire together with the neurons that they make fire.
NETWORK = parse(
    v1.NetworkSpecification,
    """
    populations { name: "g" model: "spike_generator" size: 1 }
    populations { name: "p" model: "parrot_neuron" size: 1 }
    populations { name: "n" model: "iaf_psc_exp" size: 2 record_spikes: true }
    projections { name: "g" source: "g" target: "p" rule { all_to_all {} } }
    projections { name: "a" source: "p" target: "n" rule { all_to_all {} }
      synapse_model: "rstdp_synapse" weight { number: 3000 } }
    projections { name: "b" source: "p" target: "n" rule { all_to_all {} }
      synapse_model: "rstdp_synapse" weight { number: 100 }
      parameters { key: "eta" value { number: 1.4 } } }
    projections { name: "static" source: "p" target: "n" rule { all_to_all {} } }
    """,
)


def _weights(session: Session, projection: str) -> list[float]:
    return list(session.GetWeights(projection=f"net/{projection}").weights.weights)


def _paired(new_session: Callable[..., Session]) -> Session:
    """A session after one pairing of spikes, with no reward yet."""
    session = new_session(specification=NETWORK)
    trains = {"senders": [0], "times_ms": [5]}
    answer = session.step(
        20,
        inputs=[{"population": "net/g", "spike_trains": trains}],
        readout={"spike_counts": ["net/n"]},
    )
    assert list(answer.spike_counts[0].counts) == [1, 1]
    assert _weights(session, "a") == [3000, 3000]
    return session


def _reward(session: Session, target: str, value: float) -> Any:
    return session.ApplyReward(rewards=[{"target": target, "value": value}])


def test_a_reward_moves_weights_by_eta_trace_and_reward(
    new_session: Callable[..., Session],
) -> None:
    session = _paired(new_session)
    assert _reward(session, "net", 0.5).time_ms == 20
    a, b = _weights(session, "a"), _weights(session, "b")
    assert a[0] > 3000
    # The same trace with twice the learning rate.
    assert b[0] - 100 == pytest.approx(2 * (a[0] - 3000), rel=1e-12)
    other = _paired(new_session)
    _reward(other, "net", -1)
    assert _weights(other, "a")[0] - 3000 == pytest.approx(-2 * (a[0] - 3000), rel=1e-12)
    assert _weights(session, "static") == [1, 1]


def test_a_reward_reaches_one_projection_or_all(new_session: Callable[..., Session]) -> None:
    session = _paired(new_session)
    _reward(session, "net/b", 1)
    assert _weights(session, "a") == [3000, 3000]
    assert _weights(session, "b")[0] > 100


def test_a_reward_ends_the_episode(new_session: Callable[..., Session]) -> None:
    session = _paired(new_session)
    _reward(session, "net", 1)
    first = _weights(session, "a")
    # Nothing has happened since.
    _reward(session, "net", 1)
    assert _weights(session, "a") == first


def test_a_reward_of_0_ends_the_episode_too(new_session: Callable[..., Session]) -> None:
    session = _paired(new_session)
    _reward(session, "net", 0)
    assert _weights(session, "a") == [3000, 3000]
    _reward(session, "net", 1)
    assert _weights(session, "a") == [3000, 3000]


def test_rewards_are_applied_in_order(new_session: Callable[..., Session]) -> None:
    one, other = _paired(new_session), _paired(new_session)
    first, second = {"target": "net/a", "value": 1}, {"target": "net", "value": 2}
    one.ApplyReward(rewards=[first, second])
    other.ApplyReward(rewards=[second, first])
    # The episode of `a` ends with whichever is first.
    gained = [_weights(session, "a")[0] - 3000 for session in (one, other)]
    assert gained[1] == pytest.approx(2 * gained[0], rel=1e-12)
    assert _weights(one, "b") == _weights(other, "b")


@pytest.mark.method("Step")
def test_of_rewards_of_which_one_is_refused_none_is_applied(
    new_session: Callable[..., Session],
) -> None:
    twins = Twins(new_session)
    good = {"target": "net/rewarded", "value": 1}

    def check(code: str, reason: str, field: str, **bad: Any) -> None:
        outcome = {"code": code, "reason": reason, "field": f"rewards[1].{field}"}
        rewards = [good, {"target": "net", "value": 1, **bad}]
        refused(twins.one.ApplyReward, rewards=rewards, **outcome)
        refused(twins.one.step, 5, rewards=rewards, **outcome)

    check("NOT_FOUND", "NOT_FOUND", "target", target="nowhere")
    check("INVALID_ARGUMENT", "INVALID_FIELD", "target", target="net/nothing")
    check("INVALID_ARGUMENT", "INVALID_FIELD", "target", target="net/out")  # a population
    check("FAILED_PRECONDITION", "NOT_REWARDED", "target", target="net/plastic")
    check("INVALID_ARGUMENT", "INVALID_FIELD", "value", value=float("nan"))
    twins.one.CreateNetwork(
        network="dull",
        specification={"populations": [{"name": "p", "model": "parrot_neuron", "size": 1}]},
    )
    check("FAILED_PRECONDITION", "NOT_REWARDED", "target", target="dull")
    twins.other.CreateNetwork(
        network="dull",
        specification={"populations": [{"name": "p", "model": "parrot_neuron", "size": 1}]},
    )
    twins.check_equal()
