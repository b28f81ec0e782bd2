"""What a script has created and connected, as the server takes it."""

from __future__ import annotations

from collections.abc import Sequence

import spiked
from spiked.nest._links import Link
from spiked.nest._models import Models, for_server
from spiked.nest._nodes import Block, NodeTable
from spiked.nest._recorders import ServerMeter


def specification(
    models: Models,
    nodes: NodeTable,
    blocks: Sequence[Block],
    links: Sequence[Link],
    meters: Sequence[ServerMeter],
) -> spiked.NetworkSpecification:
    """The parts of a network that these blocks, links and multimeters are."""
    net = spiked.NetworkSpecification()
    for block in blocks:
        net.population(
            block.name,
            block.model.base,
            block.size,
            for_server(models.catalogue, block.model.base, block.values),
            record_spikes=block.recorded,
        )
    for link in links:
        transmitter = link.volume_transmitter
        net.connect(
            link.source.name,
            link.target.name,
            link.rule,
            name=link.name,
            synapse_model=link.model.base,
            weight=link.spec_weight(),
            delay=link.delay,
            volume_transmitter=None if transmitter is None else nodes.block_of(transmitter).name,
            parameters=for_server(models.catalogue, link.model.base, link.parameters),
        )
    for meter in meters:
        net.multimeter(meter.name, meter.block.name, meter.variables, interval=meter.interval_ms)
    return net
