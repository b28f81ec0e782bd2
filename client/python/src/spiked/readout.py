"""What a step is to read out when it is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict

from spiked.network import Address, Multimeter, Network, Part, Population, Projection, address_of
from spiked.v1 import data_pb2

#: One address, or several.
Addresses = Address | Iterable[Address]


class Readings(TypedDict, total=False):
    """Addresses by what is read of them."""

    #: Populations whose spikes are counted for each neuron.
    spike_counts: Addresses
    #: Populations whose spikes are returned.
    spikes: Addresses
    #: Projections whose weights are returned.
    weights: Addresses
    #: Multimeters whose samples are returned.
    signals: Addresses


#: What can be read: a dictionary of addresses by kind (see :class:`Readings`); or, in short,
#: parts of networks: populations for their spikes, projections for their weights, multimeters
#: for their signals.
ReadoutLike = Readings | Mapping[str, Addresses] | Part | Iterable[Part] | data_pb2.Readout

_KINDS = ("spike_counts", "spikes", "weights", "signals")


def to_message(read: ReadoutLike) -> data_pb2.Readout:
    """The readout as a message."""
    if isinstance(read, data_pb2.Readout):
        return read
    message = data_pb2.Readout()
    if isinstance(read, Mapping):
        readings: Mapping[str, Any] = read
        for kind, addresses in readings.items():
            if kind not in _KINDS:
                raise ValueError(f"read: a step reads {', '.join(_KINDS)}, not {kind!r}")
            if isinstance(addresses, (str, Part, Network)):
                addresses = [addresses]
            getattr(message, kind).extend(address_of(address) for address in addresses)
        return message
    for part in [read] if isinstance(read, Part) else read:
        if isinstance(part, Population):
            message.spikes.append(part.address)
        elif isinstance(part, Projection):
            message.weights.append(part.address)
        elif isinstance(part, Multimeter):
            message.signals.append(part.address)
        else:
            raise TypeError(
                f"read: say what to read of {part!r}: "
                + ", ".join(f"{{{kind!r}: ...}}" for kind in _KINDS)
            )
    return message
