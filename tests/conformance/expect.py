"""What every error promises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc

from contract import REASONS, error_details, rpc_status

DOMAIN = "spiked"
MAX_MESSAGE_BYTES = 512

# The reasons of all errors that were checked.
seen_reasons: set[str] = set()


def details_of(error: Any) -> dict[str, Any]:
    """The details of an error, each by the name of its type."""
    details: dict[str, Any] = {}
    for key, value in error.trailing_metadata() or ():
        if key != "grpc-status-details-bin":
            continue
        status = rpc_status.Status.FromString(value)
        assert status.code == error.code().value[0]
        assert status.message == error.details()
        for any_ in status.details:
            name = any_.TypeName().rsplit(".", 1)[-1]
            detail = getattr(error_details, name)()
            assert any_.Unpack(detail)
            assert name not in details
            details[name] = detail
    return details


def failure(call: Callable[..., Any], *args: Any, **fields: Any) -> Any:
    """The error that a call ends with."""
    try:
        answer = call(*args, **fields)
    except grpc.RpcError as error:
        return error
    raise AssertionError(f"not refused, but answered: {str(answer)[:500]}")


def check_error(error: Any, code: str, reason: str, field: str = "") -> dict[str, Any]:
    """Expects an error of the contract: code, reason, and the field where there is one.

    Returns its details.
    """
    said = f"{error.code()} {error.details()}"
    assert error.code() == grpc.StatusCode[code], said
    details = details_of(error)
    info = details["ErrorInfo"]
    assert info.domain == DOMAIN
    assert info.reason == reason, said
    assert REASONS[reason] == code
    seen_reasons.add(reason)
    assert error.details(), "an error has a message for people"
    assert len(error.details().encode()) <= MAX_MESSAGE_BYTES
    if field:
        assert shortened(info.metadata["field"], field), said
        (violation,) = details["BadRequest"].field_violations
        assert violation.field == info.metadata["field"]
        assert violation.description
        # Many a user sees nothing but the message.
        assert error.details() == f"{violation.field}: {violation.description}"
    else:
        assert "BadRequest" not in details, said
        assert "field" not in info.metadata
    return details


def shortened(said: str, text: str) -> bool:
    """Whether it is that text; a long one may be cut, since it travels in a header."""
    if len(text) <= 256:
        return said == text
    return said.endswith("...") and text.startswith(said.removesuffix("..."))


def refused(
    call: Callable[..., Any],
    *args: Any,
    code: str = "INVALID_ARGUMENT",
    reason: str = "INVALID_FIELD",
    field: str = "",
    **fields: Any,
) -> dict[str, Any]:
    """Expects that a call is refused, by default for an invalid field."""
    return check_error(failure(call, *args, **fields), code, reason, field)
