"""Networks of a session and their parts, as a real server tells them."""

from __future__ import annotations

import pytest

import spiked
from spiked.network import address_of


def test_parts_are_found_by_name_and_completed_by_tab(session: spiked.Session) -> None:
    player = session.create_network("player", "pong/dopamine", num_neurons=5)
    assert player["motor"] == player.populations["motor"]
    assert player["input_motor"] == player.projections["input_motor"]
    assert "motor" in player._ipython_key_completions_()
    with pytest.raises(KeyError, match="has no 'moter'; did you mean 'motor'"):
        player["moter"]


def test_parts_stand_for_their_addresses(session: spiked.Session) -> None:
    player = session.create_network("player", "pong/rstdp", num_neurons=5)
    assert address_of(player["motor"]) == str(player["motor"]) == "player/motor"
    assert address_of(player) == "player"
    assert len({player["motor"], session.network("player")["motor"]}) == 1
    with pytest.raises(TypeError, match="expected an address"):
        address_of(3)  # type: ignore[arg-type]


def test_reprs_tell_what_parts_are(session: spiked.Session) -> None:
    player = session.create_network("player", "pong/rstdp", num_neurons=5, noise=True)
    assert repr(player["motor"]) == "Population player/motor: 5 iaf_psc_exp, recorded"
    assert repr(player["input_motor"]) == (
        "Projection player/input_motor: relay → motor, all_to_all, rstdp_synapse, "
        "weight normal(1300, 1) pA, delay 1 ms"
    )
    assert repr(player).startswith("Network 'player': 20 neurons and devices, 35 synapses, ")
    assert player._repr_html_().count("<table>") == 2


def test_a_network_can_be_taken_as_the_start_of_another(session: spiked.Session) -> None:
    player = session.create_network("player", "pong/rstdp", num_neurons=5)
    net = player.specification
    net.multimeter("voltmeter", "motor")
    mine = session.create_network("mine", net)
    assert mine["voltmeter"].name == "voltmeter"
    assert "voltmeter" not in player._ipython_key_completions_()
