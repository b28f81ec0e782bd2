"""Spiking networks on a `spiked` server, from Python.

>>> import spiked
>>> client = spiked.connect()                                     # doctest: +SKIP
>>> session = client.create_session(seed=1)                       # doctest: +SKIP
>>> player = session.create_network("player", "pong/rstdp", num_neurons=20)  # doctest: +SKIP
>>> session.step(200, read={"spike_counts": "player/motor"})      # doctest: +SKIP

Names of models and parameters are NEST's, and so are the units: ms, mV, pA, pF, Hz.
"""

from spiked import aio, errors, inputs
from spiked._address import default_address
from spiked.catalogue import Catalogue, Model, Preset, ServerInfo
from spiked.client import Client, connect
from spiked.errors import (
    AlreadyExists,
    Cancelled,
    DeadlineExceeded,
    ErrorDetails,
    IncompleteRecord,
    Interrupted,
    InvalidField,
    NotFound,
    NotRecorded,
    NotRewarded,
    NotSupported,
    PermissionDenied,
    QuotaExceeded,
    ReplyTooLarge,
    ServerRestarted,
    SessionBusy,
    ShuttingDown,
    SpikedError,
    TimeMismatch,
    Unavailable,
)
from spiked.inputs import current_steps, device_parameters, spike_trains
from spiked.network import Multimeter, Network, Population, Projection
from spiked.parameters import parameters
from spiked.recording import recording
from spiked.rules import (
    all_to_all,
    explicit_pairs,
    fixed_indegree,
    fixed_outdegree,
    fixed_total_number,
    one_to_one,
    pairwise_bernoulli,
)
from spiked.saved import SavedSession, inspect
from spiked.session import Session
from spiked.session_info import SessionInfo
from spiked.signals import Signals
from spiked.specification import NetworkSpecification
from spiked.spikes import Spikes
from spiked.step_result import StepResult
from spiked.stream import StepStream
from spiked.values import lognormal, normal, uniform
from spiked.watch import Frame, Watch
from spiked.weight_record import WeightRecord
from spiked.weights import Weights

__version__ = "0.1.0"

__all__ = [
    "AlreadyExists",
    "Cancelled",
    "Catalogue",
    "Client",
    "DeadlineExceeded",
    "ErrorDetails",
    "Frame",
    "IncompleteRecord",
    "Interrupted",
    "InvalidField",
    "Model",
    "Multimeter",
    "Network",
    "NetworkSpecification",
    "NotFound",
    "NotRecorded",
    "NotRewarded",
    "NotSupported",
    "PermissionDenied",
    "Population",
    "Preset",
    "Projection",
    "QuotaExceeded",
    "ReplyTooLarge",
    "SavedSession",
    "ServerInfo",
    "ServerRestarted",
    "Session",
    "SessionBusy",
    "SessionInfo",
    "ShuttingDown",
    "Signals",
    "SpikedError",
    "Spikes",
    "StepResult",
    "StepStream",
    "TimeMismatch",
    "Unavailable",
    "Watch",
    "WeightRecord",
    "Weights",
    "aio",
    "all_to_all",
    "connect",
    "current_steps",
    "default_address",
    "device_parameters",
    "errors",
    "explicit_pairs",
    "fixed_indegree",
    "fixed_outdegree",
    "fixed_total_number",
    "inputs",
    "inspect",
    "lognormal",
    "normal",
    "one_to_one",
    "pairwise_bernoulli",
    "parameters",
    "recording",
    "spike_trains",
    "uniform",
]
