"""What a step is to read out, without a server."""

from __future__ import annotations

import pytest

from spiked import readout
from spiked.network import Multimeter, Population, Projection
from spiked.v1 import network_pb2

E = Population("net", "E", network_pb2.Population(name="E"))
E_E = Projection("net", "E_E", network_pb2.Projection(name="E_E"))
METER = Multimeter("net", "m", network_pb2.Multimeter(name="m"))


def test_it_is_said_by_kind() -> None:
    read: readout.ReadoutLike = {
        "spike_counts": "net/E",
        "spikes": [E],
        "weights": E_E,
    }
    message = readout.to_message(read)
    assert list(message.spike_counts) == ["net/E"]
    assert list(message.spikes) == ["net/E"]
    assert list(message.weights) == ["net/E_E"]


def test_parts_are_read_by_what_they_are() -> None:
    message = readout.to_message([E, E_E, METER])
    assert list(message.spikes) == ["net/E"]
    assert list(message.weights) == ["net/E_E"]
    assert list(message.signals) == ["net/m"]
    assert readout.to_message(E).spikes == ["net/E"]


def test_what_cannot_be_read_is_refused() -> None:
    with pytest.raises(ValueError, match=r"a step reads spike_counts.* not 'rates'"):
        readout.to_message({"rates": "net/E"})
    with pytest.raises(TypeError, match="say what to read of 'net/E'"):
        readout.to_message(["net/E"])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="say what to read"):
        readout.to_message("net/E")  # type: ignore[arg-type]
