"""Bounds that are checked before the server sees a parameter."""

from __future__ import annotations

import math

import pytest

import spiked
from spiked._bounds import what_is_wrong


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [("tau_m", 1e-9, 0.0), ("rate", 0.0, -1.0), ("U", 1.0, 1.5), ("V_th", -1e300, math.nan)],
)
def test_values_beyond_bounds_are_told(name: str, right: float, wrong: float) -> None:
    assert what_is_wrong(name, right) is None
    assert f"{name} must be" in (what_is_wrong(name, wrong) or "")


@pytest.mark.parametrize(
    ("model", "name", "wrong"),
    [
        ("iaf_psc_exp", "C_m", 0.0),
        ("iaf_psc_exp", "tau_syn_ex", 0.0),
        ("iaf_psc_exp", "t_ref", -1.0),
        ("noise_generator", "std", -1.0),
        ("poisson_generator", "rate", -1.0),
    ],
)
def test_they_are_those_of_the_server(
    session: spiked.Session, model: str, name: str, wrong: float
) -> None:
    net = spiked.NetworkSpecification()
    net.population("a", model, 1, {name: wrong})
    with pytest.raises(spiked.InvalidField, match=name):
        session.validate_network("net", net)
    assert what_is_wrong(name, wrong) is not None
