"""The kernel: all that a script has created, and the session in which it runs."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

import spiked
from spiked._columns import Indices
from spiked.catalogue import Catalogue, Model
from spiked.nest import _build, _disconnect, _generators, _settings, errors
from spiked.nest._clock import SliceClock
from spiked.nest._connect import Connector, parse_synapses
from spiked.nest._links import AnyLink, Link, Pairs, RecorderLink
from spiked.nest._models import (
    ARRAYS,
    Models,
    NodeModel,
    SynapseModel,
    is_iterable,
    shown,
)
from spiked.nest._node_status import NodeStatus
from spiked.nest._nodes import (
    Block,
    NodeTable,
)
from spiked.nest._parameters import Parameter
from spiked.nest._place import place_of_call
from spiked.nest._recorders import ServerMeter
from spiked.nest._recording import Recording
from spiked.nest._rules import Rule, find_pairs
from spiked.nest._server import NETWORK, Server
from spiked.nest._synapse_status import SynapseStatus


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
        self.recording = Recording(
            self.nodes,
            self.clock,
            self.server,
            self.settings,
            lambda: self.models,
            lambda: self.projections,
        )
        self.node_status = NodeStatus(
            self.nodes, self.recording, self.clock, self.random, self.server, self.sync
        )
        self.synapse_status = SynapseStatus(self.clock, self.server, self.sync)
        #: Whether Prepare was called, and Cleanup was not yet.
        self.prepared = False
        self._connects = 0
        # The smallest delay that the server knows of for the sake of the slices alone.
        self._kept_ms = math.inf

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
            self.node_status.set(ids, parameters)
        except Exception:
            self.nodes.remove_from(first)
            raise
        return ids

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
            if rule.symmetric:
                made += connector.connect_back(rule, pre, post, one)
        for link in made:
            if isinstance(link, RecorderLink):
                self.recording.connect(link, place)
            elif link.model.weight_recorder is not None and link.emits_spikes:
                self.server.record(link)
        self.links += made
        return made

    def disconnect(self, model: str, pairs: Pairs) -> None:
        """Takes away a connection of a synapse model for each of some pairs of nodes."""
        self.models.synapse(model)
        self.remove(_disconnect.find(self.links, self.synapse_status, model, pairs))

    def remove(self, gone: Mapping[AnyLink, Indices]) -> None:
        """Takes away connections, by link and number."""
        if not all(isinstance(link, Link) for link in gone):
            raise errors.unsupported("disconnecting recorders")
        for link, positions in gone.items():
            taken = link.gone.intersection(positions.tolist())
            if taken:
                raise errors.InexistentConnection("a connection has been taken away already")
        for link, positions in gone.items():
            assert isinstance(link, Link)
            self.server.cut(link, positions.tolist())
            link.gone.update(positions.tolist())

    def _transmitter(self, value: Any) -> int:
        """The number of the volume transmitter that a value names."""
        return self._node_of("volume_transmitter", value)

    def _node_of(self, model: str, value: Any) -> int:
        """The number of the node of a model that a value names."""
        numbers = np.atleast_1d(np.asarray(value))
        if numbers.size == 1 and numbers.dtype.kind in "iu":
            node = int(numbers[0])
            exists = 1 <= node < self.nodes.next
            if exists and self.nodes.block_of(node).model.base == model:
                return node
        raise errors.BadProperty(f"{model} must be a {model}, not {value!r}", field=model)

    @property
    def projections(self) -> list[Link]:
        """The connections that the server has, or is to have."""
        return [link for link in self.links if isinstance(link, Link)]

    # -- Time

    def sync(self) -> None:
        """Sends what the server does not know of yet of nodes and connections."""
        relays = [relay for relay in self.recording.relays if not relay.built]
        blocks = [b for b in self.nodes.blocks if b.model.on_server and not b.built]
        blocks += [relay.target for relay in relays]
        links = [*(link for link in self.projections if not link.built), *relays]
        meters = [m for m in self.recording.meters if not m.built and m.variables]
        if blocks or links or meters:
            self._build(blocks, links, meters)
        self.server.send_changes()

    def _build(
        self, blocks: Sequence[Block], links: Sequence[Link], meters: Sequence[ServerMeter]
    ) -> None:
        """Sends parts of the network."""
        for link in links:
            link.settle()
        net = _build.specification(self.models, self.nodes, blocks, links, meters)
        shortest = min(self.delays())
        if self.projections and shortest < min(self._kept_ms, *self.delays(self.projections)):
            self._kept_ms = shortest
            _build.keep_slices(net, shortest)
        self.server.build(net, blocks, links)
        parts: Sequence[Block | Link | ServerMeter] = [*blocks, *links, *meters]
        for part in parts:
            part.built = True
        for link in links:
            if link.receptor:  # which hears nothing, though it learns
                self.server.cut(link, range(len(self.synapse_status.ends(link)[0])))

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
        self.node_status.send()
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
            block.state.clear()
        for link in self.projections:
            link.variables.clear()

    def delays(self, links: Sequence[AnyLink] | None = None) -> Iterator[float]:
        """The smallest and the largest delay of each link, in ms; the resolution if there is none.

        For delays that the server has drawn and nobody has read, the resolution is as small as
        they can be.
        """
        if links is None and self.clock.delay_bounds is not None:
            yield from self.clock.delay_bounds
            return
        links = self.links if links is None else links
        if not links:
            yield self.clock.resolution_ms
        for link in links:
            delay = link.delay
            if isinstance(delay, float):
                yield delay
                continue
            assert isinstance(link, Link)
            delays = link.known_delays
            if delays is None:
                yield self.clock.resolution_ms
            elif len(delays):
                yield float(delays.min())
                yield float(delays.max())

    def count_connections(self, model: str | None = None) -> int:
        """How many connections there are, of a synapse model or in all."""
        links = [link for link in self.links if model in (None, link.model.name)]
        return sum(len(self.synapse_status.ends(link)[0]) - len(link.gone) for link in links)

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
        recorder = model.weight_recorder
        if "weight_recorder" in given:
            recorder = self._node_of("weight_recorder", given.pop("weight_recorder"))
        for key, value in given.items():
            if isinstance(value, Parameter) or is_iterable(value):
                raise errors.BadProperty(f"{key} must be a number, not {value!r}", field=key)
        model.defaults.update(model.checked(given))
        model.volume_transmitter = transmitter
        model.weight_recorder = recorder
        if recorder is not None:
            self.recording.begin(recorder)
            for link in self.projections:
                if link.model is model and link.emits_spikes:
                    self.server.record(link)

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
                weight_recorder=[] if model.weight_recorder is None else [model.weight_recorder],
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
        name = _settings.setting_of(name)
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
        if name in _settings.DELAYS and self.clock.delay_bounds is not None:
            return self.clock.delay_bounds[_settings.DELAYS.index(name)]
        if name in _settings.DELAYS:
            for link in self.projections:
                if not isinstance(link.delay, float):
                    self.synapse_status.ends(link)
            return min(self.delays()) if name == "min_delay" else max(self.delays())
        if name in _settings.UNSUPPORTED:
            raise errors.unsupported(f"the kernel attribute {name}")
        raise errors.UnknownAttribute(f"no kernel attribute {name!r}", field=name)

    def set_attributes(self, given: Mapping[str, Any]) -> None:
        """Sets attributes of the kernel: all of them, or none."""
        made = {
            _settings.setting_of(name): _settings.checked(_settings.setting_of(name), value)
            for name, value in given.items()
        }
        bounds = self._delay_bounds(
            {name: made.pop(name) for name in made.keys() & set(_settings.DELAYS)},
            SliceClock(made.get("resolution", self.clock.resolution_ms)),
        )
        new = {name for name, value in made.items() if value != self.settings.get(name)}
        if "resolution" in new and self.nodes.next > 1:
            raise errors.KernelException(
                "resolution can only be set before nodes are created", field="resolution"
            )
        if "rng_seed" in new and self.server.opened:
            raise errors.unsupported("setting rng_seed once there is a network")
        self.settings.update({name: made[name] for name in new & self.settings.keys()})
        self.clock.resolution_ms = self.settings["resolution"]
        self.clock.delay_bounds = bounds
        if "rng_seed" in made and not self.server.opened:
            self.random.bit_generator.state = np.random.Philox(made["rng_seed"]).state

    def _delay_bounds(
        self, given: Mapping[str, float], clock: SliceClock
    ) -> tuple[float, float] | None:
        """The bounds of delays that a script has set, with those given, on the grid of a clock."""
        if not given:
            return self.clock.delay_bounds
        if len(given) < len(_settings.DELAYS):
            raise errors.BadProperty(
                "min_delay and max_delay must be set together", field=next(iter(given))
            )
        shortest, longest = (given[name] for name in _settings.DELAYS)
        for name, value in given.items():
            clock.check_multiple(name, value)
        delays = list(self.delays(self.links)) if self.links else [shortest]
        if not shortest <= min(delays) <= max(delays) <= longest:
            raise errors.BadDelay(
                f"min_delay {shortest!r} and max_delay {longest!r} must enclose all delays",
                field="min_delay",
            )
        return shortest, longest


KERNEL = Kernel()
