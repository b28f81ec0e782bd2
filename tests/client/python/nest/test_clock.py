"""The slices of time that decide the order of events."""

from __future__ import annotations

import numpy as np

from spiked.nest._clock import SliceClock


def test_stamps_of_a_slice_have_one_rank() -> None:
    clock = SliceClock(0.1)
    clock.advance(100, 10)
    ranks = clock.ranks(np.array([0.1, 1.0, 1.1, 2.0, 9.1, 10.0]))
    assert ranks.tolist() == [ranks[0], ranks[0], ranks[0] + 1, ranks[0] + 1, *[ranks[0] + 9] * 2]
    assert clock.time_ms == 10.0
    assert clock.slice_begin == 90


def test_a_stop_amid_a_slice_cuts_it_in_two() -> None:
    clock = SliceClock(0.1)
    clock.advance(15, 10)
    assert clock.slice_begin == 10
    clock.advance(15, 10)
    ranks = clock.ranks(np.array([1.0, 1.1, 1.5, 1.6, 2.0, 2.1]))
    assert (np.diff(ranks) > 0).tolist() == [True, False, True, False, True]
    assert clock.slice_begin == 20


def test_slices_of_another_length_begin_where_it_changes() -> None:
    clock = SliceClock(0.1)
    clock.advance(12, 10)
    clock.advance(20, 5)
    assert clock.slice_begin == 27
    ranks = clock.ranks(np.array([1.0, 1.1, 1.2, 1.3, 1.7, 1.8]))
    assert (np.diff(ranks) > 0).tolist() == [True, False, True, False, True]


def test_no_time_is_no_slice() -> None:
    clock = SliceClock(0.1)
    clock.advance(0, 10)
    assert clock.slice_begin == 0
    assert clock.ranks(np.empty(0)).tolist() == []


def test_times_are_multiples_as_nest_computes_them() -> None:
    clock = SliceClock(0.1)
    assert clock.to_ms(3) == 0.3
    assert clock.to_ms(103) == 10.3
    assert clock.to_step(0.1 + 0.2) == 3
