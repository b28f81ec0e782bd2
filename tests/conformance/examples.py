"""Requests that a session accepts, for every method of the contract.

Between them they set every field that a request can have; the tests fail when
one is missing, so whoever adds a method or a field adds it here. They are for a
session as Twins makes it: with networks.SPECIFICATION as `net`, at 27.5 ms.
"""

from __future__ import annotations

import uuid
from typing import Any

from client import Session
from contract import METHODS
from networks import FULL_STEP, parse, text_of

# SESSION, NEW_ID, ID, DATA, ACCOUNT and TOKEN stand for what is known only when the test runs.
_TOKEN = "TOKEN"

_EVERYTHING = """
  session: "SESSION" network: "new"
  specification {
    populations { name: "alone" model: "parrot_neuron" size: 2 }
    populations {
      name: "neurons" model: "iaf_psc_exp" size: 3 record_spikes: true record_limit: 100
      record_window { start_ms: 2 stop_ms: 1000 origin_ms: 0.5 }
      parameters { key: "tau_m" value { number: 12 } }
      parameters {
        key: "C_m"
        value { distribution { lognormal { mean: 5 std: 0.1 } minimum: 1 maximum: 1000 } }
      }
    }
    populations {
      name: "others" model: "iaf_psc_exp" size: 3
      parameters { key: "V_m" value { list { values: [-70, -69, -68] } } }
      parameters { key: "I_e" value { distribution { normal { mean: 10 std: 2 } } } }
      parameters { key: "E_L" value { distribution { uniform { low: -72 high: -70 } } } }
    }
    populations { name: "transmitter" model: "volume_transmitter" size: 1 }
    populations { name: "mirror" model: "mirror" size: 3 mirrored: "net/input" }
    projections {
      name: "static" source: "neurons" target: "others" rule { all_to_all {} }
      synapse_model: "static_synapse"
    }
    projections {
      name: "dopaminergic" source: "neurons" target: "others" rule { all_to_all {} }
      synapse_model: "stdp_dopamine_synapse" volume_transmitter: "transmitter"
      weight { number: 100 } delay_ms { number: 2 }
      parameters { key: "A_plus" value { number: 0.5 } }
    }
    projections {
      name: "without_autapses" source: "others" target: "others"
      rule { all_to_all { exclude_autapses: true } }
      delay_ms { distribution { uniform { low: 1 high: 3 } } }
    }
    projections {
      name: "one_to_one" source: "neurons" target: "others" rule { one_to_one {} }
      weight { list { values: [1, 2, 3] } } delay_ms { list { values: [1, 1.5, 2] } }
      record_weights: true record_limit: 100
      record_window { start_ms: 2 stop_ms: 1000 origin_ms: 0.5 }
    }
    projections {
      name: "indegree" source: "neurons" target: "neurons"
      rule { fixed_indegree { indegree: 2 exclude_autapses: true exclude_multapses: true } }
      weight { distribution { normal { mean: 10 std: 2 } } }
    }
    projections {
      name: "outdegree" source: "neurons" target: "neurons"
      rule { fixed_outdegree { outdegree: 2 exclude_autapses: true exclude_multapses: true } }
    }
    projections {
      name: "bernoulli" source: "neurons" target: "neurons"
      rule { pairwise_bernoulli { probability: 0.5 exclude_autapses: true } }
    }
    projections {
      name: "total" source: "neurons" target: "neurons"
      rule { fixed_total_number { connections: 5 exclude_autapses: true } }
    }
    projections {
      name: "pairs" source: "neurons" target: "neurons"
      rule { explicit_pairs { sources: [0, 2] targets: [1, 2] } }
    }
    projections {
      name: "parts" source: "neurons" target: "others" rule { all_to_all {} }
      source_neurons { range { first: 1 count: 2 step: 1 } }
      target_neurons { list { indices: [2, 1] } }
    }
    multimeters {
      name: "meter" population: "neurons" variables: "V_m" interval_ms: 0.5 record_limit: 50
      record_window { start_ms: 1 stop_ms: 1000 origin_ms: 0.5 }
      neurons { list { indices: [2, 1] } }
    }
  }
"""

_ADDITIONS = """
  session: "SESSION" network: "net"
  additions {
    populations { name: "more" model: "iaf_psc_exp" size: 2 }
    projections {
      name: "out_out" source: "out" target: "out" rule { all_to_all {} }
      source_neurons { range { first: 1 count: 2 } }
    }
    multimeters { name: "more_meter" population: "more" variables: "V_m" }
  }
"""

_INPUTS = """
  inputs {
    population: "net/input"
    spike_trains { senders: [0, 1] times_ms: [30, 31.5] multiplicities: [2, 1] }
  }
  inputs {
    population: "net/current" relative: true
    current_steps { senders: [1, 0] times_ms: [2, 3] amplitudes_pa: [100, -50] }
  }
  inputs {
    population: "net/dc" relative: true
    device_parameters {
      parameters { key: "amplitude" value { number: 250 } }
      parameters { key: "start" value { number: 1 } }
      parameters { key: "stop" value { list { values: 9 } } }
    }
  }
  inputs {
    population: "net/background"
    device_parameters {
      parameters { key: "rate" value { list { values: [100, 200, 300, 400] } } }
    }
  }
"""

