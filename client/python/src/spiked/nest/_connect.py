"""What Connect asks for, turned into projections of the server and links of recorders."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from spiked import rules
from spiked._columns import Floats, Indices, alike
from spiked.nest import _rules, errors
from spiked.nest._clock import SliceClock
from spiked.nest._links import FROM_DEVICE, TO_RECORDER, Amount, Link, Pairs, RecorderLink
from spiked.nest._models import SYNAPSE_DEFAULTS, Models, SynapseModel, is_iterable
from spiked.nest._nodes import Block, NodeTable
from spiked.nest._parameters import Parameter
from spiked.nest._rules import Rule
from spiked.v1 import network_pb2

# Synapses whose parameters differ are projections of their own, of which there are not too many.
_MOST_KINDS = 1000


@dataclass(frozen=True)
class Synapses:
    """What a ``syn_spec`` asks for."""

    model: SynapseModel
    #: One for all, one for each (an array of the shape that the rule demands), or random.
    weight: float | Floats | Parameter
    delay: float | Floats | Parameter
    parameters: dict[str, float]
    volume_transmitter: int | None
    receptor: int
    #: Parameters that differ from synapse to synapse: an array as of weights, or random.
    varying: dict[str, float | Floats | Parameter]


@dataclass(frozen=True)
class Piece:
    """Some nodes of a collection that belong to one block."""

    block: Block
    #: Indices within the block.
    indices: Indices
    #: Places within the collection.
    places: slice

    @property
    def ids(self) -> Indices:
        """Their numbers."""
        return self.indices + self.block.first

    @property
    def part(self) -> Indices | None:
        """Indices within the block; None for all of it."""
        return None if len(self.indices) == self.block.size else self.indices


def parse_synapses(spec: Any, models: Models, transmitter_of: Any) -> Synapses:
    """The synapses that one ``syn_spec`` asks for.

    `transmitter_of` gives the number of the volume transmitter that a value names.
    """
    given = {"synapse_model": spec} if isinstance(spec, str) else dict(spec or {})
    if not all(isinstance(name, str) for name in given):
        raise errors.TypeMismatch("syn_spec must be a name or a dictionary", field="syn_spec")
    model = models.synapse(given.pop("synapse_model", "static_synapse"))
    transmitter = model.volume_transmitter
    for name in ("vt", "volume_transmitter"):
        if name in given and model.base == "stdp_dopamine_synapse":
            transmitter = transmitter_of(given.pop(name))
    receptor = _receptor(given.pop("receptor_type", model.defaults["receptor_type"]))
    for name in ("weight", "delay"):
        given.setdefault(name, model.defaults[name])
    varying = {
        name: _varying(model, name, given.pop(name))
        for name, value in list(given.items())
        if name not in SYNAPSE_DEFAULTS and (isinstance(value, Parameter) or is_iterable(value))
    }
    checked = model.checked(given)
    if model.base == "stdp_dopamine_synapse" and transmitter is None:
        raise errors.BadProperty(
            f"{model.name} needs a volume_transmitter", field="volume_transmitter"
        )
    parameters = {name: model.defaults[name] for name in model.parameters}
    parameters.update({n: v for n, v in checked.items() if n not in SYNAPSE_DEFAULTS})
    return Synapses(
        model,
        _amount("weight", checked["weight"]),
        _amount("delay", checked["delay"]),
        parameters,
        transmitter,
        receptor,
        varying,
    )


def _receptor(value: Any) -> int:
    """One receptor for all."""
    numbers = np.unique(np.asarray(value))
    if numbers.dtype.kind not in "iu":
        raise errors.TypeMismatch(
            f"receptor_type must be a whole number, not {value!r}", field="receptor_type"
        )
    if len(numbers) != 1:
        raise errors.unsupported("several receptor_type in one call")
    return int(numbers[0])


def _varying(model: SynapseModel, name: str, value: Any) -> float | Floats | Parameter:
    model.check_name(name)
    amount = _amount(name, value)
    if isinstance(amount, Parameter):
        return amount
    for number in np.unique(amount).tolist():
        model.checked({name: number})
    return np.asarray(amount)


def _amount(name: str, value: Any) -> float | Floats | Parameter:
    if isinstance(value, Parameter):
        return value
    numbers = np.asarray(value)
    if numbers.dtype.kind not in "iufb":
        raise errors.TypeMismatch(f"{name} must be a number or numbers, not {value!r}", field=name)
    if not np.isfinite(numbers).all():
        raise errors.BadProperty(f"{name} must be finite, not {value!r}", field=name)
    return float(numbers) if numbers.ndim == 0 else numbers.astype(float)


@dataclass
class Connector:
    """Carries out one call of Connect, for one ``syn_spec``."""

    nodes: NodeTable
    clock: SliceClock
    random: np.random.Generator
    #: Name of the projection; further ones of the same call get a number.
    name: str
    place: str

    def connect(
        self, rule: Rule, pre: Indices, post: Indices, synapses: Synapses, pairs: Pairs | None
    ) -> list[Link | RecorderLink]:
        """The links that the call makes; `pairs` where they have been found already."""
        sources, targets = self._pieces(np.unique(pre)), self._pieces(np.unique(post))
        self._check_ends(sources, targets)
        self._check_receptor(synapses.receptor, targets)
        checked = {
            name: self._checked(rule, name, value, len(pre), len(post))
            for name, value in (
                ("weight", synapses.weight),
                ("delay", synapses.delay),
                *synapses.varying.items(),
            )
        }
        synapses = replace(
            synapses,
            weight=checked["weight"],
            delay=checked["delay"],
            varying={name: checked[name] for name in synapses.varying},
        )
        # Arrays of numbers may have any order, and numbers more than once.
        ascending = (np.diff(pre) > 0).all() and (np.diff(post) > 0).all()
        if pairs is None and ascending and self._goes_to_server(rule, sources, targets, synapses):
            links: list[Link | RecorderLink] = list(self._by_rule(rule, sources, targets, synapses))
        else:
            if pairs is None:
                pairs = _rules.find_pairs(rule, pre, post, self.random)
            links = list(self._by_pairs(rule, pre, post, pairs, synapses))
        for number, link in enumerate(links[1:], 2):
            if isinstance(link, Link):
                link.name = f"{self.name}.{number}"
        return links

    def connect_back(
        self, rule: Rule, pre: Indices, post: Indices, synapses: Synapses
    ) -> list[Link | RecorderLink]:
        """The links from targets back to sources that a symmetric rule makes, too."""
        if rule.name == "all_to_all" and any(
            isinstance(amount, np.ndarray)
            for amount in (synapses.weight, synapses.delay, *synapses.varying.values())
        ):
            raise errors.unsupported("make_symmetric with arrays and the rule all_to_all")
        back, forth = _rules.listed_pairs(rule, pre, post)
        connector = replace(self, name=f"{self.name}.back")
        return connector.connect(rule, post, pre, synapses, (forth, back))

    def _pieces(self, ids: Indices) -> list[Piece]:
        pieces, begin = [], 0
        for block, indices in self.nodes.pieces(ids):
            pieces.append(Piece(block, indices, slice(begin, begin + len(indices))))
            begin += len(indices)
        return pieces

    @staticmethod
    def _check_ends(sources: Sequence[Piece], targets: Sequence[Piece]) -> None:
        for piece in targets:
            model = piece.block.model
            if model.base == "weight_recorder":
                raise errors.IllegalConnection(
                    f"a {model.name} is not connected, but named by a synapse model (CopyModel)"
                )
            if model.base in ("multimeter", "voltmeter"):
                raise errors.IllegalConnection(
                    f"connect a {model.name} the other way round: it comes first"
                )
            if model.element_type == "stimulator":
                raise errors.IllegalConnection(f"a {model.name} has no input")
        for piece in sources:
            model = piece.block.model
            if model.base in ("spike_recorder", "weight_recorder"):
                raise errors.IllegalConnection(
                    f"connect a {model.name} the other way round: it comes second"
                )
            if model.base == "volume_transmitter":
                raise errors.IllegalConnection(f"a {model.name} has no output")
            for target in targets:
                base = target.block.model.base
                if model.element_type == "recorder" and target.block.model.element_type != "neuron":
                    raise errors.IllegalConnection(f"a {model.name} cannot record a {base}")
                spikes = ("poisson_generator", "spike_generator")
                silent = model.element_type == "stimulator" and model.base not in spikes
                if base == "spike_recorder" and silent:
                    raise errors.IllegalConnection(f"a {model.name} emits no spikes to record")

    @staticmethod
    def _check_receptor(receptor: int, targets: Sequence[Piece]) -> None:
        for piece in targets:
            model = piece.block.model
            if receptor != 0 and not (receptor == 1 and model.base == "parrot_neuron"):
                raise errors.UnknownReceptorType(
                    f"a {model.name} has no receptor {receptor}", field="receptor_type"
                )

    def _checked(
        self, rule: Rule, name: str, value: float | Floats | Parameter, n: int, m: int
    ) -> float | Floats | Parameter:
        if isinstance(value, np.ndarray):
            shape = _rules.array_shape(rule, n, m)
            if shape is None or value.shape not in (shape, (int(np.prod(shape)),)):
                raise errors.DimensionMismatch(
                    f"{name} of the rule {rule.name} must have shape {shape}, not {value.shape}",
                    field=name,
                )
            value = value.reshape(shape)
        if name == "delay" and not isinstance(value, Parameter):
            value = on_grid(value, self.clock)
        return value

    # -- Rules that the server carries out

    @staticmethod
    def _goes_to_server(
        rule: Rule, sources: Sequence[Piece], targets: Sequence[Piece], synapses: Synapses
    ) -> bool:
        if not all(piece.block.model.on_server for piece in (*sources, *targets)):
            return False
        if synapses.varying:
            return False  # the synapses of a projection share their parameters
        drawn_here = any(
            isinstance(amount, Parameter) and amount.distribution is None
            for amount in (synapses.weight, synapses.delay)
        )
        if drawn_here and rule.count(1, 1) is None:
            return False  # nobody knows how many to draw
        return rule.on_server(len(sources), len(targets))

    def _by_rule(
        self, rule: Rule, sources: Sequence[Piece], targets: Sequence[Piece], synapses: Synapses
    ) -> Iterator[Link]:
        for source in sources:
            for target in targets:
                count = rule.count(len(source.indices), len(target.indices))
                weight, delay = self._amounts(
                    rule, synapses, source.ids, target.ids, (source.places, target.places), count
                )
                pairs = None if rule.random else partial(_pairs_of, rule, source, target)
                link = self._link(
                    source.block, target.block, rule.message(), synapses, weight, delay, pairs
                )
                link.source_part, link.target_part = source.part, target.part
                yield link

    def _amounts(
        self,
        rule: Rule,
        synapses: Synapses,
        pre: Indices,
        post: Indices,
        places: tuple[slice, slice],
        count: int | None,
    ) -> tuple[Amount, Amount]:
        """Weight and delay of the connections from some nodes to some, in order of connection."""
        weight, delay = (
            self._amount(rule, amount, pre, post, places, count)
            for amount in (synapses.weight, synapses.delay)
        )
        if not isinstance(delay, network_pb2.Distribution):
            delay = on_grid(delay, self.clock)
        return weight, delay

    def _amount(
        self,
        rule: Rule,
        amount: float | Floats | Parameter,
        pre: Indices,
        post: Indices,
        places: tuple[slice, slice],
        count: int | None,
    ) -> Amount:
        if isinstance(amount, Parameter):
            if amount.distribution is not None:
                return amount.distribution
            assert count is not None
            return amount.draw(self.random, count)
        if isinstance(amount, np.ndarray):
            return _rules.amounts_in_order(rule, amount, pre, post, places)
        return amount

    # -- Pairs that have been found here

    def _by_pairs(
        self, rule: Rule, pre: Indices, post: Indices, pairs: Pairs, synapses: Synapses
    ) -> Iterator[Link | RecorderLink]:
        count = len(pairs[0])
        everywhere = slice(0, len(pre)), slice(0, len(post))
        weight, delay = self._amounts(rule, synapses, pre, post, everywhere, count)
        firsts = [block.first for block in self.nodes.blocks]
        source_blocks = np.searchsorted(firsts, pairs[0], side="right") - 1
        target_blocks = np.searchsorted(firsts, pairs[1], side="right") - 1
        varying = {
            name: self._drawn(rule, synapses.model, name, value, (pre, post), count)
            for name, value in synapses.varying.items()
        }
        both = source_blocks * len(firsts) + target_blocks
        kinds = alike([both, *varying.values()])
        if varying and len(kinds) > _MOST_KINDS:
            raise errors.unsupported(
                f"{len(kinds):,} combinations of {', '.join(varying)} in one call, "
                f"more than {_MOST_KINDS:,},"
            )
        for mine in kinds:
            source = self.nodes.blocks[source_blocks[mine[0]]]
            target = self.nodes.blocks[target_blocks[mine[0]]]
            sources, targets = pairs[0][mine], pairs[1][mine]
            if not (source.model.on_server and target.model.on_server):
                yield RecorderLink(
                    sources,
                    targets,
                    synapses.model,
                    _one(weight, 1.0),
                    _one(delay, 1.0),
                    FROM_DEVICE if target.model.on_server else TO_RECORDER,
                )
                continue
            ends = sources - source.first, targets - target.first
            own = {name: float(column[mine[0]]) for name, column in varying.items()}
            yield self._link(
                source,
                target,
                rules.explicit_pairs(*ends),
                replace(synapses, parameters={**synapses.parameters, **own}),
                weight[mine] if isinstance(weight, np.ndarray) else weight,
                delay[mine] if isinstance(delay, np.ndarray) else delay,
                partial(tuple, ends),
            )

    def _drawn(
        self,
        rule: Rule,
        model: SynapseModel,
        name: str,
        value: float | Floats | Parameter,
        ends: Pairs,
        count: int,
    ) -> Floats:
        """A parameter that differs from synapse to synapse, in order of connection."""
        if not isinstance(value, Parameter):
            everywhere = slice(0, len(ends[0])), slice(0, len(ends[1]))
            return _rules.amounts_in_order(rule, np.asarray(value), *ends, everywhere)
        drawn = value.draw(self.random, count)
        for number in drawn.tolist():
            model.checked({name: number})
        return drawn

    def _link(
        self,
        source: Block,
        target: Block,
        rule: network_pb2.ConnectionRule,
        synapses: Synapses,
        weight: Amount,
        delay: Amount,
        find_pairs: Callable[[], Pairs] | None,
    ) -> Link:
        return Link(
            name=self.name,
            source=source,
            target=target,
            rule=rule,
            model=synapses.model,
            weight=weight,
            delay=delay,
            parameters=synapses.parameters,
            volume_transmitter=synapses.volume_transmitter,
            receptor=synapses.receptor,
            place=self.place,
            find_pairs=None if isinstance(delay, network_pb2.Distribution) else find_pairs,
        )


def on_grid(delay: float | Floats, clock: SliceClock) -> float | Floats:
    """Delays in ms, each a whole number of steps."""
    steps = np.rint(np.asarray(delay) / clock.resolution_ms)
    if np.any(steps < 1) or np.any(np.asarray(delay) < clock.resolution_ms * (1 - 1e-9)):
        raise errors.BadDelay(
            f"delay must be at least the resolution, {clock.resolution_ms!r} ms", field="delay"
        )
    rounded: Floats = clock.to_ms(steps)
    shortest, longest = clock.delay_bounds or (0.0, np.inf)
    if np.any(rounded < shortest - 1e-9) or np.any(rounded > longest + 1e-9):
        raise errors.BadDelay(
            f"delay must be from min_delay, {shortest!r} ms, to max_delay, {longest!r} ms",
            field="delay",
        )
    return float(rounded) if isinstance(delay, float) else rounded


def _pairs_of(rule: Rule, source: Piece, target: Piece) -> Pairs:
    """The connections of a rule that draws none, as indices."""
    pre, post = _rules.listed_pairs(rule, source.ids, target.ids)
    return pre - source.block.first, post - target.block.first


def _one(amount: Amount, otherwise: float) -> float:
    return amount if isinstance(amount, float) else otherwise
