"""Pictures and animations of pong matches, from their records.

::

    python3 -m spiked.pong --polls 4000 --record match.jsonl --record-weights 50
    python3 -m spiked.plot match.jsonl --animation match.gif

or, in a notebook or a script::

    from spiked import plot, pong
    record = pong.read_record("match.jsonl")
    plot.weights(record, polls=[0, 1000, 3950]).savefig("weights.pdf")

Each function but :func:`animate` returns a new matplotlib figure.
"""

from spiked._optional import need

need("matplotlib", "spiked.plot")

from spiked.plot.animation import animate, snapshot  # noqa: E402
from spiked.plot.figures import (  # noqa: E402
    Rallies,
    find_rallies,
    mean_reward,
    rallies,
    raster,
    weights,
)

__all__ = [
    "Rallies",
    "animate",
    "find_rallies",
    "mean_reward",
    "rallies",
    "raster",
    "snapshot",
    "weights",
]
