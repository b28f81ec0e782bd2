"""Plays a match in a session of a server."""

from __future__ import annotations

from collections.abc import Callable

from spiked.pong import exchange
from spiked.pong.match import Match, Poll
from spiked.pong.record import SIDE_NAMES, Floats
from spiked.session import Session

#: Takes each poll, with the weights of both players in pA if they were read.
OnPoll = Callable[[Poll, "list[Floats] | None"], object]


def play(
    session: Session,
    match: Match,
    polls: int,
    *,
    weights_every: int = 0,
    on_poll: OnPoll | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> None:
    """Plays a match to its end: until so many polls are over.

    Creates those of both networks that are not there; the session of a new match is still at
    time 0. A match that somebody else began goes on where it is (see ``record.replay``), also
    if its session is a poll ahead, as its player did not live to see the answer. One round
    trip a poll. `weights_every`: weights are read in polls 0, n, 2 n, ...; 0: never.
    `stop` is asked after every poll whether to end the match.

    A match whose session was created with the seed of the match is that of ``spiked-pong``.
    """
    there = session.info().networks if match.polls == 0 else SIDE_NAMES
    for network, kind in zip(SIDE_NAMES, match.kinds, strict=True):
        if network in there:
            continue
        source, options = exchange.preset(kind, match.game.rows)
        session.create_network(network, source, **options)
    begin = match.polls
    with session.stream() as stream:
        for number in range(begin, polls):
            read_weights = weights_every > 0 and number % weights_every == 0
            result = stream.step(
                **exchange.poll_step(match, read_weights),
                request_id=exchange.poll_request_id(number),
            )
            part = 0
            while number == begin and exchange.was_cut_short(result):
                # Its player died meanwhile; what is left of it follows.
                part += 1
                rest = stream.step(
                    **exchange.rest_step(match, result),
                    request_id=exchange.poll_request_id(number, part),
                )
                exchange.add_counts(result, rest)
                result = rest
            poll = match.play(exchange.motor_counts(result))
            if on_poll is not None:
                on_poll(poll, exchange.player_weights(result) if read_weights else None)
            if stop():
                break
