"""What the contract says of odd values, for every field of every request.

Fields are named by their pattern (fields.Place.pattern) within the request. A
field that is not here fails the suite, as does one that is here and no more in
the contract.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

from google.protobuf.descriptor import FieldDescriptor

from fields import FLOATS, INTEGERS

REALS: dict[str, Any] = {
    "nan": math.nan,
    "inf": math.inf,
    "-inf": -math.inf,
    "huge": 1e308,
    "-huge": -1e308,
    "negative": -1.0,
    "fraction": 0.12345,  # off every grid
    "tiny": 5e-324,  # the smallest of all; to a grid the same as 0
}
STRINGS: dict[str, Any] = {
    "empty": "",
    "nul": "a\0b",
    "newline": "a\nb",
    "unicode": "ü☃𝄞",
    "path": "../../x",
    "format": "%s%n{0}",
    "space": " ",
    "long": "x" * 300,
    "very long": "ä" * 100_000,
}
BYTES: dict[str, Any] = {"empty": b"", "short": b"spikses", "other": b"\xff" * 1000}
BOOLS: dict[str, Any] = {}  # there is no odd one


def odd_values(type_: int) -> Mapping[str, Any]:
    if type_ in FLOATS:
        return REALS
    if type_ == FieldDescriptor.TYPE_STRING:
        return STRINGS
    if type_ == FieldDescriptor.TYPE_BYTES:
        return BYTES
    if type_ == FieldDescriptor.TYPE_BOOL:
        return BOOLS
    if type_ == FieldDescriptor.TYPE_ENUM:
        return {"unknown": 12345}
    least, most = INTEGERS[type_]
    return {"zero": 0, "most": most} | ({"least": least} if least < 0 else {})


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a call ends.

    `field` says what the error names, seen from the value: `.` is the value itself,
    `..` what it is part of, `../high` its neighbour; None: nothing.
    """

    code: str = "OK"
    reason: str = ""
    field: str | None = None


OK = Outcome()
INVALID = Outcome("INVALID_ARGUMENT", "INVALID_FIELD", ".")
NOT_FOUND = Outcome("NOT_FOUND", "NOT_FOUND", ".")
QUOTA = Outcome("RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED")
NOT_SAVED = Outcome("INVALID_ARGUMENT", "NOT_A_SAVED_SESSION", ".")
MISMATCH = Outcome("ABORTED", "TIME_MISMATCH", ".")
NOT_FINITE = Outcome("OUT_OF_RANGE", "NOT_FINITE", ".")


def invalid_at(field: str) -> Outcome:
    return dataclasses.replace(INVALID, field=field)


class Rule:
    """Which outcomes are right, by the name of the odd value."""

    def __init__(self, otherwise: Outcome | tuple[Outcome, ...], **by_name: Any) -> None:
        self._otherwise = otherwise
        self._by_name = {name.replace("_", " "): outcome for name, outcome in by_name.items()}

    def accepting(self, *names: str) -> Rule:
        return self.but(OK, *names)

    def but(self, outcome: Any, *names: str) -> Rule:
        rule = Rule(self._otherwise)
        rule._by_name = self._by_name | dict.fromkeys(names, outcome)
        return rule

    def outcomes(self, name: str) -> tuple[Outcome, ...]:
        outcome = self._by_name.get(name, self._otherwise)
        return outcome if isinstance(outcome, tuple) else (outcome,)


NEVER = Rule(INVALID)
ANY = Rule(OK)
# Numbers.
FINITE = NEVER.accepting("huge", "-huge", "negative", "fraction", "tiny")
# Plastic synapses keep within bounds.
WEIGHT = FINITE.but((OK, INVALID), "huge", "-huge", "negative")
NOT_NEGATIVE = NEVER.accepting("huge", "fraction", "tiny")
TIME = NEVER.accepting("tiny")  # a whole number of steps
SPAN = NEVER  # at least one step
STOP_TIME = NEVER.accepting("inf")  # not before a start that is later than 0
PROBABILITY = NEVER.accepting("fraction", "tiny")
# Whole numbers.
INDEX = NEVER.accepting("zero")
PAGE_SIZE = NEVER.accepting("zero")
# What a limit keeps depends on the server.
RECORD_LIMIT = Rule(OK, most=(OK, QUOTA))
# Texts.
SHORT_TEXT = ANY.but(INVALID, "long", "very long")
UNKNOWN = NEVER  # the name of something that must exist
ABSENT = Rule(NOT_FOUND)  # that of a network, account or token
# network/part; without the slash it names nothing.
ADDRESS = Rule(INVALID).but(NOT_FOUND, "path")
TOKEN = NEVER.accepting("empty")
FLAG = ANY

