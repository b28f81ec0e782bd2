"""A connection to a spiked server."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from spiked import _plans, errors
from spiked._address import default_address
from spiked._connection import Connection
from spiked._handles import ClientHandle
from spiked.catalogue import Catalogue, Model, Preset, ServerInfo
from spiked.session import Session
from spiked.session_info import SessionInfo


def connect(
    address: str | None = None, token: str | None = None, *, timeout_s: float = 5.0
) -> Client:
    """Connects to a server.

    `address` is ``unix:/path`` or ``host:port``. Unless given it is the environment variable
    ``SPIKED_SERVER``, else the Unix socket on which a server of this user listens by default.
    `token` says who is calling, where the server asks for that, which is over TCP. Unless given
    it is the environment variable ``SPIKED_TOKEN``, else, for a server on this machine, that of
    this user's own server. Waits for at most `timeout_s` seconds until a server answers; then
    :class:`spiked.Unavailable`.
    """
    connection = Connection(default_address() if address is None else address, token)
    try:
        connection.wait_for_server(timeout_s)
    except errors.SpikedError:
        connection.close()
        raise
    return Client(connection)


class Client(ClientHandle):
    """A connection to a server; :func:`spiked.connect` makes one.

    Several threads may use it. As a context manager it is closed at the end; sessions stay on
    the server.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._connection = connection

    # -- Sessions

    def create_session(
        self,
        session_id: str = "",
        *,
        display_name: str = "",
        labels: Mapping[str, str] | None = None,
        resolution_ms: float = 0.1,
        seed: int | None = None,
        ttl_s: float | None = None,
        durability: str | None = None,
    ) -> Session:
        """Opens a session.

        `session_id` is a letter or digit, then up to 62 letters, digits, ``_``, ``-`` or
        ``.``; unless given the server draws an unguessable one. `resolution_ms`, from 0.001 to
        10, is the step of the simulation. Equal seeds and equal commands give equal results,
        bit for bit; unless given the server draws a seed. A session that nobody uses for
        `ttl_s` seconds is deleted; unless given it stays as long as the server has it. Its
        commands survive nothing (`durability` ``none``), the death of the server (``process``,
        the default where the server keeps sessions) or a loss of power (``power``): then calls
        that are not answered are made again when the server is back. In a ``with`` statement the
        session is deleted at the end.
        """
        plan = _plans.create_session(
            session_id, display_name, labels, resolution_ms, seed, ttl_s, durability
        )
        return Session(self._connection, _plans.run(self._connection, plan), owned=True)

    def attach_session(self, session_id: str) -> Session:
        """A handle on a session that exists: its id, or ``sessions/{id}``."""
        message = _plans.run(self._connection, _plans.get_session(session_id))
        return Session(self._connection, message, owned=False)

    def restore_session(
        self,
        path: str | os.PathLike[str],
        session_id: str = "",
        *,
        display_name: str = "",
        labels: Mapping[str, str] | None = None,
        ttl_s: float | None = None,
        durability: str | None = None,
    ) -> Session:
        """Opens a session that goes on from the one that ``session.save`` has written there.

        Bit for bit, on this server or another. What is not given is as it was saved, or as in
        ``create_session``. :func:`spiked.inspect` tells what a file holds.
        """
        plan = _plans.restore_session(
            Path(path).read_bytes(), session_id, display_name, labels, ttl_s, durability
        )
        return Session(self._connection, _plans.run(self._connection, plan), owned=True)

    def sessions(self) -> list[SessionInfo]:
        """All sessions, ordered by name."""
        return _plans.run(self._connection, _plans.sessions())

    # -- What the server offers

    @property
    def models(self) -> Catalogue[Model]:
        """The models of neurons, devices and synapses by name, with parameters and units."""
        return _plans.run(self._connection, _plans.models())

    @property
    def presets(self) -> Catalogue[Preset]:
        """The networks that the server knows by name, with their options."""
        return _plans.run(self._connection, _plans.presets())

    def info(self) -> ServerInfo:
        """Version, instance and limits of the server."""
        return _plans.run(self._connection, _plans.server_info(self.address))

    # -- The connection

    def close(self) -> None:
        """Closes the connection; sessions stay on the server."""
        self._connection.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
