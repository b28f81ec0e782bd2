"""What recorders write: ``record_to`` of ``"ascii"`` and ``"screen"``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import spiked
from spiked.nest import errors

#: Where a recorder can record to.
BACKENDS = ("memory", "ascii", "screen", "none")
#: And where NEST's can, beside that.
OTHER_BACKENDS = ("mpi", "sionlib")


class EventWriter:
    """Writes the events of one recorder, to a file or to the screen."""

    def __init__(self, path: Path | None, *, overwrite: bool) -> None:
        """`path` is the file, which is begun anew; None is the screen."""
        self.path = path
        # Events that have been written already, of those that the recorder holds.
        self._written = 0
        self._begun = False
        if path is not None and path.exists() and not overwrite:
            raise errors.KernelException(
                f"the file {path} exists already; choose another label, data_path or data_prefix, "
                f"or set overwrite_files",
                field="overwrite_files",
            )

    def write(self, events: Mapping[str, Any]) -> None:
        """Writes what has come to the events of a recorder."""
        if self.path is None:
            sys.stdout.writelines(self._lines(events))
            return
        with self.path.open("a" if self._begun else "w", encoding="ascii") as file:
            if not self._begun:
                file.write(f"# spiked.nest version: {spiked.__version__}\n")
                file.write("\t".join(["sender", "time_ms", *self._variables(events)]) + "\n")
            self._begun = True
            file.writelines(self._lines(events))

    def forget(self) -> None:
        """The recorder has forgotten its events."""
        self._written = 0

    @staticmethod
    def _variables(events: Mapping[str, Any]) -> list[str]:
        return [name for name in events if name not in ("senders", "times", "offsets")]

    def _lines(self, events: Mapping[str, Any]) -> Iterator[str]:
        new = slice(self._written, None)
        self._written = len(events["times"])
        columns = [events[name][new] for name in ("times", *self._variables(events))]
        for sender, *values in zip(events["senders"][new], *columns, strict=True):
            yield "\t".join([str(sender), *(f"{value:.3f}" for value in values)]) + "\n"
