"""Which neurons a projection connects, by the names that NEST gives the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from spiked.v1 import network_pb2
from spiked.v1.network_pb2 import ConnectionRule

#: What can stand for a rule: what a function of this module returns, the name of a rule that
#: needs no number (``"one_to_one"``, ``"all_to_all"``), or NEST's dictionary
#: (``{"rule": "fixed_indegree", "indegree": 100}``).
Rule = ConnectionRule | str | Mapping[str, Any]

Indices = Sequence[int] | npt.NDArray[Any]


def one_to_one() -> ConnectionRule:
    """Neuron k of the source to neuron k of the target; equal sizes."""
    return ConnectionRule(one_to_one=network_pb2.OneToOne())


def all_to_all(*, allow_autapses: bool = True) -> ConnectionRule:
    """Every neuron of the source to every neuron of the target."""
    return ConnectionRule(all_to_all=network_pb2.AllToAll(exclude_autapses=not allow_autapses))


def fixed_indegree(
    indegree: int, *, allow_autapses: bool = True, allow_multapses: bool = True
) -> ConnectionRule:
    """Every target neuron draws `indegree` sources.

    Without autapses no neuron is connected to itself, without multapses no pair twice.
    """
    return ConnectionRule(
        fixed_indegree=network_pb2.FixedIndegree(
            indegree=indegree,
            exclude_autapses=not allow_autapses,
            exclude_multapses=not allow_multapses,
        )
    )


def fixed_outdegree(
    outdegree: int, *, allow_autapses: bool = True, allow_multapses: bool = True
) -> ConnectionRule:
    """Every source neuron draws `outdegree` targets.

    Without autapses no neuron is connected to itself, without multapses no pair twice.
    """
    return ConnectionRule(
        fixed_outdegree=network_pb2.FixedOutdegree(
            outdegree=outdegree,
            exclude_autapses=not allow_autapses,
            exclude_multapses=not allow_multapses,
        )
    )


def pairwise_bernoulli(p: float, *, allow_autapses: bool = True) -> ConnectionRule:
    """Every pair is connected with probability `p`, from 0 to 1."""
    return ConnectionRule(
        pairwise_bernoulli=network_pb2.PairwiseBernoulli(
            probability=p, exclude_autapses=not allow_autapses
        )
    )


def fixed_total_number(n: int, *, allow_autapses: bool = True) -> ConnectionRule:
    """`n` pairs drawn uniformly, possibly more than once."""
    return ConnectionRule(
        fixed_total_number=network_pb2.FixedTotalNumber(
            connections=n, exclude_autapses=not allow_autapses
        )
    )


def explicit_pairs(sources: Indices, targets: Indices) -> ConnectionRule:
    """Neuron sources[k] to neuron targets[k]: indices within their populations, from 0."""
    columns = [np.asarray(column).ravel() for column in (sources, targets)]
    if len(columns[0]) != len(columns[1]):
        raise ValueError(
            f"explicit_pairs needs as many sources as targets, not {len(columns[0])} and "
            f"{len(columns[1])}"
        )
    return ConnectionRule(
        explicit_pairs=network_pb2.ExplicitPairs(
            sources=columns[0].tolist(), targets=columns[1].tolist()
        )
    )


_RULES = {
    function.__name__: function
    for function in (
        one_to_one,
        all_to_all,
        fixed_indegree,
        fixed_outdegree,
        pairwise_bernoulli,
        fixed_total_number,
        explicit_pairs,
    )
}
# NEST's names of what a rule needs, where they differ.
_KEYS = {"N": "n", "prob": "p", "probability": "p"}


def to_message(rule: Rule) -> ConnectionRule:
    """The rule as a message."""
    if isinstance(rule, ConnectionRule):
        return rule
    settings = {"rule": rule} if isinstance(rule, str) else dict(rule)
    name = settings.pop("rule", None)
    if name not in _RULES:
        raise ValueError(f"there is no rule {name!r}; there are {', '.join(_RULES)}")
    function: Any = _RULES[name]
    try:
        made: ConnectionRule = function(
            **{_KEYS.get(key, key): value for key, value in settings.items()}
        )
    except TypeError:
        raise ValueError(f"rule {name!r} does not take {settings!r}; see spiked.{name}") from None
    return made


def describe(rule: ConnectionRule) -> str:
    """The rule in a few characters: ``fixed_indegree(100)``."""
    name = rule.WhichOneof("rule")
    if name is None:
        return ""
    message = getattr(rule, name)
    if name == "explicit_pairs":
        return f"explicit_pairs({len(rule.explicit_pairs.sources)} pairs)"
    arguments = []
    for field, value in message.ListFields():
        if field.name.startswith("exclude_"):
            arguments.append(f"allow_{field.name.removeprefix('exclude_')}=False")
        else:
            arguments.insert(0, f"{value:.6g}")
    return f"{name}({', '.join(arguments)})" if arguments else name
