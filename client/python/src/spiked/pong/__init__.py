"""Spiking networks that learn to play pong, after NEST's example.

As a program::

    python3 -m spiked.pong --players rn,r --polls 4000 --seed 1 --record match.jsonl

as a match of one's own (one round trip a poll)::

    match = pong.Match((pong.PlayerKind("rn"), pong.PlayerKind("r")), rows=20, seed=1)
    with spiked.connect() as client, client.create_session(seed=1) as session:
        pong.play(session, match, polls=4000)
    print(match.game.score)

or with the methods that the players have in NEST: :class:`PongNetRSTDP`,
:class:`PongNetDopa`. The rules are in client/pong/README.md.
"""

from spiked.pong.chance import SplitMix64
from spiked.pong.game import Ball, Game
from spiked.pong.match import Match, Poll
from spiked.pong.networks import PerformanceData, PongNet, PongNetDopa, PongNetRSTDP
from spiked.pong.play import play
from spiked.pong.player import Player, PlayerKind, PlayerPoll
from spiked.pong.record import Record, read_record, record_line

__all__ = [
    "Ball",
    "Game",
    "Match",
    "PerformanceData",
    "Player",
    "PlayerKind",
    "PlayerPoll",
    "Poll",
    "PongNet",
    "PongNetDopa",
    "PongNetRSTDP",
    "Record",
    "SplitMix64",
    "play",
    "read_record",
    "record_line",
]
