"""Warnings that point at the user's line, not at one of this package."""

from __future__ import annotations

import sys
import warnings

from spiked._text import milliseconds
from spiked.errors import IncompleteRecord


def warn_incomplete(what: str, complete_after_ms: float, after_ms: float) -> None:
    """Warns that of a recording, what lies up to `complete_after_ms` was dropped."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("spiked."):
        frame, level = frame.f_back, level + 1
    warnings.warn(
        f"{what} up to {milliseconds(complete_after_ms)} were dropped, those after "
        f"{milliseconds(after_ms)} were asked for: the recording held more than its record_limit; "
        f"give it a larger one (0: as much as memory holds), or read more often",
        IncompleteRecord,
        stacklevel=level + 1,
    )
