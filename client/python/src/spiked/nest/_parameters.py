"""Random parameters: what ``nest.random.normal(...)`` returns, and arithmetic with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from spiked import values
from spiked._checks import real_number
from spiked._columns import Floats
from spiked.v1 import network_pb2

Draw = Callable[[np.random.Generator, int], Floats]


class Parameter:
    """A number that is drawn for each neuron or connection.

    Arithmetic and comparisons with numbers and with other parameters give parameters. Where the
    server knows the `distribution` it draws from that; what it does not know is drawn here, from
    the kernel's seed.
    """

    def __init__(self, draw: Draw, distribution: network_pb2.Distribution | None = None) -> None:
        #: Draws so many numbers.
        self.draw = draw
        #: The same as the server knows it; None where it does not.
        self.distribution = distribution

    def GetValue(self) -> float:  # noqa: N802
        """One number, drawn anew."""
        from spiked.nest._kernel import KERNEL

        return float(self.draw(KERNEL.random, 1)[0])

    def _with(self, other: Any, operation: Callable[[Any, Any], Any]) -> Parameter:
        if isinstance(other, Parameter):
            return Parameter(lambda rng, n: operation(self.draw(rng, n), other.draw(rng, n)))
        number = real_number(other, "the operand")
        return Parameter(lambda rng, n: operation(self.draw(rng, n), number))

    def _affine(self, scale: float, offset: float) -> Parameter:
        return Parameter(
            lambda rng, n: self.draw(rng, n) * scale + offset,
            _affine(self.distribution, scale, offset),
        )

    def __add__(self, other: Any) -> Parameter:
        if isinstance(other, Parameter):
            return self._with(other, np.add)
        return self._affine(1.0, real_number(other, "the operand"))

    __radd__ = __add__

    def __sub__(self, other: Any) -> Parameter:
        if isinstance(other, Parameter):
            return self._with(other, np.subtract)
        return self._affine(1.0, -real_number(other, "the operand"))

    def __rsub__(self, other: Any) -> Parameter:
        return self._affine(-1.0, real_number(other, "the operand"))

    def __neg__(self) -> Parameter:
        return self._affine(-1.0, 0.0)

    def __mul__(self, other: Any) -> Parameter:
        if isinstance(other, Parameter):
            return self._with(other, np.multiply)
        return self._affine(real_number(other, "the operand"), 0.0)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Parameter:
        return self._with(other, np.divide)

    def __rtruediv__(self, other: Any) -> Parameter:
        return self._with(other, lambda mine, number: number / mine)

    def __pow__(self, exponent: float) -> Parameter:
        return self._with(exponent, np.power)

    def __lt__(self, other: Any) -> Parameter:
        return self._with(other, lambda a, b: (a < b) * 1.0)

    def __le__(self, other: Any) -> Parameter:
        return self._with(other, lambda a, b: (a <= b) * 1.0)

    def __gt__(self, other: Any) -> Parameter:
        return self._with(other, lambda a, b: (a > b) * 1.0)

    def __ge__(self, other: Any) -> Parameter:
        return self._with(other, lambda a, b: (a >= b) * 1.0)

    def __repr__(self) -> str:
        if self.distribution is None:
            return "Parameter"
        return f"Parameter({values.describe(network_pb2.Value(distribution=self.distribution))})"


def create(kind: str, specs: Mapping[str, float]) -> Parameter:
    """The parameter of a kind, such as ``uniform``, with these arguments."""
    from spiked.nest import random

    if kind == "constant":
        return _as_parameter(specs["value"])
    kinds = ("exponential", "lognormal", "normal", "uniform", "uniform_int")
    if kind not in kinds:
        raise NotImplementedError(f"spiked.nest does not support parameters of kind {kind!r}")
    made: Parameter = getattr(random, kind)(**specs)
    return made


def bounded(
    parameter: Parameter, minimum: float, maximum: float, *, attempts: int = 1000
) -> Parameter:
    """The parameter, drawn again where a number lies outside."""

    def draw(rng: np.random.Generator, n: int) -> Floats:
        drawn = parameter.draw(rng, n)
        for _ in range(attempts):
            outside = (drawn < minimum) | (drawn > maximum)
            if not outside.any():
                return drawn
            drawn[outside] = parameter.draw(rng, int(outside.sum()))
        raise ValueError(
            f"redraw: {attempts} draws have found no number from {minimum!r} to {maximum!r}"
        )

    known = parameter.distribution
    if known is not None and not known.HasField("minimum") and not known.HasField("maximum"):
        distribution = network_pb2.Distribution()
        distribution.CopyFrom(known)
        if np.isfinite(minimum):
            distribution.minimum = minimum
        if np.isfinite(maximum):
            distribution.maximum = maximum
        return Parameter(draw, distribution)
    return Parameter(draw)


def elementwise(function: Callable[..., Any], *operands: Any) -> Parameter:
    """A function of parameters and numbers."""
    drawn = [_as_parameter(operand) for operand in operands]
    return Parameter(lambda rng, n: function(*(operand.draw(rng, n) for operand in drawn)))


def _as_parameter(operand: Any) -> Parameter:
    if isinstance(operand, Parameter):
        return operand
    number = real_number(operand, "the operand")
    return Parameter(lambda _, n: np.full(n, number))


def _affine(
    known: network_pb2.Distribution | None, scale: float, offset: float
) -> network_pb2.Distribution | None:
    """The distribution of scale * x + offset, where that is one that the server knows."""
    if known is None or scale == 0.0:
        return None
    kind = known.WhichOneof("kind")
    if kind == "normal":
        made = values.normal(known.normal.mean * scale + offset, known.normal.std * abs(scale))
    elif kind == "uniform" and scale > 0.0:
        made = values.uniform(
            known.uniform.low * scale + offset, known.uniform.high * scale + offset
        )
    else:
        return None
    low, high = ("minimum", "maximum") if scale > 0.0 else ("maximum", "minimum")
    for mine, its in (("minimum", low), ("maximum", high)):
        if known.HasField(its):
            setattr(made, mine, getattr(known, its) * scale + offset)
    return made
