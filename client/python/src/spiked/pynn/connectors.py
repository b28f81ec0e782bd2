"""Connectors whose rule the server carries out, where that means the same.

It does where source and target are each one population, or part of one, where nothing is to be
drawn from a generator of the script, and where weights and delays need not know who is connected.
Otherwise PyNN finds the pairs, and the server is told them one by one.
"""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np
from pyNN import connectors
from pyNN.parameters import LazyArray
from pyNN.random import RandomDistribution

from spiked import rules
from spiked._columns import Floats
from spiked.pynn.populations import cells_of
from spiked.v1.network_pb2 import ConnectionRule


class _ByRule:
    """A connector that the server may carry out."""

    allow_self_connections: Any
    location_selector: Any
    callback: Any
    safe: bool
    #: Whether the script has left it to us how to draw.
    draws_freely = True

    def _rule(self, projection: Any) -> tuple[ConnectionRule, int | None] | None:
        """The server's rule, and how many connections it makes if that is known."""
        raise NotImplementedError

    def connect(self, projection: Any) -> None:
        """Makes the connections of a projection."""
        made = self._made_by_rule(projection)
        if not made:
            super().connect(projection)  # type: ignore[misc]
        elif self.callback is not None:
            self.callback(1.0)

    def _made_by_rule(self, projection: Any) -> bool:
        single = len(cells_of(projection.pre)) == len(cells_of(projection.post)) == 1
        if not single or not self.draws_freely or self.location_selector is not None:
            return False
        if self.allow_self_connections not in (True, False):
            return False
        rule = self._rule(projection)
        if rule is None:
            return False
        message, count = rule
        space = projection.synapse_type.native_parameters
        space.shape = projection.shape
        if not all(_free(name, value, count) for name, value in space.items()):
            return False
        values = {name: _drawn(value, count) for name, value in space.items()}
        if self.safe:
            for name, check in projection.synapse_type.parameter_checks.items():
                check(values[name], projection)
        projection.add_rule(message, values, count)
        return True


def _free(name: str, value: LazyArray, count: int | None) -> bool:
    """Whether the server can be told a parameter without knowing who is connected."""
    if value.is_homogeneous:
        return True
    # Other parameters are shared by all synapses of a projection there.
    drawn = isinstance(value.base_value, RandomDistribution) and name in ("weight", "delay")
    return drawn and count is not None


def _drawn(value: LazyArray, count: int | None) -> float | Floats:
    if value.is_homogeneous:
        return float(value.evaluate(simplify=True))
    column = copy(value)
    column._shape = (count,)
    return np.asarray(column.evaluate(), float)


def _pairs_apart(projection: Any) -> int:
    """How many pairs there are without those of a cell with itself."""
    same = np.intersect1d(
        projection.pre.all_cells.astype(int), projection.post.all_cells.astype(int)
    )
    return int(projection.pre.size * projection.post.size - len(same))


class AllToAllConnector(_ByRule, connectors.AllToAllConnector):
    """Every cell to every cell."""

    def _rule(self, projection: Any) -> tuple[ConnectionRule, int | None]:
        alone = self.allow_self_connections
        count = projection.pre.size * projection.post.size if alone else _pairs_apart(projection)
        return rules.all_to_all(allow_autapses=alone), count


class OneToOneConnector(_ByRule, connectors.OneToOneConnector):
    """Cell k to cell k."""

    allow_self_connections = True

    def _rule(self, projection: Any) -> tuple[ConnectionRule, int | None] | None:
        size = projection.pre.size
        return (rules.one_to_one(), size) if size == projection.post.size else None


class FixedProbabilityConnector(_ByRule, connectors.FixedProbabilityConnector):
    """Every pair with the same probability."""

    def __init__(self, p_connect: float, *args: Any, rng: Any = None, **kwargs: Any) -> None:
        super().__init__(p_connect, *args, rng=rng, **kwargs)
        self.draws_freely = rng is None

    def _rule(self, projection: Any) -> tuple[ConnectionRule, int | None]:  # noqa: ARG002
        rule = rules.pairwise_bernoulli(
            float(self.p_connect), allow_autapses=self.allow_self_connections
        )
        return rule, None


class _FixedNumber(_ByRule):
    n: Any
    with_replacement: bool

    def __init__(self, n: Any, *args: Any, rng: Any = None, **kwargs: Any) -> None:
        super().__init__(n, *args, rng=rng, **kwargs)  # type: ignore[call-arg]
        self.draws_freely = rng is None and isinstance(n, int)

    @property
    def _switches(self) -> dict[str, bool]:
        return {
            "allow_autapses": self.allow_self_connections,
            "allow_multapses": self.with_replacement,
        }

    def _enough(self, pool: int) -> bool:
        """Whether there are enough cells to draw each once; else PyNN takes some again."""
        others = pool if self.allow_self_connections else pool - 1
        return self.with_replacement or self.n <= others


class FixedNumberPreConnector(_FixedNumber, connectors.FixedNumberPreConnector):
    """Every target cell gets `n` connections."""

    def _rule(self, projection: Any) -> tuple[ConnectionRule, int | None] | None:
        if not self._enough(projection.pre.size):
            return None
        return rules.fixed_indegree(self.n, **self._switches), self.n * projection.post.size


class FixedNumberPostConnector(_FixedNumber, connectors.FixedNumberPostConnector):
    """Every source cell gets `n` connections."""

    def _rule(self, projection: Any) -> tuple[ConnectionRule, int | None] | None:
        if not self._enough(projection.post.size):
            return None
        return rules.fixed_outdegree(self.n, **self._switches), self.n * projection.pre.size


class FixedTotalNumberConnector(_FixedNumber, connectors.FixedTotalNumberConnector):
    """`n` connections in all."""

    def connect(self, projection: Any) -> None:
        """Makes the connections of a projection."""
        # PyNN draws with replacement, and cells with themselves, whatever it is told.
        if not self.with_replacement:
            raise NotImplementedError("FixedTotalNumberConnector with with_replacement=False")
        if not self.allow_self_connections and not self.draws_freely:
            raise NotImplementedError(
                "FixedTotalNumberConnector with allow_self_connections=False and an rng"
            )
        super().connect(projection)

    def _rule(self, projection: Any) -> tuple[ConnectionRule, int | None]:  # noqa: ARG002
        alone = self.allow_self_connections
        return rules.fixed_total_number(self.n, allow_autapses=alone), self.n
