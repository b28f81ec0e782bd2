"""The calls of the contract, with the types of their requests and responses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from google.protobuf.message import Message

from spiked.v1 import catalog_service_pb2 as catalog_pb2
from spiked.v1 import simulation_service_pb2 as simulation_pb2

Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response", bound=Message)


@dataclass(frozen=True)
class Method(Generic[Request, Response]):
    """A call: its path, and what goes in and comes out."""

    path: str
    request: type[Request]
    response: type[Response]
    #: Whether the answer comes in several messages.
    in_parts: bool = False
    #: Whether the request goes in several messages, one answer comes.
    in_pieces: bool = False


_CATALOG = "/spiked.v1.CatalogService/"
_SIMULATION = "/spiked.v1.SimulationService/"

LIST_MODELS = Method(
    _CATALOG + "ListModels", catalog_pb2.ListModelsRequest, catalog_pb2.ListModelsResponse
)
LIST_PRESETS = Method(
    _CATALOG + "ListPresets", catalog_pb2.ListPresetsRequest, catalog_pb2.ListPresetsResponse
)
GET_SERVER_INFO = Method(
    _CATALOG + "GetServerInfo", catalog_pb2.GetServerInfoRequest, catalog_pb2.GetServerInfoResponse
)

CREATE_SESSION = Method(
    _SIMULATION + "CreateSession",
    simulation_pb2.CreateSessionRequest,
    simulation_pb2.CreateSessionResponse,
)
GET_SESSION = Method(
    _SIMULATION + "GetSession", simulation_pb2.GetSessionRequest, simulation_pb2.GetSessionResponse
)
LIST_SESSIONS = Method(
    _SIMULATION + "ListSessions",
    simulation_pb2.ListSessionsRequest,
    simulation_pb2.ListSessionsResponse,
)
SHARE_SESSION = Method(
    _SIMULATION + "ShareSession",
    simulation_pb2.ShareSessionRequest,
    simulation_pb2.ShareSessionResponse,
)
DELETE_SESSION = Method(
    _SIMULATION + "DeleteSession",
    simulation_pb2.DeleteSessionRequest,
    simulation_pb2.DeleteSessionResponse,
)
SAVE_SESSION = Method(
    _SIMULATION + "SaveSession",
    simulation_pb2.SaveSessionRequest,
    simulation_pb2.SaveSessionResponse,
    in_parts=True,
)
RESTORE_SESSION = Method(
    _SIMULATION + "RestoreSession",
    simulation_pb2.RestoreSessionRequest,
    simulation_pb2.RestoreSessionResponse,
    in_pieces=True,
)
FORK_SESSION = Method(
    _SIMULATION + "ForkSession",
    simulation_pb2.ForkSessionRequest,
    simulation_pb2.ForkSessionResponse,
)
CREATE_NETWORK = Method(
    _SIMULATION + "CreateNetwork",
    simulation_pb2.CreateNetworkRequest,
    simulation_pb2.CreateNetworkResponse,
)
EXTEND_NETWORK = Method(
    _SIMULATION + "ExtendNetwork",
    simulation_pb2.ExtendNetworkRequest,
    simulation_pb2.ExtendNetworkResponse,
)
DELETE_NETWORK = Method(
    _SIMULATION + "DeleteNetwork",
    simulation_pb2.DeleteNetworkRequest,
    simulation_pb2.DeleteNetworkResponse,
)
GET_NETWORK = Method(
    _SIMULATION + "GetNetwork", simulation_pb2.GetNetworkRequest, simulation_pb2.GetNetworkResponse
)
SET_INPUT = Method(
    _SIMULATION + "SetInput", simulation_pb2.SetInputRequest, simulation_pb2.SetInputResponse
)
SET_PARAMETERS = Method(
    _SIMULATION + "SetParameters",
    simulation_pb2.SetParametersRequest,
    simulation_pb2.SetParametersResponse,
)
SET_RECORDING = Method(
    _SIMULATION + "SetRecording",
    simulation_pb2.SetRecordingRequest,
    simulation_pb2.SetRecordingResponse,
)
GET_PARAMETERS = Method(
    _SIMULATION + "GetParameters",
    simulation_pb2.GetParametersRequest,
    simulation_pb2.GetParametersResponse,
)
SNAPSHOT_SESSION = Method(
    _SIMULATION + "SnapshotSession",
    simulation_pb2.SnapshotSessionRequest,
    simulation_pb2.SnapshotSessionResponse,
)
RESET_SESSION = Method(
    _SIMULATION + "ResetSession",
    simulation_pb2.ResetSessionRequest,
    simulation_pb2.ResetSessionResponse,
)
APPLY_REWARD = Method(
    _SIMULATION + "ApplyReward",
    simulation_pb2.ApplyRewardRequest,
    simulation_pb2.ApplyRewardResponse,
)
STEP = Method(_SIMULATION + "Step", simulation_pb2.StepRequest, simulation_pb2.StepResponse)
STEP_STREAM = Method(
    _SIMULATION + "StepStream", simulation_pb2.StepStreamRequest, simulation_pb2.StepStreamResponse
)
HALT_SESSION = Method(
    _SIMULATION + "HaltSession",
    simulation_pb2.HaltSessionRequest,
    simulation_pb2.HaltSessionResponse,
)
GET_SPIKES = Method(
    _SIMULATION + "GetSpikes", simulation_pb2.GetSpikesRequest, simulation_pb2.GetSpikesResponse
)
GET_SIGNALS = Method(
    _SIMULATION + "GetSignals", simulation_pb2.GetSignalsRequest, simulation_pb2.GetSignalsResponse
)
GET_WEIGHTS = Method(
    _SIMULATION + "GetWeights", simulation_pb2.GetWeightsRequest, simulation_pb2.GetWeightsResponse
)
READ_WEIGHTS = Method(
    _SIMULATION + "ReadWeights",
    simulation_pb2.ReadWeightsRequest,
    simulation_pb2.ReadWeightsResponse,
    in_parts=True,
)
GET_WEIGHT_RECORD = Method(
    _SIMULATION + "GetWeightRecord",
    simulation_pb2.GetWeightRecordRequest,
    simulation_pb2.GetWeightRecordResponse,
)
CUT_CONNECTIONS = Method(
    _SIMULATION + "CutConnections",
    simulation_pb2.CutConnectionsRequest,
    simulation_pb2.CutConnectionsResponse,
)
WATCH_SESSION = Method(
    _SIMULATION + "WatchSession",
    simulation_pb2.WatchSessionRequest,
    simulation_pb2.WatchSessionResponse,
    in_parts=True,
)
SET_WEIGHTS = Method(
    _SIMULATION + "SetWeights", simulation_pb2.SetWeightsRequest, simulation_pb2.SetWeightsResponse
)
