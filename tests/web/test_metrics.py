"""Metrics at the port of the page."""

from __future__ import annotations

from collections.abc import Callable

from client import Client
from conftest import Web
from test_signing_in import sign_in


def test_metrics_are_told_to_admins_where_they_are_to_be(start_web: Callable[..., Web]) -> None:
    web = start_web("--web-metrics")
    owner = Client(web.server.address)
    tokens = {}
    for name, role in (("anna", "ROLE_USER"), ("adam", "ROLE_ADMIN")):
        owner.PutAccount(account=name, role=role)
        tokens[name] = owner.CreateToken(account=name).token
    owner.CreateSession()
    answer, data = web.request("GET", "/metrics", authorization=f"Bearer {tokens['adam']}")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert b'spiked_sessions{account="owner",state="idle"} 1\n' in data
    assert web.request("GET", "/metrics")[0].status == 401
    denied, _ = web.request("GET", "/metrics", authorization=f"Bearer {tokens['anna']}")
    assert denied.status == 403
    # In a browser only a page of the server may ask for who has signed in.
    cookie = sign_in(web, tokens["adam"])[1].split(";")[0]
    assert web.request("GET", "/metrics", cookie=cookie)[0].status == 403
    same = {"cookie": cookie, "sec_fetch_site": "same-origin"}
    assert web.request("GET", "/metrics", **same)[0].status == 200
    refused, _ = web.request("POST", "/metrics", authorization=f"Bearer {tokens['adam']}")
    assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD")
    owner.close()


def test_without_being_asked_for_there_are_none(web: Web) -> None:
    answer, _ = web.request("GET", "/metrics", authorization=f"Bearer {web.token}")
    assert answer.status == 404
