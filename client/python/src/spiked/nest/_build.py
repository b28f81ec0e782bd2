"""What a script has created and connected, as the server takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from spiked import rules, selection, values
from spiked._columns import Indices
from spiked.nest._links import Link
from spiked.nest._models import Models, for_server
from spiked.nest._nodes import Block, NodeTable
from spiked.nest._recorders import ServerMeter
from spiked.v1 import network_pb2


def specification(
    models: Models,
    nodes: NodeTable,
    blocks: Sequence[Block],
    links: Sequence[Link],
    meters: Sequence[ServerMeter],
) -> network_pb2.NetworkSpecification:
    """The parts of a network that these blocks, links and multimeters are."""
    net = network_pb2.NetworkSpecification()
    for block in blocks:
        population = net.populations.add(
            name=block.name,
            model=block.model.base,
            size=block.size,
            record_spikes=block.recorded,
        )
        told = for_server(models.catalogue, block.model.base, block.values)
        _set_parameters(population.parameters, told)
    for link in links:
        projection = net.projections.add(
            name=link.name,
            source=link.source.name,
            target=link.target.name,
            rule=link.rule,
            synapse_model=link.model.base,
            weight=values.to_message(link.weight, "weight"),
            delay_ms=values.to_message(link.delay, "delay"),
            record_weights=link.recorded,
        )
        _select(projection.source_neurons, link.source_part)
        _select(projection.target_neurons, link.target_part)
        if link.volume_transmitter is not None:
            projection.volume_transmitter = nodes.block_of(link.volume_transmitter).name
        told = for_server(models.catalogue, link.model.base, link.parameters)
        _set_parameters(projection.parameters, told)
    for meter in meters:
        multimeter = net.multimeters.add(
            name=meter.name,
            population=meter.block.name,
            variables=meter.variables,
            interval_ms=meter.interval_ms,
        )
        whole = len(meter.indices) == meter.block.size
        _select(multimeter.neurons, None if whole else meter.indices)
    return net


def _select(chosen: network_pb2.NeuronSelection, indices: Indices | None) -> None:
    """Fills in which neurons are meant; none where all are."""
    if indices is not None:
        chosen.CopyFrom(selection.to_message(indices))


def keep_slices(net: network_pb2.NetworkSpecification, delay_ms: float) -> None:
    """Adds a silent relay whose delay is the smallest.

    In NEST connections to recorders count for the length of slices, which decides the order in
    which spikes are summed, and when dopaminergic synapses are updated. The server does not know
    these connections.
    """
    name = f"slices.{delay_ms!r}"
    net.populations.add(name=name, model="parrot_neuron", size=1)
    net.projections.add(
        name=name,
        source=name,
        target=name,
        rule=rules.one_to_one(),
        delay_ms=values.to_message(delay_ms, "delay"),
    )


def _set_parameters(target: Any, parameters: Mapping[str, Any]) -> None:
    for name, value in parameters.items():
        target[name].CopyFrom(values.to_message(value, name))
