"""The table of calls beside the contract."""

from __future__ import annotations

from typing import Any

import grpc
from conftest import Server

from spiked import _methods
from spiked.v1 import catalog_service_pb2, simulation_service_pb2, simulation_service_pb2_grpc


def test_all_calls_of_the_contract_are_there_with_their_types() -> None:
    table = {
        method.path: (method.request.DESCRIPTOR.full_name, method.response.DESCRIPTOR.full_name)
        for method in vars(_methods).values()
        if isinstance(method, _methods.Method)
    }
    contract = {
        f"/{service.full_name}/{method.name}": (
            method.input_type.full_name,
            method.output_type.full_name,
        )
        for file in (catalog_service_pb2, simulation_service_pb2)
        for service in file.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    }
    assert table == contract


def test_plain_stubs_come_with_the_package(server: Server) -> None:
    with grpc.insecure_channel(server.address) as channel:
        make_stub: Any = simulation_service_pb2_grpc.SimulationServiceStub
        stub = make_stub(channel)
        response = stub.ListSessions(simulation_service_pb2.ListSessionsRequest())
    assert isinstance(response, simulation_service_pb2.ListSessionsResponse)
