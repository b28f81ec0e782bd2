"""The game's chance against the vectors of all clients."""

from __future__ import annotations

from typing import Any

import pytest
from vectors import VECTORS

from spiked.pong.chance import SplitMix64


@pytest.mark.parametrize("vector", VECTORS["random"], ids=lambda vector: vector["seed"])
def test_draws_the_numbers_of_all_clients(vector: dict[str, Any]) -> None:
    random = SplitMix64(int(vector["seed"]))
    assert [random.next() for _ in vector["next"]] == [int(text) for text in vector["next"]]
    random = SplitMix64(int(vector["seed"]))
    assert [random.uniform() for _ in vector["uniform"]] == vector["uniform"]


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_refuses_seeds_that_are_no_64_bits(seed: int) -> None:
    with pytest.raises(
        ValueError, match=f"seed: must be from 0 to 18446744073709551615, not {seed}"
    ):
        SplitMix64(seed)
