"""GetWeightRecord, SetRecording and CutConnections."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from client import Client, Session
from contract import v1
from expect import refused
from networks import number, parse
from pages import pages

RECORD = pytest.mark.method("GetWeightRecord")
RECORDING = pytest.mark.method("SetRecording")
CUT = pytest.mark.method("CutConnections")

# Two relays onto two neurons, by plastic and by static synapses; a fast one beside them.
NETWORK = parse(
    v1.NetworkSpecification,
    """
    populations { name: "g" model: "spike_generator" size: 2 }
    populations { name: "r" model: "parrot_neuron" size: 2 record_spikes: true }
    populations { name: "n" model: "iaf_psc_exp" size: 2 record_spikes: true }
    populations { name: "ends" model: "parrot_neuron" size: 2 record_spikes: true }
    populations { name: "dc" model: "dc_generator" size: 1 }
    populations {
      name: "poisson" model: "poisson_generator" size: 1
      parameters { key: "rate" value { number: 2000 } }
    }
    projections { name: "g_r" source: "g" target: "r" rule { one_to_one {} } }
    projections {
      name: "plastic" source: "r" target: "n" rule { all_to_all {} }
      synapse_model: "stdp_synapse" weight { list { values: [60, 70, 80, 90] } }
      parameters { key: "lambda" value { number: 0.1 } }
      record_weights: true record_limit: 9 record_window { start_ms: 2 stop_ms: 90 }
    }
    projections {
      name: "static" source: "r" target: "n" rule { all_to_all {} } weight { number: 400 }
      record_weights: true
    }
    projections { name: "r_ends" source: "r" target: "ends" rule { one_to_one {} } }
    projections { name: "dc_n" source: "dc" target: "n" rule { all_to_all {} } }
    projections {
      name: "poisson_ends" source: "poisson" target: "ends" rule { all_to_all {} }
      delay_ms { number: 3 }
    }
    """,
)
TIMES = [1.0 + 3 * k for k in range(9)]


@pytest.fixture
def session(new_session: Callable[..., Session]) -> Session:
    """Its generators have a train each; the relays repeat it a ms later."""
    session = new_session(specification=NETWORK)
    trains = {"times_ms": TIMES * 2, "senders": [0] * 9 + [1] * 9}
    session.SetInput(inputs=[{"population": "net/g", "spike_trains": trains}])
    return session


def _record(session: Session, projection: str, **fields: Any) -> list[tuple[float, int, float]]:
    """Times, connections and weights, page by page."""
    found: list[tuple[float, int, float]] = []
    for page in pages(session.GetWeightRecord, projection=projection, **fields):
        record = page.record
        assert record.projection == projection
        assert len(record.times_ms) <= (fields.get("page_size") or 100_000)
        assert [2 * s + t for s, t in zip(record.sources, record.targets, strict=True)] == list(
            record.connections
        )
        found.extend(zip(record.times_ms, record.connections, record.weights, strict=True))
    return found


@RECORD
def test_each_transmission_is_an_entry_with_the_weight_of_that_moment(session: Session) -> None:
    first = list(session.GetWeights(projection="net/plastic").weights.weights)
    for time in TIMES:
        session.step(time + 2 - session.GetSession().session.time_ms)
        entries = _record(session, "net/plastic", after_ms=time)
        now = list(session.GetWeights(projection="net/plastic").weights.weights)
        expected = [(time + 1, k, now[k]) for k in range(4)] if time + 1 > 2 else []
        assert entries == expected
    assert now != first
    assert _record(session, "net/static") == [(t + 1, k, 400.0) for t in TIMES for k in range(4)]


@RECORD
@pytest.mark.parametrize("page_size", [1, 3, 4, 5, 36, 0])
def test_pages_together_are_the_whole(page_size: int, session: Session) -> None:
    session.step(60)
    whole = [(t + 1, k, 400.0) for t in TIMES for k in range(4)]
    assert _record(session, "net/static", page_size=page_size) == whole
    some = [entry for entry in whole if 5 < entry[0] <= 14]
    assert some
    assert _record(session, "net/static", after_ms=5, until_ms=14) == some


@RECORD
def test_a_full_record_forgets_its_oldest_entries_and_says_so(session: Session) -> None:
    session.step(60)
    record = session.GetWeightRecord(projection="net/plastic").record
    # Of nine entries one is of a stamp that is forgotten in part.
    assert len(record.times_ms) == 8
    assert record.times_ms[0] == 23
    assert record.complete_after_ms == 20
    assert record.dropped == 8 * 4 - 8
    later = session.GetWeightRecord(projection="net/plastic", after_ms=20).record
    assert later.dropped == 0
    assert later.complete_after_ms == 20


@RECORD
def test_what_is_transmitted_in_a_slice_is_recorded_when_that_is_over(session: Session) -> None:
    # The relays repeat the spikes of 4 ms at 5 ms, which ends a slice.
    session.step(5)
    assert _record(session, "net/static", after_ms=2) == []
    session.step(0.1)
    assert len(_record(session, "net/static", after_ms=2)) == 4


@RECORDING
def test_recording_begins_and_ends_when_it_is_told(session: Session) -> None:
    session.step(10)
    told = session.SetRecording(
        settings=[
            {"population": "net/g", "record": True, "record_limit": 100},
            {"population": "net/r"},
            {"projection": "net/r_ends", "record": True},
            {"projection": "net/static"},
        ]
    )
    assert told.time_ms == 10
    not_recorded = {"code": "FAILED_PRECONDITION", "reason": "NOT_RECORDED"}
    refused(session.GetSpikes, population="net/r", field="population", **not_recorded)
    refused(session.GetWeightRecord, projection="net/static", field="projection", **not_recorded)
    session.step(20)
    spikes = session.GetSpikes(population="net/g").spikes
    assert list(spikes.times_ms) == [t for t in TIMES if t > 10 for _ in range(2)]
    assert spikes.complete_after_ms == 10
    assert spikes.dropped == 0
    record = session.GetWeightRecord(projection="net/r_ends").record
    assert list(record.times_ms) == [t + 1 for t in TIMES if t + 1 > 10 for _ in range(2)]
    assert record.complete_after_ms == 10
    specification = session.GetNetwork(network="net").network.specification
    recorded = {p.name: p.record_spikes for p in specification.populations}
    assert recorded == {
        "g": True, "r": False, "n": True, "ends": True, "dc": False, "poisson": False
    }  # fmt: skip
    # Once more: what was recorded is forgotten.
    session.SetRecording(settings=[{"population": "net/g", "record": True}])
    assert not session.GetSpikes(population="net/g").spikes.times_ms
    counts = session.step(5, readout={"spike_counts": ["net/g"]}).spike_counts[0].counts
    assert list(counts) == [0, 0]


@RECORDING
def test_settings_are_refused_all_together(session: Session) -> None:
    good = {"population": "net/g", "record": True}
    for bad, field in (
        ({"population": "net/dc", "record": True}, "record"),
        ({"projection": "net/dc_n", "record": True}, "record"),
        ({"projection": "net/poisson_ends", "record": True}, "record"),
        ({"population": "net/g"}, "population"),
        ({}, "population"),
        ({"projection": "net/x", "record": True}, "projection"),
        (
            {"projection": "net/static", "record": True, "record_window": {"start_ms": -1}},
            "record_window.start_ms",
        ),
    ):
        refused(session.SetRecording, settings=[good, bad], field=f"settings[1].{field}")
    refused(
        session.GetSpikes,
        population="net/g",
        code="FAILED_PRECONDITION",
        reason="NOT_RECORDED",
        field="population",
    )


@CUT
def test_what_is_cut_transmits_nothing_any_more(session: Session) -> None:
    session.step(10.5)  # the spikes that the relays emitted at 8 ms have arrived
    cut = session.CutConnections(projection="net/static", connections=[1, 2, 1])
    assert cut.time_ms == 10.5
    session.CutConnections(projection="net/r_ends", connections=[0])
    session.step(50)
    record = _record(session, "net/static")
    assert [k for t, k, _ in record if t <= 10.5] == [0, 1, 2, 3] * 3
    assert [k for t, k, _ in record if t > 10.5] == [0, 3] * 6
    weights = session.GetWeights(projection="net/static").weights
    assert list(weights.weights) == [400.0] * 4
    refused(
        session.CutConnections, projection="net/static", connections=[0, 4], field="connections[1]"
    )


@CUT
def test_what_was_emitted_before_a_cut_arrives(new_session: Callable[..., Session]) -> None:
    sessions = [new_session(seed=3, specification=NETWORK) for _ in range(2)]
    for session in sessions:
        session.SetRecording(settings=[{"population": "net/ends", "record": True}])
        session.step(20)
    sessions[1].CutConnections(projection="net/poisson_ends", connections=[1])
    trains = []
    for session in sessions:
        session.step(20)
        spikes = session.GetSpikes(population="net/ends").spikes
        trains.append(list(zip(spikes.times_ms, spikes.senders, strict=True)))
    # Their delay is 3 ms.
    assert len(trains[0]) > 80
    assert trains[1] == [(t, sender) for t, sender in trains[0] if sender == 0 or t <= 23]
    assert max(t for t, _ in trains[0]) > (23.0 + 1e-9)


@CUT
def test_currents_are_cut(new_session: Callable[..., Session]) -> None:
    sessions = [new_session(specification=NETWORK) for _ in range(2)]
    potentials = []
    for cut, session in enumerate(sessions):
        amplitude = {"parameters": {"amplitude": number(100)}}
        session.SetInput(inputs=[{"population": "net/dc", "device_parameters": amplitude}])
        session.step(10)
        if cut:
            session.CutConnections(projection="net/dc_n", connections=[1])
        session.step(10)
        query = {"population": "net/n", "names": ["V_m"]}
        (answer,) = session.GetParameters(queries=[query]).values
        value = answer.parameters["V_m"]
        potentials.append(list(value.list.values) or [value.number] * 2)
    assert potentials[0][0] == potentials[0][1] == potentials[1][0] > potentials[1][1] > -70


@CUT
@RECORDING
def test_cuts_and_records_are_saved(client: Client, session: Session) -> None:
    session.step(10.3)
    session.SetRecording(settings=[{"projection": "net/r_ends", "record": True}])
    session.CutConnections(projection="net/plastic", connections=[0, 3])
    session.step(3.3)
    restored = Session(client, client.restore(client.save(session.name)))
    for one in (session, restored):
        one.step(40)
    for projection in ("net/plastic", "net/static", "net/r_ends"):
        records = [one.GetWeightRecord(projection=projection) for one in (session, restored)]
        assert records[0] == records[1]
        assert records[0].record.times_ms


@CUT
@RECORD
def test_a_reset_empties_records_and_leaves_cuts(session: Session) -> None:
    session.step(10)
    session.CutConnections(projection="net/static", connections=[1, 2])
    for to_time_0 in (False, True):
        begin = session.ResetSession(to_time_0=to_time_0).time_ms
        assert _record(session, "net/static") == []
        session.SetInput(
            inputs=[
                {
                    "population": "net/g",
                    "relative": True,
                    "spike_trains": {"times_ms": [1.0, 1.0], "senders": [0, 1]},
                }
            ]
        )
        session.step(5)
        assert _record(session, "net/static") == [(begin + 2, 0, 400.0), (begin + 2, 3, 400.0)]


@RECORDING
@pytest.mark.method("WatchSession")
def test_who_watches_sees_what_is_recorded_from_then_on(client: Client, session: Session) -> None:
    request = v1.WatchSessionRequest(session=session.name, max_rate_hz=50)
    request.readout.spikes.append("*")
    request.readout.spike_counts.append("*")
    call = client.stream("WatchSession", request)
    recorded: set[str] = {p.population for p in next(call).populations if p.recorded}
    assert "net/g" not in recorded
    seen: dict[str, list[float]] = {}
    counted: dict[str, int] = {}
    now = 0.0
    for on in (True, True, False):
        session.step(10)
        session.SetRecording(settings=[{"population": "net/g", "record": on}])
        session.step(1)
        now += 11
        time = 0.0
        while time < now:
            frame = next(call)
            time = frame.time_ms
            if frame.populations:
                recorded = {p.population for p in frame.populations if p.recorded}
            for spikes in frame.spikes:
                seen.setdefault(spikes.population, []).extend(spikes.times_ms)
                assert spikes.dropped == 0
            for counts in frame.spike_counts:
                total = counted.get(counts.population, 0) + sum(counts.counts)
                counted[counts.population] = total
    call.cancel()
    assert "net/g" not in recorded
    # From 10 to 32 ms, without what a new record has forgotten before it was told.
    assert 0 < len(seen["net/g"]) == counted["net/g"] <= 10
    assert set(seen["net/g"]) <= {13.0, 16.0, 19.0, 22.0, 25.0}
    assert seen["net/r"] == [t + 1 for t in TIMES for _ in range(2)]
    assert counted["net/r"] == 18