SESSION = {"session": NEVER}
REQUEST_ID = {"request_id": NEVER.accepting("empty")}
# What opens a session says how.
NEW_SESSION = {
    **REQUEST_ID,
    "session_id": NEVER.accepting("empty"),
    "display_name": SHORT_TEXT,
    "labels{}": SHORT_TEXT,
    "labels[lab]": SHORT_TEXT,
    "ttl.seconds": Rule(invalid_at("..")),
    "ttl.nanos": Rule(invalid_at("..")).accepting("zero"),
    "durability": NEVER,
}


def under(prefix: str, rules: Mapping[str, Rule]) -> dict[str, Rule]:
    return {f"{prefix}{name}": rule for name, rule in rules.items()}


INPUT = {
    "population": ADDRESS,
    "relative": FLAG,
    "spike_trains.senders[]": INDEX,
    # A stamp at 0 lies before everything.
    "spike_trains.times_ms[]": SPAN,
    "spike_trains.multiplicities[]": NEVER,
    "current_steps.senders[]": INDEX,
    "current_steps.times_ms[]": TIME,
    "current_steps.amplitudes_pa[]": FINITE,
    "device_parameters.parameters{}": UNKNOWN,
    "device_parameters.parameters[amplitude].number": FINITE,
    "device_parameters.parameters[start].number": TIME,
    # Not before start, which is 1 ms from now.
    "device_parameters.parameters[stop].list.values[]": TIME.accepting("inf").but(
        invalid_at("../.."), "tiny"
    ),
    "device_parameters.parameters[rate].list.values[]": NEVER.accepting("fraction", "tiny"),
}

# Weights must stay finite.
REWARD = {"target": ABSENT, "value": FINITE.but(NOT_FINITE, "huge", "-huge")}

STEP = {
    **SESSION,
    **REQUEST_ID,
    "expected_time_ms": TIME.but(MISMATCH, "tiny"),
    **under("rewards[].", REWARD),
    **under("inputs[].", INPUT),
    "duration_ms": TIME,
    "readout.spike_counts[]": ADDRESS,
    "readout.spikes[]": ADDRESS,
    "readout.weights[]": ADDRESS,
    "readout.signals[]": ADDRESS,
}

# Of neurons; there are few. A range that leads beyond them is named as a whole.
RANGE = {
    "range.first": INDEX.but(invalid_at(".."), "most"),
    "range.count": NEVER.but(invalid_at(".."), "most"),
    "range.step": INDEX.but(invalid_at(".."), "most"),
}
LIST = {"list.indices[]": INDEX}

