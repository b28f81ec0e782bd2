"""What a server says about a session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone

from spiked._text import count, milliseconds, number, table_html
from spiked.v1 import session_pb2


@dataclass(frozen=True, repr=False)
class SessionInfo:
    """A session as it was when it was asked for."""

    #: ``sessions/{id}``.
    name: str
    display_name: str
    labels: dict[str, str]
    #: ``idle`` or ``busy``.
    state: str
    #: Step of the simulation in ms.
    resolution_ms: float
    #: Seed of everything random in the session.
    seed: int
    #: Biological time in ms since the session was created.
    time_ms: float
    create_time: datetime
    last_use_time: datetime
    #: Names of its networks, in order of creation.
    networks: tuple[str, ...]
    #: Neurons, relays and devices of all its networks.
    neurons: int
    #: Connections of all its networks.
    synapses: int
    #: Memory that its networks take on the server, recordings not included.
    bytes: int
    #: The account that it belongs to.
    owner: str
    #: What its commands survive: ``none``, ``process`` (the death of the server) or ``power``.
    durability: str
    #: What others may do with it, by account or ``*`` for all: ``watch`` or ``drive``.
    shares: dict[str, str]
    #: Time in s that processors have spent on its commands.
    processor_s: float
    #: Commands that it has carried out.
    commands: int
    #: How long it stays when nobody uses it, in s; None: until it is deleted.
    ttl_s: float | None
    #: When it expires, unless somebody uses it before; None while somebody does.
    expire_time: datetime | None
    #: Who uses it: by account, how many ``commands``, ``step_streams`` and ``watches``.
    uses: dict[str, dict[str, int]]
    #: What is kept of it: by name, the biological time in ms to which ``reset`` goes back.
    snapshots: dict[str, float]
    #: Room in bytes that it takes where the server stores its sessions.
    stored_bytes: int

    def rows(self) -> list[list[str]]:
        """What there is to say, as names and texts."""
        rows = [
            ["state", f"{self.state} at {milliseconds(self.time_ms)}"],
            ["networks", ", ".join(self.networks) or "none"],
            ["size", f"{count(self.neurons, 'neuron')}, {count(self.synapses, 'synapse')}"],
            ["resolution", milliseconds(self.resolution_ms)],
            ["seed", str(self.seed)],
            ["owner", self.owner],
            ["survives", self.durability],
            ["cost", f"{number(self.processor_s)} s, {count(self.commands, 'command')}"],
            ["created", self.create_time.astimezone().isoformat(" ", "seconds")],
            ["last used", self.last_use_time.astimezone().isoformat(" ", "seconds")],
        ]
        if self.display_name:
            rows.insert(0, ["display name", self.display_name])
        if self.expire_time:
            rows.append(["expires", self.expire_time.astimezone().isoformat(" ", "seconds")])
        if self.stored_bytes:
            rows.append(["stored", f"{self.stored_bytes / 1e6:.3g} MB"])
        if self.snapshots:
            kept = (f"{name} at {milliseconds(time)}" for name, time in self.snapshots.items())
            rows.append(["snapshots", ", ".join(kept)])
        if self.uses:
            rows.append(["used by", ", ".join(self.uses)])
        if self.shares:
            rows.append(["shared", ", ".join(f"{k}: {v}" for k, v in self.shares.items())])
        if self.labels:
            rows.append(["labels", ", ".join(f"{k}={v}" for k, v in self.labels.items())])
        return rows

    def __repr__(self) -> str:
        title = f" ({self.display_name})" if self.display_name else ""
        return (
            f"{self.name}{title}: {self.state} at {milliseconds(self.time_ms)}, "
            f"{count(len(self.networks), 'network')}, {count(self.neurons, 'neuron')}, "
            f"{count(self.synapses, 'synapse')}, resolution {number(self.resolution_ms)} ms, "
            f"seed {self.seed}"
        )

    def _repr_html_(self) -> str:
        return table_html([self.name, ""], self.rows())


def from_message(message: session_pb2.Session) -> SessionInfo:
    """A session of the contract."""
    return SessionInfo(
        name=message.name,
        display_name=message.display_name,
        labels=dict(message.labels),
        state=session_pb2.SessionState.Name(message.state).removeprefix("SESSION_STATE_").lower(),
        resolution_ms=message.resolution_ms,
        seed=message.seed,
        time_ms=message.time_ms,
        create_time=message.create_time.ToDatetime(tzinfo=timezone.utc),
        last_use_time=message.last_use_time.ToDatetime(tzinfo=timezone.utc),
        networks=tuple(message.networks),
        neurons=message.size.neurons,
        synapses=message.size.synapses,
        bytes=message.size.bytes,
        owner=message.owner,
        durability=session_pb2.Durability.Name(message.durability)
        .removeprefix("DURABILITY_")
        .lower(),
        shares={
            share.account: session_pb2.ShareRight.Name(share.right)
            .removeprefix("SHARE_RIGHT_")
            .lower()
            for share in message.shares
        },
        processor_s=message.cost.processor_seconds,
        commands=message.cost.commands,
        ttl_s=message.ttl.ToNanoseconds() / 1e9 if message.HasField("ttl") else None,
        expire_time=message.expire_time.ToDatetime(tzinfo=timezone.utc)
        if message.HasField("expire_time")
        else None,
        uses={
            use.account: {
                "commands": use.commands,
                "step_streams": use.step_streams,
                "watches": use.watches,
            }
            for use in message.uses
        },
        snapshots={snapshot.name: snapshot.time_ms for snapshot in message.snapshots},
        stored_bytes=message.stored_bytes,
    )
