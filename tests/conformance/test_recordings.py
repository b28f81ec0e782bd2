"""GetSpikes and GetSignals: windows, pages, and what a full record forgets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
import pytest

from client import Client, Session, wait_until
from contract import v1
from expect import check_error, details_of, refused
from networks import SPECIFICATION, Twins, full_step, parse
from pages import forged, pages

SPIKES = pytest.mark.method("GetSpikes")
SIGNALS = pytest.mark.method("GetSignals")

# Relays that repeat what they are given, and neurons that are sampled.
NETWORK = parse(
    v1.NetworkSpecification,
    """
    populations { name: "g" model: "spike_generator" size: 3 }
    populations { name: "all" model: "parrot_neuron" size: 3 record_spikes: true }
    populations { name: "some" model: "parrot_neuron" size: 3 record_spikes: true record_limit: 7 }
    populations { name: "none" model: "parrot_neuron" size: 3 }
    populations { name: "n" model: "iaf_psc_exp" size: 2
      parameters { key: "I_e" value { number: 100 } } }
    projections { name: "all" source: "g" target: "all" rule { one_to_one {} } }
    projections { name: "some" source: "g" target: "some" rule { one_to_one {} } }
    multimeters { name: "m" population: "n" variables: ["V_m", "I_syn_ex"] interval_ms: 0.5 }
    multimeters { name: "few" population: "n" variables: "V_m" record_limit: 5 }
    """,
)

# (time, sender): several at once, and several of one sender at once.
TRAIN = [(k / 2, k % 3) for k in range(2, 40)] + [(10.0, 0), (10.0, 1), (10.0, 2), (10.0, 2)]
TRAIN.sort()
# As the relays repeat them, 1 ms later.
RELAYED = [(time + 1, sender) for time, sender in TRAIN]


@pytest.fixture
def session(new_session: Callable[..., Session]) -> Session:
    """At 30 ms, with the train relayed."""
    session = new_session(specification=NETWORK)
    _give(session, TRAIN)
    session.step(30)
    return session


def _give(session: Session, train: list[tuple[float, int]]) -> None:
    trains = {"times_ms": [t for t, _ in train], "senders": [sender for _, sender in train]}
    session.SetInput(inputs=[{"population": "net/g", "spike_trains": trains}])


def _spikes(session: Session, **fields: Any) -> tuple[list[tuple[float, int]], float]:
    """All spikes of a request, page by page, and after when they are complete."""
    found: list[tuple[float, int]] = []
    complete = set()
    for page in pages(session.GetSpikes, population="net/all", **fields):
        assert page.spikes.population == "net/all"
        found.extend(zip(page.spikes.times_ms, page.spikes.senders, strict=True))
        complete.add(page.spikes.complete_after_ms)
    (after,) = complete  # that of the whole, on every page
    return found, after


@SPIKES
@pytest.mark.parametrize("page_size", [1, 2, 3, 5, 41, 42, 43, 100_000, 0])
def test_spikes_come_in_order_of_time_and_sender_page_by_page(
    page_size: int, session: Session
) -> None:
    assert _spikes(session, page_size=page_size) == (RELAYED, 0)
    for page in pages(session.GetSpikes, population="net/all", page_size=page_size):
        assert len(page.spikes.times_ms) <= (page_size or 100_000)


@SPIKES
@pytest.mark.parametrize("page_size", [1, 4, 0])
@pytest.mark.parametrize(
    ("after", "until"),
    [(0, 30), (5, 15), (10.5, 11), (11, 11), (15, 5), (0, 2), (20.5, 1e6), (30, 30), (1e6, 2e6)],
)
def test_a_window_is_open_at_its_beginning_and_closed_at_its_end(
    after: float, until: float, page_size: int, session: Session
) -> None:
    expected = [(time, sender) for time, sender in RELAYED if after < time <= until]
    window = {"after_ms": after, "until_ms": until}
    assert _spikes(session, page_size=page_size, **window) == (expected, after)
    times: list[float] = []
    for page in pages(session.GetSignals, multimeter="net/m", page_size=page_size, **window):
        assert page.signals.complete_after_ms == after
        times.extend(page.signals.times_ms)
    assert times == [k / 2 for k in range(1, 61) if after < k / 2 <= until]


@SPIKES
@SIGNALS
def test_unset_is_up_to_now_and_not_up_to_0(session: Session) -> None:
    assert _spikes(session, until_ms=0) == ([], 0)
    assert list(session.GetSignals(multimeter="net/m", until_ms=0).signals.times_ms) == []
    assert list(session.GetSignals(multimeter="net/m").signals.times_ms)[-1] == 30


@SPIKES
@SIGNALS
def test_pages_are_those_of_the_first_while_the_session_steps(session: Session) -> None:
    spikes = session.GetSpikes(population="net/all", page_size=10)
    signals = session.GetSignals(multimeter="net/m", page_size=40)
    expected = list(pages(session.GetSignals, multimeter="net/m", page_size=40))
    _give(session, [(31, 0), (31, 1), (35, 2)])
    found = list(zip(spikes.spikes.times_ms, spikes.spikes.senders, strict=True))
    sampled = [signals]
    while spikes.next_page_token or sampled[-1].next_page_token:
        session.step(5)
        if spikes.next_page_token:
            spikes = session.GetSpikes(
                population="net/all", page_size=10, page_token=spikes.next_page_token
            )
            found.extend(zip(spikes.spikes.times_ms, spikes.spikes.senders, strict=True))
        if sampled[-1].next_page_token:
            sampled.append(
                session.GetSignals(
                    multimeter="net/m", page_size=40, page_token=sampled[-1].next_page_token
                )
            )
    assert found == RELAYED
    assert [page.signals for page in sampled] == [page.signals for page in expected]
    # Asked anew, the answer is as of now.
    assert _spikes(session)[0] == [*RELAYED, (32, 0), (32, 1), (36, 2)]


@SIGNALS
def test_signals_are_columns_by_time_and_neuron(session: Session) -> None:
    signals = session.GetSignals(multimeter="net/m").signals
    assert signals.multimeter == "net/m"
    assert signals.neurons == 2
    assert list(signals.times_ms) == [k / 2 for k in range(1, 61)]
    assert [signal.variable for signal in signals.signals] == ["V_m", "I_syn_ex"]
    for signal in signals.signals:
        assert len(signal.values) == 60 * 2
    potential = signals.signals[0].values
    assert list(potential[0::2]) == list(potential[1::2])
    assert list(potential[0::2]) == sorted(potential[0::2])
    assert set(signals.signals[1].values) == {0}


@SIGNALS
@pytest.mark.parametrize("page_size", [1, 4, 7, 8, 12, 239, 240, 241, 0])
def test_a_page_of_signals_has_so_many_numbers_but_one_sample_at_least(
    page_size: int, session: Session
) -> None:
    whole = session.GetSignals(multimeter="net/m").signals
    times: list[float] = []
    columns: list[list[float]] = [[], []]
    for page in pages(session.GetSignals, multimeter="net/m", page_size=page_size):
        samples = len(page.signals.times_ms)
        assert samples * 4 <= max(page_size, 4) or page_size == 0
        times.extend(page.signals.times_ms)
        for column, signal in zip(columns, page.signals.signals, strict=True):
            column.extend(signal.values)
    assert times == list(whole.times_ms)
    assert columns == [list(signal.values) for signal in whole.signals]


@SPIKES
@SIGNALS
def test_page_sizes_are_bounded(session: Session) -> None:
    for size, call, field in (
        (100_000, session.GetSpikes, {"population": "net/all"}),
        (200_000, session.GetSignals, {"multimeter": "net/m"}),
        (100_000, session.GetWeights, {"projection": "net/all"}),
    ):
        call(page_size=size, **field)
        for more in (size + 1, 2**32 - 1):
            refused(call, page_size=more, field="page_size", **field)


@SPIKES
@SIGNALS
def test_tokens_are_for_the_request_that_they_answered(
    client: Client, new_session: Callable[..., Session]
) -> None:
    twins = Twins(new_session)
    one, other = twins.one, twins.other
    token = one.GetSpikes(population="net/relay", page_size=1).next_page_token
    sampled = one.GetSignals(multimeter="net/meter", page_size=1).next_page_token
    weights = one.GetWeights(projection="net/rewarded", page_size=1).next_page_token
    assert token
    assert sampled
    assert weights
    # The page size may change, and a token may be used again.
    for size in (1, 2, 0, 1):
        one.GetSpikes(population="net/relay", page_size=size, page_token=token)
        one.GetSignals(multimeter="net/meter", page_size=size, page_token=sampled)
        one.GetWeights(projection="net/rewarded", page_size=size, page_token=weights)
    relay, meter = {"population": "net/relay"}, {"multimeter": "net/meter"}
    rewarded = {"projection": "net/rewarded"}
    others: list[tuple[Callable[..., Any], str, dict[str, Any]]] = [
        (one.GetSpikes, token, {"population": "net/out"}),
        (one.GetSpikes, token, {**relay, "after_ms": 1}),
        (one.GetSpikes, token, {**relay, "until_ms": 25}),
        (one.GetSpikes, sampled, relay),
        (other.GetSpikes, token, relay),
        (one.GetSignals, sampled, {**meter, "after_ms": 1}),
        (one.GetSignals, sampled, {**meter, "until_ms": 25}),
        (one.GetSignals, token, meter),
        (other.GetSignals, sampled, meter),
        (one.GetWeights, weights, {"projection": "net/plastic"}),
        (one.GetWeights, weights, {"projection": "net/dopaminergic", "variables": ["c"]}),
        (one.GetWeights, token, rewarded),
        (other.GetWeights, weights, rewarded),
        (client.ListSessions, token, {}),
    ]
    for call, foreign, fields in others:
        refused(call, page_token=foreign, field="page_token", **fields)
    twins.check_equal()


@SPIKES
@SIGNALS
def test_tokens_do_not_outlive_their_session(
    new_session: Callable[..., Session], unique_id: Callable[[], str]
) -> None:
    id_ = unique_id()
    first = new_session(session_id=id_, seed=1, specification=SPECIFICATION)
    full_step(first)
    token = first.GetSpikes(population="net/relay", page_size=1).next_page_token
    assert token
    first.DeleteSession()
    second = new_session(session_id=id_, seed=1, specification=SPECIFICATION)
    full_step(second)
    refused(second.GetSpikes, population="net/relay", page_token=token, field="page_token")


@SPIKES
@SIGNALS
@pytest.mark.method("GetWeights", "ListSessions")
@pytest.mark.parametrize("method", ["GetSpikes", "GetSignals", "GetWeights", "ListSessions"])
def test_forged_tokens_are_refused_or_harmless(
    method: str, client: Client, new_session: Callable[..., Session]
) -> None:
    twins = Twins(new_session)
    requests: dict[str, dict[str, Any]] = {
        "GetSpikes": {"population": "net/relay", "after_ms": 1, "until_ms": 27},
        "GetSignals": {"multimeter": "net/meter", "after_ms": 1, "until_ms": 27},
        "GetWeights": {"projection": "net/rewarded"},
        "ListSessions": {},
    }
    fields = requests[method]
    if method != "ListSessions":
        fields["session"] = twins.one.name
    call = getattr(client, method)
    token = call(page_size=1, **fields).next_page_token
    assert token
    for forgery in forged(token):
        try:
            answer = call(page_size=1000, page_token=forgery, **fields)
        except grpc.RpcError as error:
            # A number in it may be one of weights that have changed.
            reason = details_of(error)["ErrorInfo"].reason
            assert reason in ("INVALID_FIELD", "STALE_PAGE_TOKEN")
            check_error(error, "INVALID_ARGUMENT", reason, "page_token")
            continue
        # Whoever may ask for a page may ask for any, but for nothing else.
        times = {
            "GetSpikes": lambda: answer.spikes.times_ms,  # noqa: B023
            "GetSignals": lambda: answer.signals.times_ms,  # noqa: B023
        }.get(method, list)()
        assert all(1 < time <= 27 for time in times), forgery
        assert len(times) <= 1000
    twins.check_equal()


@SPIKES
def test_a_full_record_keeps_the_newest_and_says_since_when(session: Session) -> None:
    spikes = session.GetSpikes(population="net/some").spikes
    kept = list(zip(spikes.times_ms, spikes.senders, strict=True))
    assert 7 >= len(kept) > 0
    assert kept == RELAYED[-len(kept) :]
    complete = spikes.complete_after_ms
    assert complete >= RELAYED[-len(kept) - 1][0]
    assert [spike for spike in RELAYED if spike[0] > complete] == kept
    assert spikes.dropped == len(RELAYED) - len(kept)
    # Asked for what is there, nothing is missing.
    for after in (complete, complete + 0.5):
        answer = session.GetSpikes(population="net/some", after_ms=after)
        assert answer.spikes.complete_after_ms == after
        assert answer.spikes.dropped == 0
    # However it is asked for, what is missing is told.
    for after in (0.0, complete - 0.5):
        answer = session.GetSpikes(population="net/some", after_ms=after, page_size=2)
        assert answer.spikes.complete_after_ms == complete


@SPIKES
@pytest.mark.method("Step")
def test_counts_are_whole_though_the_record_is_full(new_session: Callable[..., Session]) -> None:
    session = new_session(specification=NETWORK)
    _give(session, TRAIN)
    answer = session.step(30, readout={"spike_counts": ["net/some"], "spikes": ["net/some"]})
    assert sum(answer.spike_counts[0].counts) == len(TRAIN)
    assert len(answer.spikes[0].times_ms) <= 7
    assert answer.spikes[0].complete_after_ms > 0
    assert answer.spikes[0].dropped == len(TRAIN) - len(answer.spikes[0].times_ms)


@SIGNALS
def test_a_full_multimeter_keeps_the_newest_and_says_since_when(session: Session) -> None:
    signals = session.GetSignals(multimeter="net/few").signals
    times = list(signals.times_ms)
    assert 0 < len(times) <= 5
    assert times == [30 - k for k in range(len(times) - 1, -1, -1)]
    assert times[0] - 1 <= signals.complete_after_ms < times[0]
    assert signals.dropped == 30 - len(times)
    assert len(signals.signals[0].values) == 2 * len(times)


@SPIKES
@SIGNALS
def test_a_token_is_stale_once_its_place_is_forgotten(session: Session) -> None:
    spikes = session.GetSpikes(population="net/some", page_size=1).next_page_token
    signals = session.GetSignals(multimeter="net/few", page_size=1).next_page_token
    assert spikes
    assert signals
    _give(session, [(30.5 + k / 2, k % 3) for k in range(30)])
    session.step(30)
    stale = {"reason": "STALE_PAGE_TOKEN", "field": "page_token"}
    refused(session.GetSpikes, population="net/some", page_token=spikes, **stale)
    refused(session.GetSignals, multimeter="net/few", page_token=signals, **stale)


@SPIKES
def test_a_record_without_a_limit_keeps_everything(new_session: Callable[..., Session]) -> None:
    session = new_session(specification=NETWORK)
    per_step = 10_000
    steps = 12
    trains = {
        "senders": [0] * steps,
        "times_ms": range(1, steps + 1),
        "multiplicities": [per_step] * steps,
    }
    session.step(20, inputs=[{"population": "net/g", "spike_trains": trains}])
    times: list[float] = []
    for page in pages(session.GetSpikes, population="net/all", page_size=50_000):
        assert page.spikes.complete_after_ms == 0
        times.extend(page.spikes.times_ms)
    # More than 65,536, at which records once ended unless they were told otherwise.
    assert times == [float(k + 2) for k in range(steps) for _ in range(per_step)]


@SPIKES
def test_only_recorded_populations_have_spikes(session: Session) -> None:
    refused(
        session.GetSpikes,
        population="net/none",
        code="FAILED_PRECONDITION",
        reason="NOT_RECORDED",
        field="population",
    )


@SPIKES
@SIGNALS
def test_reading_waits_for_the_step_that_runs(new_session: Callable[..., Session]) -> None:
    session = new_session(specification=SPECIFICATION)
    endless = session.start_endless_step()
    reading = [
        session.start("GetSignals", multimeter="net/meter"),
        session.start("GetSpikes", population="net/out"),
        session.start("GetWeights", projection="net/plastic"),
    ]
    begin = session.time_ms()
    wait_until(lambda: session.time_ms() > begin)
    assert not any(call.done() for call in reading)
    session.halt()
    end = endless.result().time_ms
    signals, spikes, weights = [call.result() for call in reading]
    assert signals.signals.times_ms
    assert spikes.spikes.times_ms[-1] <= end
    assert weights.time_ms == end
