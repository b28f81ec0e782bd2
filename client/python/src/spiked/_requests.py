"""Requests of a session, from what people write. Nothing here talks to a server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from google.protobuf import struct_pb2

from spiked import readout, selection, specification, values, weights
from spiked._checks import real_number, text, whole_number
from spiked.inputs import Inputs, Rewards, input_messages, reward_messages
from spiked.network import Address, address_of
from spiked.parameters import Settings, setting_messages
from spiked.readout import ReadoutLike
from spiked.recording import Recordings, recording_messages
from spiked.selection import Neurons
from spiked.specification import SpecificationLike
from spiked.v1 import data_pb2, session_pb2
from spiked.v1 import simulation_service_pb2 as simulation_pb2

DURABILITIES = ("none", "process", "power")
#: Of a saved session on its way to the server.
_PIECE_BYTES = 1 << 20

#: What a network is built from: a specification, or the name of a preset.
Source = str | SpecificationLike


def session_name(name: str) -> str:
    """``sessions/{id}`` for an id or a name."""
    return name if name.startswith("sessions/") else f"sessions/{name}"


def create_session(
    session_id: str,
    display_name: str,
    labels: Mapping[str, str] | None,
    resolution_ms: float,
    seed: int | None,
    ttl_s: float | None,
    durability: str | None,
) -> simulation_pb2.CreateSessionRequest:
    """CreateSession."""
    request = simulation_pb2.CreateSessionRequest(
        resolution_ms=real_number(resolution_ms, "resolution_ms"),
        seed=None if seed is None else whole_number(seed, "seed"),
    )
    fill_copy(request, session_id, display_name, labels, ttl_s, durability)
    return request


def restore_session(
    saved: bytes,
    session_id: str,
    display_name: str,
    labels: Mapping[str, str] | None,
    ttl_s: float | None,
    durability: str | None,
) -> list[simulation_pb2.RestoreSessionRequest]:
    """RestoreSession, in pieces."""
    pieces = [saved[k : k + _PIECE_BYTES] for k in range(0, len(saved), _PIECE_BYTES)]
    requests = [simulation_pb2.RestoreSessionRequest(data=piece) for piece in pieces or [b""]]
    fill_copy(requests[0], session_id, display_name, labels, ttl_s, durability)
    return requests


def fill_copy(
    request: Any,
    session_id: str,
    display_name: str,
    labels: Mapping[str, str] | None,
    ttl_s: float | None,
    durability: str | None,
) -> None:
    """Says how a session is to be opened."""
    request.session_id = text(session_id, "session_id")
    request.display_name = display_name
    request.labels.update(labels or {})
    if ttl_s is not None:
        request.ttl.FromNanoseconds(round(real_number(ttl_s, "ttl_s") * 1e9))
    if durability is not None:
        if durability not in DURABILITIES:
            raise ValueError(f"durability must be one of {', '.join(DURABILITIES)}")
        request.durability = session_pb2.Durability.Value(f"DURABILITY_{durability.upper()}")


def create_network(
    session: str, name: str, source: Source, options: Mapping[str, Any], validate_only: bool
) -> simulation_pb2.CreateNetworkRequest:
    """CreateNetwork from a preset with options, or from a specification."""
    request = simulation_pb2.CreateNetworkRequest(
        session=session, network=name, validate_only=validate_only
    )
    if isinstance(source, str):
        request.preset.name = source
        if options:
            struct = struct_pb2.Struct()
            struct.update({name: _plain(value) for name, value in options.items()})
            request.preset.options.CopyFrom(struct)
    else:
        if options:
            raise TypeError(
                f"options are for presets; a specification takes no {', '.join(options)}"
            )
        request.specification.CopyFrom(specification.to_message(source))
    return request


def extend_network(
    session: str, name: str, additions: SpecificationLike
) -> simulation_pb2.ExtendNetworkRequest:
    """ExtendNetwork."""
    request = simulation_pb2.ExtendNetworkRequest(session=session, network=name)
    request.additions.CopyFrom(specification.to_message(additions))
    return request


def _plain(option: Any) -> Any:
    return option.item() if isinstance(option, np.generic) else option


def step(
    session: str,
    duration_ms: float,
    inputs: Inputs | None,
    rewards: Rewards | None,
    read: ReadoutLike | None,
    expected_time_ms: float | None,
    request_id: str | None = None,
) -> simulation_pb2.StepRequest:
    """Step."""
    return simulation_pb2.StepRequest(
        request_id=request_id or "",
        session=session,
        expected_time_ms=(
            None if expected_time_ms is None else real_number(expected_time_ms, "expected_time_ms")
        ),
        rewards=reward_messages(rewards),
        inputs=input_messages(inputs),
        duration_ms=real_number(duration_ms, "duration_ms"),
        readout=None if read is None else readout.to_message(read),
    )


def share(session: str, shares: Mapping[str, str]) -> simulation_pb2.ShareSessionRequest:
    """A request to share a session."""
    request = simulation_pb2.ShareSessionRequest(session=session)
    for account, right in shares.items():
        if right not in ("watch", "drive"):
            raise ValueError(f"shares[{account!r}] must be 'watch' or 'drive', not {right!r}")
        value = session_pb2.ShareRight.Value(f"SHARE_RIGHT_{right.upper()}")
        request.shares.add(account=account, right=value)
    return request


def set_input(session: str, inputs: Inputs) -> simulation_pb2.SetInputRequest:
    """SetInput."""
    return simulation_pb2.SetInputRequest(session=session, inputs=input_messages(inputs))


def apply_reward(session: str, rewards: Rewards) -> simulation_pb2.ApplyRewardRequest:
    """ApplyReward."""
    return simulation_pb2.ApplyRewardRequest(session=session, rewards=reward_messages(rewards))


def set_parameters(
    session: str, populations: Settings | None, projections: Settings | None
) -> simulation_pb2.SetParametersRequest:
    """SetParameters."""
    return simulation_pb2.SetParametersRequest(
        session=session, settings=setting_messages(populations, projections)
    )


def set_recording(
    session: str, populations: Recordings | None, projections: Recordings | None
) -> simulation_pb2.SetRecordingRequest:
    """SetRecording."""
    return simulation_pb2.SetRecordingRequest(
        session=session, settings=recording_messages(populations, projections)
    )


def get_parameters(
    session: str, kind: str, target: Address, names: str | Iterable[str], neurons: Neurons | None
) -> simulation_pb2.GetParametersRequest:
    """GetParameters of a population or a projection, as `kind` says."""
    query = data_pb2.ParameterQuery(names=[names] if isinstance(names, str) else names)
    setattr(query, kind, address_of(target))
    if neurons is not None:
        query.neurons.CopyFrom(selection.to_message(neurons))
    return simulation_pb2.GetParametersRequest(session=session, queries=[query])


def read_weights(
    session: str, projection: Address, variables: str | Iterable[str], delays: bool
) -> simulation_pb2.ReadWeightsRequest:
    """ReadWeights of one projection."""
    return simulation_pb2.ReadWeightsRequest(
        session=session,
        projections=[address_of(projection)],
        variables=[variables] if isinstance(variables, str) else variables,
        delays=delays,
    )


#: So many numbers stay well below what a server takes at once.
_WEIGHTS_PER_REQUEST = 1_000_000


def set_weights(
    session: str, projection: Address, given: Any, connections: Iterable[int] | None
) -> Iterator[simulation_pb2.SetWeightsRequest]:
    """SetWeights, in as many requests as it takes."""
    column = weights.column_of(given)
    for first in range(0, max(1, np.size(column)), _WEIGHTS_PER_REQUEST):
        whole = connections is not None or np.size(column) <= _WEIGHTS_PER_REQUEST
        part = column if whole else np.ravel(column)[first : first + _WEIGHTS_PER_REQUEST]
        yield simulation_pb2.SetWeightsRequest(
            session=session,
            projection=address_of(projection),
            weights=values.to_message(part, "weights"),
            first=None if whole else first,
            connections=connections,
        )
        if whole:
            return


def check_all_set(
    request: simulation_pb2.SetWeightsRequest, response: simulation_pb2.SetWeightsResponse
) -> None:
    """Raises an error if the last of several requests was not for the last connections."""
    end = request.first + len(request.weights.list.values)
    if request.HasField("first") and end != response.connections:
        raise ValueError(
            f"{end} weights were given to the {response.connections} connections of "
            f"{request.projection}"
        )
