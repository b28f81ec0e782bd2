"""Ctrl-C while a step runs: the step is halted, and the session may be used on."""

from __future__ import annotations

import _thread
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType

# A step that has not begun yet cannot be halted: it is tried again.
_PAUSE_S = 0.05


class HaltOnInterrupt:
    """While it lasts, the first Ctrl-C calls `halt` in another thread, and nothing else.

    KeyboardInterrupt out of the middle of gRPC's code would leave a stream unusable, and the
    server stepping. A second Ctrl-C raises it all the same. Python delivers signals to the
    main thread alone: elsewhere, and where a program has a handler of its own, this does
    nothing.
    """

    def __init__(self, halt: Callable[[], object]) -> None:
        self._halt = halt
        self._over = False
        self._armed = False
        #: Whether there was a Ctrl-C.
        self.interrupted = False

    def __enter__(self) -> HaltOnInterrupt:
        if (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        ):
            signal.signal(signal.SIGINT, self._on_signal)
            self._armed = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over = True
        if self._armed:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self.interrupted:
            raise KeyboardInterrupt
        self.interrupted = True
        # Not threading.Thread, whose locks the interrupted code may hold.
        _thread.start_new_thread(self._halt_until_over, ())

    def _halt_until_over(self) -> None:
        while not self._over:
            try:
                self._halt()
            except Exception:  # the step will tell what is wrong
                return
            time.sleep(_PAUSE_S)
