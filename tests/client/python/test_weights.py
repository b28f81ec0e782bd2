"""Weights as matrices and columns, without a server and with one."""

from __future__ import annotations

import numpy as np
import pytest

import spiked
from spiked import _requests
from spiked.weights import Weights


def dense() -> Weights:
    return Weights("net/p", 5.0, np.arange(6.0), {"c": np.zeros(6)}, (2, 3), None)


def sparse() -> Weights:
    pairs = (np.array([0, 1, 1]), np.array([2, 0, 0]))
    return Weights("net/p", 5.0, np.array([1.0, 2.0, 3.0]), {}, None, pairs)


def test_a_dense_projection_is_a_matrix_of_source_by_target() -> None:
    assert dense().matrix.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert dense().variable_matrix("c").shape == (2, 3)
    assert np.asarray(dense()).shape == (2, 3)
    assert dense().sources.tolist() == [0, 0, 0, 1, 1, 1]
    assert dense().targets.tolist() == [0, 1, 2, 0, 1, 2]


def test_a_picture_of_a_matrix_has_sources_down_and_targets_across() -> None:
    pytest.importorskip("matplotlib").use("Agg")
    axes = dense().plot(vmax=4.0)
    (image,) = axes.images
    assert image.get_array().tolist() == [[0, 1, 2], [3, 4, 5]]
    assert image.get_clim() == (0.0, 4.0)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("target", "source")
    assert axes.figure.axes[-1].get_ylabel() == "weight (pA)"
    with pytest.raises(ValueError, match="does not connect every source to every target"):
        sparse().plot()


def test_a_sparse_projection_is_columns() -> None:
    assert not sparse().dense
    assert np.asarray(sparse()).tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match="does not connect every source to every target"):
        _ = sparse().matrix


def test_its_repr_tells_shape_spread_and_unit() -> None:
    text = repr(dense())
    assert "2 × 3 matrix (source × target)" in text
    assert "2.5 ± 1.71 pA (0 to 5), at 5 ms, with c" in text
    assert "3 connections" in repr(sparse())
    assert "<td>pA</td>" in dense()._repr_html_()


def test_pandas_gets_a_row_a_connection() -> None:
    pytest.importorskip("pandas")
    assert list(dense().to_pandas().columns) == ["source", "target", "weight_pa", "c"]
    assert sparse().to_pandas()["target"].tolist() == [2, 0, 0]


def test_xarray_gets_a_matrix_or_columns() -> None:
    pytest.importorskip("xarray")
    assert dense().to_xarray()["weight"].dims == ("source", "target")
    assert sparse().to_xarray()["weight"].dims == ("connection",)


def test_scipy_gets_a_sparse_matrix() -> None:
    pytest.importorskip("scipy")
    assert sparse().to_scipy((2, 3)).toarray().tolist() == [[0, 0, 1], [5, 0, 0]]


def test_many_pages_are_one_matrix(session: spiked.Session) -> None:
    net = spiked.NetworkSpecification()
    net.population("a", "iaf_psc_exp", 500)
    numbers = np.arange(250_000.0).reshape(500, 500)
    net.connect("a", "a", weight=numbers)
    session.create_network("net", net)
    assert np.array_equal(session.get_weights("net/a_a").matrix, numbers)  # 3 pages
    session.set_weights("net/a_a", 2 * numbers)
    assert np.array_equal(session.get_weights("net/a_a").matrix, 2 * numbers)
    session.set_weights("net/a_a", 7)
    assert (session.get_weights("net/a_a").values == 7).all()


def test_many_weights_go_in_several_requests(
    session: spiked.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_requests, "_WEIGHTS_PER_REQUEST", 7)
    net = spiked.NetworkSpecification()
    net.population("a", "iaf_psc_exp", 5)
    net.connect("a", "a")
    session.create_network("net", net)
    numbers = np.arange(25.0).reshape(5, 5)
    session.set_weights("net/a_a", numbers)
    assert np.array_equal(session.get_weights("net/a_a").matrix, numbers)
    with pytest.raises(ValueError, match="24 weights were given to the 25 connections of net/a_a"):
        session.set_weights("net/a_a", numbers.ravel()[:24])
    with pytest.raises(spiked.InvalidField):
        session.set_weights("net/a_a", np.zeros(26))


def test_weights_of_some_connections_are_set(session: spiked.Session) -> None:
    net = spiked.NetworkSpecification()
    net.population("a", "iaf_psc_exp", 2)
    net.connect("a", "a")
    session.create_network("net", net)
    session.set_weights("net/a_a", [7.0, 8.0], connections=[3, 0])
    session.set_weights("net/a_a", 9, connections=[1])
    assert session.get_weights("net/a_a").values.tolist() == [8, 9, 1, 7]


def test_variables_of_plastic_synapses_come_along(session: spiked.Session) -> None:
    player = session.create_network("player", "pong/dopamine", num_neurons=5)
    weights = session.get_weights(player["input_motor"], ["c", "n"])
    assert set(weights.variables) == {"c", "n"}
    assert weights.variable_matrix("c").shape == (5, 5)


def test_a_wrong_number_of_weights_is_refused(session: spiked.Session) -> None:
    session.create_network("player", "pong/rstdp", num_neurons=5)
    with pytest.raises(spiked.InvalidField) as caught:
        session.set_weights("player/input_motor", np.zeros(24))
    assert caught.value.field == "weights.list"
