"""Spikes as dots over time: ``nest.raster_plot``; takes matplotlib."""

from __future__ import annotations

from typing import Any

import numpy as np

from spiked._optional import need
from spiked.nest.nodes import NodeCollection


def from_device(
    detec: NodeCollection,
    title: str | None = None,
    hist: bool = False,
    hist_binwidth: float = 5.0,
    grayscale: bool = False,
    xlabel: str | None = None,
) -> Any:
    """Draws what a spike recorder holds: senders over time, and with `hist` rates below.

    `hist_binwidth` is in ms. Returns the dots, an artist of matplotlib.
    """
    if len(detec) != 1:
        raise ValueError(f"from_device draws one recorder, not {len(detec)}")
    events = detec.get("events")
    times, senders = events["times"], events["senders"]
    if len(times) == 0:
        raise ValueError("the recorder holds no spikes")
    plt = need("matplotlib.pyplot", "nest.raster_plot")
    marker = ".k" if grayscale else "."
    if not hist:
        dots = plt.plot(times, senders, marker)
        plt.ylabel("Neuron ID")
        plt.xlabel(xlabel or "Time (ms)")
    else:
        dots = _with_rates(plt, times, senders, marker, hist_binwidth, grayscale)
        plt.xlabel(xlabel or "Time (ms)")
    if title is not None:
        plt.suptitle(title)
    plt.draw()
    return dots


def _with_rates(
    plt: Any, times: Any, senders: Any, marker: str, width_ms: float, grayscale: bool
) -> Any:
    axes = plt.axes([0.1, 0.3, 0.85, 0.6])
    dots = plt.plot(times, senders, marker)
    plt.ylabel("Neuron ID")
    limits = plt.xlim()
    plt.axes([0.1, 0.1, 0.85, 0.17], sharex=axes)
    bins = np.arange(times.min(), times.max() + width_ms, width_ms)
    counts, edges = np.histogram(times, bins=bins)
    rates = 1000.0 * counts / (width_ms * len(np.unique(senders)))
    color = "gray" if grayscale else "royalblue"
    plt.bar(edges[:-1], rates, width=width_ms, align="edge", color=color)
    plt.ylabel("Rate (Hz)")
    plt.xlim(limits)
    return dots


def show() -> None:
    """Shows the pictures."""
    need("matplotlib.pyplot", "nest.raster_plot").show()
