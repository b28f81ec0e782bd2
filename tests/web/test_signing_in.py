"""Who browsers speak for, and which pages may."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from client import Client
from conftest import Web

INFO = "/spiked.v1.CatalogService/GetServerInfo"
CALLER = "/spiked.v1.AccessService/GetCaller"
STREAM = "/spiked.v1.SimulationService/StepStream"
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}


def sign_in(web: Web, token: str, **headers: str) -> tuple[int, str, bytes]:
    """Status, cookie, and body of a request to sign in."""
    fields = {"content_type": "application/json", "origin": web.origin}
    answer, data = web.request("POST", "/login", json.dumps({"token": token}), **(fields | headers))
    return answer.status, answer.headers.get("set-cookie", ""), data


def ask(web: Web, cookie: str, **headers: str) -> int:
    fields = {"content_type": "application/json", "cookie": cookie}
    return web.request("POST", CALLER, "{}", **(fields | headers))[0].status


def test_a_token_becomes_a_cookie_that_no_page_can_read(web: Web) -> None:
    status, cookie, _ = sign_in(web, web.token)
    assert status == 204
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    pair = cookie.split(";")[0]
    assert pair.startswith(f"spiked-{web.port}=")
    assert ask(web, f"other=1; {pair}; more=2", origin=web.origin) == 200
    assert ask(web, pair, sec_fetch_site="same-origin") == 200


def test_only_a_known_token_signs_in(web: Web) -> None:
    status, cookie, data = sign_in(web, "wrong" * 8)
    assert (status, cookie) == (401, "")
    assert json.loads(data)["details"][0]["debug"]["reason"] == "TOKEN_UNKNOWN"
    for body in ["", "[]", "{}", '{"token": 1}', "x" * 100_000]:
        answer, _ = web.request("POST", "/login", body, content_type="application/json")
        assert answer.status in (400, 429)
    answer, _ = web.request("POST", "/login", "token=x", content_type="text/plain")
    assert answer.status == 400
    assert web.request("GET", "/login")[0].status == 405


def test_signing_out_forgets_the_cookie(web: Web) -> None:
    answer, _ = web.request("POST", "/logout", origin=web.origin)
    assert answer.status == 204
    assert f"spiked-{web.port}=;" in answer.headers["set-cookie"]
    assert "Max-Age=0" in answer.headers["set-cookie"]


def test_nobody_is_served_without_a_token(web: Web) -> None:
    answer, data = web.request("POST", CALLER, "{}", content_type="application/json")
    assert answer.status == 401
    assert json.loads(data)["code"] == "unauthenticated"
    assert json.loads(data)["details"][0]["debug"]["reason"] == "TOKEN_MISSING"
    for bad in ["", "Bearer", "Basic abc", "Bearer nonsense"]:
        answer, _ = web.request(
            "POST", CALLER, "{}", content_type="application/json", authorization=bad
        )
        assert answer.status == 401


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://localhost"]
)
def test_pages_of_others_may_do_nothing(web: Web, origin: str) -> None:
    cookie = sign_in(web, web.token)[1].split(";")[0]
    assert ask(web, cookie, origin=origin) == 403
    assert sign_in(web, web.token, origin=origin)[0] == 403
    upgrade = UPGRADE | {"Cookie": cookie, "Origin": origin}
    assert web.request("GET", STREAM, **upgrade)[0].status == 403
    # A token that a page knows is its own.
    assert web.post(CALLER, {}, origin=origin)[0] == 200


def test_a_cookie_without_an_origin_is_refused(web: Web) -> None:
    cookie = sign_in(web, web.token)[1].split(";")[0]
    assert ask(web, cookie) == 403
    assert ask(web, cookie, sec_fetch_site="cross-site") == 403


def test_a_token_that_is_revoked_signs_out(start_web: Callable[..., Web]) -> None:
    web = start_web()
    owner = Client(web.server.address)
    owner.PutAccount(account="anna", role="ROLE_USER")
    created = owner.CreateToken(account="anna")
    cookie = sign_in(web, created.token)[1].split(";")[0]
    assert ask(web, cookie, origin=web.origin) == 200
    owner.RevokeToken(token=created.description.id)
    assert ask(web, cookie, origin=web.origin) == 401
    # No secret is in the log.
    assert created.token not in web.server.log()
    owner.close()
