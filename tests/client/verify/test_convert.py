"""Recordings of older forms in the form that spiked-verify reads."""

import copy
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import convert
import pytest

REFERENCE = Path(os.environ["SPIKED_REFERENCE_DIR"])


def load(name: str) -> Any:
    return json.loads((REFERENCE / f"{name}.json").read_text())


def micro(name: str) -> Any:
    (case,) = (case for case in load("micro")["cases"] if case["name"] == name)
    return case


def run(file: Path, target: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, convert.__file__, str(file), str(target)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("text", "i", "k", "expected"),
    [
        ("360 + 0.1*((i*37) mod 800)", 30, 0, 360 + 0.1 * ((30 * 37) % 800)),
        ("J for k < C_e, else -g*J", 0, 79, 40.0),
        ("J for k < C_e, else -g*J", 0, 80, -200.0),
        ("J for k < C_e, else -g*J; times 1 + ((i + 3*k) mod 16)/64", 5, 80, -200.0 * (1 + 5 / 64)),
        ("k < C_e: i mod 7; else 100 + i (multapses and autapses as they fall)", 9, 0, 2),
        ("k < C_e: i mod 7; else 100 + i (multapses and autapses as they fall)", 9, 80, 109),
        ("(i - 3) mod 5", 1, 0, 3),
        (1.5, 0, 0, 1.5),
    ],
)
def test_a_formula_in_words_is_computed(text: object, i: int, k: int, expected: float) -> None:
    names = {"J": 40.0, "g": 5.0, "C_e": 80}
    assert convert.formula(text, names, "i, k")(i, k) == expected


@pytest.mark.parametrize(
    "text",
    [
        "i +",
        "i + j",
        "i ** 9",
        "open('x')",
        "i.real",
        "[i]",
        "i and k",
        "print",
        "(i := 3)",
        "__import__('os').system('true')",
    ],
)
def test_a_formula_that_is_more_than_arithmetic_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        convert.formula(text, {}, "i, k")


def test_single_neurons_are_sampled_whenever_they_were_recorded() -> None:
    case = convert.convert_neuron(micro("coarse_resolution"))
    (multimeter,) = case["specification"]["multimeters"]
    assert multimeter["intervalMs"] == 1.0
    assert case["expected"]["signals"]["net/voltmeter"]["times_ms"][:3] == [1.0, 2.0, 3.0]


def test_a_relays_multiplicities_are_kept() -> None:
    case = convert.convert_relays(micro("parrot_multiplicity"))
    assert case["inputs"][0]["spikeTrains"]["multiplicities"] == [1, 3, 2]
    assert case["expected"]["spikes"]["net/relay1"]["senders"] == [0] * 6


def test_a_synapse_is_looked_at_at_the_end_of_steps() -> None:
    recorded = micro("dopa_random")
    steps = convert.convert_synapse(recorded)["steps"]
    assert len(steps) == 100
    assert sum(step["duration_ms"] for step in steps) == 500.0
    assert "inputs" in steps[0]
    assert "inputs" not in steps[1]
    weights = steps[49]["expected"]["weights"]["net/pre_post"]
    assert [weights["weights"][0], weights["c"][0], weights["n"][0]] == recorded["trace"][49][1:]


def test_spikes_belong_to_the_step_in_which_they_are_stamped() -> None:
    recorded = micro("dopa_random")
    recorded["trace"] = recorded["trace"][:3]
    recorded["duration_ms"] = 500.0
    recorded["post_spikes_ms"] = [5.0, 5.1, 499.9, 500.0]
    steps = convert.convert_synapse(recorded)["steps"]
    assert [step["duration_ms"] for step in steps] == [5.0, 5.0, 5.0, 485.0]
    stamps = [step["expected"]["spikes"]["net/post"]["times_ms"] for step in steps]
    assert stamps == [[5.0], [5.1], [], [499.9, 500.0]]
    assert "weights" not in steps[-1]["expected"]


def test_a_network_is_written_out_connection_by_connection() -> None:
    case = convert.convert_recurrent(load("net")[1])
    (projection,) = case["specification"]["projections"]
    pairs = projection["rule"]["explicitPairs"]
    assert pairs["targets"][:101] == [0] * 100 + [1]
    assert pairs["sources"][:3] == [0, (7919 + 13) % 800, (2 * 7919 + 4 * 13) % 800]
    assert projection["weight"]["list"]["values"][1] == 40.0 * (1 + 3 / 64)
    assert projection["delayMs"]["list"]["values"][1] == 0.5 + 0.1 * 7
    assert case["expected"]["spikes"]["net/neurons"]["times_ms"][0] == 39 * 0.1


