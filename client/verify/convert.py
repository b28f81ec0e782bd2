#!/usr/bin/env python3
"""Brings recordings of older forms into the form that spiked-verify reads.

    convert.py FILE TARGET

writes TARGET if FILE has one of the older forms: single neurons and synapses
(micro.json), recurrent networks given by formulas (net.json), or a player of pong
(pong_*.json). Any other file is left to spiked-verify, and no TARGET is written.
Exit status: 0, or 2 if FILE or TARGET cannot be used.
"""

from __future__ import annotations

import ast
import json
import math
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

Json = dict[str, Any]
Numbers = float | Sequence[float]
# A time in ms and a neuron.
Spike = tuple[float, int]

# These were recorded without fused multiply-add, so that signals agree to the last
# bit, or nearly so where another C library was used.
TOLERANCE = {"signals": 1e-12, "weights": 1e-9}


# Parts of a specification, inputs, and what is expected.


def value(numbers: Numbers) -> Json:
    """One number for all, or one for each."""
    return {"list": {"values": numbers}} if isinstance(numbers, Sequence) else {"number": numbers}


def values(parameters: Mapping[str, Numbers]) -> Json:
    """Parameters by name."""
    return {name: value(numbers) for name, numbers in parameters.items()}


def population(name: str, model: str, size: int = 1, **parameters: Numbers) -> Json:
    """A population whose spikes are not recorded."""
    return {"name": name, "model": model, "size": size, "parameters": values(parameters)}


def recorded(made: Json) -> Json:
    """The same population, recorded."""
    return {**made, "recordSpikes": True}


def projection(
    source: str, target: str, weight: Numbers = 1.0, delay_ms: Numbers = 1.0, **more: Any
) -> Json:
    """A projection called source_target; neuron k to neuron k unless told otherwise."""
    made: Json = {"name": f"{source}_{target}", "source": source, "target": target}
    made |= {"weight": value(weight), "delayMs": value(delay_ms), "rule": {"oneToOne": {}}}
    return made | more


def columns(spikes: Iterable[Spike], times: str) -> Json:
    """Spikes by columns."""
    listed = list(spikes)
    return {times: [time for time, _ in listed], "senders": [sender for _, sender in listed]}


def spike_input(name: str, spikes: Iterable[Spike], **more: Any) -> Json:
    """What spike generators are given."""
    return {"population": f"net/{name}", "spikeTrains": columns(spikes, "timesMs") | more}


def expected_spikes(spikes: Mapping[str, Iterable[Spike]]) -> Json:
    """All spikes of populations."""
    return {f"net/{name}": columns(listed, "times_ms") for name, listed in spikes.items()}


def train(times_ms: Iterable[float], neuron: int = 0) -> list[Spike]:
    """The spikes of one neuron."""
    return [(time, neuron) for time in times_ms]


# Single neurons and synapses.


def convert_neuron(case: Json) -> Json:
    """A neuron driven by devices, with its membrane potential."""
    populations: list[Json] = []
    projections: list[Json] = []
    inputs: list[Json] = []
    for k, device in enumerate(case["inputs"]):
        name, parameters = f"device{k}", {}
        if device["model"] == "spike_generator":
            inputs.append(spike_input(name, train(device["spike_times_ms"])))
        else:
            parameters = {"amplitude": device["amplitude_pA"], "start": device["start_ms"]}
            # Null stands for never.
            if device["stop_ms"] is not None:
                parameters["stop"] = device["stop_ms"]
        populations.append(population(name, device["model"], **parameters))
        projections.append(projection(name, "neuron", device["weight"], device["delay_ms"]))
    populations.append(recorded(population("neuron", case["model"], **case["params"])))
    times_ms, potentials = case["V_m"]["times_ms"], case["V_m"]["mV"]
    # The longest interval at which every sample's time comes up.
    interval = math.gcd(*(round(time / case["resolution_ms"]) for time in times_ms))
    meter = {"name": "voltmeter", "population": "neuron", "variables": ["V_m"]}
    meter |= {"intervalMs": interval * case["resolution_ms"]}
    network = {"populations": populations, "projections": projections, "multimeters": [meter]}
    spikes = expected_spikes({"neuron": train(case["spikes_ms"])})
    signals = {"net/voltmeter": {"times_ms": times_ms, "V_m": potentials}}
    return {
        "specification": network,
        "inputs": inputs,
        "duration_ms": case["duration_ms"],
        "expected": {"spikes": spikes, "signals": signals},
    }


