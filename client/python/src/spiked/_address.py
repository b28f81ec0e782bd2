"""Where the server is and who calls, when nobody says so."""

from __future__ import annotations

import os
from pathlib import Path

import grpc


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


def channel_credentials(address: str) -> grpc.ChannelCredentials | None:
    """How to encrypt what goes to a server over TCP; None: not at all.

    The files (PEM) that the environment variables ``SPIKED_TLS_CA`` and, for a client's own
    certificate, ``SPIKED_TLS_CERTIFICATE`` and ``SPIKED_TLS_KEY`` name.
    """
    ca, certificate, key = (
        os.environ.get(f"SPIKED_TLS_{name}") for name in ("CA", "CERTIFICATE", "KEY")
    )
    if not ca or address.startswith("unix:"):
        return None

    def read(path: str | None) -> bytes | None:
        if not path:
            return None
        pem = Path(path).read_bytes()
        if b"-----BEGIN " not in pem:
            raise ValueError(f"{path} is no PEM file, as spikectl tls init makes them")
        return pem

    return grpc.ssl_channel_credentials(read(ca), read(key), read(certificate))


def encryption_advice(why: str, address: str) -> str:
    """What to do where gRPC says `why` there is no connection to a server.

    Empty unless one side encrypts and the other does not, or a certificate does not fit.
    """
    if address.startswith("unix:"):
        return ""
    # Versions of gRPC and of its TLS write it differently.
    said = why.lower().replace("_", " ")
    if not os.environ.get("SPIKED_TLS_CA"):
        if "socket closed" not in said and "connection reset" not in said:
            return ""
        return (
            "it hangs up, as servers that encrypt (TLS) do on clients that do not: name the "
            "certificate of who has certified it, such as ca.pem, in $SPIKED_TLS_CA"
        )
    if "wrong version number" in said:
        return (
            "what answers there does not encrypt (TLS): unset $SPIKED_TLS_CA, if nobody else sees "
            "what goes there, or start the server with --tls-certificate"
        )
    if "not in peer certificate" in said or "hostname verification" in said:
        return (
            f"its certificate is not for the name {address.rpartition(':')[0]}: call it by a name "
            "that is in it, or make one that has this name (spikectl tls init --host)"
        )
    if "certificate verify failed" in said:
        return (
            "its certificate has expired, or is not by the authority that $SPIKED_TLS_CA names: "
            "take the ca.pem that was made with the server's"
        )
    return ""


def default_token(address: str) -> str | None:
    """What says who is calling a server at that address.

    At a Unix socket nobody need say so. Over TCP the environment variable ``SPIKED_TOKEN`` if
    it is set and not empty; else, for a server on this machine, the token that this user's own
    server keeps for its clients: in the file ``SPIKED_TOKEN_FILE``, or
    ``$XDG_STATE_HOME/spiked/token``, or ``~/.local/state/spiked/token``, unless a certificate
    says who calls (``SPIKED_TLS_CERTIFICATE``).
    """
    if address.startswith("unix:"):
        return None
    token = os.environ.get("SPIKED_TOKEN")
    if token:
        return token
    if not address.startswith(("127.", "localhost:", "[::1]:")):
        return None  # no other machine is to learn this user's own
    if os.environ.get("SPIKED_TLS_CERTIFICATE"):
        return None  # that says who calls
    file = os.environ.get("SPIKED_TOKEN_FILE")
    try:
        state = Path(os.environ.get("XDG_STATE_HOME") or Path("~/.local/state").expanduser())
        path = Path(file) if file else state / "spiked" / "token"
        return path.read_text(encoding="ascii").strip() or None
    except (OSError, RuntimeError, ValueError):  # RuntimeError: there is no home
        return None
