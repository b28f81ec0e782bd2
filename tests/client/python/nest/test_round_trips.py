"""Calls are gathered: how many messages the front exchanges with the server."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spiked import Session
from spiked._connection import Connection

PONG = Path(__file__).parent / "scripts" / "pong.py"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the calls to the server, as they happen."""
    made: list[str] = []
    carry_out: Callable[..., Any] = Connection.call

    def note(self: Connection, method: Any, *arguments: Any, **options: Any) -> Any:
        made.append(method.path.rpartition("/")[2])
        return carry_out(self, method, *arguments, **options)

    monkeypatch.setattr(Connection, "call", note)
    return made


@pytest.fixture
def script(nest: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the pong script defines."""
    nest.Create("parrot_neuron")  # the catalogue of models is read once a process
    nest.ResetKernel()
    monkeypatch.setitem(sys.modules, "nest", nest)
    return runpy.run_path(str(PONG))


def poll(nest: Any, network: Any, cell: int) -> None:
    network.set_input(cell, nest.biological_time)
    nest.Simulate(200.0)
    network.reward(nest.biological_time)
    network.reset()


def test_a_pong_network_is_built_in_two_round_trips(
    nest: Any, script: dict[str, Any], calls: list[str]
) -> None:
    script["Dopamine"](32.0)
    script["Reward"](1.0)
    assert calls == []
    nest.Prepare()
    assert calls == ["CreateSession", "CreateNetwork"]


def test_a_poll_of_a_dopaminergic_player_is_one_round_trip(
    nest: Any, script: dict[str, Any], calls: list[str]
) -> None:
    network = script["Dopamine"](32.0)
    poll(nest, network, 3)
    assert calls == ["CreateSession", "CreateNetwork", "Step", "GetSpikes"]
    for cell in (4, 5, 6):
        calls.clear()
        poll(nest, network, cell)
        assert calls == ["Step"]


def test_a_poll_with_all_weights_read_is_one_round_trip(
    nest: Any, script: dict[str, Any], calls: list[str]
) -> None:
    network = script["Dopamine"](32.0)
    for cell in (3, 4, 5):
        calls.clear()
        poll(nest, network, cell)
        weights = [synapse.weight for synapse in nest.GetConnections(network.relays, network.motor)]
        assert len(weights) == 400
    assert calls == ["Step"]


def test_a_poll_of_a_player_that_sets_weights_one_by_one_is_two_round_trips(
    nest: Any, script: dict[str, Any], calls: list[str]
) -> None:
    network = script["Reward"](1.0)
    for cell in (3, 4, 5):
        calls.clear()
        poll(nest, network, cell)
    assert calls == ["SetWeights", "Step"]


def test_single_weights_of_plastic_connections_are_set_without_reading_any(
    nest: Any, script: dict[str, Any], calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    network = script["Dopamine"](32.0)
    poll(nest, network, 3)
    synapses = nest.GetConnections(network.relays, network.motor)
    poll(nest, network, 4)
    sent: list[list[int]] = []
    carry_out = Session.set_weights

    def note(self: Session, projection: Any, given: Any, **options: Any) -> float:
        sent.append(options["connections"])
        return carry_out(self, projection, given, **options)

    monkeypatch.setattr(Session, "set_weights", note)
    calls.clear()
    synapses[7].set({"weight": 1300.0})
    synapses[2:4].set({"weight": [1301.0, 1302.0]})
    nest.Simulate(1.0)
    assert calls == ["SetWeights", "Step"]
    assert sent == [[2, 3, 7]]
    after = np.array(synapses.weight)
    assert after[[2, 3, 7]].tolist() == [1301.0, 1302.0, 1300.0]


def test_the_first_polls_read_what_the_later_ones_read_along(
    nest: Any, script: dict[str, Any]
) -> None:
    network = script["Dopamine"](32.0)
    pairs = nest.GetConnections(network.relays, network.motor)
    courses = []
    for along in (True, False):
        course = []
        for cell in (3, 4, 5, 6):
            network.set_input(cell, nest.biological_time)
            nest.Simulate(200.0)
            if not along:
                nest.Simulate(0.0)  # forgets what was asked for
            course.append((network.counts().tolist(), pairs.get("weight")))
            network.reset()
        courses.append(course)
        nest.ResetKernel()
        network = script["Dopamine"](32.0)
        pairs = nest.GetConnections(network.relays, network.motor)
    assert courses[0] == courses[1]