def convert_relays(case: Json) -> Json:
    """A chain of relays behind a spike generator."""
    populations = [population("generator", "spike_generator")]
    projections = []
    spikes = {}
    for k, times_ms in enumerate(case["spikes_ms"]):
        name, delay_ms = f"relay{k}", case["delays_ms"][k]
        projections.append(projection(populations[-1]["name"], name, 1.0, delay_ms))
        populations.append(recorded(population(name, case["model"])))
        spikes[name] = train(times_ms)
    stamps, multiplicities = train(case["spike_times_ms"]), case["multiplicities"] or []
    return {
        "specification": {"populations": populations, "projections": projections},
        "inputs": [spike_input("generator", stamps, multiplicities=multiplicities)],
        "duration_ms": case["duration_ms"],
        "expected": {"spikes": expected_spikes(spikes)},
    }


def convert_synapse(case: Json) -> Json:
    """A plastic synapse between two driven neurons, with its variables over time."""
    dopaminergic = case["model"] == "stdp_dopamine_synapse"
    names = ["pre", "post", "dopa"] if dopaminergic else ["pre", "post"]
    populations: list[Json] = []
    projections: list[Json] = []
    for name in names:
        # What is before the synapse, and the source of dopamine, only repeat their
        # generators.
        neuron, weight = population(name, "parrot_neuron"), 1.0
        if name == "post":
            neuron = population(name, "iaf_psc_exp", **case["post_params"])
            weight = case["post_generator_weight"]
        generator, delay_ms = f"{name}_generator", case["generator_delays_ms"]
        populations += [population(generator, "spike_generator"), recorded(neuron)]
        projections.append(projection(generator, name, weight, delay_ms))
    plastic = {"synapseModel": case["model"], "parameters": values(case["props"])}
    if dopaminergic:
        interval, delay_ms = case["deliver_interval"], case["dopa_to_vt_delay_ms"]
        transmitter = population("transmitter", "volume_transmitter", deliver_interval=interval)
        populations.append(transmitter)
        projections.append(projection("dopa", "transmitter", 1.0, delay_ms))
        plastic["volumeTransmitter"] = "transmitter"
    weight, delay_ms = case["initial_weight"], case["delay_ms"]
    projections.append(projection("pre", "post", weight, delay_ms, **plastic))

    steps = synapse_steps(case, {name: case[f"{name}_spikes_ms"] for name in names})
    steps[0]["inputs"] = [
        spike_input(f"{name}_generator", train(case[f"{name}_generator_ms"])) for name in names
    ]
    network = {"populations": populations, "projections": projections}
    return {"specification": network, "steps": steps}


def synapse_steps(case: Json, trains_ms: Mapping[str, list[float]]) -> list[Json]:
    """A step to each time at which the synapse was looked at, and one to the end."""
    names = ["weights" if name == "weight" else name for name in case["columns"]]
    rows = [dict(zip(names, row, strict=True)) for row in case["trace"]]
    if rows[-1]["t_ms"] < case["duration_ms"]:
        rows.append({"t_ms": case["duration_ms"]})
    steps = []
    begin_ms = 0.0
    for row in rows:
        end_ms = row.pop("t_ms")
        spikes = {
            name: train(time for time in times_ms if begin_ms < time <= end_ms)
            for name, times_ms in trains_ms.items()
        }
        expected = {"spikes": expected_spikes(spikes)}
        if row:
            expected["weights"] = {"net/pre_post": {name: [number] for name, number in row.items()}}
        steps.append({"duration_ms": end_ms - begin_ms, "expected": expected})
        begin_ms = end_ms
    return steps


def convert_micro(case: Json) -> Json:
    """A case of micro.json."""
    if "trace" in case:
        return convert_synapse(case)
    if "delays_ms" in case:
        return convert_relays(case)
    return convert_neuron(case)


# Recurrent networks.

