"""What a network is made of, put together piece by piece. Nothing here talks to a server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from spiked import rules, selection, values
from spiked._checks import real_number, text, whole_number
from spiked._text import count, table_html, table_text, unknown
from spiked.rules import Rule
from spiked.selection import Neurons
from spiked.v1 import network_pb2
from spiked.values import Value

if TYPE_CHECKING:
    from spiked.network import Network


class _Named(Protocol):
    @property
    def name(self) -> str: ...


NamedT = TypeVar("NamedT", bound=_Named)

#: A population, by name or as :meth:`NetworkSpecification.population` returned it.
PopulationLike = str | network_pb2.Population


class NetworkSpecification:
    """A network as its user describes it; ``session.create_network`` builds it.

    >>> net = NetworkSpecification()
    >>> E = net.population("E", "iaf_psc_exp", 800, V_th=-50.0, record_spikes=True)
    >>> I = net.population("I", "iaf_psc_exp", 200, V_th=-50.0)
    >>> E_I = net.connect(
    ...     E, I, rule=rules.fixed_indegree(80), weight=values.normal(20, 2), delay=1.5
    ... )

    Names of models, parameters and rules are NEST's, and so are the units: ms, mV, pA, pF, Hz.
    The order matters: it decides the order in which simultaneous weights are summed.
    """

    def __init__(
        self,
        message: network_pb2.NetworkSpecification | None = None,
        *,
        extends: Network | None = None,
    ) -> None:
        """`extends`: a network to which this is to be added; its populations can be connected."""
        #: The specification in the messages of the contract.
        self.message = message or network_pb2.NetworkSpecification()
        self._extends = extends

    # -- Putting it together

    def population(
        self,
        name: str,
        model: str,
        size: int = 1,
        parameters: Mapping[str, Value] | None = None,
        *,
        record_spikes: bool = False,
        record_limit: int = 0,
        record_start: float = 0.0,
        record_stop: float | None = None,
        record_origin: float = 0.0,
        mirrored: str = "",
        **more_parameters: Value,
    ) -> network_pb2.Population:
        """Adds `size` neurons, relays or devices of one model.

        `name` is unique within the network: a letter, then letters, digits, ``_``, ``-`` or
        ``.``. Parameters that differ from the model's defaults are given by name
        (``V_th=-50.0``, or in `parameters`), each as a number, a list with one number a
        neuron, or a distribution. With `record_spikes` the spikes are kept for
        ``get_spikes`` and readouts: the latest `record_limit` of them, or, where that is 0,
        as many as the server has memory for. Recorded are spikes with stamps later than
        `record_origin` + `record_start`, up to `record_origin` + `record_stop` (ms; None: no end).

        A ``mirror`` repeats the spikes of the population `mirrored` (``"network/population"``,
        of the same size) of another network of the session, and so connects the two.
        """
        self._check_name(name, "population", self.message.populations)
        population = network_pb2.Population(
            name=name,
            model=text(model, "model"),
            size=whole_number(size, "size"),
            record_spikes=record_spikes,
            record_limit=whole_number(record_limit, "record_limit"),
            record_window=to_record_window(record_start, record_stop, record_origin),
            mirrored=text(mirrored, "mirrored"),
        )
        _set_parameters(population.parameters, {**(parameters or {}), **more_parameters})
        self.message.populations.append(population)
        return population

    def connect(
        self,
        source: PopulationLike,
        target: PopulationLike,
        rule: Rule = "all_to_all",
        *,
        weight: Value | None = None,
        delay: Value | None = None,
        synapse_model: str = "static_synapse",
        name: str | None = None,
        volume_transmitter: PopulationLike | None = None,
        source_neurons: Neurons | None = None,
        target_neurons: Neurons | None = None,
        record_weights: bool = False,
        record_limit: int = 0,
        record_start: float = 0.0,
        record_stop: float | None = None,
        record_origin: float = 0.0,
        parameters: Mapping[str, Value] | None = None,
        **more_parameters: Value,
    ) -> network_pb2.Projection:
        """Adds a projection from the population `source` to the population `target`.

        `weight` is in pA onto a neuron (1 unless given), `delay` in ms (1 unless given), each
        a number, a list with one number a connection, or a distribution. `name` is
        ``source_target`` unless given, and ``source_target_2`` for the second between the
        same populations. Parameters of the synapse model are single numbers.
        `volume_transmitter`, for ``stdp_dopamine_synapse``, is the population of that model
        whose dopamine the synapses feel. `source_neurons` and `target_neurons` are indices
        (``range(10, 20)``, a list, one number) of the neurons that are connected, where those are
        not all; rule and lists number them from 0, in this order. With `record_weights` the
        weights that synapses transmit are kept for ``get_weight_record``, by `record_limit` and
        times as the spikes of a population.
        """
        projection = network_pb2.Projection(
            source=self._known_population(source, "source"),
            target=self._known_population(target, "target"),
            rule=rules.to_message(rule),
            synapse_model=text(synapse_model, "synapse_model"),
            record_weights=record_weights,
            record_limit=whole_number(record_limit, "record_limit"),
            record_window=to_record_window(record_start, record_stop, record_origin),
        )
        if name is None:
            name = _free_name(f"{projection.source}_{projection.target}", self.message.projections)
        self._check_name(name, "projection", self.message.projections)
        projection.name = name
        if weight is not None:
            projection.weight.CopyFrom(values.to_message(weight, "weight"))
        if delay is not None:
            projection.delay_ms.CopyFrom(values.to_message(delay, "delay"))
        for name_of, neurons in (("source", source_neurons), ("target", target_neurons)):
            if neurons is not None:
                chosen = selection.to_message(neurons, f"{name_of}_neurons")
                getattr(projection, f"{name_of}_neurons").CopyFrom(chosen)
        if volume_transmitter is not None:
            projection.volume_transmitter = self._known_population(
                volume_transmitter, "volume_transmitter"
            )
        _set_parameters(projection.parameters, {**(parameters or {}), **more_parameters})
        self.message.projections.append(projection)
        return projection

    def multimeter(
        self,
        name: str,
        population: PopulationLike,
        variables: str | Iterable[str] = "V_m",
        *,
        interval: float = 1.0,
        record_limit: int = 0,
        record_start: float = 0.0,
        record_stop: float | None = None,
        record_origin: float = 0.0,
        neurons: Neurons | None = None,
    ) -> network_pb2.Multimeter:
        """Records `variables` (such as ``V_m``) of the neurons of `population`.

        Of all of them, or of `neurons` (indices), in this order.

        A sample is taken every `interval` ms. The latest `record_limit` samples are kept, or,
        where that is 0, as many as the server has memory for. Samples are taken later than
        `record_origin` + `record_start`, up to `record_origin` + `record_stop` (ms; None: no end).
        """
        self._check_name(name, "multimeter", self.message.multimeters)
        multimeter = network_pb2.Multimeter(
            name=name,
            population=self._known_population(population, "population"),
            variables=[variables] if isinstance(variables, str) else variables,
            interval_ms=real_number(interval, "interval"),
            record_limit=whole_number(record_limit, "record_limit"),
            record_window=to_record_window(record_start, record_stop, record_origin),
            neurons=None if neurons is None else selection.to_message(neurons),
        )
        self.message.multimeters.append(multimeter)
        return multimeter

    # -- Dictionaries

    @classmethod
    def from_dict(cls, description: Mapping[str, Any]) -> NetworkSpecification:
        """The specification that a plain dictionary describes.

        It has lists ``populations``, ``projections`` and ``multimeters``, whose entries are
        dictionaries with what :meth:`population`, :meth:`connect` and :meth:`multimeter`
        take; populations and multimeters may also be a dictionary by name.
        """
        unknown = set(description) - {"populations", "projections", "multimeters"}
        if unknown:
            raise ValueError(
                f"a network has populations, projections and multimeters, not {sorted(unknown)}"
            )
        specification = cls()
        for kind, add in (
            ("populations", specification.population),
            ("projections", specification.connect),
            ("multimeters", specification.multimeter),
        ):
            entries = description.get(kind, ())
            if isinstance(entries, Mapping):
                entries = [{"name": name, **entry} for name, entry in entries.items()]
            for index, entry in enumerate(entries):
                try:
                    add(**entry)
                except TypeError as error:
                    raise ValueError(f"{kind}[{index}]: {error}") from error
        return specification

    def to_dict(self) -> dict[str, Any]:
        """The specification as a dictionary that JSON can hold; ``from_dict`` takes it back."""
        return {
            "populations": [_plain_population(p) for p in self.message.populations],
            "projections": [_plain_projection(p) for p in self.message.projections],
            "multimeters": [_plain_multimeter(m) for m in self.message.multimeters],
        }

    # -- Looking at it

    def __repr__(self) -> str:
        neurons = sum(population.size for population in self.message.populations)
        head = (
            f"NetworkSpecification: {count(len(self.message.populations), 'population')} "
            f"({neurons:,} neurons and devices), "
            f"{count(len(self.message.projections), 'projection')}, "
            f"{count(len(self.message.multimeters), 'multimeter')}"
        )
        return "\n".join(
            [head, *(table_text(*table) for table in specification_tables(self.message))]
        )

    def _repr_html_(self) -> str:
        return "".join(table_html(*table) for table in specification_tables(self.message))

    # -- Checks that need no server, so that a slip is told where it is made

    def _known_population(self, population: PopulationLike, what: str) -> str:
        name = population if isinstance(population, str) else population.name
        known = [other.name for other in self.message.populations]
        if self._extends is not None:
            known += self._extends.populations
        if name not in known:
            raise ValueError(f"{what}: this specification has no population {unknown(name, known)}")
        return name

    @staticmethod
    def _check_name(name: str, what: str, others: Iterable[_Named]) -> None:
        if text(name, "name") in {other.name for other in others}:
            raise ValueError(f"there is a {what} {name!r} already")


#: What can be built: a specification, a dictionary (see
#: :meth:`NetworkSpecification.from_dict`), or messages of the contract.
SpecificationLike = NetworkSpecification | network_pb2.NetworkSpecification | Mapping[str, Any]


def to_message(specification: SpecificationLike) -> network_pb2.NetworkSpecification:
    """The specification as a message."""
    if isinstance(specification, network_pb2.NetworkSpecification):
        return specification
    if isinstance(specification, NetworkSpecification):
        return specification.message
    if isinstance(specification, Mapping):
        return NetworkSpecification.from_dict(specification).message
    raise TypeError(
        "a network is described by a NetworkSpecification, a dictionary or the name of a preset, "
        f"not by {specification!r}"
    )


def specification_tables(
    message: network_pb2.NetworkSpecification,
) -> list[tuple[list[str], list[list[str]]]]:
    """Heads and rows of tables that show the parts of a network."""
    tables = []
    if message.populations:
        rows = [
            [
                p.name,
                p.model,
                f"{p.size:,}",
                "yes" if p.record_spikes else "",
                _parameters(p.parameters),
            ]
            for p in message.populations
        ]
        tables.append((["population", "model", "size", "recorded", "parameters"], rows))
    if message.projections:
        rows = [
            [
                p.name,
                f"{p.source}{selection.describe(p.source_neurons)} → "
                f"{p.target}{selection.describe(p.target_neurons)}",
                rules.describe(p.rule),
                p.synapse_model or "static_synapse",
                values.describe(p.weight) or "1",
                values.describe(p.delay_ms) or "1",
                _parameters(p.parameters),
            ]
            for p in message.projections
        ]
        head = [
            "projection",
            "connects",
            "rule",
            "synapse",
            "weight (pA)",
            "delay (ms)",
            "parameters",
        ]
        tables.append((head, rows))
    if message.multimeters:
        rows = [
            [
                m.name,
                m.population + selection.describe(m.neurons),
                ", ".join(m.variables),
                f"{m.interval_ms or 1.0:.6g}",
            ]
            for m in message.multimeters
        ]
        tables.append((["multimeter", "records", "variables", "interval (ms)"], rows))
    return tables


def to_record_window(
    start: float, stop: float | None, origin: float
) -> network_pb2.RecordWindow | None:
    """When something is recorded, in ms; None for always."""
    if start == 0 and stop is None and origin == 0:
        return None
    return network_pb2.RecordWindow(
        start_ms=real_number(start, "record_start"),
        stop_ms=None if stop is None else real_number(stop, "record_stop"),
        origin_ms=real_number(origin, "record_origin"),
    )


def _plain_record_window(
    recorder: network_pb2.Population | network_pb2.Projection | network_pb2.Multimeter,
) -> dict[str, float]:
    window = recorder.record_window
    plain = {"record_start": window.start_ms, "record_origin": window.origin_ms}
    if window.HasField("stop_ms"):
        plain["record_stop"] = window.stop_ms
    return plain if recorder.HasField("record_window") else {}


def _plain_parameters(parameters: Mapping[str, network_pb2.Value]) -> dict[str, Any]:
    return {name: values.to_plain(parameters[name]) for name in sorted(parameters)}


def _plain_population(population: network_pb2.Population) -> dict[str, Any]:
    return {
        "name": population.name,
        "model": population.model,
        "size": population.size,
        "parameters": _plain_parameters(population.parameters),
        "record_spikes": population.record_spikes,
        "record_limit": population.record_limit,
        **_plain_record_window(population),
        **({"mirrored": population.mirrored} if population.mirrored else {}),
    }


def _plain_projection(projection: network_pb2.Projection) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "name": projection.name,
        "source": projection.source,
        "target": projection.target,
        "rule": rules.to_plain(projection.rule),
        "synapse_model": projection.synapse_model or "static_synapse",
        "parameters": _plain_parameters(projection.parameters),
    }
    if projection.HasField("weight"):
        plain["weight"] = values.to_plain(projection.weight)
    if projection.HasField("delay_ms"):
        plain["delay"] = values.to_plain(projection.delay_ms)
    if projection.volume_transmitter:
        plain["volume_transmitter"] = projection.volume_transmitter
    for neurons in ("source_neurons", "target_neurons"):
        if projection.HasField(neurons):
            plain[neurons] = selection.to_plain(getattr(projection, neurons))
    if projection.record_weights:
        plain["record_weights"] = True
        plain["record_limit"] = projection.record_limit
        plain.update(_plain_record_window(projection))
    return plain


def _plain_multimeter(multimeter: network_pb2.Multimeter) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "name": multimeter.name,
        "population": multimeter.population,
        "variables": list(multimeter.variables),
        "interval": multimeter.interval_ms or 1.0,
        "record_limit": multimeter.record_limit,
        **_plain_record_window(multimeter),
    }
    if multimeter.HasField("neurons"):
        plain["neurons"] = selection.to_plain(multimeter.neurons)
    return plain


def _parameters(parameters: Mapping[str, network_pb2.Value]) -> str:
    return ", ".join(f"{name}={values.describe(parameters[name])}" for name in sorted(parameters))


def _set_parameters(target: Any, parameters: Mapping[str, Value]) -> None:
    for name, value in parameters.items():
        target[name].CopyFrom(values.to_message(value, name))


def _free_name(wanted: str, others: Iterable[_Named]) -> str:
    taken = {other.name for other in others}
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    return name
