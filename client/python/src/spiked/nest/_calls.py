"""The calls of PyNEST, by their names there."""

# ruff: noqa: N802
from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

import spiked
from spiked._checks import whole_number
from spiked._columns import Indices
from spiked.nest import _rules, _settings, errors, synapses
from spiked.nest._kernel import KERNEL
from spiked.nest._models import is_iterable
from spiked.nest._parameters import Parameter, create
from spiked.nest.nodes import NodeCollection, collection, to_json
from spiked.nest.synapses import SynapseCollection

#: Levels of set_verbosity by name.
VERBOSITIES = {
    "M_ALL": 0,
    "M_DEBUG": 5,
    "M_STATUS": 7,
    "M_INFO": 10,
    "M_DEPRECATED": 18,
    "M_WARNING": 20,
    "M_ERROR": 30,
    "M_FATAL": 40,
    "M_QUIET": 100,
}
_verbosity = {"level": VERBOSITIES["M_INFO"]}


class CollocatedSynapses:
    """Several synapses for each pair that Connect connects."""

    def __init__(self, *specs: Mapping[str, Any]) -> None:
        self.syn_specs = list(specs)

    def __len__(self) -> int:
        return len(self.syn_specs)


# -- Nodes


def Create(
    model: str,
    n: int = 1,
    params: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    positions: Any = None,
) -> NodeCollection:
    """Creates `n` nodes of a model.

    `params` is a dictionary, whose values are one for all, a list with one for each, or random
    parameters; or a list with a dictionary for each node.
    """
    if positions is not None:
        raise errors.unsupported("positions: nodes have no place in space")
    if not isinstance(model, str):
        raise TypeError(f"model must be the name of a model, not {model!r}")
    try:
        size = whole_number(n, "n")
    except (TypeError, ValueError) as error:
        raise errors.BadParameter(str(error), field="n") from None
    if size == 0:
        raise errors.BadParameter("n must be at least 1, not 0", field="n")
    if params is not None and not isinstance(params, (Mapping, list, tuple)):
        raise TypeError(f"params must be a dictionary or a list of them, not {params!r}")
    return collection(KERNEL.create(model, size, {} if params is None else params))


def GetNodes(
    properties: Mapping[str, Any] | None = None, local_only: bool = False
) -> NodeCollection:
    """All nodes, or those whose parameters have these values."""
    del local_only  # all nodes are in one process here
    ids = np.arange(1, KERNEL.nodes.next)
    for name, value in (properties or {}).items():
        kept = [
            node
            for block, indices in KERNEL.nodes.pieces(ids)
            if name in KERNEL.node_status.names_of(block)
            for node, found in zip(
                (indices + block.first).tolist(),
                KERNEL.node_status.get_column(indices + block.first, name),
                strict=True,
            )
            if found == value
        ]
        ids = np.array(kept, np.int64)
    return collection(ids)


def GetLocalNodeCollection(nc: NodeCollection) -> NodeCollection:
    """The nodes of a collection that are in this process: all."""
    return nc


def CreateParameter(parametertype: str, specs: Mapping[str, float]) -> Parameter:
    """A random parameter: ``CreateParameter("uniform", {"min": 0.0, "max": 1.0})``."""
    return create(parametertype, specs)


def PrintNodes() -> None:
    """Prints the numbers and models of all nodes."""
    for block in KERNEL.nodes.blocks:
        last = block.first + block.size - 1
        print(
            f"{block.first} .. {last} {block.model.name}"
            if block.size > 1
            else f"{block.first} {block.model.name}"
        )


def SetStatus(nodes: Any, params: Any, val: Any = None) -> None:
    """Sets parameters of nodes or connections: a dictionary, a list of them, or name and value."""
    _check_collection(nodes)
    if isinstance(params, str):
        if is_iterable(val) and len(nodes) > 1 and len(list(val)) == len(nodes):
            params = [{params: value} for value in val]
        else:
            params = {params: val}
    if len(nodes):
        nodes.set(params)


def GetStatus(nodes: Any, keys: str | Sequence[str] | None = None, output: str = "") -> Any:
    """Parameters of nodes or connections, a tuple with an entry for each.

    An entry is a dictionary with all, the value of one, or a tuple with the values of several.
    """
    _check_collection(nodes)
    if output:
        return nodes.get(*([] if keys is None else [keys]), output=output)
    if not len(nodes):
        return ()
    if keys is None:
        return tuple(node.get() for node in nodes)
    columns = []
    for name in [keys] if isinstance(keys, str) else keys:
        column = nodes.get(name)
        columns.append([column] if len(nodes) == 1 else list(column))
    return tuple(columns[0]) if isinstance(keys, str) else tuple(zip(*columns, strict=True))


def _check_collection(nodes: Any) -> None:
    if not isinstance(nodes, (NodeCollection, SynapseCollection)):
        raise TypeError(f"nodes must be a NodeCollection or a SynapseCollection, not {nodes!r}")


