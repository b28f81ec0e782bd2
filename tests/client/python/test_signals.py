"""Signals as arrays, without a server and with one that drops them."""

from __future__ import annotations

import numpy as np
import pytest

import spiked
from spiked.signals import Signals


def made() -> Signals:
    return Signals(
        multimeter="net/m",
        times_ms=np.array([1.0, 2.0, 3.0]),
        neurons=2,
        values_by_variable={"V_m": np.arange(-70.0, -64.0).reshape(3, 2)},
        units={"V_m": "mV"},
        after_ms=0.0,
        until_ms=3.0,
        complete_after_ms=0.0,
    )


def test_variables_are_had_by_name() -> None:
    assert made()["V_m"].shape == (3, 2)
    assert list(made()) == ["V_m"]
    with pytest.raises(KeyError, match="does not record 'I_syn_ex', but V_m"):
        made()["I_syn_ex"]


def test_its_repr_tells_variables_units_and_shape() -> None:
    assert repr(made()) == "Signals of net/m: V_m (mV), 3 times × 2 neurons from 1 to 3 ms"
    assert "<td>3 × 2</td>" in made()._repr_html_()


def test_pandas_gets_columns_by_variable_and_neuron() -> None:
    pytest.importorskip("pandas")
    frame = made().to_pandas()
    assert frame.index.tolist() == [1.0, 2.0, 3.0]
    assert frame["V_m"][1].tolist() == [-69.0, -67.0, -65.0]


def test_a_picture_has_a_line_a_neuron() -> None:
    pytest.importorskip("matplotlib").use("Agg")
    axes = made().plot()
    assert [line.get_ydata().tolist() for line in axes.lines] == made()["V_m"].T.tolist()
    assert (axes.get_ylabel(), axes.get_title()) == ("V_m (mV)", "net/m")
    made().plot("V_m", neurons=[1], axes=axes, linestyle=":")
    assert axes.lines[-1].get_ydata().tolist() == [-69.0, -67.0, -65.0]
    assert axes.lines[-1].get_linestyle() == ":"
    with pytest.raises(KeyError, match="does not record"):
        made().plot("I_syn_ex")


def test_xarray_gets_axes_and_units() -> None:
    pytest.importorskip("xarray")
    potential = made().to_xarray()["V_m"]
    assert potential.dims == ("time_ms", "neuron")
    assert potential.attrs["units"] == "mV"


def test_neo_gets_a_signal_a_variable() -> None:
    pytest.importorskip("neo")
    (signal,) = made().to_neo().irregularlysampledsignals
    assert signal.shape == (3, 2)
    assert signal.units.dimensionality.string == "mV"


def test_dropped_samples_are_warned_of(session: spiked.Session) -> None:
    net = spiked.NetworkSpecification()
    net.multimeter("m", net.population("a", "iaf_psc_exp", 2), record_limit=10)
    session.create_network("net", net)
    session.step(100)
    with pytest.warns(spiked.IncompleteRecord, match="samples of net/m up to") as seen:
        signals = session.get_signals("net/m")
    assert seen[0].filename == __file__
    assert not signals.complete


def test_many_pages_are_one_record(session: spiked.Session) -> None:
    net = spiked.NetworkSpecification()
    cells = net.population("a", "iaf_psc_exp", 500, V_m=spiked.uniform(-70, -60))
    net.multimeter("m", cells, ["V_m", "I_syn_ex"], interval=0.1)
    session.create_network("net", net)
    session.step(50)
    signals = session.get_signals("net/m")
    assert signals["V_m"].shape == signals["I_syn_ex"].shape == (500, 500)  # 3 pages
    assert np.allclose(np.diff(signals.times_ms), 0.1)
    last = session.get_signals("net/m", after_ms=49.9)
    assert np.array_equal(last["V_m"][0], signals["V_m"][-1])
