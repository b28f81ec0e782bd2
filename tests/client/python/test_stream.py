"""Streams of steps against a real server."""

from __future__ import annotations

import pytest

import spiked


def test_steps_of_a_stream_are_answered_in_order(session: spiked.Session) -> None:
    session.create_network("player", "pong/rstdp", num_neurons=5)
    with session.stream() as stream:
        for step in range(1, 11):
            result = stream.step(20, read={"spike_counts": "player/motor"})
            assert result.time_ms == 20.0 * step
            assert result.spike_counts["player/motor"].shape == (5,)
    assert session.time_ms == 200.0


def test_an_error_ends_the_stream_and_leaves_the_session(session: spiked.Session) -> None:
    stream = session.stream()
    stream.step(1)
    with pytest.raises(spiked.InvalidField) as caught:
        stream.step(0.05)
    assert caught.value.field == "step.duration_ms"
    with pytest.raises(spiked.SpikedError, match="closed"):
        stream.step(1)
    with session.stream() as another:
        assert another.step(1).time_ms == 2.0


def test_a_closed_stream_says_so(session: spiked.Session) -> None:
    with session.stream() as stream:
        assert "open" in repr(stream)
    assert "closed" in repr(stream)
    with pytest.raises(spiked.SpikedError, match="closed"):
        stream.step(1)
