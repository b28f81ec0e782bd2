"""What goes into a running network: spike trains, currents, parameters of devices.

``session.set_input`` and the ``inputs`` of a step take a dictionary from populations to inputs::

    session.step(200, inputs={"net/input": spiked.spike_trains({3: [1.0, 11.0]}, relative=True),
                              "net/drive": {"rate": 8000.0}})
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from spiked import values
from spiked._checks import indices, real_number, reals, whole_number
from spiked.network import Address, address_of
from spiked.v1 import data_pb2
from spiked.values import Value

Numbers = Sequence[float] | npt.NDArray[Any]
#: Numbers of several devices: by index, or a list with an entry for each device from 0 on.
ByDevice = Mapping[int, Numbers] | Sequence[Numbers]
#: An input: what a function of this module returns, or a dictionary of parameters of a device.
InputLike = data_pb2.Input | Mapping[str, Value]
#: Inputs by population (``"network/population"``).
Inputs = Mapping[Address, InputLike]
#: Rewards by target: ``"network/projection"``, or ``"network"`` for all its projections.
Rewards = Mapping[Address, float]


def spike_trains(
    trains: ByDevice | None = None,
    *,
    senders: Sequence[int] | npt.NDArray[Any] | None = None,
    times_ms: Numbers | None = None,
    multiplicities: Sequence[int] | npt.NDArray[Any] | None = None,
    relative: bool = False,
) -> data_pb2.Input:
    """The stamps to come of a population of ``spike_generator``.

    Either `trains`, the stamps in ms of each generator (``{3: [1.0, 11.0]}``, or a list of
    lists); or the columns `senders` (index of the generator, from 0) and `times_ms`. Stamps
    lie on the grid of the resolution and ascend for each generator; generators that do not
    occur are silent. `multiplicities` says how many spikes each stamp stands for. With
    `relative`, times count from the session's time at which the input is applied.
    """
    index, times = _columns(trains, senders, times_ms, "spike_trains")
    return data_pb2.Input(
        spike_trains=data_pb2.SpikeTrains(
            senders=index,
            times_ms=times,
            multiplicities=(
                None
                if multiplicities is None
                else indices(multiplicities, "multiplicities").tolist()
            ),
        ),
        relative=relative,
    )


def current_steps(
    steps: Mapping[int, Sequence[tuple[float, float]]] | None = None,
    *,
    senders: Sequence[int] | npt.NDArray[Any] | None = None,
    times_ms: Numbers | None = None,
    amplitudes_pa: Numbers | None = None,
    relative: bool = False,
) -> data_pb2.Input:
    """The amplitudes to come of a population of ``step_current_generator``.

    Either `steps`, pairs (time in ms, amplitude in pA) of each generator (``{0: [(100.0,
    50.0)]}``); or the columns `senders` (index of the generator, from 0), `times_ms` and
    `amplitudes_pa`. An amplitude holds from its time on. With `relative`, times count from the
    session's time at which the input is applied.
    """
    if steps is not None:
        if senders is not None or times_ms is not None or amplitudes_pa is not None:
            raise TypeError("current_steps takes either steps or columns, not both")
        pairs = {d: reals(list(rows), "steps").reshape(-1, 2) for d, rows in steps.items()}
        index, times = _columns({d: p[:, 0] for d, p in pairs.items()}, None, None, "current_steps")
        amplitudes = np.concatenate([p[:, 1] for p in pairs.values()] or [np.empty(0)])
    else:
        index, times = _columns(None, senders, times_ms, "current_steps")
        amplitudes = reals([] if amplitudes_pa is None else amplitudes_pa, "amplitudes_pa")
    return data_pb2.Input(
        current_steps=data_pb2.CurrentSteps(
            senders=index, times_ms=times, amplitudes_pa=amplitudes.tolist()
        ),
        relative=relative,
    )


def device_parameters(
    parameters: Mapping[str, Value] | None = None, *, relative: bool = False, **more: Value
) -> data_pb2.Input:
    """New parameters of a population of generators, by name; those not named keep their values.

    For ``dc_generator`` (``amplitude`` in pA), ``noise_generator`` (``mean``, ``std`` in pA) and
    ``poisson_generator`` (``rate`` in Hz), and of each ``start``, ``stop`` and ``origin`` (ms),
    between which it is active. With `relative`, ``start`` and ``stop`` count from the session's
    time at which the input is applied, or, if an ``origin`` is given with them, that does.
    """
    message = data_pb2.Input(device_parameters=data_pb2.DeviceParameters(), relative=relative)
    for name, value in {**(parameters or {}), **more}.items():
        message.device_parameters.parameters[name].CopyFrom(values.to_message(value, name))
    return message


def input_messages(inputs: Inputs | None) -> Iterable[data_pb2.Input]:
    """The inputs as messages, in order."""
    for population, given in (inputs or {}).items():
        message = data_pb2.Input(population=address_of(population))
        if isinstance(given, data_pb2.Input):
            message.MergeFrom(given)
            message.population = address_of(population)
        elif isinstance(given, Mapping):
            message.MergeFrom(device_parameters(given))
        else:
            raise TypeError(
                f"the input of {address_of(population)} must be made by spiked.spike_trains, "
                f"spiked.current_steps or spiked.device_parameters, or be a dictionary of "
                f"parameters, not {given!r}"
            )
        yield message


def reward_messages(rewards: Rewards | None) -> Iterable[data_pb2.Reward]:
    """The rewards as messages, in order."""
    for target, value in (rewards or {}).items():
        address = address_of(target)
        yield data_pb2.Reward(target=address, value=real_number(value, f"the reward of {address}"))


def _columns(
    trains: ByDevice | None,
    senders: Sequence[int] | npt.NDArray[Any] | None,
    times_ms: Numbers | None,
    what: str,
) -> tuple[list[int], list[float]]:
    if trains is None:
        if senders is None or times_ms is None:
            raise TypeError(f"{what} needs either numbers by device, or senders and times_ms")
        index, times = indices(senders, "senders"), reals(times_ms, "times_ms")
        if len(index) != len(times):
            raise ValueError(
                f"{what} needs a time for each sender, not {len(times)} for {len(index)}"
            )
        return index.tolist(), times.tolist()
    if senders is not None or times_ms is not None:
        raise TypeError(f"{what} takes either numbers by device or columns, not both")
    items = trains.items() if isinstance(trains, Mapping) else enumerate(trains)
    numbers = {whole_number(device, "a device"): reals(train, what) for device, train in items}
    if not numbers:
        return [], []
    index = np.repeat(list(numbers), [len(train) for train in numbers.values()])
    return index.tolist(), np.concatenate(list(numbers.values())).tolist()
