"""Matches on a real server."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import spiked
from spiked.pong import Match, PlayerKind, Poll, play
from spiked.pong.record import Floats


@pytest.fixture
def match() -> Match:
    return Match((PlayerKind.RSTDP_NOISY, PlayerKind.DOPAMINE_NOISY), rows=20, seed=1)


def test_a_player_learns_what_the_ball_does(session: spiked.Session) -> None:
    match = Match((PlayerKind.RSTDP_NOISY, PlayerKind.RSTDP), rows=20, seed=1)
    play(session, match, 1500)
    assert match.polls == 1500
    # As it does in NEST, where it reaches 0.8 to 0.9 after 4,000 polls.
    assert match.players[0].mean_reward > 0.5
    assert sum(match.game.score) > 0


def test_tells_of_each_poll_and_of_weights_now_and_then(
    session: spiked.Session, match: Match
) -> None:
    polls: list[Poll] = []
    weights: list[list[Floats] | None] = []

    def on_poll(poll: Poll, matrices: list[Floats] | None) -> None:
        polls.append(poll)
        weights.append(matrices)

    play(session, match, 5, weights_every=2, on_poll=on_poll)
    assert [poll.index for poll in polls] == [0, 1, 2, 3, 4]
    assert polls[-1] is match.last
    assert sum(polls[-1].players[0].counts) > 0
    assert [matrices is not None for matrices in weights] == [True, False, True, False, True]
    first, last = weights[0], weights[4]
    assert first is not None
    assert last is not None
    assert [matrix.shape for matrix in first] == [(20, 20), (20, 20)]
    assert np.any(first[0] != last[0])
    # The rewards of the last poll are not given yet.
    assert np.array_equal(session.get_weights("left/input_motor").matrix, last[0])


def test_equal_seeds_give_equal_matches_without_reading_weights(
    client: spiked.Client, match: Match
) -> None:
    other = Match(match.kinds, rows=20, seed=1)
    for played, weights_every in ((match, 0), (other, 3)):
        with client.create_session(seed=1) as session:
            play(session, played, 30, weights_every=weights_every)
    assert match.last == other.last


def test_ends_between_two_polls_when_it_is_told_to(session: spiked.Session, match: Match) -> None:
    play(session, match, 100, stop=lambda: match.polls == 7)
    assert match.polls == 7
    assert session.time_ms == 1400.0


def test_goes_no_further_when_somebody_halts_the_match(
    session: spiked.Session, match: Match
) -> None:
    def on_poll(poll: Poll, _: list[Floats] | None) -> None:
        # Until a step is running when it happens.
        if poll.index == 2:
            threading.Thread(target=halt).start()

    def halt() -> None:
        while not halted.is_set():
            session.halt()

    halted = threading.Event()
    with pytest.raises(spiked.SpikedError, match="somebody else halted the match at"):
        play(session, match, 100_000, on_poll=on_poll)
    halted.set()
    assert match.polls < 100_000


def test_a_session_that_has_moved_on_is_no_place_for_a_match(
    session: spiked.Session, match: Match
) -> None:
    session.step(1.0)
    with pytest.raises(spiked.TimeMismatch):
        play(session, match, 5)
    assert match.polls == 0
