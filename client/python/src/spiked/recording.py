"""What is recorded of a network that stands: spikes of populations, weights of projections.

``session.set_recording`` takes dictionaries from populations and projections to whether they
are recorded, or to how::

    session.set_recording({"net/E": True, "net/I": spiked.recording(limit=10_000)},
                          projections={"net/E_I": True, "net/I_E": False})
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from spiked._checks import whole_number
from spiked.network import Address, address_of
from spiked.specification import to_record_window
from spiked.v1 import data_pb2

#: Whether something is recorded, or what :func:`recording` returns.
RecordingLike = bool | data_pb2.RecordingSetting
#: Recordings by population (``"network/population"``), or by projection.
Recordings = Mapping[Address, RecordingLike]


def recording(
    limit: int = 0, *, start: float = 0.0, stop: float | None = None, origin: float = 0.0
) -> data_pb2.RecordingSetting:
    """How something is recorded: the latest `limit` entries (0: as many as memory holds).

    Of stamps later than `origin` + `start`, up to `origin` + `stop` (ms; None: no end).
    """
    return data_pb2.RecordingSetting(
        record=True,
        record_limit=whole_number(limit, "limit"),
        record_window=to_record_window(start, stop, origin),
    )


def recording_messages(
    populations: Recordings | None, projections: Recordings | None
) -> Iterable[data_pb2.RecordingSetting]:
    """The settings as messages, in order."""
    for kind, recordings in (("population", populations), ("projection", projections)):
        for target, given in (recordings or {}).items():
            message = data_pb2.RecordingSetting()
            if isinstance(given, data_pb2.RecordingSetting):
                message.CopyFrom(given)
            else:
                message.record = given
            setattr(message, kind, address_of(target))
            yield message
