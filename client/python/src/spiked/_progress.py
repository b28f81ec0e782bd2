"""A progress bar for long steps: biological time, wall time, and how fast the one passes."""

from __future__ import annotations

import importlib.util
import sys
import threading
import time
from types import TracebackType
from typing import Any, Protocol

from spiked.errors import SpikedError

# A bar that nobody asked for is shown on steps of a second or more ...
_LONG_MS = 1000.0
# ... that have taken so long already.
_PATIENCE_S = 1.0
_INTERVAL_S = 0.25

_FORMAT = "{percentage:3.0f}%|{bar}| {n:,.0f} of {total:,.0f} ms [{elapsed}<{remaining}{postfix}]"


class _Timed(Protocol):
    @property
    def time_ms(self) -> float: ...


def _for_people() -> bool:
    """Whether a person looks at what is written: a terminal, or a notebook."""
    return sys.stderr.isatty() or "ipykernel" in sys.modules


class Progress:
    """Shows how far a step of a session has come, while it lasts.

    The session is asked for its time, which it tells at once also while it steps; the step
    itself goes on in one piece.
    """

    def __init__(self, session: _Timed, duration_ms: float, wanted: bool | None) -> None:
        self._session = session
        self._duration_ms = duration_ms
        self._patience_s = 0.0 if wanted else _PATIENCE_S
        if wanted is None:
            wanted = duration_ms >= _LONG_MS and _for_people()
        # Without tqdm there is no bar, and nobody is bothered about it.
        self._shown = wanted and importlib.util.find_spec("tqdm") is not None
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Progress:
        if self._shown:
            begin_ms = self._session.time_ms
            self._thread = threading.Thread(target=self._watch, args=(begin_ms,), daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._thread is not None:
            self._over.set()
            self._thread.join()

    def _watch(self, begin_ms: float) -> None:
        if self._over.wait(self._patience_s):
            return
        from tqdm.auto import tqdm

        begin_s = time.monotonic() - self._patience_s
        with tqdm(total=self._duration_ms, bar_format=_FORMAT, file=sys.stderr) as bar:
            bar.start_t -= self._patience_s
            while True:
                over = self._over.wait(_INTERVAL_S)
                self._update(bar, begin_ms, begin_s)
                if over:
                    return

    def _update(self, bar: Any, begin_ms: float, begin_s: float) -> None:
        try:
            passed_ms = self._session.time_ms - begin_ms
        except SpikedError:  # the step will tell what is wrong
            return
        passed_s = time.monotonic() - begin_s
        speed = passed_ms / 1000 / passed_s if passed_s > 0 else 0.0
        bar.n = min(passed_ms, self._duration_ms)
        bar.set_postfix_str(f"{speed:.3g} x real time", refresh=False)
        bar.refresh()
