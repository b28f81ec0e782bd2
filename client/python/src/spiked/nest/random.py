"""Distributions of parameters, weights and delays: ``nest.random``."""

from __future__ import annotations

from spiked import values
from spiked._checks import real_number
from spiked.nest._parameters import Parameter

__all__ = ["exponential", "lognormal", "normal", "uniform"]


def uniform(min: float = 0.0, max: float = 1.0) -> Parameter:  # noqa: A002
    """Uniform on [min, max)."""
    low, high = real_number(min, "min"), real_number(max, "max")
    return Parameter(lambda rng, n: rng.uniform(low, high, n), values.uniform(low, high))


def normal(mean: float = 0.0, std: float = 1.0) -> Parameter:
    """Gaussian."""
    mean, std = real_number(mean, "mean"), real_number(std, "std")
    return Parameter(lambda rng, n: rng.normal(mean, std, n), values.normal(mean, std))


def lognormal(mean: float = 0.0, std: float = 1.0) -> Parameter:
    """exp(x) with x Gaussian; `mean` and `std` are those of x."""
    mean, std = real_number(mean, "mean"), real_number(std, "std")
    return Parameter(lambda rng, n: rng.lognormal(mean, std, n), values.lognormal(mean, std))


def exponential(beta: float = 1.0) -> Parameter:
    """Exponential with mean `beta`."""
    beta = real_number(beta, "beta")
    return Parameter(lambda rng, n: rng.exponential(beta, n))


def uniform_int(max: int) -> Parameter:  # noqa: A002
    """Whole numbers from 0 to `max` - 1, equally likely."""
    return Parameter(lambda rng, n: rng.integers(0, max, n).astype(float))
