"""What all pictures have in common."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
from matplotlib.axes import Axes

#: What the two players are called in a picture.
Labels = tuple[str, str]
LABELS: Labels = ("left", "right")

#: Colours of the left and the right player, and of the ball: of the palette of
#: Okabe and Ito, which colour-blind people can tell apart.
PLAYER_COLOURS = ("#0072B2", "#D55E00")
BALL_COLOUR = "#009E73"

#: Of weights: even steps of lightness.
WEIGHT_MAP = "viridis"

_SETTINGS: dict[Any, Any] = {
    "axes.titlesize": "medium",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
}


@contextmanager
def style() -> Iterator[None]:
    """Draws in the style of the pictures, and leaves the caller's settings alone."""
    with matplotlib.rc_context(_SETTINGS):
        yield


def frame(axes: Axes) -> None:
    """Draws a full frame: around a field, a matrix."""
    axes.spines[["top", "right"]].set_visible(True)


def poll_axis(axes: Axes, polls: int) -> None:
    """Lets x be the polls of a whole match."""
    axes.set(xlim=(0, polls), xlabel="poll (200 ms of biological time each)")
    axes.xaxis.set_major_formatter("{x:,.0f}")
