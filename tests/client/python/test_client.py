"""A client of a real server: finding it, its catalogue, its sessions."""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path

import pytest
from conftest import Server

import spiked
from spiked._address import default_token


def test_the_default_address_is_that_of_this_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPIKED_SERVER", "lab:50051")
    assert spiked.default_address() == "lab:50051"
    monkeypatch.setenv("SPIKED_SERVER", "")
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/7")
    assert spiked.default_address() == "unix:/run/user/7/spiked.sock"
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert spiked.default_address() == f"unix:/tmp/spiked-{os.getuid()}/spiked.sock"


def test_the_server_is_found_by_its_default_address(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPIKED_SERVER", server.address)
    with spiked.connect() as client:
        assert client.address == server.address


def test_a_client_waits_for_a_server_that_is_starting(own_server: Server) -> None:
    own_server.kill()
    (own_server.path / "spiked.sock").unlink()
    own_server.start(wait=False)
    with spiked.connect(own_server.address, timeout_s=30) as client:
        assert client.instance


def test_over_tcp_the_token_of_ones_own_server_is_found(
    tcp_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPIKED_TOKEN_FILE", str(tcp_server.path / "token"))
    with (
        spiked.connect(tcp_server.tcp_address) as client,
        client.create_session(seed=1) as session,
        session.stream() as stream,
    ):
        assert stream.step(1).time_ms == 1


def test_a_token_may_be_given(tcp_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPIKED_TOKEN_FILE", "/none")
    with pytest.raises(spiked.PermissionDenied) as error:
        spiked.connect(tcp_server.tcp_address)
    assert error.value.reason == "TOKEN_MISSING"
    with pytest.raises(spiked.PermissionDenied) as error:
        spiked.connect(tcp_server.tcp_address, token="secret")
    assert error.value.reason == "TOKEN_UNKNOWN"
    token = (tcp_server.path / "token").read_text().strip()
    spiked.connect(tcp_server.tcp_address, token=token).close()
    monkeypatch.setenv("SPIKED_TOKEN", token)
    spiked.connect(tcp_server.tcp_address).close()


def test_no_other_machine_is_told_ones_own_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPIKED_TOKEN", raising=False)
    monkeypatch.delenv("SPIKED_TOKEN_FILE", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    (tmp_path / "spiked").mkdir()
    (tmp_path / "spiked/token").write_text("mine\n")
    for address in ["127.0.0.1:1", "localhost:1", "[::1]:1"]:
        assert default_token(address) == "mine"
    for address in ["lab:1", "192.0.2.1:1", "unix:/x"]:
        assert default_token(address) is None
    monkeypatch.setenv("SPIKED_TOKEN", "given")
    assert default_token("lab:1") == "given"
    assert default_token("unix:/x") is None


def test_a_server_that_does_not_answer_is_told(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "silent.sock"))
        silent.listen()
        with pytest.raises(spiked.DeadlineExceeded, match=r"silent\.sock did not answer in time"):
            spiked.connect(f"unix:{tmp_path}/silent.sock", timeout_s=0.2)


def test_an_empty_address_is_refused() -> None:
    with pytest.raises(ValueError, match="address of the server is empty"):
        spiked.connect("")


def test_client_and_server_are_of_one_version(client: spiked.Client) -> None:
    info = client.info()
    assert info.version == spiked.__version__
    assert info.instance_id == client.instance
    assert info.limits["max_sessions"] > 0
    assert info.limits["max_synapses"] == 0
    assert re.search(r"max_synapses +no limit but memory\n", repr(info))
    assert re.search(r"default_ttl_s +never over\n", repr(info))
    assert "max_synapses" in info._repr_html_()


def test_models_have_parameters_with_units(client: spiked.Client) -> None:
    model = client.models["iaf_psc_exp"]
    assert model.kind == "neuron"
    assert (model.parameters["tau_m"].default, model.parameters["tau_m"].unit) == (10.0, "ms")
    assert model.recordables["V_m"].unit == "mV"
    assert "Membrane time constant" in repr(model)
    assert "Membrane time constant" in model._repr_html_()
    assert "iaf_psc_exp" in repr(client.models)
    with pytest.raises(KeyError, match="no 'iaf_psc_ex'; did you mean 'iaf_psc_exp'"):
        client.models["iaf_psc_ex"]


def test_presets_have_options(client: spiked.Client) -> None:
    preset = client.presets["pong/rstdp"]
    assert preset.options["num_neurons"].default == 20
    assert "num_neurons" in repr(preset)
    assert "pong/rstdp" in client.presets._ipython_key_completions_()


def test_more_sessions_than_a_page_are_listed(client: spiked.Client) -> None:
    sessions = [client.create_session(labels={"many": str(k)}) for k in range(120)]
    listed = client.sessions()
    assert {session.name for session in sessions} <= {info.name for info in listed}
    for session in sessions:
        session.delete()


def test_a_session_says_what_it_is(client: spiked.Client) -> None:
    with client.create_session(
        "told", display_name="my session", labels={"who": "me"}, seed=5, resolution_ms=0.5
    ) as session:
        assert "Session told (my session)" in repr(session)
        assert "resolution 0.5 ms, seed 5" in repr(session)
        info = session.info()
        assert info.labels == {"who": "me"}
        assert repr(info).startswith("sessions/told (my session): idle at 0 ms, 0 networks")
        assert "my session" in session._repr_html_()