# -- Connections


def Connect(
    pre: Any,
    post: Any,
    conn_spec: str | Mapping[str, Any] | None = None,
    syn_spec: Any = None,
    return_synapsecollection: bool = False,
) -> SynapseCollection | None:
    """Connects nodes `pre` to nodes `post`.

    `conn_spec` is a rule, or a dictionary with it (``{"rule": "fixed_indegree", "indegree":
    100}``), all to all unless given. `syn_spec` is a synapse model, a dictionary with
    ``synapse_model``, ``weight``, ``delay`` and its parameters, or CollocatedSynapses. With
    arrays of numbers of nodes, ``pre[k]`` is connected to ``post[k]``.
    """
    specs = syn_spec.syn_specs if isinstance(syn_spec, CollocatedSynapses) else [syn_spec]
    rule = _rules.parse(conn_spec)
    if isinstance(pre, NodeCollection) and isinstance(post, NodeCollection):
        sources, targets = np.asarray(pre), np.asarray(post)
    elif any(isinstance(nodes, (list, tuple, np.ndarray)) for nodes in (pre, post)):
        if conn_spec is not None and rule.name != "one_to_one":
            raise ValueError("arrays of nodes can be connected one_to_one alone")
        rule = _rules.parse("one_to_one")
        sources, targets = _numbers(pre, "pre"), _numbers(post, "post")
    else:
        raise TypeError(f"pre and post must be NodeCollections, not {pre!r} and {post!r}")
    for name, ids in (("Presynaptic", sources), ("Postsynaptic", targets)):
        if len(ids) == 0:
            raise errors.IllegalConnection(f"{name} nodes cannot be an empty NodeCollection")
    _rules.check(rule, len(sources), len(targets))
    made = KERNEL.connect(sources, targets, rule, specs)
    return synapses.of_links(made) if return_synapsecollection else None


def Disconnect(
    pre: Any,
    post: Any = None,
    conn_spec: str | Mapping[str, Any] | None = None,
    syn_spec: Any = None,
) -> None:
    """Takes connections away: they transmit nothing that is emitted from now on.

    ``Disconnect(connections)`` takes away all of a SynapseCollection, ``Disconnect(pre, post)``
    one for each pair that `conn_spec` makes: ``one_to_one``, unless given, or ``all_to_all``.
    `syn_spec` is their synapse model, or a dictionary with it.
    """
    if isinstance(pre, SynapseCollection) and post is None:
        pre.disconnect()
        return
    if not (isinstance(pre, NodeCollection) and isinstance(post, NodeCollection)):
        raise TypeError("Disconnect takes a SynapseCollection, or two NodeCollections")
    rule = _rules.parse("one_to_one" if conn_spec is None else conn_spec)
    if rule.random:
        raise errors.unsupported(f"Disconnect with the rule {rule.name}")
    sources, targets = np.asarray(pre), np.asarray(post)
    _rules.check(rule, len(sources), len(targets))
    given = {} if isinstance(syn_spec, str) else dict(syn_spec or {})
    model = syn_spec if isinstance(syn_spec, str) else given.get("synapse_model", "static_synapse")
    KERNEL.disconnect(model, _rules.listed_pairs(rule, sources, targets))


def _numbers(nodes: Any, what: str) -> Indices:
    """Numbers of nodes in any order, each as often as it is given."""
    numbers = np.asarray(nodes)
    if numbers.ndim != 1 or (numbers.size and numbers.dtype.kind not in "iu"):
        raise TypeError(f"{what} must be a NodeCollection or numbers of nodes, not {nodes!r}")
    ids = numbers.astype(np.int64)
    KERNEL.nodes.check(ids)
    return ids


def GetConnections(
    source: NodeCollection | None = None,
    target: NodeCollection | None = None,
    synapse_model: str | None = None,
    synapse_label: int | None = None,
) -> SynapseCollection:
    """The connections from `source`, to `target`, of a synapse model; all of them unless given."""
    if synapse_label is not None:
        raise errors.unsupported("synapse_label")
    for name, nodes in (("source", source), ("target", target)):
        if nodes is not None and not isinstance(nodes, NodeCollection):
            raise TypeError(f"{name} must be a NodeCollection, not {nodes!r}")
    if synapse_model is not None:
        KERNEL.models.synapse(synapse_model)
    return synapses.find(
        None if source is None else np.asarray(source),
        None if target is None else np.asarray(target),
        synapse_model,
    )


# -- Models


def SetDefaults(model: str, params: Any, val: Any = None) -> None:
    """Gives a model other defaults, for what is created or connected from now on."""
    KERNEL.set_defaults(model, {params: val} if isinstance(params, str) else params)


