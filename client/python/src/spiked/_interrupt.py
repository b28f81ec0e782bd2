"""Ctrl-C during calls: it stops the call, and the connection may be used on."""

from __future__ import annotations

import _thread
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType

# A step that has not begun yet cannot be halted: it is tried again.
_PAUSE_S = 0.05


class OnInterrupt:
    """While it lasts, the first Ctrl-C calls `stop` in another thread, and nothing else.

    A KeyboardInterrupt out of the middle of gRPC's code may leave a lock of the channel taken,
    and the server at work. A second Ctrl-C raises it all the same. Python delivers signals to
    the main thread alone: elsewhere, and where a program has a handler of its own, this is not
    `armed` and does nothing.
    """

    def __init__(self, stop: Callable[[], object] | None = None) -> None:
        #: What to do; it may be set when there is something to stop.
        self.stop = stop
        #: Whether Ctrl-C is caught.
        self.armed = False
        #: Whether there was a Ctrl-C.
        self.interrupted = False
        self._over = False

    def __enter__(self) -> OnInterrupt:
        if (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        ):
            signal.signal(signal.SIGINT, self._on_signal)
            self.armed = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over = True
        if self.armed:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self.interrupted:
            raise KeyboardInterrupt
        self.interrupted = True
        # Not threading.Thread, whose locks the interrupted code may hold.
        _thread.start_new_thread(self._stop_until_over, ())

    def _stop_until_over(self) -> None:
        while not self._over:
            try:
                if self.stop is not None:
                    self.stop()
            except Exception:  # the call will tell what is wrong
                return
            time.sleep(_PAUSE_S)
