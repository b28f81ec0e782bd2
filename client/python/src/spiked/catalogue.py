"""What a server offers: models, presets, limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Generic, TypeVar

from google.protobuf import duration_pb2, json_format

from spiked._text import number, table_html, table_text, unknown
from spiked.v1 import catalog_service_pb2 as catalog_pb2


@dataclass(frozen=True)
class Parameter:
    """A parameter of a model."""

    name: str
    #: Empty for a dimensionless number.
    unit: str
    default: float
    description: str


@dataclass(frozen=True)
class Recordable:
    """A quantity that a multimeter, or for a synapse ``get_weights``, can read."""

    name: str
    #: Empty for a dimensionless number.
    unit: str
    description: str


@dataclass(frozen=True, repr=False)
class Model:
    """A model of neurons, devices or synapses."""

    name: str
    #: ``neuron``, ``stimulation_device``, ``volume_transmitter`` or ``synapse``.
    kind: str
    #: What it computes, and after whom.
    description: str
    parameters: dict[str, Parameter]
    recordables: dict[str, Recordable]

    def _tables(self) -> list[tuple[list[str], list[list[str]]]]:
        tables = []
        if self.parameters:
            rows = [
                [p.name, f"{p.default:.6g}", p.unit, p.description]
                for p in self.parameters.values()
            ]
            tables.append((["parameter", "default", "unit", ""], rows))
        if self.recordables:
            rows = [[r.name, r.unit, r.description] for r in self.recordables.values()]
            tables.append((["recordable", "unit", ""], rows))
        return tables

    def __repr__(self) -> str:
        head = f"{self.name} ({self.kind.replace('_', ' ')})\n  {self.description}"
        return "\n".join([head, *(table_text(*table, whole=True) for table in self._tables())])

    def _repr_html_(self) -> str:
        tables = "".join(table_html(*table) for table in self._tables())
        return (
            table_html([self.name, self.kind.replace("_", " ")], [[self.description, ""]]) + tables
        )


@dataclass(frozen=True)
class PresetOption:
    """An option of a preset."""

    name: str
    #: What it does, and its bounds.
    description: str
    default: Any


@dataclass(frozen=True, repr=False)
class Preset:
    """A network that the server knows by name."""

    name: str
    #: What it is, and after whom.
    description: str
    options: dict[str, PresetOption]

    def _table(self) -> tuple[list[str], list[list[str]]]:
        rows = [[o.name, str(o.default), o.description] for o in self.options.values()]
        return ["option", "default", ""], rows

    def __repr__(self) -> str:
        return f"{self.name}\n  {self.description}\n" + table_text(*self._table(), whole=True)

    def _repr_html_(self) -> str:
        return table_html(*self._table(), caption=f"{self.name}: {self.description}")


EntryT = TypeVar("EntryT", Model, Preset)


class Catalogue(Mapping[str, EntryT], Generic[EntryT]):
    """Models or presets by name."""

    def __init__(self, entries: Mapping[str, EntryT]) -> None:
        self._entries: dict[str, EntryT] = dict(entries)

    def __getitem__(self, name: str) -> EntryT:
        try:
            return self._entries[name]
        except KeyError:
            raise KeyError(f"no {unknown(name, self._entries)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._entries)

    def _table(self) -> tuple[list[str], list[list[str]]]:
        rows = [
            [e.name, e.kind.replace("_", " ") if isinstance(e, Model) else "preset", e.description]
            for e in self._entries.values()
        ]
        return ["name", "kind", ""], rows

    def __repr__(self) -> str:
        return table_text(*self._table())

    def _repr_html_(self) -> str:
        return table_html(*self._table())


@dataclass(frozen=True, repr=False)
class ServerInfo:
    """Version, instance and limits of a server."""

    address: str
    version: str
    #: Drawn anew at every start of the server.
    instance_id: str
    start_time: datetime
    #: The vector instruction set that the engine uses; results do not depend on it.
    instruction_set: str
    #: Commit of the source that it was built from; ``unknown`` where that came without history.
    commit: str
    #: How it was built, such as ``Release``.
    build_type: str
    #: By name, such as ``max_step_ms``; 0 where memory is the only limit.
    limits: dict[str, float]

    def _table(self) -> tuple[list[str], list[list[str]]]:
        rows = [
            ["version", self.version],
            ["started", self.start_time.astimezone().isoformat(" ", "seconds")],
            ["instance", self.instance_id],
            ["instruction set", self.instruction_set],
            ["commit", self.commit],
            ["build", self.build_type],
            *([name, _limit(name, limit)] for name, limit in self.limits.items()),
        ]
        return ["server", self.address], rows

    def __repr__(self) -> str:
        return table_text(*self._table(), whole=True)

    def _repr_html_(self) -> str:
        return table_html(*self._table())


def _limit(name: str, limit: float) -> str:
    if limit:
        return number(limit)
    return "never over" if name.endswith("ttl_s") else "no limit but memory"


def models_from_message(response: catalog_pb2.ListModelsResponse) -> Catalogue[Model]:
    """The models of the catalogue."""
    return Catalogue(
        {
            model.name: Model(
                name=model.name,
                kind=catalog_pb2.ModelKind.Name(model.kind).removeprefix("MODEL_KIND_").lower(),
                description=model.description,
                parameters={
                    p.name: Parameter(p.name, p.unit, p.default_value, p.description)
                    for p in model.parameters
                },
                recordables={
                    r.name: Recordable(r.name, r.unit, r.description) for r in model.recordables
                },
            )
            for model in response.models
        }
    )


def presets_from_message(response: catalog_pb2.ListPresetsResponse) -> Catalogue[Preset]:
    """The presets of the catalogue."""
    return Catalogue(
        {
            preset.name: Preset(
                name=preset.name,
                description=preset.description,
                options={
                    o.name: PresetOption(
                        o.name, o.description, json_format.MessageToDict(o.default_value)
                    )
                    for o in preset.options
                },
            )
            for preset in response.presets
        }
    )


def info_from_message(address: str, response: catalog_pb2.GetServerInfoResponse) -> ServerInfo:
    """What a server says about itself."""
    return ServerInfo(
        address=address,
        version=response.version,
        instance_id=response.instance_id,
        start_time=response.start_time.ToDatetime(tzinfo=timezone.utc),
        instruction_set=response.instruction_set,
        commit=response.commit,
        build_type=response.build_type,
        limits={
            field.name + ("_s" if field.message_type else ""): _seconds_or_number(
                getattr(response.limits, field.name)
            )
            for field in response.limits.DESCRIPTOR.fields
        },
    )


def _seconds_or_number(limit: Any) -> float:
    number: float = (
        limit.seconds + limit.nanos * 1e-9 if isinstance(limit, duration_pb2.Duration) else limit
    )
    return number
