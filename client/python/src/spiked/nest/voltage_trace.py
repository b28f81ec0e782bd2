"""Membrane potentials over time: ``nest.voltage_trace``; takes matplotlib."""

from __future__ import annotations

from typing import Any

import numpy as np

from spiked._optional import need
from spiked.nest.nodes import NodeCollection


def from_device(
    detec: NodeCollection,
    neurons: list[int] | NodeCollection | None = None,
    title: str | None = None,
    grayscale: bool = False,
    timeunit: str = "ms",
) -> Any:
    """Draws the potentials that a voltmeter or multimeter holds.

    Of all neurons, or of those in `neurons` (numbers); time in ``"ms"`` or ``"s"``. Returns the
    lines, artists of matplotlib.
    """
    if len(detec) != 1:
        raise ValueError(f"from_device draws one voltmeter, not {len(detec)}")
    if timeunit not in ("ms", "s"):
        raise ValueError(f"timeunit must be 'ms' or 's', not {timeunit!r}")
    events = detec.get("events")
    if "V_m" not in events or len(events["times"]) == 0:
        raise ValueError("the voltmeter holds no potentials")
    plt = need("matplotlib.pyplot", "nest.voltage_trace")
    drawn = np.unique(events["senders"]) if neurons is None else np.asarray(neurons).ravel()
    lines = []
    for number, node in enumerate(drawn.tolist()):
        mine = events["senders"] == node
        style = {"color": str(0.6 * number / max(1, len(drawn) - 1))} if grayscale else {}
        times = events["times"][mine] / (1000.0 if timeunit == "s" else 1.0)
        lines += plt.plot(times, events["V_m"][mine], label=f"Neuron {node}", **style)
    plt.xlabel(f"Time ({timeunit})")
    plt.ylabel("Membrane potential (mV)")
    plt.title(title or "Membrane potential")
    plt.legend(loc="best")
    plt.draw()
    return lines


def show() -> None:
    """Shows the pictures."""
    need("matplotlib.pyplot", "nest.voltage_trace").show()
