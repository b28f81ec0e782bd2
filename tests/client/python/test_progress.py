"""The progress bar of a long step."""

from __future__ import annotations

import re

import pytest

import spiked
from spiked._progress import Progress

pytest.importorskip("tqdm")


def test_a_bar_that_is_wanted_shows_biological_time_and_speed(
    session: spiked.Session, capsys: pytest.CaptureFixture[str]
) -> None:
    session.step(2000, progress=True)
    shown = capsys.readouterr().err
    assert re.search(r"100%.*2,000 of 2,000 ms .*x real time", shown)


def test_nobody_is_shown_a_bar_who_does_not_look(
    session: spiked.Session, capsys: pytest.CaptureFixture[str]
) -> None:
    session.step(2000)
    session.step(2000, progress=False)
    assert capsys.readouterr().err == ""


def test_a_bar_that_nobody_asked_for_waits_until_the_step_is_long(
    session: spiked.Session, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spiked._progress._for_people", lambda: True)
    with Progress(session, 5000, None):
        pass
    assert capsys.readouterr().err == ""
