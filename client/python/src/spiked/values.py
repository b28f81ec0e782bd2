"""Values of parameters, weights and delays: a number, one for each, or a distribution."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from spiked._checks import real_number
from spiked.v1 import network_pb2

#: What can stand for a value: a number for all, a list or array with one number for each
#: neuron or connection, or a distribution (:func:`normal`, :func:`uniform`, :func:`lognormal`).
#: Also a dictionary, for specifications that come as JSON (see :func:`distribution`).
Value = float | Sequence[float] | npt.NDArray[Any] | network_pb2.Distribution | Mapping[str, Any]


def normal(
    mean: float, std: float, *, minimum: float | None = None, maximum: float | None = None
) -> network_pb2.Distribution:
    """A Gaussian; `mean` and `std` in the unit of the quantity.

    Numbers below `minimum` or above `maximum` are drawn again (NEST's ``redraw``).
    """
    shape = network_pb2.Normal(mean=real_number(mean, "mean"), std=real_number(std, "std"))
    return _within(network_pb2.Distribution(normal=shape), minimum, maximum)


def uniform(
    low: float, high: float, *, minimum: float | None = None, maximum: float | None = None
) -> network_pb2.Distribution:
    """Uniform on [low, high), in the unit of the quantity."""
    shape = network_pb2.Uniform(low=real_number(low, "low"), high=real_number(high, "high"))
    return _within(network_pb2.Distribution(uniform=shape), minimum, maximum)


def lognormal(
    mean: float, std: float, *, minimum: float | None = None, maximum: float | None = None
) -> network_pb2.Distribution:
    """exp(x) with x Gaussian; `mean` and `std` are those of x.

    Numbers below `minimum` or above `maximum` are drawn again (NEST's ``redraw``).
    """
    shape = network_pb2.Lognormal(mean=real_number(mean, "mean"), std=real_number(std, "std"))
    return _within(network_pb2.Distribution(lognormal=shape), minimum, maximum)


def _within(
    drawn: network_pb2.Distribution, minimum: float | None, maximum: float | None
) -> network_pb2.Distribution:
    if minimum is not None:
        drawn.minimum = real_number(minimum, "minimum")
    if maximum is not None:
        drawn.maximum = real_number(maximum, "maximum")
    return drawn


_DISTRIBUTIONS = {function.__name__: function for function in (normal, uniform, lognormal)}


def distribution(description: Mapping[str, Any]) -> network_pb2.Distribution:
    """The distribution that ``{"distribution": "normal", "mean": 20, "std": 2}`` describes."""
    settings = dict(description)
    name = settings.pop("distribution", None)
    function: Any = _DISTRIBUTIONS.get(name or "")
    if function is None:
        raise ValueError(
            f"there is no distribution {name!r}; there are {', '.join(_DISTRIBUTIONS)}"
        )
    try:
        inspect.signature(function).bind(**settings)
    except TypeError as error:
        raise ValueError(f"distribution {name!r}: {error}; see spiked.{name}") from None
    made: network_pb2.Distribution = function(**settings)
    return made


def to_message(value: Value, what: str) -> network_pb2.Value:
    """The value as a message; `what` names it in errors."""
    if isinstance(value, Mapping):
        value = distribution(value)
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
    plain = to_plain(value)
    assert isinstance(plain, dict)
    name = plain.pop("distribution")
    bounds = [
        f"{bound}={plain.pop(bound):.6g}" for bound in ("minimum", "maximum") if bound in plain
    ]
    return f"{name}({', '.join([*(f'{number:.6g}' for number in plain.values()), *bounds])})"


def to_plain(value: network_pb2.Value) -> float | list[float] | dict[str, Any]:
    """The value as JSON can hold it; :func:`to_message` takes it back."""
    kind = value.WhichOneof("kind")
    if kind == "list":
        return list(value.list.values)
    if kind != "distribution":
        return value.number
    drawn = value.distribution
    name = drawn.WhichOneof("kind") or ""
    shape = getattr(drawn, name)
    plain = {field.name: getattr(shape, field.name) for field in shape.DESCRIPTOR.fields}
    bounds = [field for field, _ in drawn.ListFields() if field.name in ("minimum", "maximum")]
    return {
        "distribution": name,
        **plain,
        **{field.name: getattr(drawn, field.name) for field in bounds},
    }