PARAMETER = "populations[].parameters"
# A draw was of no use: the error names the whole value.
DRAWN = invalid_at("../../..")
SPECIFICATION = {
    "populations[].name": NEVER,
    "populations[].model": UNKNOWN,
    "populations[].size": NEVER.but(QUOTA, "most"),
    "populations[].record_spikes": FLAG,
    "populations[].record_limit": RECORD_LIMIT,
    "populations[].mirrored": UNKNOWN,
    "populations[].record_window.start_ms": TIME,
    "populations[].record_window.stop_ms": STOP_TIME,
    "populations[].record_window.origin_ms": TIME,
    f"{PARAMETER}{{}}": UNKNOWN,
    f"{PARAMETER}[tau_m].number": NOT_NEGATIVE,
    f"{PARAMETER}[V_m].list.values[]": FINITE,
    f"{PARAMETER}[I_e].distribution.normal.mean": FINITE,
    f"{PARAMETER}[I_e].distribution.normal.std": NOT_NEGATIVE,
    # High is -70.
    f"{PARAMETER}[E_L].distribution.uniform.low": FINITE.but(
        invalid_at("../high"), "huge", "negative", "fraction", "tiny"
    ),
    f"{PARAMETER}[E_L].distribution.uniform.high": FINITE.but(INVALID, "-huge"),
    # Between 1 and 1000 with these means and deviations, which drawing alone tells.
    f"{PARAMETER}[C_m].distribution.lognormal.mean": FINITE.but(DRAWN, "huge", "-huge", "negative"),
    f"{PARAMETER}[C_m].distribution.lognormal.std": NOT_NEGATIVE.but(DRAWN, "huge"),
    # An infinite bound bounds nothing.
    f"{PARAMETER}[C_m].distribution.minimum": FINITE.but(INVALID, "huge").accepting("-inf"),
    f"{PARAMETER}[C_m].distribution.maximum": FINITE.but(
        invalid_at("../minimum"), "-inf", "-huge", "negative", "fraction", "tiny"
    ).accepting("inf"),
    "projections[].name": NEVER,
    "projections[].source": UNKNOWN,
    "projections[].target": UNKNOWN,
    "projections[].synapse_model": UNKNOWN.accepting("empty"),
    "projections[].volume_transmitter": UNKNOWN,
    "projections[].parameters{}": UNKNOWN,
    "projections[].parameters[A_plus].number": FINITE,
    "projections[].weight.number": WEIGHT,
    "projections[].weight.list.values[]": WEIGHT,
    "projections[].weight.distribution.normal.mean": FINITE,
    "projections[].weight.distribution.normal.std": NOT_NEGATIVE,
    "projections[].delay_ms.number": SPAN,
    "projections[].delay_ms.list.values[]": SPAN,
    # Some draws of these may be shorter than half a step.
    "projections[].delay_ms.distribution.uniform.low": FINITE.but(invalid_at("../high"), "huge")
    .but(DRAWN, "-huge")
    .but((OK, DRAWN), "negative", "tiny"),
    "projections[].delay_ms.distribution.uniform.high": NEVER.but(DRAWN, "huge"),
    "projections[].rule.all_to_all.exclude_autapses": FLAG,
    "projections[].rule.fixed_indegree.indegree": INDEX,
    "projections[].rule.fixed_indegree.exclude_autapses": FLAG,
    "projections[].rule.fixed_indegree.exclude_multapses": FLAG,
    "projections[].rule.fixed_outdegree.outdegree": INDEX,
    "projections[].rule.fixed_outdegree.exclude_autapses": FLAG,
    "projections[].rule.fixed_outdegree.exclude_multapses": FLAG,
    "projections[].rule.pairwise_bernoulli.probability": PROBABILITY,
    "projections[].rule.pairwise_bernoulli.exclude_autapses": FLAG,
    "projections[].rule.fixed_total_number.connections": ANY.but(invalid_at("../.."), "most"),
    "projections[].rule.fixed_total_number.exclude_autapses": FLAG,
    "projections[].rule.explicit_pairs.sources[]": INDEX,
    "projections[].rule.explicit_pairs.targets[]": INDEX,
    **under("projections[].source_neurons.", RANGE),
    **under("projections[].target_neurons.", LIST),
    "projections[].record_weights": FLAG,
    "projections[].record_limit": RECORD_LIMIT,
    "projections[].record_window.start_ms": TIME,
    "projections[].record_window.stop_ms": STOP_TIME,
    "projections[].record_window.origin_ms": TIME,
    "multimeters[].name": NEVER,
    **under("multimeters[].neurons.", LIST),
    "multimeters[].population": UNKNOWN,
    "multimeters[].variables[]": UNKNOWN,
    "multimeters[].interval_ms": SPAN,
    "multimeters[].record_limit": RECORD_LIMIT,
    "multimeters[].record_window.start_ms": TIME,
    "multimeters[].record_window.stop_ms": STOP_TIME,
    "multimeters[].record_window.origin_ms": TIME,
}

# What the example of an extension has.
ADDED = [
    "populations[].name",
    "populations[].model",
    "populations[].size",
    "projections[].name",
    "projections[].source",
    "projections[].target",
    "projections[].source_neurons.range.first",
    "projections[].source_neurons.range.count",
    "multimeters[].name",
    "multimeters[].population",
    "multimeters[].variables[]",
]

