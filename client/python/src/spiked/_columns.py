"""Columns of messages as arrays."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]


def floats(column: Collection[float]) -> Floats:
    """A column of numbers."""
    return _array(column, np.dtype(np.float64))


def integers(column: Collection[int]) -> Indices:
    """A column of indices or counts."""
    return _array(column, np.dtype(np.int64))


def _array(column: Collection[Any], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    # Newer versions of Protocol Buffers let NumPy read a column's memory; older ones hand
    # its items over one by one, which fromiter does in C.
    try:
        memory = memoryview(column)  # type: ignore[arg-type]
    except TypeError:
        return np.fromiter(column, dtype, len(column))
    return np.array(memory, dtype)


def join(arrays: Sequence[npt.NDArray[Any]], dtype: type[Any]) -> npt.NDArray[Any]:
    """The arrays of several pages as one."""
    if len(arrays) == 1:
        return arrays[0]
    return np.concatenate(arrays) if arrays else np.empty(0, dtype)
