"""The contract: stubs generated from proto/, and the methods that they list.

Nothing here knows a method by name. A service that is added to the contract
turns up in METHODS, and the suite fails until it is told what to expect of it.
"""

from __future__ import annotations

import dataclasses
import importlib
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import types
from typing import Any

import grpc
from google.protobuf.descriptor_pb2 import MethodOptions

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"
# Where Debian puts google.rpc (golang-github-gogo-googleapis-dev) and gRPC's own
# services (grpc-proto).
GOOGLEAPIS = pathlib.Path("/usr/share/gocode/src/github.com/gogo/googleapis")
GRPC_PROTO = pathlib.Path("/usr/share/grpc-proto")

CONTRACT = sorted(str(path.relative_to(PROTO)) for path in PROTO.glob("spiked/v1/*.proto"))
ERRORS = ["google/rpc/status.proto", "google/rpc/error_details.proto"]
STANDARD_SERVICES = [
    "grpc/health/v1/health.proto",
    "grpc/reflection/v1alpha/reflection.proto",
]

# Removed when the interpreter ends.
_folder = tempfile.TemporaryDirectory(prefix="spiked-conformance-")


def _generate(folder: str) -> None:
    plugin = shutil.which("grpc_python_plugin")
    if shutil.which("protoc") is None or plugin is None:
        raise RuntimeError(
            "protoc and grpc_python_plugin are needed (Debian: protobuf-compiler, "
            "protobuf-compiler-grpc)"
        )
    roots = [PROTO, GOOGLEAPIS, GRPC_PROTO]
    subprocess.run(
        [
            "protoc",
            *(f"-I{root}" for root in roots),
            f"--plugin=protoc-gen-grpc={plugin}",
            f"--python_out={folder}",
            f"--grpc_out={folder}",
            *CONTRACT,
            *ERRORS,
            *STANDARD_SERVICES,
        ],
        check=True,
    )


def _import(proto: str, suffix: str) -> Any:
    return importlib.import_module(proto.removesuffix(".proto").replace("/", ".") + suffix)


_generate(_folder.name)
sys.path.append(_folder.name)
grpc.__path__.append(f"{_folder.name}/grpc")  # the generated grpc.health and grpc.reflection

contract_files: list[Any] = [_import(proto, "_pb2") for proto in CONTRACT]
_service_files = contract_files + [_import(proto, "_pb2") for proto in STANDARD_SERVICES]
_stub_modules = [_import(proto, "_pb2_grpc") for proto in CONTRACT + STANDARD_SERVICES]

# All messages and enumerations of spiked.v1 under one name: v1.StepRequest.
v1: Any = types.SimpleNamespace()
for _file in contract_files:
    for _name in [*_file.DESCRIPTOR.message_types_by_name, *_file.DESCRIPTOR.enum_types_by_name]:
        setattr(v1, _name, getattr(_file, _name))
    for _enum in _file.DESCRIPTOR.enum_types_by_name.values():
        for _value in _enum.values:
            setattr(v1, _value.name, _value.number)

rpc_status: Any = _import("google/rpc/status.proto", "_pb2")
error_details: Any = _import("google/rpc/error_details.proto", "_pb2")
health: Any = _import("grpc/health/v1/health.proto", "_pb2")
reflection: Any = _import("grpc/reflection/v1alpha/reflection.proto", "_pb2")


@dataclasses.dataclass(frozen=True)
class Method:
    """A method of the contract."""

    service: str  # full name, such as spiked.v1.SimulationService
    name: str
    request: Any  # message class
    response: Any  # message class
    client_streaming: bool
    server_streaming: bool
    reads: bool  # has no side effects

    @property
    def path(self) -> str:
        return f"/{self.service}/{self.name}"

    @property
    def unary(self) -> bool:
        return not self.client_streaming and not self.server_streaming

    @property
    def session_place(self) -> tuple[str, ...] | None:
        """Names of the fields that lead to the session's name; None if there are none."""
        for place in (("session",), ("step", "session")):
            descriptor = self.request.DESCRIPTOR
            for name in place[:-1]:
                outer = descriptor.fields_by_name.get(name)
                if outer is None or outer.message_type is None:
                    break
                descriptor = outer.message_type
            else:
                field = descriptor.fields_by_name.get(place[-1])
                if field is not None and field.type == field.TYPE_STRING:
                    return place
        return None

    def __str__(self) -> str:
        return self.name


SERVICES: list[str] = [
    service.full_name
    for file in contract_files
    for service in file.DESCRIPTOR.services_by_name.values()
]

# Every reason that an error may have, with its gRPC code: the table in proto/README.md.
REASONS: dict[str, str] = dict(
    re.findall(r"^\| `([A-Z_]+)` \| ([A-Z_]+) \|", (PROTO / "README.md").read_text(), re.MULTILINE)
)

# By name, which is unique among the services of the contract.
METHODS: dict[str, Method] = {
    method.name: Method(
        service=service.full_name,
        name=method.name,
        request=getattr(v1, method.input_type.name),
        response=getattr(v1, method.output_type.name),
        client_streaming=method.client_streaming,
        server_streaming=method.server_streaming,
        reads=method.GetOptions().idempotency_level == MethodOptions.NO_SIDE_EFFECTS,
    )
    for file in contract_files
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}


def stubs(channel: grpc.Channel) -> dict[str, Any]:
    """A stub of every service, by the service's full name."""
    return {
        service.full_name: getattr(module, f"{service.name}Stub")(channel)
        for file, module in zip(_service_files, _stub_modules, strict=True)
        for service in file.DESCRIPTOR.services_by_name.values()
    }
