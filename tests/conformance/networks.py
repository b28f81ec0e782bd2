"""Networks, steps and pairs of equal sessions that the tests share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf import text_format

from client import Session
from contract import v1


def parse(message: Any, text: str) -> Any:
    return text_format.Parse(text, message())


def text_of(message: Any) -> str:
    text: str = text_format.MessageToString(message)
    return text


def number(value: float) -> Any:
    return v1.Value(number=value)


def values(*numbers: float) -> Any:
    return v1.Value(list=v1.NumberList(values=numbers))


# Small, and with something of everything that has state: devices of every kind,
# plasticity of every kind, spikes under way, recordings that are full and others
# that are not.
SPECIFICATION: Any = parse(
    v1.NetworkSpecification,
    """
    populations { name: "input" model: "spike_generator" size: 3 }
    populations { name: "relay" model: "parrot_neuron" size: 3 record_spikes: true }
    populations { name: "out" model: "iaf_psc_exp" size: 4 record_spikes: true record_limit: 40 }
    populations { name: "dc" model: "dc_generator" size: 1 }
    populations { name: "current" model: "step_current_generator" size: 2 }
    populations {
      name: "noise" model: "noise_generator" size: 1
      parameters { key: "std" value { number: 100 } }
    }
    populations {
      name: "background" model: "poisson_generator" size: 4
      parameters { key: "rate" value { number: 500 } }
    }
    populations { name: "transmitter" model: "volume_transmitter" size: 1 }
    projections { name: "input_relay" source: "input" target: "relay" rule { one_to_one {} } }
    projections {
      name: "rewarded" source: "relay" target: "out" rule { all_to_all {} }
      synapse_model: "rstdp_synapse"
      weight { distribution { normal { mean: 1200 std: 50 } } }
    }
    projections {
      name: "plastic" source: "relay" target: "out" rule { fixed_indegree { indegree: 2 } }
      synapse_model: "stdp_synapse"
      weight { number: 60 }
      record_weights: true record_limit: 30
    }
    projections {
      name: "dopaminergic" source: "relay" target: "out" rule { all_to_all {} }
      synapse_model: "stdp_dopamine_synapse" volume_transmitter: "transmitter"
      weight { number: 100 }
    }
    projections {
      name: "out_transmitter" source: "out" target: "transmitter" rule { all_to_all {} }
    }
    projections { name: "dc_out" source: "dc" target: "out" rule { all_to_all {} } }
    projections { name: "current_out" source: "current" target: "out" rule { all_to_all {} } }
    projections { name: "noise_out" source: "noise" target: "out" rule { all_to_all {} } }
    projections {
      name: "background_out" source: "background" target: "out" rule { one_to_one {} }
      weight { number: 400 }
    }
    multimeters { name: "meter" population: "out" variables: "V_m" variables: "I_syn_ex" }
    """,
)

# Gives it everything that a step can carry, and reads everything.
FULL_STEP: Any = parse(
    v1.StepRequest,
    """
    rewards { target: "net" value: 0.5 }
    inputs {
      population: "net/input" relative: true
      spike_trains {
        senders: [0, 1, 0, 2]
        times_ms: [1, 1.5, 6, 7]
        multiplicities: [1, 1, 2, 1]
      }
    }
    inputs {
      population: "net/dc" relative: true
      device_parameters {
        parameters { key: "amplitude" value { number: 300 } }
        parameters { key: "start" value { number: 2 } }
        parameters { key: "stop" value { number: 12 } }
      }
    }
    inputs {
      population: "net/current" relative: true
      current_steps { senders: [0, 1, 0] times_ms: [3, 3, 5] amplitudes_pa: [100, 50, -20] }
    }
    duration_ms: 20
    readout {
      spike_counts: "net/out"
      spikes: ["net/out", "net/relay"]
      weights: ["net/rewarded", "net/plastic", "net/dopaminergic"]
      signals: "net/meter"
    }
    """,
)


def full_step(session: Session, duration_ms: float = 20) -> Any:
    request = v1.StepRequest()
    request.CopyFrom(FULL_STEP)
    request.session = session.name
    request.duration_ms = duration_ms
    return session.client.Step(request)


def bytes_of(message: Any) -> bytes:
    data: bytes = message.SerializeToString(deterministic=True)
    return data


def past_of(session: Session, network: str = "net") -> list[Any]:
    """All that can be read of a session without changing it, but for its name."""
    described = session.describe()
    specification = session.GetNetwork(network=network).network.specification
    return [
        described.time_ms,
        list(described.networks),
        described.size,
        described.resolution_ms,
        described.seed,
        specification,
        *(
            session.GetSpikes(population=f"{network}/{population.name}")
            for population in specification.populations
            if population.record_spikes
        ),
        *(
            session.GetSignals(multimeter=f"{network}/{multimeter.name}").signals
            for multimeter in specification.multimeters
        ),
        *(
            session.GetWeights(projection=f"{network}/{projection.name}").weights
            for projection in specification.projections
        ),
        *(
            session.GetWeightRecord(projection=f"{network}/{projection.name}").record
            for projection in specification.projections
            if projection.record_weights
        ),
    ]


class Twins:
    """Two sessions to which the same has happened, with things under way.

    What is then done to `one` is compared with what has been done to `other`: a
    command that was refused must have left no trace.
    """

    def __init__(self, new_session: Callable[..., Session]) -> None:
        self.one, self.other = (new_session(seed=7, specification=SPECIFICATION) for _ in range(2))
        for session in (self.one, self.other):
            full_step(session)
            session.SnapshotSession(snapshot="base")
            full_step(session, duration_ms=7.5)  # with input still ahead

    def check_equal(self) -> None:
        """Expects equal pasts and equal futures; time passes."""
        assert past_of(self.one) == past_of(self.other)
        # The first shows what is still to come, the second what new input makes of it.
        readout = FULL_STEP.readout
        plain = [s.step(20, readout=readout) for s in (self.one, self.other)]
        assert plain[0] == plain[1]
        full = [full_step(s) for s in (self.one, self.other)]
        assert full[0] == full[1]
        assert len(full[0].spikes[1].times_ms) > 0, "the comparison would see nothing"
