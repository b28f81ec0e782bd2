"""Writes the contract as a page: every service, message and enum with its comments.

reference.py FILE: in Markdown; ./dev docs calls it. It takes protoc and Debian's
python3-protobuf.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MethodOptions,
    ServiceDescriptorProto,
)

CONTRACT = Path(__file__).resolve().parent
PACKAGE = ".spiked.v1."
# Numbers of fields in descriptor.proto, of which the paths of comments consist.
MESSAGES, ENUMS, SERVICES = 4, 5, 6
FIELDS, METHODS, VALUES = 2, 2, 2

Comments = dict[tuple[int, ...], str]


def read() -> list[FileDescriptorProto]:
    """The files of the contract, with their comments."""
    files = sorted(path.relative_to(CONTRACT) for path in CONTRACT.glob("spiked/v1/*.proto"))
    with tempfile.NamedTemporaryFile() as out:
        options = [f"-I{CONTRACT}", "--include_source_info", f"--descriptor_set_out={out.name}"]
        subprocess.run(["protoc", *options, *map(str, files)], check=True, cwd=CONTRACT)
        return list(FileDescriptorSet.FromString(Path(out.name).read_bytes()).file)


def comments(file: FileDescriptorProto) -> Comments:
    """What stands before each part, by its path."""
    return {
        tuple(location.path): " ".join(location.leading_comments.split())
        for location in file.source_code_info.location
    }


def link(type_name: str) -> str:
    """A type, with a link if it is one of the contract's."""
    if not type_name.startswith(PACKAGE):
        return f"`{type_name.removeprefix('.')}`"
    name = type_name.removeprefix(PACKAGE)
    return f"[{name}](#{name.lower()})"


def type_of(field: FieldDescriptorProto, message: DescriptorProto) -> str:
    """What a field holds."""
    for nested in message.nested_type:
        if nested.options.map_entry and field.type_name.endswith(f".{nested.name}"):
            key, value = nested.field
            return f"map of {type_of(key, nested)} to {type_of(value, nested)}"
    name = (
        link(field.type_name)
        if field.type_name
        else FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()
    )
    if field.label == FieldDescriptorProto.LABEL_REPEATED:
        return f"list of {name}"
    if field.proto3_optional:
        return f"{name}, may be unset"
    if field.HasField("oneof_index"):
        return f"{name}, one of `{message.oneof_decl[field.oneof_index].name}`"
    return name


def row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def service(
    described: ServiceDescriptorProto, path: tuple[int, ...], said: Comments
) -> Iterator[str]:
    yield from (f"## {described.name}", "", said[path], "")
    for k, method in enumerate(described.method):
        streams = {True: "stream of ", False: ""}
        reads = method.options.idempotency_level == MethodOptions.NO_SIDE_EFFECTS
        yield from (
            f"### {method.name}",
            "",
            f"{streams[method.client_streaming]}{link(method.input_type)} → "
            f"{streams[method.server_streaming]}{link(method.output_type)}"
            f"{', without side effects' if reads else ''}",
            "",
            said[(*path, METHODS, k)],
            "",
        )


def message(described: DescriptorProto, path: tuple[int, ...], said: Comments) -> Iterator[str]:
    yield from (f"### {described.name}", "", said[path], "")
    if described.field:
        yield from (row("field", "number", "type", "what it is"), "|---|---|---|---|")
    for k, field in enumerate(described.field):
        text = said[(*path, FIELDS, k)]
        yield row(f"`{field.name}`", str(field.number), type_of(field, described), text)
    yield ""


def enum(described: EnumDescriptorProto, path: tuple[int, ...], said: Comments) -> Iterator[str]:
    yield from (f"### {described.name}", "", said[path], "")
    yield from (row("value", "number", "what it is"), "|---|---|---|")
    for k, value in enumerate(described.value):
        yield row(f"`{value.name}`", str(value.number), said[(*path, VALUES, k)])
    yield ""


def page() -> Iterator[str]:
    """The lines of the page: services first, then messages and enums, file by file."""
    files = [(file, comments(file)) for file in read()]
    yield from ("# The contract `spiked.v1`", "")
    for file, said in files:
        for k, described in enumerate(file.service):
            yield from service(described, (SERVICES, k), said)
    for file, said in files:
        yield from (f"## {file.name}", "")
        for k, part in enumerate(file.message_type):
            yield from message(part, (MESSAGES, k), said)
        for k, values in enumerate(file.enum_type):
            yield from enum(values, (ENUMS, k), said)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text("\n".join(page()) + "\n")