# Arithmetic, and nothing else.
ARITHMETIC = (
    *(ast.Expression, ast.Lambda, ast.arguments, ast.arg, ast.Name, ast.Load, ast.Constant),
    *(ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Mod, ast.UnaryOp, ast.USub),
    *(ast.IfExp, ast.Compare, ast.cmpop),
)


def formula(text: object, names: Mapping[str, float], variables: str) -> Callable[..., float]:
    """The function that "J for k < C_e, else -g*J; times 1 + (i mod 16)/64" describes.

    Raises ValueError if a formula is anything but arithmetic of numbers and names.
    """
    words = re.sub(r"\bmod\b", "%", str(text))
    # Without a remark at the end.
    words = re.sub(r"\([a-z]+( [a-z]+)+\)$", "", words).strip()
    words, _, factor = words.partition("; times ")
    if match := re.fullmatch(r"(.+?) for (.+?)[,;] else (.+)", words):
        words = f"({match[1]}) if ({match[2]}) else ({match[3]})"
    elif match := re.fullmatch(r"(.+?): (.+?); else (.+)", words):
        words = f"({match[2]}) if ({match[1]}) else ({match[3]})"
    if factor:
        words = f"({words}) * ({factor})"
    try:
        tree = ast.parse(f"lambda {variables}: {words}", mode="eval")
    except SyntaxError as error:
        raise ValueError(f"formula '{text}' cannot be read") from error
    known = {*names, *variables.split(", ")}
    for node in ast.walk(tree):
        stranger = isinstance(node, ast.Name) and node.id not in known
        if stranger or not isinstance(node, ARITHMETIC):
            raise ValueError(f"formula '{text}' cannot be read")
    code = compile(tree, "formula", "eval")
    return cast("Callable[..., float]", eval(code, {"__builtins__": {}, **names}))


def convert_recurrent(case: Json) -> Json:
    """A recurrent network that is given by formulas."""
    if case["connection_order"] != "i ascending, then k ascending":
        raise ValueError("connection_order must be 'i ascending, then k ascending'")
    step = re.match(r"\[time in (\S+) ms steps, neuron\]", case["spikes"])
    if step is None:
        raise ValueError("spikes must read '[time in ... ms steps, neuron]'")
    # In formulas, numbers are named without their unit.
    numbers = {name: number for name, number in case.items() if isinstance(number, (int, float))}
    names = {re.sub("_(pA|mV|ms)$", "", name): number for name, number in numbers.items()}
    neurons = range(case["N_e"] + case["N_i"])
    connections = [(i, k) for i in neurons for k in range(case["C_e"] + case["C_i"])]

    def of_neurons(field: str) -> list[float]:
        function = formula(case[field], names, "i")
        return [function(i) for i in neurons]

    def of_connections(field: str) -> list[float]:
        function = formula(case[field], names, "i, k")
        return [function(i, k) for i, k in connections]

    parameters = {**case["params"], "I_e": of_neurons("I_e_pA"), "V_m": of_neurons("V_m_mV")}
    sources = of_connections("source_of_input_k_of_neuron_i")
    pairs = {"sources": sources, "targets": [i for i, _ in connections]}
    weights, delays_ms = of_connections("weight"), of_connections("delay_ms")
    rule = {"explicitPairs": pairs}
    network = {
        "populations": [recorded(population("neurons", case["model"], len(neurons), **parameters))],
        "projections": [projection("neurons", "neurons", weights, delays_ms, rule=rule)],
    }
    spikes = [(time * float(step[1]), neuron) for time, neuron in case["spike_list"]]
    return {
        "specification": network,
        "duration_ms": case["duration_ms"],
        "expected": {"spikes": expected_spikes({"neurons": spikes})},
    }


# Players of pong: the networks of the server's presets, in their order of creation.

ALL_TO_ALL: Json = {"allToAll": {}}
# How long the current lasts with which a dopaminergic player is rewarded.
REWARD_CURRENT_MS = 32.0
RSTDP = {"A": 36.0, "tau": 64.0, "saturation": 128.0, "eta": 0.7}
RSTDP |= {"pre_shift": -1.0, "causal_only": 1.0}
DOPAMINE = {"A_plus": 0.85, "A_minus": 1.5, "tau_plus": 45.0, "tau_c": 70.0, "tau_n": 30.0}
DOPAMINE |= {"b": 0.028, "Wmin": 1220.0}

