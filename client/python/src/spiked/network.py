"""A network of a session, and the parts in it that calls can name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Generic, TypeVar

from spiked import rules, specification, values
from spiked._text import count, memory, milliseconds, table_html, table_text, unknown
from spiked.v1 import network_pb2
from spiked.v1 import simulation_service_pb2 as simulation_pb2


@dataclass(frozen=True)
class Part:
    """A part of a network; wherever a call takes an address it takes a part, too."""

    #: The network's name within the session.
    network: str
    #: The part's name within the network.
    name: str

    @property
    def address(self) -> str:
        """``network/name``."""
        return f"{self.network}/{self.name}"

    def __str__(self) -> str:
        return self.address


@dataclass(frozen=True, repr=False)
class Population(Part):
    """Neurons or devices of one model."""

    message: network_pb2.Population = field(compare=False)

    @property
    def model(self) -> str:
        """Its model, such as ``iaf_psc_exp``."""
        return self.message.model

    @property
    def size(self) -> int:
        """Number of neurons or devices."""
        return self.message.size

    @property
    def recorded(self) -> bool:
        """Whether its spikes are kept."""
        return self.message.record_spikes

    def __len__(self) -> int:
        return self.size

    def __repr__(self) -> str:
        recorded = ", recorded" if self.recorded else ""
        return f"Population {self.address}: {self.size:,} {self.model}{recorded}"


@dataclass(frozen=True, repr=False)
class Projection(Part):
    """Synapses from one population to another."""

    message: network_pb2.Projection = field(compare=False)

    @property
    def source(self) -> str:
        """Name of the presynaptic population."""
        return self.message.source

    @property
    def target(self) -> str:
        """Name of the postsynaptic population."""
        return self.message.target

    @property
    def synapse_model(self) -> str:
        """Its model, such as ``static_synapse``."""
        return self.message.synapse_model or "static_synapse"

    def __repr__(self) -> str:
        return (
            f"Projection {self.address}: {self.source} → {self.target}, "
            f"{rules.describe(self.message.rule)}, {self.synapse_model}, "
            f"weight {values.describe(self.message.weight) or '1'} pA, "
            f"delay {values.describe(self.message.delay_ms) or '1'} ms"
        )


@dataclass(frozen=True, repr=False)
class Multimeter(Part):
    """A recorder of continuous quantities."""

    message: network_pb2.Multimeter = field(compare=False)

    @property
    def population(self) -> str:
        """Name of the population that it records."""
        return self.message.population

    @property
    def variables(self) -> tuple[str, ...]:
        """What it records, such as ``V_m``."""
        return tuple(self.message.variables)

    @property
    def interval_ms(self) -> float:
        """Time between samples in ms."""
        return self.message.interval_ms or 1.0

    def __repr__(self) -> str:
        return (
            f"Multimeter {self.address}: {', '.join(self.variables)} of {self.population}, "
            f"every {self.interval_ms:.6g} ms"
        )


PartT = TypeVar("PartT", Population, Projection, Multimeter)


class Parts(Mapping[str, PartT], Generic[PartT]):
    """Parts of one kind, by name."""

    def __init__(self, parts: dict[str, PartT]) -> None:
        self._parts: dict[str, PartT] = parts

    def __getitem__(self, name: str) -> PartT:
        try:
            return self._parts[name]
        except KeyError:
            raise KeyError(f"no {unknown(name, self._parts)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def __repr__(self) -> str:
        return "\n".join(map(repr, self._parts.values())) or "none"

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._parts)


class Network:
    """A network of a session.

    ``network["E"]`` is the population, projection or multimeter of that name, to be used
    wherever a call takes an address: ``session.get_spikes(network["E"])``.
    """

    def __init__(
        self,
        message: simulation_pb2.Network,
        specification: network_pb2.NetworkSpecification,
    ) -> None:
        self._message = message
        self._specification = specification

    @property
    def name(self) -> str:
        """Name within the session."""
        return self._message.name

    @property
    def neurons(self) -> int:
        """Number of neurons, relays and devices."""
        return self._message.size.neurons

    @property
    def synapses(self) -> int:
        """Number of connections."""
        return self._message.size.synapses

    @property
    def bytes(self) -> int:
        """Memory that it takes on the server, recordings not included."""
        return self._message.size.bytes

    @property
    def create_time_ms(self) -> float:
        """Biological time in ms at which it was created."""
        return self._message.create_time_ms

    @property
    def specification(self) -> specification.NetworkSpecification:
        """What it was made of: a copy, to look at or to build the like of it."""
        copy = network_pb2.NetworkSpecification()
        copy.CopyFrom(self._specification)
        return specification.NetworkSpecification(copy)

    @cached_property
    def populations(self) -> Parts[Population]:
        """Its populations by name."""
        return Parts(
            {p.name: Population(self.name, p.name, p) for p in self._specification.populations}
        )

    @cached_property
    def projections(self) -> Parts[Projection]:
        """Its projections by name."""
        return Parts(
            {p.name: Projection(self.name, p.name, p) for p in self._specification.projections}
        )

    @cached_property
    def multimeters(self) -> Parts[Multimeter]:
        """Its multimeters by name."""
        return Parts(
            {m.name: Multimeter(self.name, m.name, m) for m in self._specification.multimeters}
        )

    def __getitem__(self, name: str) -> Population | Projection | Multimeter:
        parts: Mapping[str, Population | Projection | Multimeter]
        for parts in (self.populations, self.projections, self.multimeters):
            if name in parts:
                return parts[name]
        raise KeyError(
            f"network {self.name!r} has no {unknown(name, self._ipython_key_completions_())}"
        )

    def population_size(self, address: str) -> int | None:
        """Number of neurons of a population (``network/population``); None if not known."""
        population = self.populations.get(address.partition("/")[2])
        return None if population is None else population.size

    def recorded_model(self, address: str) -> str | None:
        """Model of what a multimeter (``network/multimeter``) records; None if not known."""
        multimeter = self.multimeters.get(address.partition("/")[2])
        population = multimeter and self.populations.get(multimeter.population)
        return population.model if population else None

    def _ipython_key_completions_(self) -> list[str]:
        return [*self.populations, *self.projections, *self.multimeters]

    def _head(self) -> str:
        return (
            f"Network {self.name!r}: {self.neurons:,} neurons and devices, "
            f"{count(self.synapses, 'synapse')}, {memory(self.bytes)}, "
            f"created at {milliseconds(self.create_time_ms)}"
        )

    def __repr__(self) -> str:
        tables = specification.specification_tables(self._specification)
        return "\n".join([self._head(), *(table_text(*table) for table in tables)])

    def _repr_html_(self) -> str:
        tables = specification.specification_tables(self._specification)
        return f"<p>{self._head()}</p>" + "".join(table_html(*table) for table in tables)


#: What a call can be addressed with: ``"network/name"``, or the part itself. For rewards also
#: a network, or its name.
Address = str | Part | Network


def address_of(address: Address) -> str:
    """The address as the server wants it."""
    if isinstance(address, str):
        return address
    if isinstance(address, Part):
        return address.address
    if isinstance(address, Network):
        return address.name
    raise TypeError(f"expected an address such as 'network/population', not {address!r}")
