"""Values of parameters, weights and delays: a number, one for each, or a distribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from spiked.v1 import network_pb2

#: What can stand for a value: a number for all, a list or array with one number for each
#: neuron or connection, or a distribution (:func:`normal`, :func:`uniform`, :func:`lognormal`).
Value = float | Sequence[float] | npt.NDArray[Any] | network_pb2.Distribution


def normal(
    mean: float, std: float, *, minimum: float | None = None, maximum: float | None = None
) -> network_pb2.Distribution:
    """A Gaussian; `mean` and `std` in the unit of the quantity.

    Numbers below `minimum` or above `maximum` are drawn again (NEST's ``redraw``).
    """
    return network_pb2.Distribution(
        normal=network_pb2.Normal(mean=mean, std=std), minimum=minimum, maximum=maximum
    )


def uniform(
    low: float, high: float, *, minimum: float | None = None, maximum: float | None = None
) -> network_pb2.Distribution:
    """Uniform on [low, high), in the unit of the quantity."""
    return network_pb2.Distribution(
        uniform=network_pb2.Uniform(low=low, high=high), minimum=minimum, maximum=maximum
    )


def lognormal(
    mean: float, std: float, *, minimum: float | None = None, maximum: float | None = None
) -> network_pb2.Distribution:
    """exp(x) with x Gaussian; `mean` and `std` are those of x.

    Numbers below `minimum` or above `maximum` are drawn again (NEST's ``redraw``).
    """
    return network_pb2.Distribution(
        lognormal=network_pb2.Lognormal(mean=mean, std=std), minimum=minimum, maximum=maximum
    )


def to_message(value: Value, what: str) -> network_pb2.Value:
    """The value as a message; `what` names it in errors."""
    if isinstance(value, network_pb2.Distribution):
        return network_pb2.Value(distribution=value)
    try:
        numbers = np.asarray(value)
    except ValueError:  # lists of unequal length
        numbers = np.empty(0, object)
    if numbers.dtype.kind not in "biuf":  # booleans, integers, floats
        raise TypeError(
            f"{what} must be a number, a list of numbers or a distribution "
            f"(spiked.normal, spiked.uniform, spiked.lognormal), not {value!r}"
        )
    if numbers.ndim == 0:
        return network_pb2.Value(number=float(numbers))
    return network_pb2.Value(list=network_pb2.NumberList(values=numbers.ravel().tolist()))


def describe(value: network_pb2.Value) -> str:
    """The value in a few characters: ``20``, ``8000 numbers``, ``normal(20, 2)``."""
    kind = value.WhichOneof("kind")
    if kind == "number":
        return f"{value.number:.6g}"
    if kind == "list":
        return f"{len(value.list.values)} numbers"
    if kind != "distribution":
        return ""
    drawn = value.distribution
    name = drawn.WhichOneof("kind")
    if name is None:
        return "a distribution"
    arguments = [f"{number:.6g}" for _, number in getattr(drawn, name).ListFields()]
    if name == "uniform":
        arguments = [f"{drawn.uniform.low:.6g}", f"{drawn.uniform.high:.6g}"]
    else:
        shape = drawn.normal if name == "normal" else drawn.lognormal
        arguments = [f"{shape.mean:.6g}", f"{shape.std:.6g}"]
    for bound in ("minimum", "maximum"):
        if drawn.HasField(bound):
            arguments.append(f"{bound}={getattr(drawn, bound):.6g}")
    return f"{name}({', '.join(arguments)})"
