"""Errors by reason. All of them are :class:`SpikedError`.

A server's error says why (``reason``), which field of the request is at fault (``field``),
what that field may be (``bound``), or which quota was exceeded (``quota``). A command that
failed has changed nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc

from spiked import _error_details_pb2 as details_pb2
from spiked._address import encryption_advice

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from spiked.step_result import StepResult

_DETAILS_KEY = "grpc-status-details-bin"


@dataclass(frozen=True)
class ErrorDetails:
    """What an error says, for programs that react to it."""

    #: The gRPC status, such as ``INVALID_ARGUMENT``.
    code: str = "UNKNOWN"
    #: Why, as a constant such as ``INVALID_FIELD``; empty if the error does not come from a
    #: spiked server (a broken connection, say).
    reason: str = ""
    #: Path of the field at fault, such as ``specification.populations[2].size``.
    field: str | None = None
    #: What the field may be, in words.
    bound: str | None = None
    #: The quota that was exceeded, such as ``sessions`` or ``memory``.
    quota: str | None = None
    #: After how many seconds trying again may help.
    retry_after_s: float | None = None
    #: Particulars by name.
    metadata: dict[str, str] = dataclasses.field(default_factory=dict)


class SpikedError(Exception):
    """Something went wrong on the server, or on the way to it."""

    def __init__(self, message: str, details: ErrorDetails | None = None) -> None:
        super().__init__(message)
        #: Everything that the error says.
        self.details = details or ErrorDetails()

    @property
    def code(self) -> str:
        """The gRPC status, such as ``INVALID_ARGUMENT``."""
        return self.details.code

    @property
    def reason(self) -> str:
        """Why, as a constant such as ``INVALID_FIELD``."""
        return self.details.reason

    @property
    def field(self) -> str | None:
        """Path of the field at fault."""
        return self.details.field

    @property
    def bound(self) -> str | None:
        """What the field may be, in words."""
        return self.details.bound

    @property
    def quota(self) -> str | None:
        """The quota that was exceeded."""
        return self.details.quota

    @property
    def retry_after_s(self) -> float | None:
        """After how many seconds trying again may help."""
        return self.details.retry_after_s


class InvalidField(SpikedError, ValueError):
    """A field of the request may not be what it is."""


class NotFound(SpikedError, LookupError):
    """What the request names does not exist."""


class ServerRestarted(NotFound):
    """The server has restarted, and the session that this handle stood for is gone."""


class AlreadyExists(SpikedError):
    """The name is taken."""


class NotRecorded(SpikedError):
    """Spikes of this population are not recorded."""


class NotRewarded(SpikedError):
    """Nothing here learns from rewards."""


class TimeMismatch(SpikedError):
    """The session is not at the time that was expected."""

    @property
    def time_ms(self) -> float:
        """Where it is."""
        return float(self.details.metadata["time_ms"])


class SessionBusy(SpikedError):
    """Too many commands wait for this session."""


class QuotaExceeded(SpikedError):
    """The server, or the user, has no more of something."""


class ReplyTooLarge(SpikedError):
    """The answer would be larger than one message may be; ask for less at a time."""


class Unavailable(SpikedError, ConnectionError):
    """The server cannot be reached, or has gone away."""


class ShuttingDown(Unavailable):
    """The server is shutting down."""


class PermissionDenied(SpikedError, PermissionError):
    """The caller may not do this."""


class DeadlineExceeded(SpikedError, TimeoutError):
    """The call took longer than it was allowed to."""


class Cancelled(SpikedError):
    """The call was cancelled."""


class NotSupported(SpikedError, NotImplementedError):
    """The server does not know this call; it is older than this package, or no spiked server."""


class IncompleteRecord(UserWarning):
    """Part of a recording was dropped: it held more than its ``record_limit``.

    ``warnings.simplefilter("error", spiked.IncompleteRecord)`` makes it an error.
    """


class Interrupted(KeyboardInterrupt):
    """Ctrl-C stopped a step. The session is at ``result.time_ms`` and may be used on."""

    def __init__(self, message: str, result: StepResult) -> None:
        super().__init__(message)
        #: How far the step came, and what it read out.
        self.result = result


_BY_REASON: dict[str, type[SpikedError]] = {
    "INVALID_FIELD": InvalidField,
    "NOT_FOUND": NotFound,
    "ALREADY_EXISTS": AlreadyExists,
    "NOT_RECORDED": NotRecorded,
    "NOT_REWARDED": NotRewarded,
    "TIME_MISMATCH": TimeMismatch,
    "SESSION_BUSY": SessionBusy,
    "QUOTA_EXCEEDED": QuotaExceeded,
    "REPLY_TOO_LARGE": ReplyTooLarge,
    "SHUTTING_DOWN": ShuttingDown,
}

_BY_CODE: dict[str, type[SpikedError]] = {
    "INVALID_ARGUMENT": InvalidField,
    "OUT_OF_RANGE": InvalidField,
    "NOT_FOUND": NotFound,
    "ALREADY_EXISTS": AlreadyExists,
    "RESOURCE_EXHAUSTED": QuotaExceeded,
    "UNAVAILABLE": Unavailable,
    "DEADLINE_EXCEEDED": DeadlineExceeded,
    "CANCELLED": Cancelled,
    "PERMISSION_DENIED": PermissionDenied,
    "UNAUTHENTICATED": PermissionDenied,
    "UNIMPLEMENTED": NotSupported,
}

# What to do about it, where the server cannot know how Python says it.
_ADVICE = {
    "NOT_RECORDED": "create the population with record_spikes=True",
    "REPLY_TOO_LARGE": "read it with get_spikes, get_signals or get_weights, which go page by page",
}


def from_rpc(error: grpc.RpcError, *, address: str, request: Message | None = None) -> SpikedError:
    """The exception for an error of gRPC at `address`, in answer to `request`."""
    code: Any = error.code()
    text: str = error.details() or ""
    details = _details(code.name, error.trailing_metadata() or ())
    kind = _BY_REASON.get(details.reason) or _BY_CODE.get(details.code) or SpikedError
    if not details.reason and kind is Unavailable:
        if advice := encryption_advice(text, address):
            return kind(f"no connection to {address}: {advice} ({text})", details)
        return kind(f"no spiked server answers at {address}: {_why(address, text)}", details)
    if not details.reason and kind is DeadlineExceeded:
        return kind(f"the server at {address} did not answer in time", details)
    if not details.reason and kind is NotSupported:
        return kind(f"{text or 'unknown call'} (is there a spiked server at {address}?)", details)
    return kind(_describe(text, details, request), details)


def _why(address: str, text: str) -> str:
    """Why nobody answers, in words for those who can do something about it."""
    path = address.removeprefix("unix:")
    if path == address or Path(path).exists():
        return text
    return (
        "there is no such socket. Start a server (./dev server), or name one: "
        "spiked.connect(address), --server, or $SPIKED_SERVER"
    )


def _describe(text: str, details: ErrorDetails, request: Message | None) -> str:
    if details.field and not text.startswith(details.field):
        text = f"{details.field}: {text}"
    notes = []
    if details.field and request is not None and (named := _name_part(request, details.field)):
        notes.append(named)
    if advice := _ADVICE.get(details.reason):
        notes.append(advice)
    return f"{text} ({'; '.join(notes)})" if notes else text


def _details(code: str, trailing: Iterable[Any]) -> ErrorDetails:
    wire = next((value for key, value in trailing if key == _DETAILS_KEY), None)
    if not isinstance(wire, bytes):
        return ErrorDetails(code=code)
    reason, metadata, path, bound, quota, retry = "", {}, None, None, None, None
    for detail in details_pb2.Status.FromString(wire).details:
        name = detail.type_url.rpartition("/")[2]
        if name == "google.rpc.ErrorInfo":
            info = details_pb2.ErrorInfo.FromString(detail.value)
            reason, metadata = info.reason, dict(info.metadata)
        elif name == "google.rpc.BadRequest":
            for violation in details_pb2.BadRequest.FromString(detail.value).field_violations[:1]:
                path = violation.field
                bound = violation.description.removeprefix(f"{path}: ")
        elif name == "google.rpc.QuotaFailure":
            for exceeded in details_pb2.QuotaFailure.FromString(detail.value).violations[:1]:
                quota = exceeded.subject
        elif name == "google.rpc.RetryInfo":
            delay = details_pb2.RetryInfo.FromString(detail.value).retry_delay
            retry = delay.seconds + delay.nanos * 1e-9
    return ErrorDetails(code, reason, path, bound, quota, retry, metadata)


def _name_part(request: Message, path: str) -> str | None:
    """What a path such as ``specification.populations[2].size`` is about: ``population 'E'``."""
    message: Any = request
    found = None
    for step in path.split("."):
        attribute, _, rest = step.partition("[")
        value = getattr(message, attribute, None)
        index = rest.rstrip("]")
        if value is not None and index.isdecimal() and not hasattr(value, "keys"):
            if int(index) >= len(value):
                return found
            value = value[int(index)]
            for key in ("name", "population", "target"):
                if isinstance(name := getattr(value, key, None), str):
                    found = f"{attribute.removesuffix('s')} {name!r}"
                    break
        message = value
        if message is None:
            break
    return found
