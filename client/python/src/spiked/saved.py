"""Saved sessions as files; the contract's guide describes their form."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from google.protobuf.message import DecodeError

from spiked import session_info
from spiked.session_info import SessionInfo
from spiked.v1 import session_pb2

_MAGIC = b"spikses\x1a"
#: Those with snapshots have the second.
_FORMS = (1, 2)
_PREFIX_BYTES = len(_MAGIC) + 8


@dataclass(frozen=True)
class SavedSession:
    """What a saved session says of itself."""

    #: The session as it was.
    session: SessionInfo
    save_time: datetime
    #: Of the server that saved it.
    server_version: str
    server_commit: str


def inspect(path: str | os.PathLike[str]) -> SavedSession:
    """What a file holds that ``session.save`` has written, when all of it has been looked at.

    Raises :class:`ValueError` where it is no saved session, or damaged.
    """
    content = memoryview(Path(path).read_bytes())
    if len(content) < _PREFIX_BYTES + 4 or bytes(content[: len(_MAGIC)]) != _MAGIC:
        raise ValueError(f"{os.fspath(path)} is no saved session")
    form = int.from_bytes(content[len(_MAGIC) : len(_MAGIC) + 4], "little")
    if form not in _FORMS:
        newest = _FORMS[-1]
        raise ValueError(
            f"{os.fspath(path)} has form {form}, and only those up to {newest} are known here"
        )
    length = int.from_bytes(content[len(_MAGIC) + 4 : _PREFIX_BYTES], "little")
    message = session_pb2.SavedSession()
    try:
        whole = zlib.crc32(content[:-4]) == int.from_bytes(content[-4:], "little")
        message.ParseFromString(bytes(content[_PREFIX_BYTES : _PREFIX_BYTES + length]))
    except DecodeError:
        whole = False
    if not whole:
        raise ValueError(f"{os.fspath(path)} is damaged, or cut off")
    return SavedSession(
        session=session_info.from_message(message.session),
        save_time=message.save_time.ToDatetime(tzinfo=timezone.utc),
        server_version=message.server_version,
        server_commit=message.server_commit,
    )


def write(path: str | os.PathLike[str], pieces: Iterable[bytes]) -> None:
    """Writes a file that takes the place of one that is there when it is whole."""
    unfinished = Path(f"{os.fspath(path)}.part")
    try:
        with unfinished.open("wb") as file:
            file.writelines(pieces)
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