CURRENTS = (
    r"step_current_generator; amplitude set at (\S+) ms and then at every whole ms: "
    r"I\(n, k\) = (.+) pA on the k-th millisecond .* reaches the neuron (\S+) ms later\).*"
)
SPIKES = (
    r"spike_generator: .* at step s \((\S+) ms steps, s >= (\d+)\) iff (.+); "
    r"weight (\S+), delay (\S+) ms"
)


def is_dopaminergic(case: Json) -> bool:
    """Whether the player learns from dopamine."""
    return "initial_weights_striatum" in case


def background(case: Json, duration_ms: float) -> tuple[Json, Json, Json]:
    """What replaces the noise: devices, one a motor neuron, their projection and input."""
    size = case["num_neurons"]
    if found := re.fullmatch(CURRENTS, case["noise"]):
        amplitude = formula(found[2], {}, "n, k")
        changes = [(n, k) for n in range(size) for k in range(math.ceil(duration_ms))]
        given = {
            "senders": [n for n, _ in changes],
            "timesMs": [k or float(found[1]) for _, k in changes],
            "amplitudesPa": [amplitude(n, k) for n, k in changes],
        }
        devices = population("background", "step_current_generator", size)
        connections = projection("background", "motor", 1.0, float(found[3]))
        return devices, connections, {"population": "net/background", "currentSteps": given}
    if found := re.fullmatch(SPIKES, case["noise"]):
        step_ms = float(found[1])
        steps = range(int(found[2]), round(duration_ms / step_ms) + 1)
        fires = formula(found[3], {}, "n, s")
        spikes = [(s * step_ms, n) for n in range(size) for s in steps if fires(n, s)]
        devices = population("background", "spike_generator", size)
        connections = projection("background", "motor", float(found[4]), float(found[5]))
        return devices, connections, spike_input("background", spikes)
    raise ValueError("noise describes neither a step_current_generator nor a spike_generator")


def player(case: Json, noise: tuple[Json, Json, Json] | None) -> Json:
    """The network of a player."""
    size = case["num_neurons"]
    plastic: Json = {"synapseModel": "rstdp_synapse", "parameters": values(RSTDP)}
    if is_dopaminergic(case):
        parameters = values(DOPAMINE | {"Wmax": 1550.0 if noise else 1750.0})
        plastic = {"synapseModel": "stdp_dopamine_synapse", "parameters": parameters}
        plastic |= {"volumeTransmitter": "transmitter"}

    def all_to_all(source: str, target: str, weight: Numbers, **more: Any) -> Json:
        return projection(source, target, weight, rule=ALL_TO_ALL, **more)

    def from_input(target: str, weights: Iterable[Iterable[float]]) -> Json:
        return all_to_all("relay", target, flat(weights), **plastic) | {"name": f"input_{target}"}

    populations = [
        population("input", "spike_generator", size),
        population("relay", "parrot_neuron", size),
        recorded(population("motor", "iaf_psc_exp", size)),
    ]
    projections = [projection("input", "relay"), from_input("motor", case["initial_weights"])]
    if noise:
        populations.append(noise[0])
        projections.append(noise[1])
    if is_dopaminergic(case):
        critic = ("striatum", "vp", "dopa")
        populations += [recorded(population(name, "iaf_psc_exp", 8)) for name in critic]
        populations.append(population("transmitter", "volume_transmitter"))
        populations.append(population("dopa_current", "dc_generator"))
        projections += [
            from_input("striatum", case["initial_weights_striatum"]),
            all_to_all("striatum", "vp", -250.0),
            all_to_all("vp", "dopa", -1150.0),
            all_to_all("striatum", "dopa", -1150.0, delay_ms=200.0),
            all_to_all("dopa", "transmitter", 1.0),
            all_to_all("dopa_current", "dopa", 1.0),
        ]
    return {"populations": populations, "projections": projections}


def flat(matrix: Iterable[Iterable[float]]) -> list[float]:
    """A matrix, row by row."""
    return [number for row in matrix for number in row]


