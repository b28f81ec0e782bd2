"""Which neurons of a population are meant, where not all are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from spiked._checks import indices, whole_number
from spiked.v1 import network_pb2

#: Some neurons of a population by index, from 0: a ``range``, a list or array, or one of them.
Neurons = int | range | Sequence[int] | npt.NDArray[Any]


def to_message(neurons: Neurons, what: str = "neurons") -> network_pb2.NeuronSelection:
    """The selection as a message; `what` names it in errors."""
    if isinstance(neurons, range):
        if neurons.step > 0:
            return _range(neurons.start, len(neurons), neurons.step)
        neurons = list(neurons)
    if not isinstance(neurons, (Sequence, np.ndarray)):
        return _range(whole_number(neurons, what), 1, 1)
    numbers = indices(neurons, what)
    steps = np.diff(numbers)
    if len(steps) and steps[0] > 0 and (steps == steps[0]).all():
        return _range(int(numbers[0]), len(numbers), int(steps[0]))
    return network_pb2.NeuronSelection(list=network_pb2.IndexList(indices=numbers.tolist()))


def _range(first: int, count: int, step: int) -> network_pb2.NeuronSelection:
    chosen = network_pb2.NeuronRange(first=first, count=count, step=step)
    return network_pb2.NeuronSelection(range=chosen)


def to_plain(selection: network_pb2.NeuronSelection) -> list[int]:
    """The selection as JSON can hold it: the indices."""
    if selection.WhichOneof("kind") == "list":
        return list(selection.list.indices)
    chosen = selection.range
    step = chosen.step or 1
    return list(range(chosen.first, chosen.first + chosen.count * step, step))


def describe(selection: network_pb2.NeuronSelection) -> str:
    """The selection in a few characters: ``[10:20]``; nothing where it stands for all."""
    kind = selection.WhichOneof("kind")
    if kind == "list":
        return f"[{len(selection.list.indices)} neurons]"
    if kind is None:
        return ""
    chosen, step = selection.range, selection.range.step or 1
    end = chosen.first + (chosen.count - 1) * step + 1
    return f"[{chosen.first}:{end}]" if step == 1 else f"[{chosen.first}:{end}:{step}]"
