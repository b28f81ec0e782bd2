"""The files of the page."""

from __future__ import annotations

import gzip
import os
import pathlib
import subprocess
from collections.abc import Callable

import pytest

from conftest import Web


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    page = tmp_path / "page"
    (page / "assets").mkdir(parents=True)
    (page / "index.html").write_text("<!doctype html><title>spiked</title>")
    (page / "assets/app-1234.js").write_text("export {};")
    (page / "icon.svg").write_text("<svg/>")
    (page / "odd name").write_text("odd")
    (tmp_path / "secret").write_text("secret")
    return page


def test_files_have_their_types_and_are_kept_as_long_as_they_may(
    folder: pathlib.Path, start_web: Callable[..., Web]
) -> None:
    web = start_web(f"--web-files={folder}")
    for path, kind, cached in [
        ("/", "text/html; charset=utf-8", "no-cache"),
        ("/index.html", "text/html; charset=utf-8", "no-cache"),
        ("/assets/app-1234.js", "text/javascript; charset=utf-8", "immutable"),
        ("/icon.svg?v=1", "image/svg+xml", "no-cache"),
    ]:
        answer, data = web.request("GET", path)
        assert answer.status == 200
        assert answer.headers["content-type"] == kind
        assert cached in answer.headers["cache-control"]
        tag = answer.headers["etag"]
        again, nothing = web.request("GET", path, if_none_match=tag)
        assert (again.status, nothing) == (304, b"")
        bare, nothing = web.request("HEAD", path)
        assert (bare.status, nothing) == (200, b"")
        assert bare.headers["content-length"] == str(len(data))
    assert web.request("POST", "/")[0].status == 405


def test_files_are_compressed_for_those_who_take_that(
    folder: pathlib.Path, start_web: Callable[..., Web]
) -> None:
    text = "export const many = 'the same again and again';\n" * 1000
    (folder / "spiked.js").write_text(text)
    web = start_web(f"--web-files={folder}")
    plain, data = web.request("GET", "/spiked.js")
    assert data.decode() == text
    assert plain.headers["content-encoding"] is None
    for accepted in ["gzip", "deflate, GZIP;q=0.5, br", "br,gzip ; q=0.001"]:
        answer, data = web.request("GET", "/spiked.js", accept_encoding=accepted)
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        assert len(data) < len(text) / 10
        assert gzip.decompress(data).decode() == text
        # Whoever keeps copies keeps the two apart.
        assert answer.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
        tag = answer.headers["etag"]
        assert tag != plain.headers["etag"]
        kept, nothing = web.request(
            "GET", "/spiked.js", accept_encoding=accepted, if_none_match=tag
        )
        assert (kept.status, nothing) == (304, b"")
    for refused in ["gzip;q=0", "br", "gzipped", "identity, gzip; q=0.0"]:
        answer, data = web.request("GET", "/spiked.js", accept_encoding=refused)
        assert answer.headers["content-encoding"] is None
        assert data.decode() == text
    # What would become larger is sent as it is.
    answer, data = web.request("GET", "/icon.svg", accept_encoding="gzip")
    assert (answer.headers["content-encoding"], data) == (None, b"<svg/>")


@pytest.mark.parametrize(
    "path",
    [
        *("/../secret", "/assets/../../secret", "/%2e%2e/secret", "/..%2fsecret", "//secret"),
        *("/assets", "/assets/", "/.", "/..", "/etc/passwd", "/index.html/", "/\\..\\secret"),
        *("/index.html%00.js", "http://127.0.0.1/../secret", "*"),
    ],
)
def test_nothing_outside_of_the_folder_is_served(
    path: str, folder: pathlib.Path, start_web: Callable[..., Web]
) -> None:
    web = start_web(f"--web-files={folder}")
    answer, data = web.request("GET", path)
    assert answer.status == 404
    assert b"secret" not in data


def test_a_folder_that_is_not_there_is_named(program: str, tmp_path: pathlib.Path) -> None:
    done = subprocess.run(
        [
            program,
            f"--listen=unix:{tmp_path}/socket",
            "--web=127.0.0.1:0",
            "--web-files=/no/such/folder",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ
        | {"SPIKED_TOKEN_FILE": f"{tmp_path}/token", "SPIKED_ACCOUNTS": f"{tmp_path}/accounts"},
    )
    assert done.returncode == 1
    assert "/no/such/folder cannot be read" in done.stderr


def test_health_is_told_to_everybody(web: Web) -> None:
    answer, data = web.request("GET", "/healthz")
    assert (answer.status, data) == (200, b"ok\n")
