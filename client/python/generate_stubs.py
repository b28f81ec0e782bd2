"""Generates what protoc makes of the contract: ``spiked/v1`` and the error details.

    python3 generate_stubs.py OUT

puts ``spiked/v1/*_pb2.py`` with ``.pyi`` and the services' ``*_pb2_grpc.py``, and
``spiked/_error_details_pb2.py``, below OUT. It takes protoc and grpc_python_plugin
from the path (Debian: protobuf-compiler, protobuf-compiler-grpc), else those of the
package grpcio-tools. Modules that Debian's protoc 3.21 makes work with all later
versions of protobuf, too: they are what wheels are built with.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# In a checkout; a source distribution comes with what was generated.
CONTRACT = HERE.parent.parent / "proto"
# What errors carry, for all clients that have no google.rpc.
ERRORS = HERE.parent / "errors"
SOURCES = HERE / "src"


def compiler() -> list[str] | None:
    """The command that compiles .proto files; None where there is none."""
    protoc, plugin = shutil.which("protoc"), shutil.which("grpc_python_plugin")
    if protoc and plugin:
        return [protoc, f"--plugin=protoc-gen-grpc_python={plugin}"]
    try:
        import grpc_tools  # noqa: F401
    except ImportError:
        return None
    return [sys.executable, "-m", "grpc_tools.protoc"]


def generate(out: Path) -> None:
    """Writes all modules below `out`, a folder."""
    command = compiler()
    if command is None:
        raise SystemExit(
            "spiked: to generate the stubs, install protobuf-compiler and "
            "protobuf-compiler-grpc (Debian) or grpcio-tools (pip)"
        )
    contract = sorted(
        str(path.relative_to(CONTRACT)) for path in CONTRACT.glob("spiked/v1/*.proto")
    )
    if not contract:
        raise SystemExit(f"spiked: there is no contract in {CONTRACT}; build from a whole checkout")
    services = [path for path in contract if path.endswith("_service.proto")]
    out.mkdir(parents=True, exist_ok=True)
    messages = [f"--python_out={out}", f"--pyi_out={out}"]
    for arguments in (
        [f"-I{CONTRACT}", *messages, *contract],
        [f"-I{CONTRACT}", f"--grpc_python_out={out}", *services],
        [f"-I{ERRORS}", *messages, "spiked/_error_details.proto"],
    ):
        subprocess.run([*command, *arguments], check=True)
    (out / "spiked" / "v1" / "__init__.py").write_text(
        '"""The contract as protoc makes it of proto/spiked/v1: messages and gRPC stubs."""\n'
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    generate(Path(sys.argv[1]).resolve())
