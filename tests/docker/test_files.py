"""The files in docker/, as far as they can be tried without containers.

The rest is docker/test.sh's, which builds the image and runs it.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml  # type: ignore[import]

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = {
    name: os.environ[f"{name.upper().replace('-', '_')}_BINARY"]
    for name in ("spiked", "spiked-pong", "spikectl")
}
PORT, METRICS_PORT = "50051", "9464"
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
    there = [re.sub(f":{METRICS_PORT}$", ":0", a) for a in arguments[1:]]
    return [PROGRAMS[arguments[0]], *(re.sub(f":{PORT}$", f":{port}", a) for a in there)]


class Ports(NamedTuple):
    """Where a server has chosen to listen."""

    grpc: str
    metrics: str


def entry_point(port: str) -> list[str]:
    (arguments,) = stages()[-1]["ENTRYPOINT"]
    return command(json.loads(arguments), port)


def health_check(port: str) -> list[str]:
    (arguments,) = stages()[-1]["HEALTHCHECK"]
    _, _, test = arguments.partition("CMD ")
    return command(json.loads(test), port)


@contextmanager
def image_server(
    *options: str, environment: dict[str, str] | None = None
) -> Iterator[Ports]:
    """Runs what the image runs, with further options, on ports of its own."""
    with subprocess.Popen(
        [*entry_point("0"), *options],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | (environment or {"SPIKED_OWNER_TOKEN": TOKEN}),
    ) as server:
        assert server.stderr is not None
        log = ""
        pattern = r"listening on 0\.0\.0\.0:(\d+)(?s:.*)metrics on port (\d+)"
        while not (match := re.search(pattern, log)):
            line = server.stderr.readline()
            assert line, log
            log += line
        try:
            yield Ports(*match.groups())
        finally:
            server.send_signal(signal.SIGTERM)
            server.communicate()
    assert server.returncode == 0


def test_the_dockerfile_builds_and_runs_in_stages_on_slim_debian() -> None:
    assert [stage["FROM"][0].split()[0] for stage in stages()] == ["debian:bookworm-slim"] * 2
    assert stages()[0]["FROM"] == ["debian:bookworm-slim AS build"]
    assert stages()[1]["COPY"] == [
        "--from=build /out /usr/local/bin/",
        "client/web/dist /usr/local/share/spiked/web",
    ]


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
    assert let_in == {*used, "CMakeLists.txt", "CMakePresets.json", "client/web/dist"} - {"tests"}


def test_the_image_is_nobodys_in_particular() -> None:
    (user,) = stages()[-1]["USER"]
    user_id, group_id = user.split(":")
    assert int(user_id) > 0
    assert int(group_id) > 0


def test_the_image_serves_and_tells_that_it_is_well() -> None:
    assert stages()[-1]["EXPOSE"] == [f"{PORT} {METRICS_PORT}"]
    with image_server() as ports:
        assert subprocess.run(health_check(ports.grpc)).returncode == 0
    assert subprocess.run(health_check(ports.grpc)).returncode == 1


def test_the_compose_files_client_plays_on_its_server_over_tls(tmp_path: Path) -> None:
    services = compose()
    certificates, server, pong = services["certificates"], services["server"], services["pong"]
    assert server["image"] == pong["image"] == certificates["image"]
    assert server["depends_on"] == {
        "certificates": {"condition": "service_completed_successfully"}
    }
    assert pong["depends_on"] == {"server": {"condition": "service_healthy"}}
    # Both sides have the token from a secret, which nobody sees in the environment.
    assert server["secrets"] == pong["secrets"] == ["token"]
    assert not any("TOKEN" in name for name in pong["environment"])
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    for service in (certificates, server, pong):
        assert service["volumes"][0].startswith("data:/data")

    def here(text: str) -> str:
        text = text.replace("/data", str(tmp_path)).replace("/run/secrets", str(tmp_path))
        return text.replace("server:", "localhost:").replace(":8080", ":0").replace("$$", "$")

    programs = str(Path(PROGRAMS["spiked"]).parent)
    environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"}
    # Twice, as the folder stays.
    for _ in range(2):
        subprocess.run(
            [here(word) for word in certificates["entrypoint"]],
            check=True,
            env=environment,
            capture_output=True,
        )
    settings = {name: here(value) for name, value in server["environment"].items()}
    with image_server(*map(here, server["command"]), environment=settings) as (port, _):
        probe = command([here(word) for word in server["healthcheck"]["test"][1:]], port)
        assert subprocess.run(probe).returncode == 0
        arguments = [here(word) for word in (*pong["entrypoint"], *pong["command"])]
        arguments[arguments.index(f"localhost:{PORT}")] = f"localhost:{port}"
        arguments[arguments.index("--polls") + 1] = "20"
        played = subprocess.run(
            arguments,
            capture_output=True,
            text=True,
            env=environment | {"SPIKED_TLS_CA": here(pong["environment"]["SPIKED_TLS_CA"])},
        )
    assert played.returncode == 0, played.stderr
    assert "20 polls" in played.stdout


def test_the_compose_file_confines_its_containers_to_this_machine() -> None:
    for service in compose().values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert not source.startswith(".") or (ROOT / "docker" / source).exists()
    build = compose()["certificates"]["build"]
    assert (ROOT / "docker" / build["context"] / build["dockerfile"]).exists()


def metrics() -> str:
    """What a server that has been called tells Prometheus."""
    with image_server() as ports:
        subprocess.run(
            [PROGRAMS["spikectl"], "info", "--server", f"127.0.0.1:{ports.grpc}"],
            env=os.environ | {"SPIKED_TOKEN": TOKEN},
            capture_output=True,
        )
        with urllib.request.urlopen(f"http://127.0.0.1:{ports.metrics}/metrics") as answer:
            text: str = answer.read().decode()
    return text


def test_dashboard_and_alerts_ask_for_metrics_that_there_are() -> None:
    text = metrics()
    there = set(re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE)) | {"up"}
    alerts = yaml.safe_load((ROOT / "docker/prometheus/alerts.yml").read_text())
    dashboard = json.loads((ROOT / "docker/grafana/dashboard.json").read_text())
    asked = [rule["expr"] for group in alerts["groups"] for rule in group["rules"]]
    asked += [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert len(asked) > 20
    for expression in asked:
        names = re.findall(r"\b(?:spiked|process)_\w+|\bup\b", expression)
        assert names, expression
        assert {re.sub("_(bucket|sum|count)$", "", name) for name in names} <= there, expression


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_prometheus_takes_metrics_and_alerts() -> None:
    subprocess.run(["promtool", "check", "metrics"], input=metrics(), text=True, check=True)
    folder = ROOT / "docker/prometheus"
    subprocess.run(["promtool", "check", "rules", "alerts.yml"], check=True, cwd=folder)
    subprocess.run(["promtool", "test", "rules", "alerts_test.yml"], check=True, cwd=folder)


def manifests() -> dict[str, dict[str, Any]]:
    """The Kubernetes objects by their kinds."""
    folder = ROOT / "docker/kubernetes"
    listed = yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"]
    assert {*listed, "kustomization.yaml"} == {path.name for path in folder.glob("*.yaml")}
    objects = [yaml.safe_load((folder / name).read_text()) for name in listed]
    return {entry["kind"]: entry for entry in objects}


def test_the_manifests_fit_together() -> None:
    folder = ROOT / "docker/kubernetes"
    kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text())
    objects = manifests()
    assert set(objects) == {
        *("Namespace", "StatefulSet", "Service", "PodDisruptionBudget", "NetworkPolicy")
    }
    spec = objects["StatefulSet"]["spec"]
    assert spec["serviceName"] == objects["Service"]["metadata"]["name"]
    pod = spec["template"]["spec"]
    (container,) = pod["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"grpc": int(PORT), "metrics": int(METRICS_PORT)}
    assert {port["targetPort"] for port in objects["Service"]["spec"]["ports"]} == set(ports)
    rules = objects["NetworkPolicy"]["spec"]["ingress"]
    assert {port["port"] for rule in rules for port in rule["ports"]} == set(ports)
    # What is mounted is there.
    volumes = {volume["name"] for volume in pod["volumes"]}
    claims = {claim["metadata"]["name"] for claim in spec["volumeClaimTemplates"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == volumes | claims
    generated = {entry["name"] for entry in kustomization["configMapGenerator"]}
    configured = [volume["configMap"] for volume in pod["volumes"] if "configMap" in volume]
    assert {entry["name"] for entry in configured} == generated
    secret = container["env"][0]["valueFrom"]["secretKeyRef"]
    assert secret["name"] in {entry["name"] for entry in kustomization["secretGenerator"]}
    assert f"{secret['key']}=" in (folder / "owner.env.example").read_text()
    # The user is the image's, and may do nothing.
    (user,) = stages()[-1]["USER"]
    assert f"{pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}" == user
    assert container["securityContext"] == {
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }
    assert set(container["resources"]) == {"requests", "limits"}


def test_the_servers_settings_in_kubernetes_are_good(tmp_path: Path) -> None:
    text = (ROOT / "docker/kubernetes/spiked.toml").read_text()
    subprocess.run(
        [PROGRAMS["spikectl"], "tls", "init", "--folder", tmp_path, "--host", "localhost"],
        check=True,
        capture_output=True,
    )
    text = text.replace("/tls/tls.crt", f"{tmp_path}/server.pem")
    text = text.replace("/tls/tls.key", f"{tmp_path}/server.key").replace("/data", str(tmp_path))
    (tmp_path / "spiked.toml").write_text(text)
    checked = [*entry_point("0"), "--config", str(tmp_path / "spiked.toml"), "--check-config"]
    subprocess.run(checked, check=True)
    drain = re.search(r"^drain-timeout-s = (\d+)$", text, re.MULTILINE)
    pod = manifests()["StatefulSet"]["spec"]["template"]["spec"]
    assert drain
    assert int(drain[1]) < pod["terminationGracePeriodSeconds"]


def test_what_tries_them_are_scripts() -> None:
    for name in ("check.sh", "package_test.sh", "test.sh"):
        script = ROOT / "docker" / name
        assert os.access(script, os.X_OK)
        subprocess.run(["sh", "-n", script], check=True)
