"""gRPC's reflection service, by which generic clients learn the contract."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool

from client import TIMEOUT_S, Client
from contract import METHODS, SERVICES, contract_files, reflection

pytestmark = pytest.mark.grpc("a service of gRPC's own")


def _ask(client: Client, **fields: Any) -> Any:
    request = reflection.ServerReflectionRequest(**fields)
    (answer,) = client.reflection.ServerReflectionInfo(iter([request]), timeout=TIMEOUT_S)
    return answer


def test_all_services_are_listed(client: Client) -> None:
    answer = _ask(client, list_services="")
    names = {service.name for service in answer.list_services_response.service}
    assert set(SERVICES) <= names
    assert {"grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"} <= names


def _files(client: Client, symbol: str) -> dict[str, Any]:
    """The files that the server answers with, and all that they import."""
    files: dict[str, Any] = {}
    answer = _ask(client, file_containing_symbol=symbol)
    while True:
        for data in answer.file_descriptor_response.file_descriptor_proto:
            file = descriptor_pb2.FileDescriptorProto.FromString(data)
            files[file.name] = file
        missing = {name for file in files.values() for name in file.dependency} - set(files)
        if not missing:
            return files
        answer = _ask(client, file_by_filename=min(missing))
        assert answer.HasField("file_descriptor_response"), missing


@pytest.mark.parametrize("service", SERVICES)
def test_a_generic_client_can_build_the_contract_from_it(service: str, client: Client) -> None:
    files = _files(client, service)
    pool = descriptor_pool.DescriptorPool()
    added: set[str] = set()

    def add(name: str) -> None:
        if name not in added:
            added.add(name)
            for dependency in files[name].dependency:
                add(dependency)
            pool.Add(files[name])

    for name in files:
        add(name)
    described = pool.FindServiceByName(service)
    ours = {name: m for name, m in METHODS.items() if m.service == service}
    assert {method.name for method in described.methods} == set(ours)
    for method in described.methods:
        assert method.input_type.full_name == ours[method.name].request.DESCRIPTOR.full_name
        assert method.output_type.full_name == ours[method.name].response.DESCRIPTOR.full_name


def test_the_server_s_contract_is_this_one(client: Client) -> None:
    """A server of another version may know more; what we know it must know alike."""
    served: dict[str, Any] = {}
    for service in SERVICES:
        served |= _files(client, service)
    for file in contract_files:
        ours = descriptor_pb2.FileDescriptorProto()
        file.DESCRIPTOR.CopyToProto(ours)
        theirs = served[ours.name]
        for kind in ("message_type", "enum_type", "service"):
            _check_known(getattr(ours, kind), getattr(theirs, kind))


def _check_known(ours: Any, theirs: Any) -> None:
    found = {entry.name: entry for entry in theirs}
    for entry in ours:
        assert entry.name in found, entry.name
        other = found[entry.name]
        for kind in ("field", "value", "method"):
            if hasattr(entry, kind):
                same = {inner.name: inner for inner in getattr(other, kind)}
                for inner in getattr(entry, kind):
                    assert same.get(inner.name) == inner, f"{entry.name}.{inner.name}"


def test_a_symbol_that_does_not_exist_is_told_as_such(client: Client) -> None:
    answer = _ask(client, file_containing_symbol="spiked.v1.Nothing")
    assert answer.HasField("error_response")
    assert answer.error_response.error_code != 0