_STEP = f"""
  session: "SESSION" request_id: "ID"
  expected_time_ms: 27.5
  rewards {{ target: "net/rewarded" value: 0.25 }}
  {_INPUTS}
  duration_ms: 20
  readout {{ {text_of(FULL_STEP.readout)} }}
"""

_TEXTS: dict[str, list[str]] = {
    "ListModels": [""],
    "ListPresets": [""],
    "GetServerInfo": [""],
    "CreateSession": [
        """
        session_id: "NEW_ID" display_name: "an example" labels { key: "lab" value: "one" }
        resolution_ms: 0.5 seed: 18446744073709551615 ttl { seconds: 3600 nanos: 5 }
        durability: DURABILITY_NONE request_id: "ID"
        """
    ],
    "GetSession": ['session: "SESSION"'],
    "ListSessions": [
        'page_size: 1 page_token: "TOKEN"',
        'owner: "anna" state: SESSION_STATE_IDLE labels { key: "lab" value: "one" }',
    ],
    "ShareSession": [
        """
        session: "SESSION"
        shares { account: "*" right: SHARE_RIGHT_WATCH }
        shares { account: "owner" right: SHARE_RIGHT_DRIVE } request_id: "ID"
        """
    ],
    "DeleteSession": ['session: "SESSION" request_id: "ID"'],
    "SaveSession": ['session: "SESSION"'],
    "RestoreSession": [
        """
        session_id: "NEW_ID" display_name: "an example" labels { key: "lab" value: "one" }
        ttl { seconds: 3600 nanos: 5 } durability: DURABILITY_NONE request_id: "ID" data: "DATA"
        """
    ],
    "ForkSession": [
        """
        session: "SESSION"
        session_id: "NEW_ID" display_name: "an example" labels { key: "lab" value: "one" }
        ttl { seconds: 3600 nanos: 5 } durability: DURABILITY_NONE request_id: "ID"
        """
    ],
    "CreateNetwork": [
        _EVERYTHING,
        f"{_EVERYTHING} validate_only: true",
        """
        session: "SESSION" network: "player" request_id: "ID"
        preset {
          name: "pong/rstdp"
          options {
            fields { key: "num_neurons" value { number_value: 5 } }
            fields { key: "noise" value { bool_value: true } }
          }
        }
        """,
    ],
    "ExtendNetwork": [
        f'{_ADDITIONS} request_id: "ID"',
        f"{_ADDITIONS} validate_only: true",
    ],
    "DeleteNetwork": ['session: "SESSION" network: "net" request_id: "ID"'],
    "GetNetwork": ['session: "SESSION" network: "net"'],
    "SetInput": [f'session: "SESSION" {_INPUTS} request_id: "ID"'],
    "SetParameters": [
        """
        session: "SESSION" request_id: "ID"
        settings {
          population: "net/out" neurons { list { indices: [1, 2] } }
          parameters { key: "I_e" value { number: 10 } }
          parameters { key: "V_m" value { list { values: [-60, -61] } } }
        }
        settings {
          projection: "net/plastic" parameters { key: "mu_plus" value { number: 0.5 } }
        }
        settings {
          population: "net/background" neurons { range { first: 1 count: 2 step: 1 } }
          parameters { key: "rate" value { number: 10 } }
        }
        """
    ],
    "SetRecording": [
        """
        session: "SESSION" request_id: "ID"
        settings {
          population: "net/input" record: true record_limit: 20
          record_window { start_ms: 2 stop_ms: 1000 origin_ms: 0.5 }
        }
        settings { projection: "net/rewarded" record: true record_limit: 20 }
        settings { population: "net/dc" }
        """
    ],
    "GetParameters": [
        """
        session: "SESSION"
        queries {
          population: "net/out" neurons { list { indices: [1, 2] } } names: ["V_m", "tau_m"]
        }
        queries { projection: "net/plastic" names: "Wmax" }
        queries { population: "net/dc" }
        """
    ],
    "ResetSession": [
        'session: "SESSION" to_time_0: true initial_weights: true request_id: "ID"',
        'session: "SESSION"',
        'session: "SESSION" snapshot: "base" request_id: "ID"',
    ],
    "SnapshotSession": [
        'session: "SESSION" snapshot: "base" request_id: "ID"',
        'session: "SESSION" snapshot: "base" forget: true request_id: "ID"',
    ],
    "ApplyReward": ['session: "SESSION" rewards { target: "net" value: 0.25 } request_id: "ID"'],
    "Step": [_STEP],
    "StepStream": [f"step {{ {_STEP} }}"],
    "HaltSession": ['session: "SESSION"'],
    "GetSpikes": [
        'session: "SESSION" population: "net/relay" after_ms: 1 until_ms: 26 page_size: 2',
        'session: "SESSION" population: "net/relay" page_size: 2 page_token: "TOKEN"',
    ],
    "GetSignals": [
        'session: "SESSION" multimeter: "net/meter" after_ms: 1 until_ms: 26 page_size: 2',
        'session: "SESSION" multimeter: "net/meter" page_size: 2 page_token: "TOKEN"',
    ],
    "GetWeights": [
        'session: "SESSION" projection: "net/dopaminergic" variables: "c" page_size: 2 '
        "delays: true",
        'session: "SESSION" projection: "net/dopaminergic" page_size: 2 page_token: "TOKEN"',
    ],
    "GetWeightRecord": [
        'session: "SESSION" projection: "net/plastic" after_ms: 1 until_ms: 26 page_size: 2',
        'session: "SESSION" projection: "net/plastic" page_size: 2 page_token: "TOKEN"',
    ],
    "CutConnections": [
        'session: "SESSION" projection: "net/plastic" connections: [2, 5] request_id: "ID"'
    ],
    "GetCaller": [""],
    "ListAccounts": [""],
    "PutAccount": [
        """
        account: "NEW_ID" role: ROLE_USER weight: 2
        quotas { key: "sessions" value: 7 } request_id: "ID"
        """
    ],
    "DeleteAccount": ['account: "ACCOUNT" request_id: "ID"'],
    "CreateToken": [
        'account: "ACCOUNT" expire_time { seconds: 32503680000 } note: "an example" '
        'request_id: "ID"'
    ],
    "RevokeToken": ['token: "TOKEN" request_id: "ID"'],
    "ReadWeights": [
        'session: "SESSION" projections: ["net/dopaminergic"] variables: ["c", "n"]',
        'session: "SESSION" projections: ["net/rewarded", "net/plastic"] delays: true',
    ],
    "WatchSession": [
        'session: "SESSION" readout { spikes: "*" spike_counts: "net/*" } max_rate_hz: 50',
        f'session: "SESSION" readout {{ {text_of(FULL_STEP.readout)} }}',
    ],
    "SetWeights": [
        'session: "SESSION" projection: "net/rewarded" weights { number: 1300 } request_id: "ID"',
        """
        session: "SESSION" projection: "net/plastic"
        weights { list { values: [1, 2, 3, 4, 5, 6, 7, 8] } }
        """,
        'session: "SESSION" projection: "net/plastic" first: 6 weights { list { values: [1, 2] } }',
        """
        session: "SESSION" projection: "net/plastic" connections: [2, 5]
        weights { list { values: [1, 2] } }
        """,
    ],
}

