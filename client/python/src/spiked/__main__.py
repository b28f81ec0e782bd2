"""A first look at a server: ``python3 -m spiked info|models|presets|sessions``."""

from __future__ import annotations

import argparse
import sys

import spiked


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m spiked",
        description="A first look at a spiked server.",
        epilog=f"Without --server: $SPIKED_SERVER, else {spiked.default_address()}.",
    )
    parser.add_argument("--server", metavar="ADDRESS", help="unix:/path or host:port")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("info", help="version, instance and limits of the server")
    models = commands.add_parser("models", help="models of neurons, devices and synapses")
    models.add_argument("name", nargs="?", help="tell all of this one")
    presets = commands.add_parser("presets", help="networks that the server knows by name")
    presets.add_argument("name", nargs="?", help="tell all of this one")
    commands.add_parser("sessions", help="sessions that there are")
    return parser


def _look(client: spiked.Client, options: argparse.Namespace) -> str:
    if options.command == "info":
        return repr(client.info())
    if options.command == "sessions":
        return "\n".join(map(repr, client.sessions())) or "there are no sessions"
    entries = client.models if options.command == "models" else client.presets
    return repr(entries if options.name is None else entries[options.name])


def main(arguments: list[str] | None = None) -> int:
    """Runs the program; returns its exit status."""
    options = _parser().parse_args(arguments)
    try:
        with spiked.connect(options.server) as client:
            print(_look(client, options))
    except spiked.SpikedError as error:
        print(f"spiked: {error}", file=sys.stderr)
        return 1
    except KeyError as error:
        print(f"spiked: {error.args[0]}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
