"""What a step answers, from a real server."""

from __future__ import annotations

import pytest

import spiked


def test_its_repr_tells_time_and_readings(session: spiked.Session) -> None:
    player = session.create_network("player", "pong/rstdp", num_neurons=5)
    result = session.step(
        20,
        read={
            "spike_counts": player["motor"],
            "spikes": player["motor"],
            "weights": "player/input_motor",
        },
    )
    text = repr(result)
    assert not result.halted
    assert result.halt_reason == ""
    assert text.startswith("StepResult at 20 ms\n")
    assert "player/motor: 0 spikes of 5 neurons" in text
    assert "Spikes of player/motor: 0 spikes of 5 neurons from 0 to 20 ms, 0 Hz each" in text
    assert "Weights of player/input_motor: 5 × 5 matrix" in text
    assert "StepResult at 20 ms" in result._repr_html_()


def test_signals_of_a_step_have_units(session: spiked.Session) -> None:
    net = spiked.NetworkSpecification()
    net.multimeter("m", net.population("a", "iaf_psc_exp", 2), ["V_m"])
    made = session.create_network("net", net)
    session.step(10)
    signals = session.step(5, read=made["m"]).signals[made["m"]]
    assert signals.units == {"V_m": "mV"}
    assert signals.times_ms.tolist() == [11.0, 12.0, 13.0, 14.0, 15.0]
    assert signals.complete


def test_what_was_not_read_is_told(session: spiked.Session) -> None:
    result = session.step(1)
    with pytest.raises(KeyError, match="'net/E' was not read; there is nothing"):
        result.spikes["net/E"]
