"""What handles have in common, whether their calls block or are awaited."""

from __future__ import annotations

from spiked._plans import Server, SessionPlans
from spiked._text import table_html


class ClientHandle:
    """A handle on a server."""

    def __init__(self, server: Server) -> None:
        self._server = server

    @property
    def address(self) -> str:
        """Where the server is: ``unix:/path`` or ``host:port``."""
        return self._server.address

    @property
    def instance(self) -> str:
        """The server's instance according to its last answer; a change means a restart."""
        return self._server.instance

    def __repr__(self) -> str:
        return f"Client of the spiked server at {self.address}"

    def _repr_html_(self) -> str:
        return table_html(["spiked server", self.address], [["instance", self.instance]])


class SessionHandle:
    """A handle on a session."""

    def __init__(self, plans: SessionPlans) -> None:
        self._plans = plans

    @property
    def name(self) -> str:
        """``sessions/{id}``."""
        return self._plans.name

    @property
    def id(self) -> str:
        """What ``client.attach_session`` takes."""
        return self.name.removeprefix("sessions/")

    @property
    def resolution_ms(self) -> float:
        """Step of the simulation in ms."""
        return self._plans.info.resolution_ms

    @property
    def seed(self) -> int:
        """Seed of everything random in the session."""
        return self._plans.info.seed

    def __repr__(self) -> str:
        return self._plans.describe()

    def _repr_html_(self) -> str:
        return self._plans.info._repr_html_()
