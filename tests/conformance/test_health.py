"""gRPC's health service, which probes and balancers use."""

from __future__ import annotations

from typing import Any

import grpc
import pytest

from client import TIMEOUT_S, Client
from contract import SERVICES, health
from server import Server

pytestmark = pytest.mark.grpc("a service of gRPC's own")

SERVING = health.HealthCheckResponse.SERVING
WHAT = pytest.mark.parametrize("service", ["", *SERVICES])


def _check(client: Client, service: str) -> Any:
    call = client.health.Check(health.HealthCheckRequest(service=service), timeout=TIMEOUT_S)
    return call.status


def _watch(client: Client, service: str) -> Any:
    return client.health.Watch(health.HealthCheckRequest(service=service), timeout=TIMEOUT_S)


@WHAT
def test_the_server_and_each_service_are_healthy(service: str, client: Client) -> None:
    assert _check(client, service) == SERVING
    watch = _watch(client, service)
    assert next(watch).status == SERVING
    watch.cancel()


@pytest.mark.parametrize("service", ["spiked.v1", "spiked.v1.Nothing", "x" * 1000, "ü\0"])
def test_a_service_that_does_not_exist_is_unknown(service: str, client: Client) -> None:
    with pytest.raises(grpc.RpcError) as error:
        _check(client, service)
    assert error.value.code() in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT)
    watch = _watch(client, "spiked.v1.Nothing")
    assert next(watch).status == health.HealthCheckResponse.SERVICE_UNKNOWN
    watch.cancel()


@WHAT
def test_watchers_are_told_that_the_server_stops(service: str, start_server: Any) -> None:
    server: Server = start_server()
    client = Client(server.address)
    watch = _watch(client, service)
    assert next(watch).status == SERVING
    server.signal_stop()
    assert next(watch).status == health.HealthCheckResponse.NOT_SERVING
    with pytest.raises((grpc.RpcError, StopIteration)):
        next(watch)
    client.close()
    assert server.stop() == 0, server.log()
