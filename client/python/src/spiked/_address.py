"""Where the server is and who calls, when nobody says so."""

from __future__ import annotations

import os


def default_address() -> str:
    """The address of this user's server.

    The environment variable ``SPIKED_SERVER`` if it is set and not empty; else the Unix
    socket on which a server listens by default, ``unix:$XDG_RUNTIME_DIR/spiked.sock`` or,
    without ``XDG_RUNTIME_DIR``, ``unix:/tmp/spiked-<uid>/spiked.sock``.
    """
    address = os.environ.get("SPIKED_SERVER", "")
    if address:
        return address
    directory = os.environ.get("XDG_RUNTIME_DIR", "")
    if not directory and not hasattr(os, "getuid"):  # Windows
        return "127.0.0.1:50051"
    directory = directory or f"/tmp/spiked-{os.getuid()}"
    return f"unix:{directory}/spiked.sock"


def default_token() -> str | None:
    """What says who is calling: the environment variable ``SPIKED_TOKEN``, if it is set."""
    return os.environ.get("SPIKED_TOKEN") or None
