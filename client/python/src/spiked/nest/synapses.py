"""Collections of connections: what ``GetConnections`` returns."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from spiked._columns import Floats, Indices
from spiked._optional import need
from spiked._text import table_text
from spiked.nest import errors
from spiked.nest._kernel import KERNEL
from spiked.nest._links import AnyLink, Link, there
from spiked.nest._models import is_iterable

# What every connection tells beside the parameters of its synapse model.
_COMMON = (
    "delay",
    "port",
    "receptor",
    "source",
    "synapse_id",
    "synapse_model",
    "target",
    "target_thread",
    "weight",
)
_WHOLE = frozenset({"port", "receptor", "source", "synapse_id", "target", "target_thread"})


class SynapseCollection:
    """Connections, by synapse model, then by source.

    Their parameters are its attributes: ``connections.weight``. An index, a slice or a list of
    indices gives a collection of some of them.
    """

    __slots__ = ("_links", "_positions", "_which")
    _links: Sequence[AnyLink]
    #: For each connection its link, an index, and its number within that.
    _which: Indices
    _positions: Indices

    def __init__(self, links: Sequence[AnyLink], which: Indices, positions: Indices) -> None:
        for name, value in (("_links", links), ("_which", which), ("_positions", positions)):
            object.__setattr__(self, name, value)

    # -- As a collection

    def __len__(self) -> int:
        return len(self._which)

    def __iter__(self) -> Iterator[SynapseCollection]:
        for k in range(len(self)):
            yield self._some(slice(k, k + 1))

    def __getitem__(self, key: int | slice | Sequence[int] | npt.NDArray[Any]) -> SynapseCollection:
        if isinstance(key, slice):
            return self._some(key)
        if isinstance(key, (int, np.integer)):
            if not -len(self) <= key < len(self):
                raise IndexError(f"there is no connection {key} in a collection of {len(self)}")
            return self._some(np.array([key]))
        return self._some(np.asarray(key))

    def _some(self, chosen: slice | npt.NDArray[Any]) -> SynapseCollection:
        return SynapseCollection(self._links, self._which[chosen], self._positions[chosen])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SynapseCollection) or len(self) != len(other):
            return False
        mine = [(id(self._links[k]), p) for k, p in zip(self._which, self._positions, strict=True)]
        its = [
            (id(other._links[k]), p) for k, p in zip(other._which, other._positions, strict=True)
        ]
        return mine == its

    __hash__ = None  # type: ignore[assignment]

    def sources(self) -> Iterator[int]:
        """Numbers of the source nodes."""
        return iter(self._column("source"))

    def targets(self) -> Iterator[int]:
        """Numbers of the target nodes."""
        return iter(self._column("target"))

    def disconnect(self) -> None:
        """Takes the connections away: they transmit nothing that is emitted from now on."""
        links, which = self._links, self._which
        KERNEL.remove({links[k]: self._positions[which == k] for k in np.unique(which)})

    # -- Parameters

    def get(self, keys: str | Sequence[str] | None = None, output: str = "") -> Any:
        """Parameters of the connections.

        ``get("weight")`` is a number for one connection, a list for several; ``get([...])`` and
        ``get()`` are dictionaries of such. `output` is ``"pandas"`` or ``"json"``.
        """
        if output not in ("", "pandas", "json"):
            raise errors.BadParameter(
                f"output must be 'pandas' or 'json', not {output!r}", field="output"
            )
        names = [keys] if isinstance(keys, str) else list(self._names() if keys is None else keys)
        columns = {name: self._column(name) for name in names}
        if output == "pandas":
            return need("pandas", "output='pandas'").DataFrame(columns)
        shaped = {n: c[0] if len(self) == 1 else c for n, c in columns.items()}
        result = shaped[keys] if isinstance(keys, str) else shaped
        return json.dumps(result) if output == "json" else result

    def _names(self) -> list[str]:
        names = set(_COMMON)
        for k in np.unique(self._which):
            link = self._links[k]
            names.update(name for name in link.model.defaults if name != "receptor_type")
            names.update(link.model.recordables)
        return sorted(names)

    def _column(self, name: str) -> list[Any]:
        values: npt.NDArray[Any] = np.empty(len(self), object)
        for k in np.unique(self._which):
            mine = self._which == k
            values[mine] = self._of_link(self._links[k], name)[self._positions[mine]]
        kinds = int if name in _WHOLE else lambda value: value
        return [kinds(value) for value in values.tolist()]

    @staticmethod
    def _of_link(link: AnyLink, name: str) -> npt.NDArray[Any]:
        if name == "source":
            return KERNEL.synapse_status.ends(link)[0]
        if name == "target":
            return KERNEL.synapse_status.ends(link)[1]
        count = len(KERNEL.synapse_status.ends(link)[0])
        if name == "synapse_model":
            return np.full(count, link.model.name, object)
        if name == "synapse_id":
            return np.full(count, link.model.identifier)
        if name in ("port", "receptor", "target_thread"):
            if name == "port":
                return np.arange(count)
            return np.full(count, link.receptor if name == "receptor" else 0)
        if name not in link.model.defaults and name not in link.model.recordables:
            raise errors.UnsupportedEntry(f"{link.model.name} has no {name!r}", field=name)
        column: npt.NDArray[Any] = KERNEL.synapse_status.column(link, name)
        return column

    def set(
        self, params: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None, **kwargs: Any
    ) -> None:
        """Sets weights: a dictionary, a dictionary for each connection, or keywords.

        A value is one for all or a list with one for each. Before time passes, other parameters
        can be set, too: the same for all that one Connect has made.
        """
        if params is not None and kwargs:
            raise TypeError("set takes either a dictionary or keywords, not both")
        given = kwargs if params is None else params
        if not isinstance(given, Mapping):
            each = list(given)
            if len(each) != len(self):
                raise TypeError(
                    f"params must have a dictionary for each of {len(self)} connections, "
                    f"not {len(each)}"
                )
            given = {name: [entry[name] for entry in each] for name in (each[0] if each else ())}
        columns = {name: self._checked(name, value) for name, value in given.items()}
        # What may be refused comes first, so that all is set or nothing.
        for name in sorted(columns, key=lambda name: name == "weight"):
            for k in np.unique(self._which):
                mine = self._which == k
                KERNEL.synapse_status.set(
                    self._links[k], self._positions[mine], name, columns[name][mine]
                )

    def _checked(self, name: str, value: Any) -> Floats:
        """A value for each connection."""
        if name not in self._names():
            raise errors.UnsupportedEntry(f"there is no parameter {name!r}", field=name)
        if name in _COMMON and name not in ("weight", "delay"):
            raise errors.BadProperty(f"{name} cannot be set", field=name)
        numbers = np.asarray(list(value) if is_iterable(value) else value)
        if numbers.dtype.kind not in "iuf" or not np.isfinite(numbers).all():
            raise errors.TypeMismatch(f"{name} must be finite numbers, not {value!r}", field=name)
        if numbers.ndim and len(numbers) != len(self):
            raise errors.DimensionMismatch(
                f"{name} must have a value for each of {len(self)} connections, not {len(numbers)}",
                field=name,
            )
        return np.broadcast_to(numbers.astype(float), len(self))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self.get(name)

    def __setattr__(self, name: str, value: Any) -> None:
        self.set({name: value})

    # -- Looking at it

    def __repr__(self) -> str:
        if not len(self):
            return "The synapse collection does not contain any connections."
        names = ["source", "target", "synapse_model", "weight", "delay"]
        shown = self if len(self) <= 20 else self._some(slice(0, 20))
        rows = [[str(v) for v in row] for row in zip(*map(shown._column, names), strict=True)]
        if len(shown) < len(self):
            rows.append([f"... {len(self) - len(shown):,} more", *[""] * 4])
        return table_text([name.replace("_", " ") for name in names], rows)


def find(
    source: Indices | None, target: Indices | None, synapse_model: str | None
) -> SynapseCollection:
    """The connections from some nodes, to some nodes, of a synapse model."""
    links: list[AnyLink] = []
    which, positions, ends = [], [], []
    for link in KERNEL.links:
        if synapse_model is not None and link.model.name != synapse_model:
            continue
        if isinstance(link, Link) and not _may_touch(link, source, target):
            continue
        sources, targets = KERNEL.synapse_status.ends(link)
        chosen = there(link, len(sources))
        for nodes, mine in ((source, sources), (target, targets)):
            if nodes is not None:
                chosen &= np.isin(mine, nodes)
        found = np.flatnonzero(chosen)
        if len(found):
            which.append(np.full(len(found), len(links)))
            positions.append(found)
            ends.append(sources[found])
            links.append(link)
    if not links:
        return SynapseCollection([], np.empty(0, np.int64), np.empty(0, np.int64))
    joined = np.concatenate(which)
    rank = np.array([link.model.identifier * 3 + link.kind for link in links])[joined]
    order = np.lexsort((np.concatenate(ends), rank))
    return SynapseCollection(links, joined[order], np.concatenate(positions)[order])


def _may_touch(link: Link, source: Indices | None, target: Indices | None) -> bool:
    """Whether any node of the link's blocks is asked for."""
    for nodes, block in ((source, link.source), (target, link.target)):
        if nodes is not None:
            place = int(np.searchsorted(nodes, block.first))
            if place == len(nodes) or nodes[place] >= block.first + block.size:
                return False
    return True


def of_links(links: Sequence[AnyLink]) -> SynapseCollection:
    """All connections of some links."""
    counts = [len(KERNEL.synapse_status.ends(link)[0]) for link in links]
    which = np.repeat(np.arange(len(links)), counts)
    positions = np.concatenate([np.arange(n) for n in counts]) if links else which
    return SynapseCollection(list(links), which, positions)
