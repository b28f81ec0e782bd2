"""Random parameters, and arithmetic with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from spiked.nest import Parameter, logic, math, random
from spiked.nest._parameters import bounded


def drawn(parameter: Parameter, n: int = 20_000) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return parameter.draw(np.random.default_rng(1), n)


@pytest.mark.parametrize(
    ("parameter", "mean", "std"),
    [
        (random.uniform(2.0, 4.0), 3.0, 2.0 / np.sqrt(12.0)),
        (random.normal(5.0, 2.0), 5.0, 2.0),
        (random.lognormal(0.0, 0.5), np.exp(0.125), np.exp(0.125) * np.sqrt(np.expm1(0.25))),
        (random.exponential(3.0), 3.0, 3.0),
        (random.uniform_int(10), 4.5, np.sqrt(99.0 / 12.0)),
    ],
)
def test_distributions(parameter: Parameter, mean: float, std: float) -> None:
    numbers = drawn(parameter)
    assert numbers.mean() == pytest.approx(mean, rel=0.03)
    assert numbers.std() == pytest.approx(std, rel=0.03)


@pytest.mark.parametrize(
    ("compute", "described"),
    [
        (lambda x: -70.0 + 10.0 * x, "Parameter(normal(-60, 20))"),
        (lambda x: 5.0 - x, "Parameter(normal(4, 2))"),
        (lambda x: -x, "Parameter(normal(-1, 2))"),
        (lambda x: x - 1.0, "Parameter(normal(0, 2))"),
        (
            lambda x: math.redraw(x, -1.0, 2.0) * -2.0,
            "Parameter(normal(-2, 4, minimum=-4, maximum=2))",
        ),
        (lambda x: x / 4.0, "Parameter"),
        (lambda x: 1.0 / x, "Parameter"),
        (lambda x: x**2, "Parameter"),
        (lambda x: x * x + x, "Parameter"),
        (lambda x: x - x, "Parameter"),
        (lambda x: 0.0 * x, "Parameter"),
    ],
)
def test_arithmetic_with_a_gaussian(
    compute: Callable[[Parameter], Parameter], described: str
) -> None:
    parameter = compute(random.normal(1.0, 2.0))
    assert repr(parameter) == described
    if parameter.distribution is not None:  # it is what the server would draw from
        numbers = drawn(parameter)
        shape = parameter.distribution.normal
        if not parameter.distribution.HasField("minimum"):
            assert numbers.mean() == pytest.approx(shape.mean, abs=shape.std / 20)
            assert numbers.std() == pytest.approx(shape.std, rel=0.03)
        else:
            assert parameter.distribution.minimum <= numbers.min()
            assert numbers.max() <= parameter.distribution.maximum


def test_arithmetic_with_a_uniform_number() -> None:
    assert repr(random.uniform() * 10.0 + 5.0) == "Parameter(uniform(5, 15))"
    # [low, high) is (low, high] the other way round, which the server does not know.
    assert repr(1.0 - random.uniform()) == "Parameter"
    assert drawn(1.0 - random.uniform()).min() > 0.0


def test_functions_and_conditions() -> None:
    uniform = random.uniform(0.0, 1.0)
    assert drawn(math.exp(uniform)).max() == pytest.approx(np.e, rel=0.01)
    assert drawn(math.min(uniform, 0.5)).max() == 0.5
    assert drawn(math.max(uniform, 0.5)).min() == 0.5
    assert drawn(math.cos(uniform)).min() == pytest.approx(np.cos(1.0), rel=0.01)
    assert drawn(math.sin(uniform)).max() == pytest.approx(np.sin(1.0), rel=0.01)
    chosen = drawn(logic.conditional(uniform < 0.25, 7.0, -7.0))
    assert set(chosen) == {7.0, -7.0}
    assert (chosen == 7.0).mean() == pytest.approx(0.25, abs=0.02)
    assert set(drawn(uniform >= 0.5)) == {0.0, 1.0}


def test_numbers_outside_are_drawn_again() -> None:
    assert drawn(bounded(random.exponential(1.0), 0.5, 2.0)).min() >= 0.5
    with pytest.raises(ValueError, match="1000 draws"):
        drawn(math.redraw(random.uniform(0.0, 1.0), 2.0, 3.0), 1)
    with pytest.raises(ValueError, match="above max"):
        math.redraw(random.uniform(), 2.0, 1.0)


def test_what_is_no_number() -> None:
    with pytest.raises(TypeError, match="mean must be a number"):
        random.normal("0", 1.0)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="operand"):
        random.normal() + "1"


def test_parameters_are_created_by_the_name_of_their_kind(nest: Any) -> None:
    assert nest.CreateParameter("constant", {"value": 3.0}).GetValue() == 3.0
    assert 2.0 <= nest.CreateParameter("uniform", {"min": 2.0, "max": 3.0}).GetValue() < 3.0
    with pytest.raises(NotImplementedError, match="distance"):
        nest.CreateParameter("distance", {})
