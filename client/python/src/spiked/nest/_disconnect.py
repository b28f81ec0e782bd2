"""Connections that a script takes away again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spiked._columns import Indices
from spiked.nest import errors
from spiked.nest._links import AnyLink, Pairs, there
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
        possible = there(link, len(sources)) & (targets < span)
        codes = np.where(possible, sources * span + targets, -1)
        present, first = np.unique(codes, return_index=True)
        hit = np.isin(present, missing)
        if hit.any():
            found[link] = np.sort(first[hit])
            missing = missing[~np.isin(missing, present)]
    if len(missing):
        source, target = divmod(int(missing[0]), span)
        raise errors.InexistentConnection(f"there is no {model} from {source} to {target}")
    return found
