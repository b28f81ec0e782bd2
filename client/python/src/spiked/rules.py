"""Which neurons a projection connects, by the names that NEST gives the rules."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import numpy.typing as npt

from spiked._checks import indices, real_number, whole_number
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
            indegree=whole_number(indegree, "indegree"),
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
            outdegree=whole_number(outdegree, "outdegree"),
            exclude_autapses=not allow_autapses,
            exclude_multapses=not allow_multapses,
        )
    )


def pairwise_bernoulli(p: float, *, allow_autapses: bool = True) -> ConnectionRule:
    """Every pair is connected with probability `p`, from 0 to 1."""
    return ConnectionRule(
        pairwise_bernoulli=network_pb2.PairwiseBernoulli(
            probability=real_number(p, "p"), exclude_autapses=not allow_autapses
        )
    )


def fixed_total_number(n: int, *, allow_autapses: bool = True) -> ConnectionRule:
    """`n` pairs drawn uniformly, possibly more than once."""
    return ConnectionRule(
        fixed_total_number=network_pb2.FixedTotalNumber(
            connections=whole_number(n, "n"), exclude_autapses=not allow_autapses
        )
    )


def explicit_pairs(sources: Indices, targets: Indices) -> ConnectionRule:
    """Neuron sources[k] to neuron targets[k]: indices within their populations, from 0."""
    columns = indices(sources, "sources"), indices(targets, "targets")
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
    arguments = {_KEYS.get(key, key): value for key, value in settings.items()}
    try:
        inspect.signature(function).bind(**arguments)
    except TypeError as error:
        raise ValueError(f"rule {name!r}: {error}; see spiked.{name}") from None
    made: ConnectionRule = function(**arguments)
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


def to_plain(rule: ConnectionRule) -> dict[str, Any]:
    """The rule as a dictionary, which :func:`to_message` takes back."""
    name = rule.WhichOneof("rule") or ""
    message = getattr(rule, name)
    plain: dict[str, Any] = {"rule": name}
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        if not field.name.startswith("exclude_"):
            key = {"probability": "p", "connections": "n"}.get(field.name, field.name)
            plain[key] = list(value) if name == "explicit_pairs" else value
        elif value:
            plain[f"allow_{field.name.removeprefix('exclude_')}"] = False
    return plain
