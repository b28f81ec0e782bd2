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


def alike(columns: Sequence[npt.NDArray[Any]]) -> list[Indices]:
    """The rows that have the same entries in all columns: ascending indices, a list for each."""
    if not len(columns[0]):
        return []
    varying = [column for column in columns if (column != column[0]).any()]
    if not varying:
        return [np.arange(len(columns[0]))]
    _, kinds = np.unique(np.column_stack(varying), axis=0, return_inverse=True)
    kinds = kinds.ravel()
    order = np.argsort(kinds, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(kinds[order])) + 1)
