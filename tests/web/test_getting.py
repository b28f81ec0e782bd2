"""Calls by GET, of methods that have no side effects."""

from __future__ import annotations

import base64
import gzip
import json
import urllib.parse
from typing import Any

import pytest

from client import Session
from conftest import Web
from connect import got
from contract import METHODS, v1

INFO = "/spiked.v1.CatalogService/GetServerInfo"
SESSION = "/spiked.v1.SimulationService/GetSession"


def get(web: Web, path: str, **headers: str) -> tuple[int, Any]:
    """Status and answer, as the owner unless other headers are given."""
    headers = headers or {"authorization": f"Bearer {web.token}"}
    response, data = web.request("GET", path, **headers)
    if response.headers["content-type"] != "application/json":
        return response.status, data
    return response.status, json.loads(data)


def test_an_address_is_all_it_takes(web: Web, session: Session) -> None:
    status, info = get(web, f"{INFO}?connect=v1&encoding=json&message=%7B%7D")
    assert status == 200
    assert info == web.post(INFO, {})[1]
    asked = json.dumps({"session": session.name})
    status, answer = get(web, got(SESSION, "json", asked.encode()))
    assert (status, answer["session"]["name"]) == (200, session.name)


@pytest.mark.parametrize("padding", ["", "="])
def test_bytes_come_in_base64(web: Web, session: Session, padding: str) -> None:
    message = v1.GetSessionRequest(session=session.name).SerializeToString()
    for codec, data in [
        ("proto", message),
        ("json", json.dumps({"session": session.name}).encode()),
    ]:
        coded = base64.urlsafe_b64encode(data).decode()
        coded = coded if padding else coded.rstrip("=")
        query = {"encoding": codec, "base64": "1", "message": coded}
        response, answer = web.request(
            "GET",
            f"{SESSION}?{urllib.parse.urlencode(query)}",
            authorization=f"Bearer {web.token}",
        )
        assert response.status == 200
        assert response.headers["content-type"] == f"application/{codec}"
        assert session.name.encode() in answer


def test_binary_may_be_escaped_instead(web: Web, session: Session) -> None:
    message = v1.GetSessionRequest(session=session.name).SerializeToString()
    query = f"?encoding=proto&message={urllib.parse.quote(message, safe='')}"
    response, answer = web.request("GET", SESSION + query, authorization=f"Bearer {web.token}")
    assert response.status == 200
    assert v1.GetSessionResponse.FromString(answer).session.name == session.name


def test_bytes_may_be_compressed(web: Web, session: Session) -> None:
    packed = gzip.compress(json.dumps({"session": session.name}).encode())
    query = {
        "encoding": "json",
        "compression": "gzip",
        "base64": "1",
        "message": base64.urlsafe_b64encode(packed).decode(),
    }
    status, answer = get(web, f"{SESSION}?{urllib.parse.urlencode(query)}")
    assert (status, answer["session"]["name"]) == (200, session.name)


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("encoding=json", 400, "message=%7B%7D"),
        ("", 400, "message=%7B%7D"),
        ("encoding=json&message=%7B%7D&connect=v2", 400, "connect must be v1"),
        ("encoding=json&message=%7", 400, "message: "),
        ("encoding=json&message=%zz", 400, "message: "),
        ("encoding=json&message=%7B%7D&base64=yes", 400, "base64 must be 1"),
        ("encoding=json&message=e30*&base64=1", 400, "base64"),
        ("encoding=json&message=e30/&base64=1", 400, "base64"),
        ("encoding=json&message=%7B", 400, "JSON"),
        ("encoding=json&message=", 400, "{}"),
        ("encoding=json&message=%7B%22none%22:1%7D", 400, "none"),
        ("encoding=proto&message=%ff", 400, "GetServerInfoRequest"),
        ("encoding=json&message=%7B%7D&compression=br", 501, "identity"),
        ("encoding=json&message=%7B%7D&compression=gzip", 400, "gzip"),
    ],
)
def test_what_is_no_request_is_refused_in_words(
    web: Web, query: str, status: int, words: str
) -> None:
    answer = get(web, f"{INFO}?{query}")
    assert answer[0] == status
    assert words in answer[1]["message"]


@pytest.mark.parametrize("encoding", ["text", "connect%2Bjson", "JSON/x", ""])
def test_another_encoding_is_refused(web: Web, encoding: str) -> None:
    status, text = get(web, f"{INFO}?encoding={encoding}&message=%7B%7D")
    assert (status, text) == (415, b"encoding must be json or proto\n")


def test_more_may_stand_there(web: Web) -> None:
    query = "encoding=json&message=%7b+%7d&compression=identity&at=1&connect=v1&base64="
    assert get(web, f"{INFO}?{query}")[0] == 200


@pytest.mark.parametrize("method", METHODS.values(), ids=str)
def test_methods_with_side_effects_are_not_asked_by_get(web: Web, method: Any) -> None:
    response, data = web.request(
        "GET", got(method.path, "json", b"{}"), authorization=f"Bearer {web.token}"
    )
    if method.unary and method.reads:
        assert response.status != 405
    else:
        assert (response.status, response.headers["allow"], data) == (405, "POST", b"")
    for other in ["PUT", "DELETE", "HEAD"]:
        response, _ = web.request(other, method.path, authorization=f"Bearer {web.token}")
        assert response.status == 405
        allowed = "GET, POST" if method.unary and method.reads else "POST"
        assert response.headers["allow"] == allowed


def test_a_deadline_and_a_token_count_as_ever(web: Web) -> None:
    path = got(INFO, "json", b"{}")
    token = f"Bearer {web.token}"
    assert get(web, path, authorization=token, connect_timeout_ms="5000")[0] == 200
    assert get(web, path, authorization=token, connect_timeout_ms="soon")[0] == 400
    assert get(web, path, accept="*/*")[0] == 401
    assert get(web, path, authorization="Bearer none")[0] == 401


def test_a_cookie_counts_for_pages_of_this_server_alone(web: Web) -> None:
    signed_in, _ = web.request(
        "POST", "/login", json.dumps({"token": web.token}), content_type="application/json"
    )
    cookie = signed_in.headers["set-cookie"].partition(";")[0]
    path = got(INFO, "json", b"{}")
    for status, headers in [
        (200, {"sec_fetch_site": "same-origin"}),
        (200, {"origin": web.origin}),
        # Somebody has typed it.
        (200, {"sec_fetch_site": "none"}),
        (403, {"sec_fetch_site": "cross-site"}),
        (403, {"sec_fetch_site": "same-site"}),
        (403, {"origin": "https://elsewhere.example"}),
        (403, {"origin": "null"}),
        (403, {}),
    ]:
        answer = get(web, path, cookie=cookie, **headers)
        assert answer[0] == status, headers
    # Nothing keeps a copy, or hands it to another page.
    response, _ = web.request("GET", path, cookie=cookie, sec_fetch_site="same-origin")
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["cross-origin-resource-policy"] == "same-origin"
    assert response.headers["access-control-allow-origin"] is None