def test_a_players_weights_that_were_not_recorded_are_not_expected() -> None:
    recorded = load("pong_rstdp_clean")
    steps = convert.convert_pong(recorded)["steps"]
    assert len(steps) == 2 * 40, "a poll, and its reward"
    poll = recorded["iterations"][0]
    expected = steps[1]["expected"]["weights"]["net/input_motor"]
    row = slice(20 * poll["cell"], 20 * poll["cell"] + 20)
    assert expected[row] == poll["weights_row"]
    assert [weight for weight in expected if weight is not None] == poll["weights_row"]
    assert steps[1]["rewards"] == [{"target": "net", "value": poll["reward"]}]


def test_a_dopaminergic_player_is_rewarded_by_a_current() -> None:
    recorded = load("pong_dopa_active_critic")
    steps = convert.convert_pong(recorded)["steps"]
    assert len(steps) == 40
    current = steps[1]["inputs"][0]
    assert current["population"] == "net/dopa_current"
    assert current["relative"]
    amplitude = current["deviceParameters"]["parameters"]["amplitude"]["number"]
    assert amplitude == recorded["iterations"][0]["dopa_current_pA"]


def test_noise_is_replayed() -> None:
    currents = convert.convert_pong(load("pong_rstdp_noise_replay"))["steps"][0]["inputs"][0]
    given = currents["currentSteps"]
    assert given["timesMs"][:3] == [0.1, 1, 2]
    assert len(given["timesMs"]) == 20 * 20 * 200
    assert given["amplitudesPa"][1] == (104729 % 6007) / 10 - 300.3
    spikes = convert.convert_pong(load("pong_dopa_noise_replay"))["steps"][0]["inputs"][0]
    steps = [round(time / 0.1) for time in spikes["spikeTrains"]["timesMs"]]
    assert all(
        (n * 7919 + s * 104729 + n * s * 31) % 667 == 0
        for n, s in zip(spikes["spikeTrains"]["senders"], steps, strict=True)
    )


@pytest.mark.parametrize("name", ["micro", "net", "pong_dopa_noise_replay"])
def test_older_forms_are_written_in_the_form_of_today(name: str, tmp_path: Path) -> None:
    target = tmp_path / "target.json"
    result = run(REFERENCE / f"{name}.json", target)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    cases = json.loads(target.read_text())["cases"]
    assert all("specification" in case for case in cases)
    if len(cases) == 1:
        assert cases[0]["name"] == name, "a player is named after its file"


@pytest.mark.parametrize(
    "text",
    ['{"cases": [{"name": "a", "specification": {}}]}', "{}", "[]", "7", "no JSON"],
)
def test_other_files_are_left_to_spiked_verify(text: str, tmp_path: Path) -> None:
    file = tmp_path / "file.json"
    file.write_text(text)
    result = run(file, tmp_path / "target.json")
    assert (result.returncode, result.stderr) == (0, "")
    assert not (tmp_path / "target.json").exists()


def spoilt(name: str, change: Callable[[Any], None], tmp_path: Path) -> str:
    """What is said of a recording after a change."""
    document = copy.deepcopy(load(name))
    change(document)
    file = tmp_path / "spoilt.json"
    file.write_text(json.dumps(document))
    result = run(file, tmp_path / "target.json")
    assert result.returncode == 2
    assert not (tmp_path / "target.json").exists()
    assert result.stderr.startswith(f"convert.py: {file}: ")
    return result.stderr


def test_what_is_wrong_is_named_with_file_case_and_field(tmp_path: Path) -> None:
    said = spoilt("micro", lambda file: file["cases"][0].pop("inputs"), tmp_path)
    assert "case 'dc_tonic': field 'inputs' is missing" in said
    said = spoilt("net", lambda file: file[1].update(weight="J for k < C_x, else 0"), tmp_path)
    assert "case 'balanced_heterogeneous': formula 'J for k < C_x, else 0' cannot be read" in said
    said = spoilt("net", lambda file: file[0].update(connection_order="k, then i"), tmp_path)
    assert "connection_order must be" in said
    said = spoilt("net", lambda file: file[0].update(spikes="[neuron, time]"), tmp_path)
    assert "spikes must read '[time in ... ms steps, neuron]'" in said
    said = spoilt("pong_dopa_noise_replay", lambda file: file.update(noise="pink"), tmp_path)
    assert "case 'spoilt': noise describes neither" in said


def test_bad_usage_and_missing_files_are_trouble(tmp_path: Path) -> None:
    result = run(tmp_path / "nothing.json", tmp_path / "target.json")
    assert result.returncode == 2
    assert "No such file" in result.stderr
    assert convert.main([]) == 2
