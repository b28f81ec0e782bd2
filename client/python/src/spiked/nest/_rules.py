"""Connection rules: what a script asks for, and pairs that are found here.

The server draws the connections of a rule from one population to another. Where nodes of
several populations are the pool that a rule draws from, this module draws the pairs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from spiked import rules
from spiked._checks import real_number, whole_number
from spiked._columns import Floats, Indices
from spiked._text import unknown
from spiked.nest import errors
from spiked.nest._parameters import Parameter
from spiked.v1.network_pb2 import ConnectionRule

# What each rule needs, and what else it takes.
_NEEDS = {
    "one_to_one": (),
    "all_to_all": (),
    "fixed_indegree": ("indegree",),
    "fixed_outdegree": ("outdegree",),
    "fixed_total_number": ("N",),
    "pairwise_bernoulli": ("p",),
    "pairwise_poisson": ("pairwise_avg_num_conns",),
}
# The largest of those that are no whole numbers.
_LARGEST = {"p": 1.0, "pairwise_avg_num_conns": 1000.0}
_SWITCHES = {"allow_autapses": True, "allow_multapses": True, "make_symmetric": False}
_UNSUPPORTED = ("mask", "kernel", "use_on_source")


@dataclass(frozen=True)
class Rule:
    """A connection rule with its numbers."""

    name: str
    autapses: bool = True
    multapses: bool = True
    #: Degree or number of connections, the probability, or the mean number a pair.
    number: float = 0.0
    #: A probability that is drawn anew for each pair, in place of the number.
    drawn: Parameter | None = None
    #: Whether each connection has one the other way round.
    symmetric: bool = False

    @property
    def random(self) -> bool:
        """Whether it draws its connections."""
        return self.name not in ("one_to_one", "all_to_all")

    def count(self, sources: int, targets: int) -> int | None:
        """Connections that it makes; None where that is known only afterwards."""
        if self.name == "one_to_one" and self.autapses:
            return sources
        if self.name == "all_to_all" and self.autapses:
            return sources * targets
        if self.name == "fixed_indegree":
            return int(self.number) * targets
        if self.name == "fixed_outdegree":
            return int(self.number) * sources
        if self.name == "fixed_total_number":
            return int(self.number)
        return None

    def message(self) -> ConnectionRule:
        """The rule as the server knows it."""
        if self.name == "one_to_one":
            return rules.one_to_one()
        if self.name == "all_to_all":
            return rules.all_to_all(allow_autapses=self.autapses)
        if self.name == "pairwise_bernoulli":
            return rules.pairwise_bernoulli(self.number, allow_autapses=self.autapses)
        number = int(self.number)
        if self.name == "fixed_total_number":
            return rules.fixed_total_number(number, allow_autapses=self.autapses)
        make = rules.fixed_indegree if self.name == "fixed_indegree" else rules.fixed_outdegree
        return make(number, allow_autapses=self.autapses, allow_multapses=self.multapses)

    def on_server(self, source_pieces: int, target_pieces: int) -> bool:
        """Whether the server can carry it out for nodes in so many populations, piece by piece."""
        one_pool = {
            "one_to_one": self.autapses and source_pieces == target_pieces == 1,
            "all_to_all": True,
            "pairwise_bernoulli": self.drawn is None,
            "pairwise_poisson": False,
            "fixed_indegree": source_pieces == 1,
            "fixed_outdegree": target_pieces == 1,
            "fixed_total_number": source_pieces == target_pieces == 1 and self.multapses,
        }
        return one_pool[self.name]


def parse(spec: str | Mapping[str, Any] | None) -> Rule:
    """The rule that a ``conn_spec`` asks for."""
    given = {"rule": spec} if isinstance(spec, str) else dict(spec or {"rule": "all_to_all"})
    name = given.pop("rule", None)
    if name is None:
        raise errors.BadProperty("conn_spec must name a rule", field="rule")
    if name not in _NEEDS:
        if name in ("symmetric_pairwise_bernoulli", "tripartite_bernoulli"):
            raise errors.unsupported(f"the rule {name!r}")
        raise errors.BadProperty(f"no connection rule {unknown(str(name), _NEEDS)}", field="rule")
    for key in given:
        if key in _UNSUPPORTED:
            raise errors.unsupported(f"{key!r} in conn_spec: nodes have no place in space")
        if key not in _SWITCHES and key not in _NEEDS[name]:
            raise errors.UnsupportedEntry(f"the rule {name} takes no {key!r}", field=key)
    symmetric = bool(given.get("make_symmetric", False))
    if symmetric and name not in ("one_to_one", "all_to_all"):
        raise errors.unsupported(f"make_symmetric with the rule {name}")
    number = 0.0
    drawn: Parameter | None = None
    for key in _NEEDS[name]:
        if key not in given:
            raise errors.BadProperty(f"the rule {name} needs {key!r}", field=key)
        value: Any = given[key]
        if isinstance(value, Parameter):
            if key != "p":
                raise errors.unsupported(f"a random {key!r} in conn_spec")
            drawn = value
        else:
            number = _number(key, value)
    return Rule(
        name,
        bool(given.get("allow_autapses", True)),
        bool(given.get("allow_multapses", True)),
        number,
        drawn,
        symmetric,
    )


def _number(key: str, value: Any) -> float:
    try:
        if key not in _LARGEST:
            return float(whole_number(value, key))
        number = real_number(value, key)
    except (TypeError, ValueError) as error:
        raise errors.BadProperty(str(error), field=key) from None
    if not 0.0 <= number <= _LARGEST[key]:
        raise errors.BadProperty(
            f"{key} must be from 0 to {_LARGEST[key]:g}, not {number!r}", field=key
        )
    return number


def check(rule: Rule, sources: int, targets: int) -> None:
    """Checks a rule against the numbers of nodes."""
    if rule.name == "one_to_one" and sources != targets:
        raise errors.DimensionMismatch(
            f"one_to_one needs as many sources as targets, not {sources} and {targets}",
            field="rule",
        )
    for name, key, pool in (
        ("fixed_indegree", "indegree", sources),
        ("fixed_outdegree", "outdegree", targets),
        ("fixed_total_number", "N", sources * targets),
    ):
        if rule.name == name and not rule.multapses and rule.number > pool:
            raise errors.BadProperty(
                f"{key} must be at most {pool} without multapses, not {int(rule.number)}",
                field=key,
            )


def listed_pairs(rule: Rule, sources: Indices, targets: Indices) -> tuple[Indices, Indices]:
    """The connections of a rule that draws none: source and target nodes, by source."""
    pre, post = sources, targets
    if rule.name == "all_to_all":
        pre, post = np.repeat(sources, len(targets)), np.tile(targets, len(sources))
    if rule.autapses:
        return pre, post
    apart = pre != post
    return pre[apart], post[apart]


def find_pairs(
    rule: Rule, sources: Indices, targets: Indices, random: np.random.Generator
) -> tuple[Indices, Indices]:
    """The connections of a rule: source and target nodes, in order of connection."""
    if not rule.random:
        return listed_pairs(rule, sources, targets)
    if rule.name == "fixed_indegree":
        return _draw_degree(rule, sources, targets, random)
    if rule.name == "fixed_outdegree":
        post, pre = _draw_degree(rule, targets, sources, random)
        return pre, post
    if rule.name == "fixed_total_number":
        return _draw_total(rule, sources, targets, random)
    if rule.name == "pairwise_poisson":
        pre, post = np.tile(sources, len(targets)), np.repeat(targets, len(sources))
        counts = random.poisson(rule.number, len(pre)) * ((pre != post) | rule.autapses)
        return np.repeat(pre, counts), np.repeat(post, counts)

    def probability() -> float | Floats:
        return rule.number if rule.drawn is None else rule.drawn.draw(random, len(sources))

    hits = [random.random(len(sources)) < probability() for _ in targets]
    pre = np.concatenate([sources[hit] for hit in hits])
    post = np.repeat(targets, [int(hit.sum()) for hit in hits])
    apart = (pre != post) | rule.autapses
    return pre[apart], post[apart]


def _draw_degree(
    rule: Rule, pool: Indices, nodes: Indices, random: np.random.Generator
) -> tuple[Indices, Indices]:
    """For each of `nodes` as many of `pool` as the rule says: drawn ones, and the node beside."""
    degree = int(rule.number)
    drawn = np.empty((len(nodes), degree), np.int64)
    for row, node in zip(drawn, nodes.tolist(), strict=True):
        allowed = pool if rule.autapses else pool[pool != node]
        if degree and (len(allowed) == 0 or (not rule.multapses and degree > len(allowed))):
            raise errors.BadProperty(
                f"{rule.name}: {degree} connections cannot be drawn from {len(allowed)} nodes",
                field="rule",
            )
        row[:] = random.choice(allowed, degree, replace=rule.multapses) if degree else []
    return drawn.ravel(), np.repeat(nodes, degree)


def _draw_total(
    rule: Rule, sources: Indices, targets: Indices, random: np.random.Generator
) -> tuple[Indices, Indices]:
    pairs = np.arange(len(sources) * len(targets))
    if not rule.autapses:
        pairs = pairs[np.repeat(sources, len(targets)) != np.tile(targets, len(sources))]
    number = int(rule.number)
    if number and (len(pairs) == 0 or (not rule.multapses and number > len(pairs))):
        raise errors.BadProperty(
            f"{rule.name}: {number} connections cannot be drawn from {len(pairs)} pairs", field="N"
        )
    drawn = random.choice(pairs, number, replace=rule.multapses) if number else pairs[:0]
    return sources[drawn // len(targets)], targets[drawn % len(targets)]


def amounts_in_order(
    rule: Rule, values: Floats, sources: Indices, targets: Indices, places: tuple[slice, slice]
) -> Floats:
    """Weights or delays, in order of connection, of the connections from `sources` to `targets`.

    `values` has the shape that NEST gives it (see :func:`array_shape`), in which these nodes have
    `places`, those of sources and those of targets.
    """
    source_places, target_places = places
    if rule.name == "fixed_indegree":
        return np.ravel(values[target_places])
    if rule.name == "fixed_outdegree":
        return np.ravel(values[source_places])
    if rule.name == "fixed_total_number":
        return values
    part = np.ravel(values[target_places, source_places].T if rule.name == "all_to_all" else values)
    if not rule.autapses:
        pre, post = listed_pairs(Rule(rule.name), sources, targets)
        part = part[pre != post]
    return part


def array_shape(rule: Rule, sources: int, targets: int) -> tuple[int, ...] | None:
    """Shape of an array with a value for each connection; None where there can be none."""
    if rule.name == "one_to_one":
        return (sources,)
    if rule.name == "all_to_all":
        return (targets, sources)
    if rule.name == "fixed_indegree":
        return (targets, int(rule.number))
    if rule.name == "fixed_outdegree":
        return (sources, int(rule.number))
    if rule.name == "fixed_total_number":
        return (int(rule.number),)
    return None
