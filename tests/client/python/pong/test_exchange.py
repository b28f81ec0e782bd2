"""The calls of a match against the vectors of all clients."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import json_format
from vectors import VECTORS

from spiked import _requests
from spiked.pong import exchange
from spiked.pong.match import Match
from spiked.pong.player import PlayerKind
from spiked.v1 import simulation_service_pb2 as simulation_pb2


@pytest.fixture(params=VECTORS["matches"], ids=lambda match: ",".join(match["players"]))
def vector(request: pytest.FixtureRequest) -> dict[str, Any]:
    chosen: dict[str, Any] = request.param
    return chosen


def test_networks_are_those_of_all_clients(vector: dict[str, Any]) -> None:
    for player, preset in zip(vector["players"], vector["presets"], strict=True):
        source, options = exchange.preset(PlayerKind(player), vector["rows"])
        assert {"name": source, "options": options} == preset


def test_steps_are_those_of_all_clients(vector: dict[str, Any]) -> None:
    left, right = (PlayerKind(player) for player in vector["players"])
    match = Match((left, right), vector["rows"], int(vector["seed"]))
    for poll in vector["polls"]:
        arguments = exchange.poll_step(match, "weights" in poll)
        step = _requests.step("", **arguments)
        assert step == json_format.ParseDict(poll["request"], simulation_pb2.StepRequest())
        match.play(poll["counts"])
