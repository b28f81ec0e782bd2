"""How a match looks in calls: which networks it needs, what goes into a step and what comes out."""

from __future__ import annotations

from typing import Any, TypedDict

from spiked.errors import SpikedError
from spiked.inputs import InputLike, Inputs, Rewards, spike_trains
from spiked.network import Address
from spiked.pong.game import SIDES
from spiked.pong.match import Match
from spiked.pong.player import POLL_MS, REWARD_CURRENT_MS, PlayerKind, PlayerPoll, input_stamps
from spiked.pong.record import SIDE_NAMES, Floats
from spiked.step_result import StepResult


class StepArguments(TypedDict):
    """Arguments of ``Session.step`` and ``StepStream.step``."""

    duration_ms: float
    expected_time_ms: float
    rewards: Rewards
    inputs: Inputs
    read: dict[str, list[str]]


def preset(kind: PlayerKind, rows: int) -> tuple[str, dict[str, Any]]:
    """The preset that makes a player with `rows` neurons, and its options."""
    name = "pong/dopamine" if kind.dopaminergic else "pong/rstdp"
    return name, {"num_neurons": rows, "noise": kind.noisy}


def motor_population(network: str) -> str:
    """The population whose spikes steer the paddle."""
    return f"{network}/motor"


def motor_projection(network: str) -> str:
    """The projection that learns: from cell of the ball (row) to motor neuron (column)."""
    return f"{network}/input_motor"


def ball_input(network: str, kind: PlayerKind, row: int, now_ms: float) -> Inputs:
    """The input that tells a player of the ball's cell, in a poll that begins at `now_ms`."""
    stamps = input_stamps(kind, now_ms)
    return {f"{network}/input": spike_trains(senders=[row] * len(stamps), times_ms=stamps)}


def reward_input(network: str, poll: PlayerPoll, now_ms: float) -> Inputs:
    """The current from `now_ms` on that rewards a dopaminergic player for a poll."""
    return {
        f"{network}/dopa_current": {
            "amplitude": poll.reward_current_pa,
            "start": now_ms,
            "stop": now_ms + REWARD_CURRENT_MS,
        }
    }


def _readings(*, weights: bool) -> dict[str, list[str]]:
    read = {"spike_counts": [motor_population(network) for network in SIDE_NAMES]}
    if weights:
        read["weights"] = [motor_projection(network) for network in SIDE_NAMES]
    return read


def poll_step(match: Match, read_weights: bool) -> StepArguments:
    """The one step of the next poll.

    The rewards of the last poll, the input for the ball's cell, 200 ms, and the spike counts
    of the motor neurons; with the weights of both players at its end, if they are asked for.
    """
    now_ms = match.time_ms
    rewards: dict[Address, float] = {}
    inputs: dict[Address, InputLike] = {}
    if match.last is not None:
        for network, kind, poll in zip(SIDE_NAMES, match.kinds, match.last.players, strict=True):
            if kind.dopaminergic:
                inputs.update(reward_input(network, poll, now_ms))
            else:
                rewards[network] = poll.reward
    for network, kind in zip(SIDE_NAMES, match.kinds, strict=True):
        inputs.update(ball_input(network, kind, match.game.ball_row, now_ms))
    return {
        "duration_ms": POLL_MS,
        "expected_time_ms": now_ms,
        "rewards": rewards,
        "inputs": inputs,
        "read": _readings(weights=read_weights),
    }


def poll_request_id(number: int, part: int = 0) -> str:
    """The request id of a poll, from 0: whoever goes on with a match asks under the same.

    Steps that finish one that was cut short are further parts of it.
    """
    return f"706f6e67-{part:04x}-4000-8000-{number:012x}"


def was_cut_short(result: StepResult) -> bool:
    """Whether the step ended early because whoever had asked for it was gone."""
    return result.halted and result.halt_reason == "CANCELLED"


def rest_step(match: Match, begun: StepResult) -> dict[str, Any]:
    """The step to the end of a poll that was cut short, as arguments of ``step``."""
    return {
        "duration_ms": round(match.time_ms + POLL_MS - begun.time_ms, 1),
        "expected_time_ms": begun.time_ms,
        "read": _readings(weights=True),
    }


def add_counts(before: StepResult, after: StepResult) -> None:
    """Adds the spikes that were counted before."""
    for population, counts in before.spike_counts.items():
        after.spike_counts[population] = after.spike_counts[population] + counts


def motor_counts(result: StepResult) -> tuple[list[int], list[int]]:
    """Both players' spike counts in the answer to a poll's step."""
    if result.halted:
        raise SpikedError(f"somebody else halted the match at {result.time_ms!r} ms")
    left, right = (
        result.spike_counts[motor_population(network)].tolist() for network in SIDE_NAMES
    )
    return left, right


def player_weights(result: StepResult) -> list[Floats]:
    """Both players' weights in pA in the answer to a step that asked for them."""
    return [result.weights[motor_projection(SIDE_NAMES[side])].matrix for side in SIDES]
