"""Checks of what people write, that name it: messages of the contract do not."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
import numpy.typing as npt


def whole_number(value: Any, what: str) -> int:
    """A number of things, at least 0; 800.0 will do."""
    number: int
    if isinstance(value, Integral):
        number = operator.index(value)
    elif isinstance(value, Real) and float(value).is_integer():
        number = int(float(value))
    else:
        raise TypeError(f"{what} must be a whole number, not {value!r}")
    if number < 0:
        raise ValueError(f"{what} must be at least 0, not {number}")
    return number


def real_number(value: Any, what: str) -> float:
    """A number."""
    if isinstance(value, Real):
        return float(value)
    raise TypeError(f"{what} must be a number, not {value!r}")


def text(value: Any, what: str) -> str:
    """A string."""
    if isinstance(value, str):
        return value
    raise TypeError(f"{what} must be a string, not {value!r}")


def indices(values: Sequence[int] | npt.NDArray[Any], what: str) -> npt.NDArray[np.int64]:
    """Indices, or other whole numbers, as an array."""
    numbers = np.asarray(values).ravel()
    if numbers.size == 0:
        return np.empty(0, np.int64)
    if numbers.dtype.kind not in "iuf" or (numbers != np.floor(numbers)).any():
        raise TypeError(f"{what} must be whole numbers, not {values!r}")
    whole = numbers.astype(np.int64)
    if whole.min() < 0:
        raise ValueError(f"{what} must be at least 0, not {whole.min()}")
    return whole


def reals(values: Any, what: str) -> npt.NDArray[np.float64]:
    """Numbers as an array."""
    numbers = np.asarray(values).ravel()
    if numbers.size == 0:
        return np.empty(0)
    if numbers.dtype.kind not in "iuf":
        raise TypeError(f"{what} must be numbers, not {values!r}")
    return numbers.astype(np.float64, copy=False)
