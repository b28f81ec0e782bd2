"""Calls that are made again when a server has gone away and is coming back."""

from __future__ import annotations

import random
import time

from spiked.errors import SpikedError, Unavailable

#: For so many seconds after the first one that was not answered.
RECONNECT_S = 60.0
#: So long a server takes to be there again that is started at once.
RESTART_S = 5.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.02, 1.0


def may_come_back(error: SpikedError) -> bool:
    """Whether nobody answered, and somebody may soon."""
    return isinstance(error, Unavailable) and error.reason in (
        "",
        "SHUTTING_DOWN",
        "SESSION_NOT_READY",
    )


class Attempts:
    """How often a call is made again, and after which pauses."""

    def __init__(self, patience_s: float = RECONNECT_S) -> None:
        self._patience_s = patience_s
        self._until: float | None = None
        self._pause_s = _FIRST_PAUSE_S

    def pause_s(self, error: SpikedError) -> float | None:
        """How many seconds to wait before the next one; None: the error counts.

        Pauses grow, and differ from those of others.
        """
        if not may_come_back(error):
            return None
        now = time.monotonic()
        if self._until is None:
            self._until = now + self._patience_s
        pause_s = self._pause_s * random.uniform(0.5, 1.0)
        self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
        return pause_s if now + pause_s < self._until else None
