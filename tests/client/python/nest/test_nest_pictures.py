"""Pictures of what recorders hold, as NEST's modules of that name draw them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

pyplot = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    pyplot.switch_backend("Agg")
    yield
    pyplot.close("all")


@pytest.fixture
def recorders(nest: Any) -> tuple[Any, Any]:
    """A spike recorder and a voltmeter of neurons 1 and 2."""
    neurons = nest.Create("iaf_psc_exp", 2, {"I_e": [400.0, 500.0]})
    recorder, voltmeter = nest.Create("spike_recorder"), nest.Create("voltmeter")
    nest.Connect(neurons, recorder)
    nest.Connect(voltmeter, neurons)
    nest.Simulate(100.0)
    return recorder, voltmeter


@pytest.mark.parametrize("hist", [True, False])
def test_spikes_are_dots(nest: Any, recorders: tuple[Any, Any], hist: bool) -> None:
    (dots,) = nest.raster_plot.from_device(recorders[0], hist=hist, title="spikes")
    assert dots.get_xdata().tolist() == recorders[0].events["times"].tolist()
    assert dots.get_ydata().tolist() == recorders[0].events["senders"].tolist()
    axes = pyplot.gcf().axes
    assert len(axes) == (2 if hist else 1)
    if hist:
        spikes = sum(bar.get_height() for bar in axes[1].patches) * 5.0 * 2 / 1000.0
        assert spikes == pytest.approx(recorders[0].n_events)


def test_potentials_are_lines(nest: Any, recorders: tuple[Any, Any]) -> None:
    lines = nest.voltage_trace.from_device(recorders[1])
    assert [line.get_label() for line in lines] == ["Neuron 1", "Neuron 2"]
    assert lines[0].get_xdata().tolist() == [float(t) for t in range(1, 100)]
    (line,) = nest.voltage_trace.from_device(recorders[1], neurons=[2], timeunit="s")
    assert line.get_xdata().max() == pytest.approx(0.099)


def test_what_holds_nothing_is_not_drawn(nest: Any) -> None:
    with pytest.raises(ValueError, match="no spikes"):
        nest.raster_plot.from_device(nest.Create("spike_recorder"))
    with pytest.raises(ValueError, match="no potentials"):
        nest.voltage_trace.from_device(nest.Create("voltmeter"))
    with pytest.raises(ValueError, match="one recorder"):
        nest.raster_plot.from_device(nest.Create("spike_recorder", 2))
