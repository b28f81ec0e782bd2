"""Ctrl-C while a step runs, as a terminal or a notebook sends it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

import pytest

import spiked

DAY_MS = 86_000_000.0


def press_ctrl_c_when_busy(session: spiked.Session, times: int = 1) -> threading.Thread:
    """Interrupts this process, as Ctrl-C does, once the session steps."""

    def press() -> None:
        while session.info().state != "busy":
            pass
        for _ in range(times):
            os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    return thread


@pytest.fixture
def busy_session(session: spiked.Session) -> spiked.Session:
    session.create_network(
        "net",
        {
            "populations": {
                "drive": {"model": "poisson_generator", "size": 50, "rate": 8000.0},
                "E": {"model": "iaf_psc_exp", "size": 50, "record_spikes": True},
            },
            "projections": [
                {"source": "drive", "target": "E", "rule": "one_to_one", "weight": 150.0}
            ],
        },
    )
    return session


def test_ctrl_c_halts_a_step_and_leaves_the_session_usable(busy_session: spiked.Session) -> None:
    pressing = press_ctrl_c_when_busy(busy_session)
    with pytest.raises(spiked.Interrupted) as caught:
        busy_session.step(DAY_MS, read={"spike_counts": "net/E"})
    pressing.join()
    result = caught.value.result
    assert isinstance(caught.value, KeyboardInterrupt)
    assert result.halted
    assert 0 < result.time_ms < DAY_MS
    assert result.spike_counts["net/E"].sum() > 0
    assert busy_session.step(1).time_ms == result.time_ms + 1


def test_ctrl_c_halts_a_step_of_a_stream_and_leaves_the_stream_usable(
    busy_session: spiked.Session,
) -> None:
    with busy_session.stream() as stream:
        stream.step(1)
        pressing = press_ctrl_c_when_busy(busy_session)
        with pytest.raises(spiked.Interrupted) as caught:
            stream.step(DAY_MS)
        pressing.join()
        assert stream.step(1).time_ms == caught.value.result.time_ms + 1


def test_ctrl_c_is_python_s_again_after_a_step(busy_session: spiked.Session) -> None:
    busy_session.step(1)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_handler_of_the_program_is_left_alone(busy_session: spiked.Session) -> None:
    caught: list[int] = []

    def handler(number: int, _frame: FrameType | None) -> None:
        caught.append(number)
        threading.Thread(target=busy_session.halt).start()

    before = signal.signal(signal.SIGINT, handler)
    try:
        pressing = press_ctrl_c_when_busy(busy_session)
        assert busy_session.step(DAY_MS).halted
        pressing.join()
    finally:
        signal.signal(signal.SIGINT, before)
    assert caught == [signal.SIGINT]


def in_thread(work: Callable[[], object]) -> list[object]:
    results: list[object] = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()
    thread.join(60)
    return results


def test_steps_of_other_threads_need_no_signals(busy_session: spiked.Session) -> None:
    assert in_thread(lambda: busy_session.step(1).time_ms) == [1.0]


def test_ctrl_c_ends_the_waiting_for_any_other_call(busy_session: spiked.Session) -> None:
    stepping = threading.Thread(target=lambda: busy_session.step(DAY_MS))
    stepping.start()
    while busy_session.info().state != "busy":
        pass
    waiting = threading.Event()

    def press() -> None:
        waiting.wait()
        os.kill(os.getpid(), signal.SIGINT)

    def wait_for_the_step() -> None:
        waiting.set()
        busy_session.set_input({})

    threading.Thread(target=press).start()
    with pytest.raises(KeyboardInterrupt):
        wait_for_the_step()
    assert busy_session.halt()
    stepping.join()
    assert busy_session.info().state == "idle"
    busy_session.step(1)
