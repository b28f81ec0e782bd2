"""The command line of spiked.plot."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from spiked.plot import animate, mean_reward, rallies, raster, snapshot, weights
from spiked.plot.style import LABELS, Labels
from spiked.pong.record import read_record

_DESCRIPTION = """\
Draws pictures of pong matches from their records.

Of all matches together:
  reward    course of the mean reward, of several matches with their spread
  rallies   how long the rallies were
Of each match, named after its record:
  weights   the weights of both players at some polls, where the record has any
            (played with --record-weights N)
  raster    spikes of the motor neurons poll by poll, with the cell of the ball
  match     the last poll: the field, the weights and the mean reward
"""

_PICTURES = ("reward", "rallies", "weights", "raster", "match")
_DPI = 150


def _labels(text: str) -> Labels:
    left, comma, right = text.partition(",")
    if not comma:
        raise argparse.ArgumentTypeError(f"must be two names with a comma between them: {text!r}")
    return left, right


def _pictures(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in _PICTURES:
            raise argparse.ArgumentTypeError(f"must be some of {', '.join(_PICTURES)}: {name!r}")
    return names


def _polls(text: str) -> list[int]:
    if not re.fullmatch(r"\d+(,\d+)*", text):
        raise argparse.ArgumentTypeError(f"must be polls such as 0,1000,2000: {text!r}")
    return [int(poll) for poll in text.split(",")]


def _windows(text: str) -> list[tuple[int, int]]:
    if not re.fullmatch(r"\d+:\d+(,\d+:\d+)*", text):
        raise argparse.ArgumentTypeError(f"must be polls such as 0:100,1900:2000: {text!r}")
    bounds = (window.split(":") for window in text.split(","))
    return [(int(begin), int(end)) for begin, end in bounds]


def _count(text: str) -> int:
    if not re.fullmatch(r"0*[1-9]\d*", text):
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 on: {text!r}")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m spiked.plot",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("records", nargs="+", metavar="FILE", type=Path, help="record of a match")
    add("--pictures", metavar="NAME,...", type=_pictures, help="which to draw (default: all)")
    add("--output", metavar="FOLDER", type=Path, default=Path(), help="where to (default: here)")
    add("--format", choices=("png", "svg", "pdf"), default="png", help="default: png")
    add(
        "--labels",
        metavar="LEFT,RIGHT",
        type=_labels,
        default=LABELS,
        help="names of the players (default: left,right)",
    )
    add(
        "--weights-at",
        metavar="POLL,...",
        type=_polls,
        help="polls whose weights are shown (default: four, from the first to the last)",
    )
    add(
        "--raster-at",
        metavar="FROM:TO,...",
        type=_windows,
        help="polls of the raster (default: the first and the last hundred)",
    )
    add(
        "--animation",
        metavar="FILE",
        type=Path,
        help="write an animation of one match, too: a .gif, or a .mp4 (needs ffmpeg)",
    )
    add(
        "--every",
        metavar="N",
        type=_count,
        help="polls from one frame to the next (default: as many as make about 300 frames)",
    )
    return parser


def _names(paths: Sequence[Path]) -> list[str]:
    """A name for each record; those that were called alike get a number."""
    stems = [path.stem for path in paths]
    return [
        stem if stems.count(stem) == 1 else f"{stem}-{stems[: k + 1].count(stem)}"
        for k, stem in enumerate(stems)
    ]


def _draw(options: argparse.Namespace) -> None:
    labels: Labels = options.labels
    matches = [read_record(path) for path in options.records]
    asked = options.pictures or _PICTURES

    def save(name: str, figure: Figure) -> None:
        path = options.output / f"{name}.{options.format}"
        figure.savefig(path, dpi=_DPI)
        print(path)

    options.output.mkdir(parents=True, exist_ok=True)
    if "reward" in asked:
        save("reward", mean_reward(matches, labels))
    if "rallies" in asked:
        save("rallies", rallies(matches, labels))
    for path, name, match in zip(options.records, _names(options.records), matches, strict=True):
        try:
            # That there are none is an error only if they are asked for by name.
            if "weights" in asked and (options.pictures or len(match.weights)):
                save(f"{name}-weights", weights(match, options.weights_at, labels))
            if "raster" in asked:
                save(f"{name}-raster", raster(match, options.raster_at, labels))
            if "match" in asked:
                save(f"{name}-match", snapshot(match, labels=labels))
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
    if options.animation:
        animate(matches[0], options.animation, every=options.every, labels=labels)
        print(options.animation)


def main(arguments: Sequence[str] | None = None) -> int:
    """Draws what the arguments ask for; returns the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.animation and len(options.records) > 1:
        parser.error("--animation takes the record of one match")
    try:
        _draw(options)
    except (OSError, ValueError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
