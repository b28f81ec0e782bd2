"""Connections that a script takes away again, before time passes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from spiked import rules
from spiked._columns import Indices
from spiked.nest import errors
from spiked.nest._links import AnyLink, Link, Pairs
from spiked.nest._synapse_status import SynapseStatus


def find(
    links: Sequence[AnyLink], status: SynapseStatus, model: str, pairs: Pairs
) -> dict[AnyLink, Indices]:
    """A connection of a synapse model for each of some pairs of nodes: numbers, by link."""
    found: dict[AnyLink, Indices] = {}
    if not len(pairs[0]):
        return found
    span = 1 + max(int(pairs[0].max()), int(pairs[1].max()))
    missing = np.unique(pairs[0] * span + pairs[1])
    for link in links:
        if link.model.name != model or not len(missing):
            continue
        sources, targets = status.ends(link)
        # What is beyond the span is none of the pairs.
        codes = np.where(targets < span, sources * span + targets, -1)
        there, first = np.unique(codes, return_index=True)
        hit = np.isin(there, missing)
        if hit.any():
            found[link] = np.sort(first[hit])
            missing = missing[~np.isin(missing, there)]
    if len(missing):
        source, target = divmod(int(missing[0]), span)
        raise errors.InexistentConnection(f"there is no {model} from {source} to {target}")
    return found


def without(
    links: Sequence[AnyLink], status: SynapseStatus, gone: Mapping[AnyLink, Indices]
) -> list[AnyLink]:
    """The links, without connections of these numbers."""
    if any(not isinstance(link, Link) for link in gone):
        raise errors.unsupported("disconnecting recorders")
    left: list[AnyLink] = []
    for link in links:
        # What the server has drawn stays as it is, too, when the network is built anew.
        drawn = isinstance(link, Link) and link.built and link.find_pairs is None
        if not isinstance(link, Link) or not (drawn or link in gone):
            left.append(link)
            continue
        part = _part(link, status, gone.get(link, np.empty(0, np.int64)))
        if part is not None:
            left.append(part)
    return left


def _part(link: Link, status: SynapseStatus, gone: Indices) -> Link | None:
    """A link without some of its connections; None if nothing is left."""
    sources, targets = status.ends(link)
    kept = np.ones(len(sources), bool)
    kept[gone] = False
    if not kept.any():
        return None
    weights, delays = status.weights(link), link.known_delays
    assert delays is not None  # since its ends are known
    ends = sources[kept] - link.source.first, targets[kept] - link.target.first
    return Link(
        name=link.name,
        source=link.source,
        target=link.target,
        rule=rules.explicit_pairs(*ends),
        model=link.model,
        weight=weights[kept],
        delay=delays[kept],
        parameters=link.parameters,
        volume_transmitter=link.volume_transmitter,
        place=link.place,
        find_pairs=lambda: ends,
    )
