"""Spikes as arrays, without a server and with one that drops them."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import spiked
from spiked.spikes import Spikes


def made(complete_after_ms: float = 0.0) -> Spikes:
    return Spikes(
        population="net/E",
        times_ms=np.array([1.0, 2.0, 2.0, 9.0]),
        senders=np.array([2, 0, 2, 0]),
        neurons=4,
        after_ms=0.0,
        until_ms=10.0,
        complete_after_ms=complete_after_ms,
    )


def test_counts_and_trains_are_of_all_neurons() -> None:
    assert made().counts().tolist() == [2, 0, 2, 0]
    assert [train.tolist() for train in made().trains()] == [[2.0, 9.0], [], [1.0, 2.0], []]


def test_the_rate_is_that_of_a_neuron_where_the_record_is_complete() -> None:
    assert made().rate_hz == pytest.approx(4 / 4 / 0.01)
    assert made(complete_after_ms=5.0).rate_hz == pytest.approx(1 / 4 / 0.005)


def test_its_repr_tells_number_window_and_rate() -> None:
    assert repr(made()) == "Spikes of net/E: 4 spikes of 4 neurons from 0 to 10 ms, 100 Hz each"
    assert "those up to 5 ms were dropped" in repr(made(complete_after_ms=5.0))
    assert "<td>100 Hz</td>" in made()._repr_html_()


def test_pandas_gets_a_row_a_spike() -> None:
    pytest.importorskip("pandas")
    frame = made().to_pandas()
    assert list(frame.columns) == ["time_ms", "sender"]
    assert len(frame) == 4


def test_neo_gets_a_train_a_neuron() -> None:
    pytest.importorskip("neo")
    trains = made().to_neo().spiketrains
    assert len(trains) == 4
    assert [float(time) for time in trains[2].rescale("ms").magnitude] == [1.0, 2.0]
    assert float(trains[1].t_stop) == 10.0


def test_xarray_gets_units() -> None:
    pytest.importorskip("xarray")
    assert made().to_xarray()["time_ms"].attrs["units"] == "ms"


def test_a_picture_has_a_dot_a_spike() -> None:
    pytest.importorskip("matplotlib").use("Agg")
    axes = made().plot(color="black")
    (dots,) = axes.lines
    assert dots.get_xydata().tolist() == [[1, 2], [2, 0], [2, 2], [9, 0]]
    assert (dots.get_linestyle(), dots.get_color()) == ("None", "black")
    assert (axes.get_xlim(), axes.get_ylim()) == ((0.0, 10.0), (-0.5, 3.5))
    assert (axes.get_xlabel(), axes.get_title()) == ("time (ms)", "net/E")
    assert made().plot(axes) is axes


def limited(session: spiked.Session, record_limit: int) -> None:
    net = spiked.NetworkSpecification()
    net.population("drive", "poisson_generator", 10, rate=1000.0)
    net.population("relay", "parrot_neuron", 10, record_spikes=True, record_limit=record_limit)
    net.connect("drive", "relay", "one_to_one")
    session.create_network("net", net)


def test_dropped_spikes_are_warned_of_where_they_were_asked_for(session: spiked.Session) -> None:
    limited(session, 100)
    session.step(200)
    with pytest.warns(
        spiked.IncompleteRecord, match="spikes of net/relay up to .* ms were"
    ) as seen:
        spikes = session.get_spikes("net/relay")
    assert seen[0].filename == __file__
    assert not spikes.complete
    assert len(spikes) > 0
    assert spikes.times_ms.max() > spikes.complete_after_ms


def test_dropped_spikes_of_a_step_are_warned_of(session: spiked.Session) -> None:
    limited(session, 100)
    with pytest.warns(spiked.IncompleteRecord) as seen:
        session.step(200, read={"spikes": "net/relay"})
    assert seen[0].filename == __file__


def test_dropped_spikes_can_be_an_error(session: spiked.Session) -> None:
    limited(session, 100)
    session.step(200)
    with warnings.catch_warnings():
        warnings.simplefilter("error", spiked.IncompleteRecord)
        with pytest.raises(spiked.IncompleteRecord):
            session.get_spikes("net/relay")


def test_spikes_that_nobody_asked_for_are_not_missed(session: spiked.Session) -> None:
    limited(session, 1000)
    session.step(200)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert session.get_spikes("net/relay", after_ms=190).complete


def test_a_network_is_complete_from_its_creation_on(session: spiked.Session) -> None:
    session.step(100)
    limited(session, 100_000)
    session.step(100)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        spikes = session.get_spikes("net/relay")
    assert (spikes.after_ms, spikes.until_ms) == (100.0, 200.0)


def test_many_pages_are_one_record(session: spiked.Session) -> None:
    net = spiked.NetworkSpecification()
    net.population("drive", "poisson_generator", 1000, rate=10_000.0)
    net.population("relay", "parrot_neuron", 1000, record_spikes=True, record_limit=10_000_000)
    net.connect("drive", "relay", "one_to_one")
    session.create_network("net", net)
    counts = np.zeros(1000, int)
    for _ in range(5):
        counts += session.step(5, read={"spike_counts": "net/relay"}).spike_counts["net/relay"]
    spikes = session.get_spikes("net/relay")
    assert len(spikes) > 200_000  # more than two pages
    assert np.array_equal(spikes.counts(), counts)
    assert (np.diff(spikes.times_ms) >= 0).all()