def GetDefaults(model: str, keys: str | Sequence[str] | None = None, output: str = "") -> Any:
    """The defaults of a model: all, one, or several."""
    if output not in ("", "json"):
        raise errors.BadParameter(f"output must be 'json', not {output!r}", field="output")
    found = KERNEL.get_defaults(model)
    if "weight_recorder" in found:
        found["weight_recorder"] = collection(np.array(found["weight_recorder"], np.int64))
    for key in [keys] if isinstance(keys, str) else keys or ():
        if key not in found:
            raise errors.UnsupportedEntry(f"{model} has no default {key!r}", field=key)
    if output and not isinstance(keys, str):
        return to_json({key: found[key] for key in found if keys is None or key in keys})
    if keys is None:
        return found
    if isinstance(keys, str):
        return to_json(found[keys]) if output else found[keys]
    return tuple(found[key] for key in keys)


def CopyModel(existing: str, new: str, params: Mapping[str, Any] | None = None) -> None:
    """Makes a model that begins with the defaults of another."""
    KERNEL.models.copy(existing, new)
    if params:
        try:
            KERNEL.set_defaults(new, params)
        except Exception:
            KERNEL.models.nodes.pop(new, None)
            KERNEL.models.synapses.pop(new, None)
            raise


# -- The kernel


def ResetKernel() -> None:
    """Forgets nodes, connections, models and settings: what follows is a session of its own."""
    KERNEL.reset()


def SetKernelStatus(params: Mapping[str, Any]) -> None:
    """Sets attributes of the kernel."""
    KERNEL.set_attributes(params)


def GetKernelStatus(keys: str | Sequence[str] | None = None) -> Any:
    """Attributes of the kernel: all, one, or several."""
    if isinstance(keys, str):
        return KERNEL.attribute(keys)
    if keys is None:
        return {name: KERNEL.attribute(name) for name in sorted(_settings.NAMES)}
    return tuple(KERNEL.attribute(name) for name in keys)


def set(**kwargs: Any) -> None:  # noqa: A001
    """Sets attributes of the kernel: ``nest.set(resolution=0.1, rng_seed=1)``."""
    KERNEL.set_attributes(kwargs)


def get(*args: Any) -> Any:
    """Attributes of the kernel: all, one, or a dictionary with several."""
    if not args:
        return GetKernelStatus()
    names = args[0]
    return (
        KERNEL.attribute(names)
        if isinstance(names, str)
        else {name: KERNEL.attribute(name) for name in names}
    )


def Simulate(t: float) -> None:
    """Lets `t` ms of biological time pass."""
    if KERNEL.prepared:
        raise errors.KernelException("call Cleanup before Simulate")
    KERNEL.run(t)


def Prepare() -> None:
    """Gets ready for several Run."""
    if KERNEL.prepared:
        raise errors.KernelException("Prepare was called already")
    KERNEL.sync()
    KERNEL.prepared = True


def Run(t: float) -> None:
    """Lets `t` ms of biological time pass, between Prepare and Cleanup."""
    if not KERNEL.prepared:
        raise errors.KernelException("call Prepare before Run")
    KERNEL.run(t)


def Cleanup() -> None:
    """Ends what Prepare began."""
    if not KERNEL.prepared:
        raise errors.KernelException("call Prepare before Cleanup")
    KERNEL.prepared = False


@contextmanager
def RunManager() -> Iterator[None]:
    """Prepares, and cleans up at the end: ``with nest.RunManager(): nest.Run(10)``."""
    Prepare()
    try:
        yield
    finally:
        Cleanup()


# -- Around it


def set_verbosity(level: str | int) -> None:
    """How much is said: nothing, here; the level is kept for get_verbosity."""
    if isinstance(level, str):
        if level not in VERBOSITIES:
            raise errors.BadParameter(f"no verbosity {level!r}", field="level")
        level = VERBOSITIES[level]
    _verbosity["level"] = int(level)


def get_verbosity() -> int:
    """The level that set_verbosity set."""
    return _verbosity["level"]


def message(level: int, sender: str, text: str) -> None:
    """Prints a message, unless it is below the verbosity."""
    if level >= _verbosity["level"]:
        print(f"{sender}: {text}", file=sys.stderr)


def help(obj: str, return_text: bool = False) -> str | None:  # noqa: A001
    """Prints what a model computes, with its parameters and units."""
    text = repr(KERNEL.models.catalogue[KERNEL.models.any(obj).base])
    if return_text:
        return text
    print(text)
    return None


def Rank() -> int:
    """Number of this process: there is one."""
    return 0


def NumProcesses() -> int:
    """Number of processes: one."""
    return 1


def SyncProcesses() -> None:
    """Waits for all processes: for none."""


def GetLocalVPs() -> list[int]:
    """Numbers of the virtual processes that are here: all."""
    return list(range(KERNEL.attribute("total_num_virtual_procs")))


def sysinfo() -> None:
    """Prints what runs the script."""
    print(f"{version()}, {KERNEL.client!r}")


def version() -> str:
    """What this is."""
    return f"spiked {spiked.__version__}"
