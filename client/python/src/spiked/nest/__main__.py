"""Runs a PyNEST script as it is: ``python3 -m spiked.nest SCRIPT [ARGS]``.

``python3 -m spiked.nest -m pytest FILE`` runs tests that were written for NEST.
"""

from __future__ import annotations

import argparse
import os
import runpy
import sys
from pathlib import Path

import spiked
import spiked.nest
from spiked.nest import errors


def main(arguments: list[str] | None = None) -> int:
    """Runs the program; returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="python3 -m spiked.nest",
        usage="%(prog)s [--server ADDRESS] (SCRIPT | -m MODULE) [ARGS]",
        description="Runs a PyNEST script on a spiked server, in a session of its own.",
        epilog=f"Without --server: $SPIKED_SERVER, else {spiked.default_address()}.",
    )
    parser.add_argument("--server", metavar="ADDRESS", help="unix:/path or host:port")
    parser.add_argument(
        "-m", dest="module", action="store_true", help="SCRIPT is a module, such as pytest"
    )
    parser.add_argument("script", help="the script; in it, `import nest` is spiked.nest")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="what the script is given")
    options = parser.parse_args(arguments)
    if not options.module and not Path(options.script).is_file():
        print(f"spiked.nest: there is no script {options.script}", file=sys.stderr)
        return 2
    if options.server is not None:
        os.environ["SPIKED_SERVER"] = options.server
    install()
    # As python3 would have it.
    sys.argv = [options.script, *options.arguments]
    sys.path[0] = "" if options.module else str(Path(options.script).resolve().parent)
    try:
        if options.module:
            runpy.run_module(options.script, run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(options.script, run_name="__main__")
    except spiked.Unavailable as error:
        print(f"spiked.nest: {error}", file=sys.stderr)
        return 1
    return 0


def install() -> None:
    """From now on `import nest` is this front, in this process."""
    for name in ("", ".math", ".nodes", ".random", ".raster_plot", ".synapses", ".voltage_trace"):
        sys.modules[f"nest{name}"] = sys.modules[f"spiked.nest{name}"]
    sys.modules["nest.lib.hl_api_exceptions"] = errors


if __name__ == "__main__":
    sys.exit(main())
