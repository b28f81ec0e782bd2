"""The guide of client/ctl, typed as it stands."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

GUIDE = Path(__file__).resolve().parents[3] / "client/ctl/README.md"
PROGRAMS = Path(os.environ["SPIKED_BINARY"]).parent
# What a person who types does not need.
WAITS = {
    "spikectl users put anna": "spikectl health",
    "spikectl sessions share match": "spikectl sessions show match",
    "spikectl top": "spikectl sessions list --owner bert --state busy | grep -q lunch",
}


def chapters() -> dict[str, list[str]]:
    """The commands under each heading of the guide, block by block."""
    parts = re.split(r"^## (.*)$", GUIDE.read_text(), flags=re.MULTILINE)
    fence = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    return {title: fence.findall(text) for title, text in zip(parts[1::2], parts[2::2])}


def typed(blocks: list[str], folder: Path) -> list[str]:
    """What all blocks print, each with the exit status of its last command."""
    script = "until_() { for n in {1..300}; do eval \"$1\" >/dev/null 2>&1 && return; sleep 0.1; done; }\n"
    for block in blocks:
        for line in block.splitlines():
            for begin, until in WAITS.items():
                if line.startswith(begin):
                    script += f"until_ '{until}'\n"
            script += line + "\n"
        script += "echo exit $?\necho -----\n"
    # Nobody else is on this machine's port, which the name of the lab's machine leads to.
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    script = script.replace("lab.example", "localhost").replace("0.0.0.0:50051", f"127.0.0.1:{port}")
    script = script.replace(":50051", f":{port}")
    # The one that has the packages.
    (folder / "bin").mkdir()
    (folder / "bin/python3").symlink_to(sys.executable)
    environment = {
        "HOME": str(folder),
        "XDG_RUNTIME_DIR": str(folder),
        "PATH": f"{folder}/bin:{PROGRAMS}:{os.environ['PATH']}",
        "PYTHONPATH": os.environ["PYTHONPATH"],
    }
    with subprocess.Popen(
        ["bash", "-c", script],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as shell:
        try:
            assert shell.stdout is not None
            printed = [[""]]
            for line in shell.stdout:
                if line == "-----\n":
                    printed.append([""])
                    if len(printed) > len(blocks):
                        break
                else:
                    printed[-1].append(line)
            return ["".join(lines) for lines in printed]
        finally:
            # With all that it has left behind.
            os.killpg(shell.pid, signal.SIGKILL)


def test_an_admin_sets_up_a_lab_and_stops_a_runaway(tmp_path: Path) -> None:
    printed = typed(chapters()["A lab's server"], tmp_path)
    print(*printed, sep="-----\n")
    certificates, users, anna, screen, _, admin, *_ = printed
    assert "lab/ca.pem      for all clients\n" in certificates
    assert re.search(r"^bert +user +0\.5 +1 +sessions=5 synapses=10000000$", users, re.MULTILINE)
    assert re.search(r"^you are +anna, user$", anna, re.MULTILINE)
    assert re.search(r"^shared with +bert \(watch\), screen \(watch\)$", anna, re.MULTILINE)
    assert "times real time" in screen
    assert screen.endswith("exit 4\n")
    top = re.search(r"^lunch +bert +(\d+)%", admin, re.MULTILINE)
    assert top
    assert "halted\n" in admin
    assert re.search(r"^time +(.*)$", admin, re.MULTILINE)
    assert "revoked\n" in admin
    assert "TOKEN_UNKNOWN" in admin
    assert admin.endswith("exit 4\n")