RULES: dict[str, dict[str, Rule]] = {
    "ListModels": {},
    "ListPresets": {},
    "GetServerInfo": {},
    "CreateSession": {
        **NEW_SESSION,
        "resolution_ms": NEVER.accepting("fraction"),
        "seed": ANY,
    },
    "GetSession": SESSION,
    "ListSessions": {
        "page_size": PAGE_SIZE,
        "page_token": TOKEN,
        "owner": ANY,
        "state": NEVER,
        "labels{}": ANY,
        "labels[lab]": ANY,
    },
    "SaveSession": SESSION,
    "RestoreSession": {**NEW_SESSION, "data": Rule(NOT_SAVED, empty=INVALID)},
    "ForkSession": {**SESSION, **NEW_SESSION},
    "ShareSession": {**SESSION, **REQUEST_ID, "shares[].account": NEVER, "shares[].right": NEVER},
    "DeleteSession": SESSION | REQUEST_ID,
    "CreateNetwork": {
        **SESSION,
        **REQUEST_ID,
        "network": NEVER,
        "validate_only": FLAG,
        "preset.name": UNKNOWN,
        "preset.options.fields{}": NEVER,
        "preset.options.fields[num_neurons].number_value": NEVER,
        "preset.options.fields[noise].bool_value": FLAG,
        **under("specification.", SPECIFICATION),
    },
    "ExtendNetwork": {
        **SESSION,
        **REQUEST_ID,
        "network": ABSENT,
        "validate_only": FLAG,
        **under("additions.", {place: SPECIFICATION[place] for place in ADDED}),
    },
    "DeleteNetwork": {**SESSION, **REQUEST_ID, "network": ABSENT},
    "GetNetwork": {**SESSION, "network": ABSENT},
    "SetInput": {**SESSION, **REQUEST_ID, **under("inputs[].", INPUT)},
    "SetParameters": {
        **SESSION,
        **REQUEST_ID,
        "settings[].population": ADDRESS,
        "settings[].projection": ADDRESS,
        **under("settings[].neurons.", LIST | RANGE),
        "settings[].parameters{}": UNKNOWN,
        "settings[].parameters[I_e].number": FINITE,
        "settings[].parameters[V_m].list.values[]": FINITE,
        "settings[].parameters[mu_plus].number": NOT_NEGATIVE,
        "settings[].parameters[rate].number": NEVER.accepting("fraction", "tiny"),
    },
    "SetRecording": {
        **SESSION,
        **REQUEST_ID,
        "settings[].population": ADDRESS,
        "settings[].projection": ADDRESS,
        "settings[].record": FLAG,
        "settings[].record_limit": RECORD_LIMIT,
        "settings[].record_window.start_ms": TIME,
        "settings[].record_window.stop_ms": STOP_TIME,
        "settings[].record_window.origin_ms": TIME,
    },
    "GetParameters": {
        **SESSION,
        "queries[].population": ADDRESS,
        "queries[].projection": ADDRESS,
        **under("queries[].neurons.", LIST),
        "queries[].names[]": UNKNOWN,
    },
    "ResetSession": {
        **SESSION,
        **REQUEST_ID,
        "to_time_0": FLAG,
        "initial_weights": FLAG,
        "snapshot": ABSENT.accepting("empty"),
    },
    "SnapshotSession": {**SESSION, **REQUEST_ID, "snapshot": NEVER, "forget": FLAG},
    "ApplyReward": {**SESSION, **REQUEST_ID, **under("rewards[].", REWARD)},
    "Step": STEP,
    "StepStream": under("step.", STEP),
    "HaltSession": SESSION,
    "GetSpikes": {
        **SESSION,
        "population": ADDRESS,
        "after_ms": TIME,
        "until_ms": TIME,
        "page_size": PAGE_SIZE,
        "page_token": TOKEN,
    },
    "GetSignals": {
        **SESSION,
        "multimeter": ADDRESS,
        "after_ms": TIME,
        "until_ms": TIME,
        "page_size": PAGE_SIZE,
        "page_token": TOKEN,
    },
    "GetWeights": {
        **SESSION,
        "projection": ADDRESS,
        "variables[]": UNKNOWN,
        "delays": FLAG,
        "page_size": PAGE_SIZE,
        "page_token": TOKEN,
    },
    "ReadWeights": {
        **SESSION,
        "projections[]": ADDRESS,
        "variables[]": UNKNOWN,
        "delays": FLAG,
    },
    "WatchSession": {
        **SESSION,
        "readout.spike_counts[]": ADDRESS,
        "readout.spikes[]": ADDRESS,
        "readout.weights[]": ADDRESS,
        "readout.signals[]": ADDRESS,
        "max_rate_hz": NEVER.accepting("fraction"),
    },
    "GetCaller": {},
    "ListAccounts": {},
    "PutAccount": {
        **REQUEST_ID,
        "account": NEVER,
        "role": NEVER,
        "weight": NEVER.accepting("fraction"),
        "quotas{}": NEVER,
        "quotas[sessions]": ANY,
    },
    "DeleteAccount": {**REQUEST_ID, "account": ABSENT},
    "CreateToken": {
        **REQUEST_ID,
        "account": ABSENT,
        "expire_time.seconds": Rule(invalid_at("..")),
        "note": SHORT_TEXT,
    },
    "RevokeToken": {**REQUEST_ID, "token": ABSENT},
    "GetWeightRecord": {
        **SESSION,
        "projection": ADDRESS,
        "after_ms": TIME,
        "until_ms": TIME,
        "page_size": PAGE_SIZE,
        "page_token": TOKEN,
    },
    "CutConnections": {
        **SESSION,
        **REQUEST_ID,
        "projection": ADDRESS,
        "connections[]": INDEX,
    },
    "SetWeights": {
        **SESSION,
        **REQUEST_ID,
        "projection": ADDRESS,
        "first": INDEX,
        "connections[]": INDEX,
        "weights.number": WEIGHT,
        "weights.list.values[]": WEIGHT,
    },
}
