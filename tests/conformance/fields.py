"""Walking messages: every field that is set, with its path, and what can be put there."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, ClassVar

from google.protobuf.descriptor import FieldDescriptor

FLOATS = {FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FLOAT}
INTEGERS = {
    FieldDescriptor.TYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.TYPE_UINT64: (0, 2**64 - 1),
    FieldDescriptor.TYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_INT64: (-(2**63), 2**63 - 1),
}


@dataclasses.dataclass(frozen=True)
class Step:
    """From a message to something in it: a field, and where it has several, which."""

    field: str
    index: int | str | None = None  # of a repeated field, or the key of a map

    def __str__(self) -> str:
        return self.field if self.index is None else f"{self.field}[{self.index}]"


@dataclasses.dataclass(frozen=True)
class Place:
    """A scalar in a message: the value of a field, or a key of a map."""

    steps: tuple[Step, ...]
    type: int  # of FieldDescriptor
    is_key: bool = False

    TEXT: ClassVar[int] = FieldDescriptor.TYPE_STRING

    @property
    def path(self) -> str:
        """As errors write it, such as `inputs[0].spike_trains.times_ms[2]`."""
        return ".".join(map(str, self.steps))

    @property
    def pattern(self) -> str:
        """The path without indices: `inputs[].spike_trains.times_ms[]`.

        Keys of maps stay, as it is they that say what a value means; `labels{}` is
        the place of a key itself.
        """
        if self.is_key:
            last = f"{self.steps[-1].field}{{}}"
            return ".".join([*map(_pattern, self.steps[:-1]), last])
        return ".".join(map(_pattern, self.steps))

    def put(self, message: Any, value: Any) -> str:
        """Replaces what is there; returns the path, which differs for a new key."""
        for step in self.steps[:-1]:
            message = _follow(message, step)
        last = self.steps[-1]
        if self.is_key:
            entries = getattr(message, last.field)
            old = entries[last.index]
            if hasattr(old, "CopyFrom"):
                entries[value].CopyFrom(old)
            else:
                entries[value] = old
            if value != last.index:
                del entries[last.index]
            return ".".join([*map(str, self.steps[:-1]), f"{last.field}[{value}]"])
        if last.index is None:
            setattr(message, last.field, value)
        else:
            getattr(message, last.field)[last.index] = value
        return self.path


def _pattern(step: Step) -> str:
    return f"{step.field}[]" if isinstance(step.index, int) else str(step)


def _follow(message: Any, step: Step) -> Any:
    inner = getattr(message, step.field)
    return inner if step.index is None else inner[step.index]


def _is_repeated(field: Any) -> bool:
    # Later versions of protobuf say it another way than Debian's.
    if hasattr(field, "is_repeated"):
        return bool(field.is_repeated)
    return bool(field.label == FieldDescriptor.LABEL_REPEATED)


def _is_map(field: Any) -> bool:
    return bool(field.message_type and field.message_type.GetOptions().map_entry)


def places(message: Any, prefix: tuple[Step, ...] = ()) -> Iterator[Place]:
    """Every scalar that is set in the message, and every key of a map."""
    for field, value in message.ListFields():
        if _is_map(field):
            inner = field.message_type.fields_by_name["value"]
            for key in sorted(value):
                here = (*prefix, Step(field.name, key))
                yield Place(here, field.message_type.fields_by_name["key"].type, is_key=True)
                if inner.message_type:
                    yield from places(value[key], here)
                else:
                    yield Place(here, inner.type)
            continue
        several = _is_repeated(field)
        for index, item in enumerate(value) if several else [(None, value)]:
            here = (*prefix, Step(field.name, index))
            if field.message_type:
                yield from places(item, here)
            else:
                yield Place(here, field.type)


def fields_set(message: Any) -> set[str]:
    """Full names of the contract's fields that are set somewhere in the message."""
    names: set[str] = set()
    for field, value in message.ListFields():
        names.add(field.full_name)
        if _is_map(field):
            if field.message_type.fields_by_name["value"].message_type:
                for item in value.values():
                    names |= fields_set(item)
        elif field.message_type:
            for item in value if _is_repeated(field) else [value]:
                names |= fields_set(item)
    return {name for name in names if not name.startswith("google.")}


def fields_reachable(descriptor: Any, seen: set[str] | None = None) -> set[str]:
    """Full names of all fields of the contract that a message of this type can hold."""
    seen = set() if seen is None else seen
    names: set[str] = set()
    if descriptor.full_name in seen or descriptor.full_name.startswith("google."):
        return names
    seen.add(descriptor.full_name)
    for field in descriptor.fields:
        names.add(field.full_name)
        inner = field.message_type
        if _is_map(field):
            inner = inner.fields_by_name["value"].message_type
        if inner:
            names |= fields_reachable(inner, seen)
    return names
