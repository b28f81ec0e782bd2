"""The examples of README and guides run, in order, and print what these say."""

from __future__ import annotations

import io
import re
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from conftest import Server

import spiked

PACKAGE = Path(__file__).parents[3] / "client" / "python"
GUIDE = PACKAGE / "README.md"
README = PACKAGE.parents[1] / "README.md"


def blocks(kind: str, guide: Path = GUIDE) -> list[str]:
    """The fenced blocks of a kind, in order."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", guide.read_text(), re.MULTILINE | re.DOTALL)
    return [text for language, text in fenced if language == kind]


def test_the_first_session_prints_what_the_readme_says(
    server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SPIKED_SERVER", server.address)
    (example,) = blocks("python", README)
    exec(example, {})
    assert f"It prints\n\n```\n{capsys.readouterr().out}```\n" in README.read_text()


def test_the_example_of_the_front_for_nest_runs(
    server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SPIKED_SERVER", server.address)
    (example,) = blocks("python", PACKAGE / "docs" / "nest.md")
    names: dict[str, Any] = {}
    exec(example, names)
    assert capsys.readouterr().out.startswith(f"{names['recorder'].n_events} [")
    assert names["recorder"].n_events > 100
    names["nest"].ResetKernel()


def test_the_example_of_the_backend_for_pynn_runs(
    server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("pyNN")
    monkeypatch.setenv("SPIKED_SERVER", server.address)
    (example,) = blocks("python", PACKAGE / "docs" / "pynn.md")
    names: dict[str, Any] = {}
    exec(example, names)
    rate, shape = capsys.readouterr().out.split(maxsplit=1)
    assert float(rate) > 1
    assert shape == "(5001, 50)\n"
    names["sim"].simulator.state.clear()


def test_the_examples_print_what_the_guide_says(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib").use("Agg")
    monkeypatch.setenv("SPIKED_SERVER", server.address)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    printed = io.StringIO()
    with redirect_stdout(printed):
        for block in blocks("python"):
            # Learning takes its time, which a test has not.
            exec(compile(block.replace("range(2000)", "range(20)"), str(GUIDE), "exec"), names)
    with spiked.connect(server.address) as client:
        for session in client.sessions():
            client.attach_session(session.name).delete()
    (said,) = re.findall(r"^It prints `(.*)`\.$", GUIDE.read_text(), re.MULTILINE)
    shown = printed.getvalue().splitlines()[0]
    number = re.compile(r"[\d,.]*\d")
    assert number.sub("#", shown) == number.sub("#", said)
    # The engine may draw other numbers one day; not others of another size.
    for one, other in zip(number.findall(shown), number.findall(said), strict=True):
        assert float(one.replace(",", "")) == pytest.approx(float(other.replace(",", "")), rel=0.1)
    assert blocks("")[0] in printed.getvalue()
    assert (tmp_path / "first_network.png").stat().st_size > 40_000
