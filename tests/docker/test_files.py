"""The files in docker/, as far as they can be tried without containers.

The rest is docker/test.sh's, which builds the image and runs it.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import]

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = {"spiked": os.environ["SPIKED_BINARY"], "spiked-pong": os.environ["SPIKED_PONG_BINARY"]}
PORT = "50051"
TOKEN = secrets.token_hex(32)

# Those of the Dockerfile reference.
INSTRUCTIONS = {
    *("ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL"),
    *("RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"),
}


def stages() -> list[dict[str, list[str]]]:
    """The arguments of the Dockerfile's instructions by their names, a stage each."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "docker/Dockerfile").read_text(), flags=re.MULTILINE)
    result: list[dict[str, list[str]]] = []
    for line in text.replace("\\\n", " ").splitlines():
        if not line.strip():
            continue
        name, arguments = line.split(maxsplit=1)
        assert name in INSTRUCTIONS, line
        if name == "FROM":
            result.append({})
        result[-1].setdefault(name, []).append(arguments)
    return result


def compose() -> dict[str, Any]:
    """The services of the compose file."""
    services: dict[str, Any] = yaml.safe_load((ROOT / "docker/compose.yaml").read_text())["services"]
    return services


def command(arguments: list[str], port: str) -> list[str]:
    """A command of the image as it is here, with another port."""
    return [PROGRAMS[arguments[0]], *(re.sub(f":{PORT}$", f":{port}", a) for a in arguments[1:])]


def entry_point(port: str) -> list[str]:
    (arguments,) = stages()[-1]["ENTRYPOINT"]
    return command(json.loads(arguments), port)


def health_check(port: str) -> list[str]:
    (arguments,) = stages()[-1]["HEALTHCHECK"]
    _, _, test = arguments.partition("CMD ")
    return command(json.loads(test), port)


@contextmanager
def image_server() -> Iterator[str]:
    """Runs what the image runs, on a port of its own."""
    environment = os.environ | {"SPIKED_OWNER_TOKEN": TOKEN}
    with subprocess.Popen(
        entry_point("0"), stderr=subprocess.PIPE, text=True, env=environment
    ) as server:
        assert server.stderr is not None
        line = server.stderr.readline()
        match = re.search(r"listening on 0\.0\.0\.0:(\d+)$", line)
        assert match, line
        try:
            yield match[1]
        finally:
            server.send_signal(signal.SIGTERM)
            server.communicate()
    assert server.returncode == 0


def test_the_dockerfile_builds_and_runs_in_stages_on_slim_debian() -> None:
    assert [stage["FROM"][0].split()[0] for stage in stages()] == ["debian:bookworm-slim"] * 2
    assert stages()[0]["FROM"] == ["debian:bookworm-slim AS build"]
    assert stages()[1]["COPY"] == ["--from=build /out /usr/local/bin/"]


def test_the_build_stage_installs_what_a_build_of_the_programs_needs() -> None:
    needed = re.search(r'^BUILD_PACKAGES="([^"]*)"', (ROOT / "dev").read_text(), re.MULTILINE)
    assert needed
    install, *_ = stages()[0]["RUN"]
    _, _, packages = install.partition("--no-install-recommends ")
    packages, _, _ = packages.partition("&&")
    # Python is for the clients' package.
    assert {*packages.split(), "python3"} == set(needed[1].replace("\\\n", " ").split())


def test_all_that_is_built_is_let_into_the_build() -> None:
    let_in = set(re.findall(r"^!(.*)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    assert all((ROOT / path).exists() for path in let_in)
    used = re.findall(r"add_subdirectory\((\w+)\)", (ROOT / "CMakeLists.txt").read_text())
    assert let_in == {*used, "CMakeLists.txt", "CMakePresets.json"} - {"tests"}


def test_the_image_is_nobodys_in_particular() -> None:
    (user,) = stages()[-1]["USER"]
    user_id, group_id = user.split(":")
    assert int(user_id) > 0
    assert int(group_id) > 0


def test_the_image_serves_and_tells_that_it_is_well() -> None:
    assert stages()[-1]["EXPOSE"] == [PORT]
    with image_server() as port:
        assert subprocess.run(health_check(port)).returncode == 0
    assert subprocess.run(health_check(port)).returncode == 1


def test_the_compose_files_client_plays_on_its_server() -> None:
    server, pong = compose()["server"], compose()["pong"]
    assert server["image"] == pong["image"]
    assert pong["depends_on"] == {"server": {"condition": "service_healthy"}}
    # Both sides have the token of whoever starts them.
    assert server["environment"]["SPIKED_OWNER_TOKEN"].startswith("${SPIKED_TOKEN:?")
    assert pong["environment"] == {"SPIKED_TOKEN": None}
    arguments = [*pong["entrypoint"], *pong["command"]]
    at = arguments.index(f"server:{PORT}")
    polls = arguments.index("--polls") + 1
    with image_server() as port:
        arguments[at] = f"127.0.0.1:{port}"
        arguments[polls] = "20"
        played = subprocess.run(
            command(arguments, PORT),
            capture_output=True,
            text=True,
            env=os.environ | {"SPIKED_TOKEN": TOKEN},
        )
    assert played.returncode == 0, played.stderr
    assert "20 polls" in played.stdout


def test_the_compose_file_confines_its_containers_to_this_machine() -> None:
    for service in compose().values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    build = compose()["server"]["build"]
    assert (ROOT / "docker" / build["context"] / build["dockerfile"]).exists()


def test_the_container_test_is_a_script() -> None:
    script = ROOT / "docker/test.sh"
    assert os.access(script, os.X_OK)
    subprocess.run(["sh", "-n", script], check=True)
