"""The kernel: all that a script has created, and the session in which it runs."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

import spiked
from spiked._columns import Floats, Indices
from spiked.catalogue import Catalogue, Model
from spiked.nest import _build, _generators, _settings, errors
from spiked.nest._clock import SliceClock
from spiked.nest._connect import Connector, on_grid, parse_synapses
from spiked.nest._links import Link, RecorderLink
from spiked.nest._models import (
    ARRAYS,
    Models,
    NodeModel,
    SynapseModel,
    checked_value,
    is_iterable,
    shown,
)
from spiked.nest._nodes import (
    Block,
    NodeTable,
    as_settings,
    checked_settings,
    same_names,
    shown_column,
)
from spiked.nest._parameters import Parameter
from spiked.nest._place import place_of_call
from spiked.nest._recorders import ServerMeter
from spiked.nest._recording import Recording
from spiked.nest._rules import Rule, find_pairs
from spiked.nest._server import NETWORK, Server
from spiked.v1 import network_pb2

AnyLink = Link | RecorderLink
# What a node says of itself beside its parameters; all nodes are in one process here.
_IDENTITY = ("element_type", "frozen", "global_id", "local", "model", "thread", "vp")


class Kernel:
    """What ``ResetKernel`` begins anew."""

    def __init__(self) -> None:
        self._client: spiked.Client | None = None
        self._catalogue: Catalogue[Model] | None = None
        self._begin()

    def _begin(self) -> None:
        self._models: Models | None = None
        self.settings: dict[str, Any] = dict(_settings.SETTINGS)
        self.nodes = NodeTable()
        self.links: list[AnyLink] = []
        self.clock = SliceClock(self.settings["resolution"])
        self.random = np.random.Generator(np.random.Philox(self.settings["rng_seed"]))
        self.server = Server(lambda: self.client, self.settings)
        self.recording = Recording(self.nodes, self.clock, self.server, self.settings)
        #: Whether Prepare was called, and Cleanup was not yet.
        self.prepared = False
        self._connects = 0

    def reset(self) -> None:
        """Forgets everything; the session is closed."""
        self.server.delete()
        self._begin()

    def close(self) -> None:
        """Closes the session and the connection, at the end of the script."""
        with contextlib.suppress(spiked.SpikedError):  # it is gone already
            self.server.delete()
        if self._client is not None:
            self._client.close()
            self._client = None

    @property
    def client(self) -> spiked.Client:
        """The connection, which is opened now if there is none."""
        if self._client is None:
            self._client = spiked.connect()
        return self._client

    @property
    def models(self) -> Models:
        """The models that there are."""
        if self._models is None:
            if self._catalogue is None:
                self._catalogue = self.client.models
            self._models = Models(self._catalogue)
        return self._models

    # -- Nodes

    def create(
        self, name: str, size: int, parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]]
    ) -> Indices:
        """Creates nodes; returns their numbers."""
        model = self.models.node(name)
        first = self.nodes.next
        place = place_of_call()
        # Each volume transmitter is a population of its own, which projections can name.
        each = 1 if model.base == "volume_transmitter" else size
        for _ in range(size // each):
            block = self.nodes.add(model, each, place)
            block.changed = {name for name in block.values if name in ARRAYS and model.on_server}
        ids = np.arange(first, first + size)
        try:
            if parameters:
                self.set_nodes(ids, parameters)
        except Exception:
            self.nodes.remove_from(first)
            raise
        return ids

    def set_nodes(
        self, ids: Indices, parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]]
    ) -> None:
        """Sets parameters of nodes: all of them, or none.

        (Where dictionaries for several nodes have different parameters, node by node.)
        """
        if not same_names(parameters):
            for k, entry in enumerate(parameters):
                self.set_nodes(ids[k : k + 1], entry)  # type: ignore[arg-type]
            return
        settings = as_settings(parameters, len(ids))
        for name, value in settings.items():
            if isinstance(value, Parameter):
                settings[name] = value.draw(self.random, len(ids)).tolist()
        pieces, begin = [], 0
        for block, indices in self.nodes.pieces(ids):
            mine = {
                name: value[begin : begin + len(indices)] if isinstance(value, list) else value
                for name, value in settings.items()
            }
            values = checked_settings(block, indices, mine)
            if block.model.element_type == "recorder":
                self.recording.check(block, indices, values)
            elif block.built and block.model.element_type != "stimulator":
                raise errors.unsupported(f"setting {', '.join(values)} once there is a network")
            pieces.append((block, indices, values))
            begin += len(indices)
        for block, indices, values in pieces:
            self._assign(block, indices, values)

    def _assign(self, block: Block, indices: Indices, values: dict[str, Any]) -> None:
        before = {name: block.values[name] for name in values}
        for name, value in values.items():
            block.assign(indices, name, value)
        kind = block.model.element_type
        if kind == "recorder":
            self.recording.changed(block, indices, set(values))
        elif kind == "stimulator":
            try:
                for index in indices.tolist():
                    _generators.check(block, index, self.clock)
            except (errors.NESTError, NotImplementedError):
                block.values.update(before)
                raise
            # Parameters go along when the population is created.
            known = frozenset() if block.built else block.model.parameters
            block.changed |= values.keys() - known

    def names_of(self, block: Block) -> list[str]:
        """All that a node of a block can tell."""
        names = [*_IDENTITY, *block.values]
        if block.model.element_type == "recorder":
            names += ["events", "filenames"]
        elif block.model.recordables:
            names += [*(n for n in block.model.recordables if n not in names), "recordables"]
        return names

    def get_all(self, ids: Indices) -> dict[str, list[Any]]:
        """All parameters of nodes; None where a node has no such."""
        names: dict[str, None] = {}
        for block, _ in self.nodes.pieces(ids):
            names.update(dict.fromkeys(self.names_of(block)))
        return {name: self.get_column(ids, name, missing=True) for name in sorted(names)}

    def get_column(self, ids: Indices, name: str, *, missing: bool = False) -> list[Any]:
        """A parameter of nodes, one each."""
        column: list[Any] = []
        for block, indices in self.nodes.pieces(ids):
            if missing and name not in self.names_of(block):
                column += [None] * len(indices)
            else:
                column += self._column(block, indices, name)
        return column

    def _column(self, block: Block, indices: Indices, name: str) -> list[Any]:
        if name == "global_id":
            return [block.first + index for index in indices.tolist()]
        model = block.model
        same = {
            "model": model.name,
            "element_type": model.element_type,
            "frozen": False,
            "local": True,
            "thread": 0,
            "vp": 0,
        }
        if model.recordables:
            same["recordables"] = model.recordables
        if name in same:
            return [same[name]] * len(indices)
        if model.element_type == "recorder" and name in ("events", "n_events"):
            events = [self.recording.events(block, index) for index in indices.tolist()]
            return events if name == "events" else [len(one["times"]) for one in events]
        if model.element_type == "recorder" and name == "filenames":
            paths = [self.recording.path_of(block, index) for index in indices.tolist()]
            backends = shown_column(block, indices, "record_to")
            return [
                (str(path),) if backend == "ascii" else ()
                for path, backend in zip(paths, backends, strict=True)
            ]
        if name in model.recordables:
            if self.clock.step > 0:
                raise errors.unsupported(f"reading {name} of nodes once time has passed")
            if name not in block.values:
                return [0.0] * len(indices)
        if name not in block.values:
            model.check_name(name)
        return shown_column(block, indices, name)

    # -- Connections

    def connect(
        self, pre: Indices, post: Indices, rule: Rule, specs: Sequence[Any]
    ) -> list[AnyLink]:
        """Connects nodes; returns the links that were made."""
        place = place_of_call()
        synapses = [parse_synapses(spec, self.models, self._transmitter) for spec in specs]
        pairs = None
        if len(synapses) > 1 and rule.random:
            pairs = find_pairs(rule, pre, post, self.random)
        made: list[AnyLink] = []
        for one in synapses:
            self._connects += 1
            connector = Connector(
                self.nodes, self.clock, self.random, f"connect.{self._connects}", place
            )
            made += connector.connect(rule, pre, post, one, pairs)
        for link in made:
            if isinstance(link, RecorderLink):
                self.recording.connect(link, place)
        self.links += made
        return made

    def _transmitter(self, value: Any) -> int:
        """The number of the volume transmitter that a value names."""
        numbers = np.atleast_1d(np.asarray(value))
        if numbers.size == 1 and numbers.dtype.kind in "iu":
            node = int(numbers[0])
            there = 1 <= node < self.nodes.next
            if there and self.nodes.block_of(node).model.base == "volume_transmitter":
                return node
        raise errors.BadProperty(
            f"volume_transmitter must be a volume_transmitter, not {value!r}",
            field="volume_transmitter",
        )

    @property
    def projections(self) -> list[Link]:
        """The connections that the server has, or is to have."""
        return [link for link in self.links if isinstance(link, Link)]

    # -- Time

    def sync(self) -> None:
        """Sends what the server does not know of yet of nodes and connections."""
        blocks = [b for b in self.nodes.blocks if b.model.on_server and not b.built]
        links = [link for link in self.projections if not link.built]
        meters = [m for m in self.recording.meters if not m.built and m.variables]
        if not (blocks or links or meters):
            return
        if any(block.built for block in self.nodes.blocks):
            raise errors.unsupported("Create and Connect once there is a network")
        net = _build.specification(self.models, self.nodes, blocks, links, meters)
        self.server.create(net, blocks, links)
        parts: Sequence[Block | Link | ServerMeter] = [*blocks, *links, *meters]
        for part in parts:
            part.built = True
        for link in links:
            link.changed.clear()

    def run(self, duration_ms: float) -> None:
        """Lets time pass."""
        steps = duration_ms / self.clock.resolution_ms
        if not math.isfinite(steps) or steps < 0 or abs(steps - round(steps)) > 1e-6:
            raise errors.BadParameter(
                f"t must be a multiple of the resolution, {self.clock.resolution_ms!r} ms, "
                f"not {duration_ms!r}",
                field="t",
            )
        self.sync()
        self.recording.open_files()
        self.recording.forget()
        inputs: dict[Any, Any] = {
            f"{NETWORK}/{block.name}": _generators.input_of(block, block.changed, self.clock)
            for block in self.nodes.blocks
            if block.changed
        }
        for link in self.projections:
            if link.changed:
                self.server.write_weights(link)
                link.changed.clear()
        plastic = [link for link in self.projections if link.plastic]
        try:
            self.server.step(self.clock.to_ms(round(steps)), inputs, plastic)
        except BaseException:
            # Ctrl-C, or a potential that has left the numbers: time has passed up to there.
            if self.server.now_ms > self.clock.time_ms:
                self._passed()
            raise
        self._passed()
        self.recording.write()

    def _passed(self) -> None:
        """Takes down that the server has come to its time, with all input that it was given."""
        steps = self.clock.to_step(self.server.now_ms) - self.clock.step
        self.clock.advance(steps, self.clock.to_step(min(self.delays())))
        for block in self.nodes.blocks:
            block.changed.clear()

    def delays(self) -> Iterator[float]:
        """The smallest and the largest delay of each link, in ms; the resolution if there is none.

        For delays that the server has drawn, the resolution is as small as they can be.
        """
        if not self.links:
            yield self.clock.resolution_ms
        for link in self.links:
            if isinstance(link.delay, network_pb2.Distribution):
                yield self.clock.resolution_ms
            elif isinstance(link.delay, np.ndarray):
                if len(link.delay):
                    yield float(link.delay.min())
                    yield float(link.delay.max())
            else:
                yield link.delay

    # -- Connections' parameters

    def ends(self, link: AnyLink) -> tuple[Indices, Indices]:
        """Numbers of the sources and targets of a link's connections."""
        if link.known_ends is None:
            assert isinstance(link, Link)
            self.weights(link)
        ends = link.known_ends
        assert ends is not None
        return ends

    def weights(self, link: Link) -> Floats:
        """The current weights of a link's connections."""
        if link.plastic:
            self.server.ask_for(link)
        if link.known_weights is None or link.known_ends is None:
            self.sync()
            read = self.server.read_weights(link)
            link.learn_ends(read.sources, read.targets)
            link.weights = read.values
        assert link.weights is not None
        return link.weights

    def connection_column(self, link: AnyLink, name: str) -> Any:
        """A parameter of all connections of a link."""
        if isinstance(link, RecorderLink):
            return link.column(name)
        if name == "weight":
            return self.weights(link)
        if name == "delay":
            self.ends(link)
            if link.known_delays is None:
                raise errors.unsupported("reading delays that were drawn")
            return link.known_delays
        if name in link.model.recordables and self.clock.step > 0:
            self.sync()
            return self.server.read_weights(link, [name]).variables[name]
        value = link.parameters.get(name, 0.0 if name in link.model.recordables else None)
        return np.full(len(self.ends(link)[0]), shown(name, value))

    def count_connections(self, model: str | None = None) -> int:
        """How many connections there are, of a synapse model or in all."""
        links = [link for link in self.links if model in (None, link.model.name)]
        return sum(len(self.ends(link)[0]) for link in links)

    def set_connections(self, link: AnyLink, positions: Indices, name: str, values: Floats) -> None:
        """Sets a parameter of some connections of a link."""
        if isinstance(link, RecorderLink):
            return
        if name == "weight":
            weights = np.array(self.weights(link))
            weights[positions] = values
            link.weights = weights
            link.changed.update(positions.tolist())
            return
        same = len(positions) == len(self.ends(link)[0]) and (values == values[0]).all()
        if link.built or not same:
            raise errors.unsupported(
                f"setting {name} of connections, unless it is one value for all that a Connect "
                f"has made, and before they are used"
            )
        if name == "delay":
            link.delay = on_grid(float(values[0]), self.clock)
        else:
            link.parameters[name] = checked_value(name, float(values[0]))

    # -- Models

    def set_defaults(self, name: str, parameters: Mapping[str, Any]) -> None:
        """Gives a model other defaults, for what is created from now on."""
        model = self.models.any(name)
        if isinstance(model, NodeModel):
            if any(isinstance(value, Parameter) for value in parameters.values()):
                raise errors.unsupported("random defaults")
            model.defaults.update(model.checked(parameters))
            return
        given = dict(parameters)
        transmitter = model.volume_transmitter
        for key in ("vt", "volume_transmitter"):
            if key in given and model.base == "stdp_dopamine_synapse":
                transmitter = self._transmitter(given.pop(key))
        for key, value in given.items():
            if isinstance(value, Parameter) or is_iterable(value):
                raise errors.BadProperty(f"{key} must be a number, not {value!r}", field=key)
        model.defaults.update(model.checked(given))
        model.volume_transmitter = transmitter

    def get_defaults(self, name: str) -> dict[str, Any]:
        """The defaults of a model, and what it is."""
        model = self.models.any(name)
        found = {key: shown(key, value) for key, value in model.defaults.items()}
        if isinstance(model, SynapseModel):
            found.update(
                synapse_model=model.name,
                synapse_modelid=model.identifier,
                has_delay=True,
                num_connections=self.count_connections(model.name),
            )
            if model.base == "stdp_dopamine_synapse":
                found["volume_transmitter"] = model.volume_transmitter or -1
            return found
        found.update(model=model.name, element_type=model.element_type)
        if model.recordables:
            found["recordables"] = model.recordables
        return found

    # -- Attributes

    def attribute(self, name: str) -> Any:
        """An attribute of the kernel."""
        if name in self.settings:
            return self.settings[name]
        known = _settings.FIXED.get(name, _settings.READ_ONLY.get(name))
        if known is not None:
            return known
        if name in ("biological_time", "time"):
            return self.clock.time_ms
        if name == "num_connections":
            return self.count_connections()
        if name == "network_size":
            return self.nodes.next - 1
        if name in ("node_models", "synapse_models"):
            return tuple(sorted(self.models.nodes if name[0] == "n" else self.models.synapses))
        if name == "tics_per_step":
            return self.clock.resolution_ms * _settings.FIXED["tics_per_ms"]
        if name in ("min_delay", "max_delay"):
            return min(self.delays()) if name == "min_delay" else max(self.delays())
        raise errors.UnknownAttribute(f"no kernel attribute {name!r}", field=name)

    def set_attributes(self, given: Mapping[str, Any]) -> None:
        """Sets attributes of the kernel: all of them, or none."""
        made = {name: _settings.checked(name, value) for name, value in given.items()}
        new = {name for name, value in made.items() if value != self.settings.get(name)}
        if "resolution" in new and self.nodes.next > 1:
            raise errors.KernelException(
                "resolution can only be set before nodes are created", field="resolution"
            )
        if "rng_seed" in new and self.server.opened:
            raise errors.unsupported("setting rng_seed once there is a network")
        self.settings.update({name: made[name] for name in new & self.settings.keys()})
        self.clock.resolution_ms = self.settings["resolution"]
        if "rng_seed" in made and not self.server.opened:
            self.random = np.random.Generator(np.random.Philox(made["rng_seed"]))


KERNEL = Kernel()
