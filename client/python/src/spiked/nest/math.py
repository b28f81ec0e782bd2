"""Functions of random parameters: ``nest.math``."""

from __future__ import annotations

from typing import Any

import numpy as np

from spiked._checks import real_number
from spiked.nest._parameters import Parameter, bounded, elementwise


def redraw(parameter: Parameter, min: float, max: float) -> Parameter:  # noqa: A002
    """Draws `parameter` again where it lies outside [min, max]."""
    low, high = real_number(min, "min"), real_number(max, "max")
    if low > high:
        raise ValueError(f"redraw: min must not be above max, but {low!r} is above {high!r}")
    return bounded(parameter, low, high)


def exp(parameter: Parameter) -> Parameter:
    """The exponential."""
    return elementwise(np.exp, parameter)


def sin(parameter: Parameter) -> Parameter:
    """Sine."""
    return elementwise(np.sin, parameter)


def cos(parameter: Parameter) -> Parameter:
    """Cosine."""
    return elementwise(np.cos, parameter)


def min(parameter: Parameter, value: float) -> Parameter:  # noqa: A001
    """The smaller of the parameter and a number."""
    return elementwise(np.minimum, parameter, value)


def max(parameter: Parameter, value: float) -> Parameter:  # noqa: A001
    """The larger of the parameter and a number."""
    return elementwise(np.maximum, parameter, value)


def conditional(condition: Parameter, if_true: Any, if_false: Any) -> Parameter:
    """`if_true` where the condition holds, else `if_false` (``nest.logic.conditional``)."""
    return elementwise(
        lambda holds, yes, no: np.where(holds != 0.0, yes, no), condition, if_true, if_false
    )
