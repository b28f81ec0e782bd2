"""The command line of spiked.pong."""

from __future__ import annotations

import argparse
import contextlib
import math
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import BinaryIO

import spiked
from spiked.pong.match import Match, Poll
from spiked.pong.play import play
from spiked.pong.player import POLL_MS, PlayerKind
from spiked.pong.record import Floats, record_line, replay

_DESCRIPTION = """\
Two spiking networks on a spiked server learn to play pong against each other.

Players:
  r    reward-modulated STDP
  rn   the same with noise to explore with: learns in 3,000 to 4,000 polls
  d    dopaminergic STDP with an actor and a critic
  dn   the same with Poisson background: learns slowly
"""
_EPILOG = """\
The record has a line of JSON for each poll. Equal seeds give equal records, byte for
byte, also those of spiked-pong. `python3 -m spiked.plot` draws pictures of it.

Exit status: 0 the match was played or ended by Ctrl-C, 1 an error, 2 bad usage.
"""

_LINE_INTERVAL_S = 2.0


def _players(text: str) -> tuple[PlayerKind, PlayerKind]:
    try:
        left, right = map(PlayerKind, text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"must be two of r, rn, d, dn with a comma between them, not {text!r}"
        ) from None
    return left, right


class _Whole:
    """A whole number between two bounds."""

    def __init__(self, least: int, most: int) -> None:
        self._least = least
        self._most = most

    def __call__(self, text: str) -> int:
        if not (text.isascii() and text.isdecimal() and self._least <= int(text) <= self._most):
            raise argparse.ArgumentTypeError(
                f"must be a whole number from {self._least} to {self._most}, not {text!r}"
            )
        return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m spiked.pong",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--server",
        metavar="ADDR",
        help="unix:/path or host:port (default: $SPIKED_SERVER, or your own)",
    )
    add(
        "--players",
        metavar="LEFT,RIGHT",
        type=_players,
        default="rn,r",
        help="any two of r, rn, d, dn (default: rn,r)",
    )
    add(
        "--polls",
        metavar="N",
        type=_Whole(1, 10**9),
        default=2000,
        help="length of the match in polls of 200 ms (default: 2000)",
    )
    add(
        "--seed",
        metavar="N",
        type=_Whole(0, 2**64 - 1),
        default=1,
        help="seed of all that is random (default: 1)",
    )
    add(
        "--num-neurons",
        metavar="N",
        type=_Whole(2, 400),
        default=20,
        help="motor neurons of a player, rows of the field, at most 400 (default: 20)",
    )
    add("--session-id", metavar="ID", default="", help="id of the session (default: drawn)")
    add(
        "--resume",
        metavar="SESSION",
        help="go on with the match of this session, whose player has died, from its --record",
    )
    add("--record", metavar="FILE", type=Path, help="write one JSON line for each poll")
    add(
        "--record-weights",
        metavar="N",
        type=_Whole(1, 10**9),
        default=0,
        help="with the weights of every N-th poll (default: none)",
    )
    return parser


class _Record:
    """A record that goes on after so many bytes; what lies behind is there until it does."""

    def __init__(self, file: BinaryIO, after: int = 0) -> None:
        self._file = file
        self._cut = True
        file.seek(after)

    def write_line(self, line: str) -> None:
        """Writes a line, which is there when the player dies."""
        if self._cut:
            self._file.truncate()
            self._cut = False
        self._file.write(line.encode() + b"\n")
        self._file.flush()


class _Reporter:
    """Writes the record, and a line on the course of the match every two seconds."""

    def __init__(self, match: Match, polls: int, record: _Record | None) -> None:
        self._match = match
        self._polls = polls
        self._record = record
        self._begin = time.perf_counter()
        self._due = self._begin + _LINE_INTERVAL_S

    def take(self, poll: Poll, weights: list[Floats] | None) -> None:
        if self._record is not None:
            self._record.write_line(record_line(poll, weights))
        now = time.perf_counter()
        if now >= self._due:
            self._due = now + _LINE_INTERVAL_S
            self.tell()

    def tell(self) -> None:
        """Prints how the match stands."""
        match = self._match
        elapsed_s = max(time.perf_counter() - self._begin, 1e-9)
        polls_per_s = match.polls / elapsed_s
        means = (
            f"{kind.value} {player.mean_reward:.3f}"
            for kind, player in zip(match.kinds, match.players, strict=True)
        )
        left, right = match.game.score
        print(
            f"poll {match.polls} of {self._polls}  score {left}:{right}  "
            f"mean reward  {'  '.join(means)}  {polls_per_s:.0f} polls/s, "
            f"{polls_per_s * POLL_MS / 1000.0:.0f}x real time",
            flush=True,
        )


class _Interrupt:
    """While it lasts, the first Ctrl-C asks for an end between two polls, a second one ends all."""

    def __init__(self) -> None:
        self._asked = False

    def asked(self) -> bool:
        """Whether there was a Ctrl-C."""
        return self._asked

    def __enter__(self) -> _Interrupt:
        self._before = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, *error: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._asked = True
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _catch_up(session: spiked.Session, match: Match, options: argparse.Namespace) -> int:
    """Brings a match to where its session is; returns the bytes of the record up to there."""
    info = session.info()
    if info.seed != options.seed:
        raise ValueError(f"{session.name} has another seed than {options.seed}")
    # It is behind the record where its server has lost the last moments of it, as by a loss of
    # power: they are played again, and come to the same. One that has not begun is another's.
    return replay(options.record, match, info.time_ms if info.time_ms > 0 else math.inf)


def _play(options: argparse.Namespace) -> None:
    left, right = options.players
    match = Match((left, right), options.num_neurons, options.seed)
    with contextlib.ExitStack() as stack:
        record = None
        if options.record and not options.resume:
            # First: a long match must not end with the news that its record has no place.
            record = _Record(stack.enter_context(options.record.open("wb")))
        client = stack.enter_context(spiked.connect(options.server))
        if options.resume:
            session = client.attach_session(options.resume)
            recorded = _catch_up(session, match, options)
            record = _Record(stack.enter_context(options.record.open("r+b")), recorded)
        else:
            title = f"pong, {left.value} against {right.value}"
            session = client.create_session(
                options.session_id, display_name=title, seed=options.seed
            )
            # One that has a name may go on after all.
            if not options.session_id:
                stack.enter_context(session)
        reporter = _Reporter(match, options.polls, record)
        try:
            with _Interrupt() as interrupt:
                play(
                    session,
                    match,
                    options.polls,
                    weights_every=options.record_weights,
                    on_poll=reporter.take,
                    stop=interrupt.asked,
                )
        except (ValueError, spiked.SpikedError) as error:
            if not options.session_id or not options.record:
                raise
            hint = f"--resume {options.session_id} goes on with the match"
            raise ValueError(f"{error}; {hint}") from error
        if match.polls < options.polls:
            print("Interrupted:")
        reporter.tell()
        if options.resume or options.session_id:
            session.delete()


def main(arguments: Sequence[str] | None = None) -> int:
    """Plays the match that the arguments ask for; returns the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.record_weights and not options.record:
        parser.error("--record-weights needs --record")
    if options.resume and not options.record:
        parser.error("--resume needs --record")
    if options.resume and options.session_id:
        parser.error("--session-id is that of a new match, without --resume")
    try:
        _play(options)
    except KeyboardInterrupt:
        return 130
    except (OSError, ValueError, spiked.SpikedError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