def weights_after(case: Json, poll: Json) -> Json:
    """The weights after a poll; null where they were not recorded."""
    size = case["num_neurons"]
    weights: Json = {}
    if "weights" in poll:
        weights["net/input_motor"] = flat(poll["weights"])
    elif "weights_row" in poll:
        unknown = [None] * size
        before, after = poll["cell"], size - poll["cell"] - 1
        weights["net/input_motor"] = unknown * before + poll["weights_row"] + unknown * after
    if is_dopaminergic(case) and "weights_striatum" in poll:
        weights["net/input_striatum"] = flat(poll["weights_striatum"])
    return weights


def convert_pong(case: Json) -> Json:
    """A player over many polls, each followed by its reward."""
    poll_ms = case["iteration_ms"]
    noise = background(case, poll_ms * len(case["iterations"])) if "noise" in case else None
    # Dopaminergic players wait for their reward.
    first_ms = REWARD_CURRENT_MS if is_dopaminergic(case) else 1.0
    stamps_ms = [first_ms + case["isi_ms"] * k for k in range(case["n_input_spikes"])]
    inputs = [noise[2]] if noise else []
    steps: list[Json] = []
    for poll in case["iterations"]:
        inputs.append(spike_input("input", train(stamps_ms, poll["cell"])) | {"relative": True})
        motor = [train(times_ms, k) for k, times_ms in enumerate(poll["motor_spikes_ms"])]
        spikes = {"motor": [spike for times in motor for spike in times]}
        for name in ("striatum", "vp", "dopa"):
            if f"{name}_spikes" in poll:
                spikes[name] = [(time, neuron) for neuron, time in poll[f"{name}_spikes"]]
        expected: Json = {"spikes": expected_spikes(spikes)}
        steps.append({"inputs": inputs, "duration_ms": poll_ms, "expected": expected})
        inputs = []
        weights = weights_after(case, poll)
        if is_dopaminergic(case):
            # Its reward is a current, which changes weights only with time.
            expected["weights"] = weights
            current = {"amplitude": poll["dopa_current_pA"], "start": 0, "stop": REWARD_CURRENT_MS}
            given = {"deviceParameters": {"parameters": values(current)}, "relative": True}
            inputs.append({"population": "net/dopa_current"} | given)
        else:
            reward = {"target": "net", "value": poll["reward"]}
            after = {"rewards": [reward], "duration_ms": 0, "expected": {"weights": weights}}
            steps.append(after)
    return {"specification": player(case, noise), "steps": steps}


# Files.


def convert_case(case: Json, name: str, convert: Callable[[Json], Json]) -> Json:
    """A case with its name. Raises ValueError, which names it, if it cannot be read."""
    try:
        made = {"name": name, "resolution_ms": case["resolution_ms"], "tolerance": TOLERANCE}
        return made | convert(case)
    except KeyError as error:
        raise ValueError(f"case '{name}': field '{error.args[0]}' is missing") from error
    except (ArithmeticError, AttributeError, IndexError, TypeError, ValueError) as error:
        raise ValueError(f"case '{name}': {error}") from error


def convert_file(document: object, name: str) -> Json | None:
    """A file of an older form in the new one; None for any other."""
    if isinstance(document, list):
        cases, old, convert = document, "N_e", convert_recurrent
    elif isinstance(document, dict) and "iterations" in document:
        # The file does not name its case.
        cases, old, convert = [{**document, "name": name}], "iterations", convert_pong
    elif isinstance(document, dict) and isinstance(document.get("cases"), list):
        cases, old, convert = document["cases"], "model", convert_micro
    else:
        return None
    if not cases or not all(isinstance(case, dict) and old in case for case in cases):
        return None
    return {"cases": [convert_case(case, str(case.get("name")), convert) for case in cases]}


def main(arguments: Sequence[str]) -> int:
    """The program."""
    if len(arguments) != 2:
        print("Usage: convert.py FILE TARGET", file=sys.stderr)
        return 2
    file, target = map(Path, arguments)
    try:
        text = file.read_bytes()
        try:
            document = json.loads(text)
        except (RecursionError, ValueError):
            # spiked-verify says what is wrong with it.
            return 0
        converted = convert_file(document, file.stem)
        if converted is not None:
            target.write_text(json.dumps(converted, separators=(",", ":")))
    except (OSError, ValueError, TypeError) as error:
        print(f"convert.py: {file}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
