"""Parameters and state of neurons, devices and synapses, set and read while a session stands.

``session.set_parameters`` takes dictionaries from populations and projections to parameters::

    session.set_parameters({"net/E": {"V_th": -50.0},
                            "net/I": spiked.parameters(V_m=[-60.0, -62.0], neurons=[0, 3])},
                           projections={"net/E_I": {"lambda": 0.02}})
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from spiked import selection, values
from spiked._columns import Floats, floats
from spiked.network import Address, address_of
from spiked.selection import Neurons
from spiked.v1 import data_pb2
from spiked.values import Value

#: What a population or projection is given: its parameters by name, or what
#: :func:`parameters` returns.
SettingLike = Mapping[str, Value] | data_pb2.ParameterSetting
#: Settings by population (``"network/population"``), or by projection.
Settings = Mapping[Address, SettingLike]


def parameters(
    given: Mapping[str, Value] | None = None, *, neurons: Neurons | None = None, **more: Value
) -> data_pb2.ParameterSetting:
    """New parameters by name, of all neurons or of `neurons` (indices, from 0).

    A value is a number for all, or a list in the order of the neurons.
    """
    message = data_pb2.ParameterSetting()
    for name, value in {**(given or {}), **more}.items():
        message.parameters[name].CopyFrom(values.to_message(value, name))
    if neurons is not None:
        message.neurons.CopyFrom(selection.to_message(neurons))
    return message


def setting_messages(
    populations: Settings | None, projections: Settings | None
) -> Iterable[data_pb2.ParameterSetting]:
    """The settings as messages, in order."""
    for kind, settings in (("population", populations), ("projection", projections)):
        for target, given in (settings or {}).items():
            message = data_pb2.ParameterSetting()
            if not isinstance(given, data_pb2.ParameterSetting):
                given = parameters(given)
            message.CopyFrom(given)
            setattr(message, kind, address_of(target))
            yield message


def from_message(
    message: data_pb2.ParameterValues,
) -> dict[str, float | Floats]:
    """Parameters by name: a number where it is the same for all, else one for each."""
    return {
        name: value.number if value.WhichOneof("kind") == "number" else floats(value.list.values)
        for name, value in message.parameters.items()
    }
