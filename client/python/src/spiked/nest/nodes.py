"""Collections of nodes: what ``Create`` returns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from spiked._columns import Indices
from spiked._optional import need
from spiked.nest import errors
from spiked.nest._kernel import KERNEL


class NodeCollection:
    """Nodes by their numbers, ascending, each once.

    Parameters of the nodes are its attributes: ``neurons.V_th = -50.0``. An index, a slice, or
    a list of indices or booleans gives a collection of some of them; ``+`` joins two.
    """

    __slots__ = ("_ids",)
    _ids: Indices

    def __init__(self, data: NodeCollection | Iterable[int] | None = None) -> None:
        if isinstance(data, NodeCollection):
            ids = data._ids
        else:
            ids = np.array([] if data is None else list(data))
            if ids.size and (ids.ndim != 1 or ids.dtype.kind not in "iu"):
                raise errors.TypeMismatch(
                    f"data must be numbers of nodes, not {data!r}", field="data"
                )
            ids = ids.astype(np.int64)
            if (np.diff(ids) == 0).any() or len(np.unique(ids)) != len(ids):
                raise errors.BadProperty("all numbers of nodes must be different", field="data")
            if (np.diff(ids) < 0).any():
                raise errors.BadProperty("the numbers of nodes must ascend", field="data")
            KERNEL.nodes.check(ids)
        object.__setattr__(self, "_ids", ids)

    # -- As a collection

    def __len__(self) -> int:
        return len(self._ids)

    def __bool__(self) -> bool:
        return len(self._ids) > 0

    def __iter__(self) -> Iterator[NodeCollection]:
        for k in range(len(self._ids)):
            yield collection(self._ids[k : k + 1])

    def __contains__(self, node: int) -> bool:
        place = int(np.searchsorted(self._ids, node))
        return place < len(self._ids) and bool(self._ids[place] == node)

    def __getitem__(
        self, key: int | slice | Sequence[int] | Sequence[bool] | npt.NDArray[Any]
    ) -> NodeCollection:
        if isinstance(key, (int, np.integer)):
            if not -len(self) <= key < len(self):
                raise IndexError(f"there is no node {key} in a collection of {len(self)}")
            return collection(self._ids[[key]])
        if isinstance(key, slice):
            self._check_slice(key)
            return collection(self._ids[key])
        chosen = np.asarray(key)
        if chosen.dtype.kind == "b":
            if len(chosen) != len(self):
                raise IndexError(f"needs {len(self)} booleans, one a node, not {len(chosen)}")
            return collection(self._ids[chosen])
        if chosen.size == 0:
            return collection(self._ids[:0])
        if chosen.ndim != 1 or chosen.dtype.kind not in "iu":
            raise IndexError(
                f"nodes are chosen by an index, a slice, or a list of these, not {key!r}"
            )
        return NodeCollection(self._ids[chosen].tolist())

    def _check_slice(self, key: slice) -> None:
        """Raises an error, as NEST does, where a slice goes beyond the collection."""
        if key.step is not None and key.step < 1:
            raise IndexError(f"the step of a slice must be at least 1, not {key.step}")
        for what, bound, high in (
            ("start", key.start, len(self) - 1),
            ("stop", key.stop, len(self)),
        ):
            if bound is not None and not -len(self) <= bound <= high:
                raise IndexError(f"the {what} of a slice must lie within {len(self)} nodes")

    def __add__(self, other: NodeCollection) -> NodeCollection:
        if not isinstance(other, NodeCollection):
            return NotImplemented
        joined = np.concatenate([self._ids, other._ids])
        joined.sort()
        if (np.diff(joined) == 0).any():
            raise errors.BadProperty("both collections have nodes in common")
        return collection(joined)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NodeCollection) and np.array_equal(self._ids, other._ids)

    __hash__ = None  # type: ignore[assignment]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        # `copy` is what NumPy 2 asks for.
        return np.array(self._ids, dtype=dtype)

    def tolist(self) -> list[int]:
        """The numbers of the nodes."""
        ids: list[int] = self._ids.tolist()
        return ids

    def index(self, node: int) -> int:
        """The place of a node in the collection."""
        if node not in self:
            raise ValueError(f"node {node} is not in the collection")
        return int(np.searchsorted(self._ids, node))

    # -- Parameters

    def get(self, *params: str | Sequence[str], output: str = "") -> Any:
        """Parameters of the nodes.

        ``get("V_m")`` is a number for one node, a tuple for several; ``get(["V_m", "V_th"])``
        and ``get()`` are dictionaries of such; ``get("events", "times")`` goes into a
        dictionary. `output` is ``"pandas"`` (a DataFrame) or ``"json"``.
        """
        if not self:
            raise AttributeError("Cannot get parameter of empty NodeCollection")
        if len(params) > 2:
            raise TypeError("get takes at most two arguments: a parameter, and what of it")
        if output not in ("", "pandas", "json"):
            raise errors.BadParameter(
                f"output must be 'pandas' or 'json', not {output!r}", field="output"
            )
        result = self._get_within(*params) if len(params) == 2 else self._get(*params)
        if not output:
            return result
        table = result if isinstance(result, dict) else {params[-1]: result}
        if output == "json":
            return to_json(table)
        rows = {name: [value] if len(self) == 1 else list(value) for name, value in table.items()}
        return need("pandas", "output='pandas'").DataFrame(rows, index=self.tolist())

    def _get(self, names: str | Sequence[str] | None = None) -> Any:
        if isinstance(names, str):
            return self._shape(KERNEL.node_status.get_column(self._ids, names))
        if names is None:
            columns = KERNEL.node_status.get_all(self._ids)
        else:
            columns = {name: KERNEL.node_status.get_column(self._ids, name) for name in names}
        return {name: self._shape(column) for name, column in columns.items()}

    def _get_within(self, outer: str | Sequence[str], inner: str | Sequence[str]) -> Any:
        if not isinstance(outer, str):
            raise TypeError("the first argument must be the name of a parameter")
        dictionaries = KERNEL.node_status.get_column(self._ids, outer)
        if not all(isinstance(one, dict) for one in dictionaries):
            raise TypeError(f"{outer} is no dictionary")
        if isinstance(inner, str):
            return self._shape([one[inner] for one in dictionaries])
        return {name: self._shape([one[name] for one in dictionaries]) for name in inner}

    def _shape(self, column: list[Any]) -> Any:
        return column[0] if len(column) == 1 else tuple(column)

    def set(
        self, params: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None, **kwargs: Any
    ) -> None:
        """Sets parameters of the nodes.

        A dictionary, a list with a dictionary for each node, or keywords; a value is one for
        all, a list with one for each node, or a random parameter.
        """
        if params is not None and kwargs:
            raise TypeError("set takes either a dictionary or keywords, not both")
        given = kwargs if params is None else params
        if not given:
            return
        if not self:
            raise AttributeError("Cannot set parameter of empty NodeCollection")
        KERNEL.node_status.set(self._ids, given)

    @property
    def global_id(self) -> int | tuple[int, ...]:
        """The number of the node, or those of all."""
        ids = self.tolist()
        return ids[0] if len(ids) == 1 else tuple(ids)

    @property
    def spatial(self) -> None:
        """Nothing: nodes have no place in space."""
        return

    @property
    def metadata(self) -> None:
        """Nothing: nodes have no place in space."""
        return

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self.get(name)

    def __setattr__(self, name: str, value: Any) -> None:
        self.set({name: value})

    def __dir__(self) -> list[str]:
        names = list(KERNEL.node_status.get_all(self._ids)) if self else []
        return [*super().__dir__(), *names]

    # -- Looking at it

    def __repr__(self) -> str:
        if not self:
            return "NodeCollection(<empty>)"
        parts = []
        for block, indices in KERNEL.nodes.pieces(self._ids):
            ids = indices + block.first
            step = f", step={ids[1] - ids[0]}" if len(ids) > 1 and ids[1] - ids[0] > 1 else ""
            parts.append(
                f"model={block.model.name}, size={len(ids)}, "
                f"first={ids[0]}" + (f", last={ids[-1]}" if len(ids) > 1 else "") + step
            )
        return f"NodeCollection(metadata=None, {(';' + chr(10) + ' ' * 15).join(parts)})"


def collection(ids: Indices) -> NodeCollection:
    """The collection of these nodes, which there are."""
    made = NodeCollection.__new__(NodeCollection)
    object.__setattr__(made, "_ids", ids)
    return made


def to_json(value: Any) -> str:
    """Parameters as JSON."""
    return json.dumps(value, default=_plain)


def _plain(value: Any) -> Any:
    """What JSON cannot hold."""
    return value.tolist() if hasattr(value, "tolist") else str(value)
