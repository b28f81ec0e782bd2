"""Values of parameters, weights and delays, without a server."""

from __future__ import annotations

import json

import numpy as np
import pytest

import spiked
from spiked import values


def test_numbers_of_all_kinds_stand_for_one_for_all() -> None:
    for number in (3, 3.0, np.float32(3), np.int64(3), np.array(3.0)):
        assert values.to_message(number, "x").number == 3.0


def test_lists_and_arrays_stand_for_one_for_each() -> None:
    for numbers in ([1, 2, 3], (1.0, 2.0, 3.0), np.array([1, 2, 3])):
        assert list(values.to_message(numbers, "x").list.values) == [1, 2, 3]
    assert list(values.to_message(np.eye(2), "x").list.values) == [1, 0, 0, 1]


def test_distributions_have_their_bounds() -> None:
    drawn = values.to_message(spiked.normal(20, 2, minimum=0), "x").distribution
    assert (drawn.normal.mean, drawn.normal.std, drawn.minimum) == (20, 2, 0)
    assert drawn.HasField("minimum")
    assert not drawn.HasField("maximum")


def test_dictionaries_describe_distributions() -> None:
    described = values.to_message({"distribution": "normal", "mean": 20, "std": 2}, "weight")
    assert described.distribution == spiked.normal(20, 2)
    with pytest.raises(ValueError, match="no distribution 'gamma'; there are normal, uniform"):
        values.to_message({"distribution": "gamma"}, "weight")
    with pytest.raises(ValueError, match="'normal': missing a required argument: 'std'"):
        values.to_message({"distribution": "normal", "mean": 20}, "weight")


@pytest.mark.parametrize(
    "value",
    [
        2.0,
        [1.0, 2.0],
        spiked.normal(0, 1),
        spiked.uniform(0, 1, minimum=0),
        spiked.lognormal(1, 0.5, maximum=9),
    ],
)
def test_values_come_back_from_json(value: values.Value) -> None:
    message = values.to_message(value, "weight")
    plain = json.loads(json.dumps(values.to_plain(message)))
    assert values.to_message(plain, "weight") == message


def test_what_is_no_value_is_refused_by_name() -> None:
    for wrong in ("much", "3", None, [1.0, None], [[1.0], [1.0, 2.0]], object()):
        with pytest.raises(TypeError, match=r"weight must be a number.*spiked\.normal"):
            values.to_message(wrong, "weight")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-50.0, "-50"),
        ([1.0, 2.0], "2 numbers"),
        (spiked.normal(20, 0), "normal(20, 0)"),
        (spiked.uniform(0, 1), "uniform(0, 1)"),
        (spiked.lognormal(1, 0.5, maximum=9), "lognormal(1, 0.5, maximum=9)"),
    ],
)
def test_values_are_described_as_they_are_written(value: values.Value, text: str) -> None:
    assert values.describe(values.to_message(value, "x")) == text