# Methods that change nothing: they may be repeated, and need no session to
# themselves.
READS = {
    "ListModels",
    "ListPresets",
    "GetServerInfo",
    "GetSession",
    "ListSessions",
    "GetNetwork",
    "GetParameters",
    "GetSpikes",
    "GetSignals",
    "GetWeights",
    "GetWeightRecord",
    "WatchSession",
    "GetCaller",
    "ListAccounts",
}

EXAMPLES: dict[str, list[Any]] = {
    name: [parse(METHODS[name].request, text) for text in texts]
    for name, texts in _TEXTS.items()
    if name in METHODS
}


def prepare(name: str, example: Any, session: Session, new_id: str) -> Any:
    """The example as a request for that session."""
    request = METHODS[name].request()
    request.CopyFrom(example)
    place = METHODS[name].session_place
    if place is not None:
        holder = request
        for field in place[:-1]:
            holder = getattr(holder, field)
        setattr(holder, place[-1], session.name)
    inner = request.step if name == "StepStream" else request
    if getattr(inner, "request_id", "") == "ID":
        inner.request_id = str(uuid.uuid4())
    if getattr(request, "session_id", "") == "NEW_ID":
        request.session_id = new_id
    if getattr(request, "data", b"") == b"DATA":
        request.data = session.client.save(session.name)
    if name == "PutAccount":
        request.account = new_id
    elif getattr(request, "account", "") == "ACCOUNT":
        request.account = session.client.new_account()
    elif getattr(request, "token", "") == _TOKEN:
        account = session.client.new_account()
        request.token = session.client.CreateToken(account=account).description.id
    if getattr(request, "page_token", "") == _TOKEN:
        request.page_token = ""
        request.page_token = getattr(session.client, name)(request).next_page_token
        assert request.page_token, "the example has one page only"
    return request


def carry_out(session: Session, name: str, request: Any) -> list[Any]:
    """Makes the call, in whichever way the method is called.

    All its answers, or the first of one that has no end.
    """
    method = METHODS[name]
    if method.unary:
        return [getattr(session.client, name)(request)]
    requests = iter([request]) if method.client_streaming else request
    return answers_of(name, session.client.stream(name, requests))


def answers_of(name: str, call: Any) -> list[Any]:
    if name != "WatchSession":
        return list(call)
    first = next(call)
    call.cancel()
    return [first]
