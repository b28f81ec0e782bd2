"""Encryption: whom clients believe, and whom their certificates stand for."""

from __future__ import annotations

import json
import pathlib
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable

import pytest

from client import Client, Session, wait_until
from conftest import PATIENCE_S, Web
from connect import BINARY
from contract import v1
from test_signing_in import CALLER, ask, sign_in
from test_socket import STREAM, connect, poll


class Lab:
    """A folder with an authority, and those whom it certifies."""

    def __init__(self, ctl: str, folder: pathlib.Path) -> None:
        self._ctl = ctl
        self.folder = folder
        self.certify()

    def certify(self) -> None:
        """Makes them all."""
        folder = f"--folder={self.folder}"
        subprocess.run(
            [self._ctl, "tls", "init", folder, "--host=127.0.0.1", "--client=anna,bert"],
            check=True,
            capture_output=True,
        )

    def trust(self, client: str | None = None, of: Lab | None = None) -> ssl.SSLContext:
        """Trusts this authority, and shows a client's certificate, also of another lab."""
        tls = ssl.create_default_context(cafile=self.folder / "ca.pem")
        if client is not None:
            folder = (of or self).folder
            tls.load_cert_chain(folder / f"{client}.pem", folder / f"{client}.key")
        return tls

    def options(self) -> list[str]:
        return [
            f"--tls-certificate={self.folder}/server.pem",
            f"--tls-key={self.folder}/server.key",
            f"--tls-client-ca={self.folder}/ca.pem",
        ]


@pytest.fixture
def new_lab(pytestconfig: pytest.Config, tmp_path: pathlib.Path) -> Callable[[str], Lab]:
    return lambda name: Lab(pytestconfig.getoption("--ctl"), tmp_path / name)


@pytest.fixture
def lab(new_lab: Callable[[str], Lab]) -> Lab:
    return new_lab("lab")


@pytest.fixture
def web(lab: Lab, start_web: Callable[..., Web]) -> Web:
    return start_web(*lab.options()).seen_by(lab.trust())


def caller(web: Web, **headers: str) -> tuple[int, str]:
    """Status, and who it is that asks."""
    fields = {"content_type": "application/json"} | headers
    answer, data = web.request("POST", CALLER, "{}", **fields)
    return answer.status, json.loads(data).get("account", {}).get("name", "")


def test_who_knows_the_authority_calls_with_a_token(web: Web) -> None:
    assert web.origin.startswith("https://")
    assert caller(web, authorization=f"Bearer {web.token}") == (200, "owner")
    assert caller(web) == (401, "")
    assert web.request("GET", "/healthz")[0].status == 200


def test_a_server_of_another_authority_is_not_believed(
    web: Web, new_lab: Callable[[str], Lab]
) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        caller(web.seen_by(new_lab("other").trust()))


def test_nothing_is_answered_in_the_clear(web: Web) -> None:
    with socket.create_connection((web.host, web.port), timeout=PATIENCE_S) as plain:
        plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        try:
            answer = plain.recv(4096)
        except ConnectionResetError:
            answer = b""
        assert b"HTTP" not in answer
    assert web.request("GET", "/healthz")[0].status == 200


def test_a_cookie_is_for_encrypted_connections_alone(web: Web) -> None:
    status, cookie, _ = sign_in(web, web.token)
    assert status == 204
    assert {"Secure", "HttpOnly", "SameSite=Strict"} <= set(cookie.split("; "))
    assert ask(web, cookie.split(";")[0], origin=web.origin) == 200
    assert ask(web, cookie.split(";")[0], origin="https://evil.example") == 403


def test_a_certificate_stands_for_the_account_of_its_name(web: Web, lab: Lab) -> None:
    owner = Client(web.server.address)
    owner.PutAccount(account="anna", role="ROLE_VIEWER")
    owner.close()
    anna, bert = (web.seen_by(lab.trust(name)) for name in ("anna", "bert"))
    assert caller(anna) == (200, "anna")
    status, error = anna.post("/spiked.v1.SimulationService/CreateSession", {}, authorization="")
    assert status == 401, "a token that is shown counts, good or bad"
    assert error["code"] == "unauthenticated"
    answer, _ = anna.request(
        "POST", "/spiked.v1.SimulationService/CreateSession", "{}", content_type="application/json"
    )
    assert answer.status == 403, "a viewer"
    assert caller(bert) == (401, ""), "no account"
    # Browsers show certificates to whichever page asks.
    assert caller(anna, origin="https://evil.example")[0] == 403
    assert caller(anna, origin=web.origin) == (200, "anna")
    # A token that is shown counts before the certificate.
    assert caller(bert, authorization=f"Bearer {web.token}") == (200, "owner")


def test_a_certificate_of_another_authority_stands_for_nobody(
    web: Web, lab: Lab, new_lab: Callable[[str], Lab]
) -> None:
    owner = Client(web.server.address)
    owner.PutAccount(account="anna", role="ROLE_ADMIN")
    owner.close()
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        caller(web.seen_by(lab.trust("anna", of=new_lab("other"))))


def test_streams_go_over_encrypted_sockets(web: Web) -> None:
    owner = Client(web.server.address)
    session = Session(owner, owner.CreateSession().session)
    ws = connect(web, STREAM)
    for k in range(1, 21):
        ws.send(BINARY, poll(session.name, duration_ms=1))
        assert v1.StepStreamResponse.FromString(ws.receive()[1]).step.time_ms == k
    ws.abort()
    owner.close()


def test_new_certificates_are_taken_without_a_restart(web: Web, lab: Lab) -> None:
    before = web.connect()
    before.request("GET", "/healthz")
    assert before.getresponse().read() == b"ok\n"
    # The key of the old certificate is no key of the new one: for a while they do not fit.
    old = lab.trust()
    shutil.move(lab.folder, lab.folder.with_name("old"))
    lab.certify()
    new = lab.trust()
    key = (lab.folder / "server.key").read_bytes()
    shutil.copy(lab.folder.with_name("old") / "server.key", lab.folder / "server.key")
    looked = time.monotonic() + 1.5  # longer than the server takes to look at them
    while time.monotonic() < looked:
        assert web.seen_by(old).request("GET", "/healthz")[0].status == 200
    (lab.folder / "server.key").write_bytes(key)

    def is_new() -> bool:
        try:
            return web.seen_by(new).request("GET", "/healthz")[0].status == 200
        except ssl.SSLCertVerificationError:
            return False

    wait_until(is_new)
    before.request("GET", "/healthz")
    assert before.getresponse().read() == b"ok\n", "connections stay"
    before.close()
