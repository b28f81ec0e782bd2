"""Creating, describing, listing and deleting sessions."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from client import Client, Session, wait_until
from contract import v1
from expect import refused
from networks import SPECIFICATION, full_step, parse

RESOLUTIONS = [0.001, 0.1, 0.125, 1, 10]


@pytest.mark.method("CreateSession", "GetSession")
def test_a_new_session_is_as_it_was_asked_for(client: Client, unique_id: Callable[[], str]) -> None:
    before = time.time()
    id_ = unique_id()
    labels = {"lab": "one", "": "", "ü": "☃" * 85}
    answer = client.CreateSession(
        session_id=id_, display_name="a name", labels=labels, resolution_ms=0.5, seed=5
    ).session
    session = Session(client, answer)
    described = session.describe()
    for message in (answer, described):
        assert message.name == f"sessions/{id_}"
        assert message.display_name == "a name"
        assert dict(message.labels) == labels
        assert message.state == v1.SESSION_STATE_IDLE
        assert message.resolution_ms == 0.5
        assert message.seed == 5
        assert message.time_ms == 0
        assert list(message.networks) == []
        assert message.size.neurons == 0
        assert message.size.synapses == 0
        # Clocks of two machines need not agree to the second.
        assert abs(message.create_time.ToSeconds() - before) < 3600
        assert message.last_use_time.ToNanoseconds() >= message.create_time.ToNanoseconds()


@pytest.mark.method("CreateSession")
def test_what_is_left_out_has_its_default(new_session: Callable[..., Session]) -> None:
    described = new_session().describe()
    assert described.resolution_ms == 0.1
    assert described.display_name == ""
    assert dict(described.labels) == {}


@pytest.mark.method("CreateSession")
def test_names_and_seeds_that_are_drawn_differ(new_session: Callable[..., Session]) -> None:
    drawn = [new_session().describe() for _ in range(20)]
    names = {session.name for session in drawn}
    assert len(names) == 20
    assert len({session.seed for session in drawn}) == 20
    for session in drawn:
        # Guessing takes more than 2^64 tries, if a letter counts for four bits.
        assert len(session.name) >= len("sessions/") + 16
        assert session.seed < 2**53
    beginnings = {name[: len("sessions/") + 8] for name in names}
    assert len(beginnings) == 20, "they share a beginning"


@pytest.mark.method("CreateSession")
@pytest.mark.parametrize("seed", [0, 1, 2**53, 2**64 - 1])
def test_every_seed_is_good(seed: int, new_session: Callable[..., Session]) -> None:
    assert new_session(seed=seed).describe().seed == seed


@pytest.mark.method("CreateSession")
@pytest.mark.parametrize("resolution_ms", RESOLUTIONS)
def test_resolutions_from_the_least_to_the_most(
    resolution_ms: float, new_session: Callable[..., Session]
) -> None:
    session = new_session(resolution_ms=resolution_ms)
    assert session.describe().resolution_ms == resolution_ms
    assert session.step(resolution_ms).time_ms == resolution_ms


@pytest.mark.method("CreateSession")
@pytest.mark.parametrize("resolution_ms", [0.000999, 10.001, -0.1])
def test_resolutions_beyond_are_refused(resolution_ms: float, client: Client) -> None:
    refused(client.CreateSession, resolution_ms=resolution_ms, field="resolution_ms")


@pytest.mark.method("CreateSession")
def test_an_id_may_have_63_characters_of_its_alphabet(
    client: Client, unique_id: Callable[[], str]
) -> None:
    id_ = f"{unique_id()}_A.b-9"
    longest = id_ + "x" * (63 - len(id_))
    for good in (id_, longest):
        session = client.CreateSession(session_id=good).session
        assert session.name == f"sessions/{good}"
    for bad in (longest + "x", "-" + id_, "." + id_, "_" + id_, id_ + "/x", id_ + " ", "ü" + id_):
        refused(client.CreateSession, session_id=bad, field="session_id")


@pytest.mark.method("CreateSession")
def test_an_id_can_be_used_once_and_again_after_deletion(
    client: Client, new_session: Callable[..., Session], unique_id: Callable[[], str]
) -> None:
    id_ = unique_id()
    first = new_session(session_id=id_, seed=1, specification=SPECIFICATION)
    first.step(5)
    refused(
        client.CreateSession,
        session_id=id_,
        seed=2,
        code="ALREADY_EXISTS",
        reason="ALREADY_EXISTS",
        field="session_id",
    )
    assert first.describe().seed == 1
    assert first.time_ms() == 5
    first.DeleteSession()
    second = new_session(session_id=id_, seed=2)
    assert second.time_ms() == 0
    assert list(second.describe().networks) == []


@pytest.mark.method("CreateSession")
def test_a_display_name_has_256_bytes_at_most(
    client: Client, new_session: Callable[..., Session]
) -> None:
    for good in ("x" * 256, "ü" * 128):
        assert new_session(display_name=good).describe().display_name == good
    for bad in ("x" * 257, "ü" * 129):
        refused(client.CreateSession, display_name=bad, field="display_name")


@pytest.mark.method("CreateSession")
def test_labels_have_bounds(client: Client, new_session: Callable[..., Session]) -> None:
    labels = {f"{k:0256}": "v" * 256 for k in range(64)}
    assert dict(new_session(labels=labels).describe().labels) == labels
    refused(client.CreateSession, labels={**labels, "one": "more"}, field="labels")
    for key, value in (("k" * 257, ""), ("k", "v" * 257)):
        refused(client.CreateSession, labels={key: value}, field=f"labels[{key}]")


@pytest.mark.method("GetSession")
def test_a_session_tells_what_it_has_and_does(new_session: Callable[..., Session]) -> None:
    session = new_session(specification=SPECIFICATION)
    session.CreateNetwork(network="player", preset=v1.PresetChoice(name="pong/rstdp"))
    sizes = [session.GetNetwork(network=name).network.size for name in ("net", "player")]
    described = session.describe()
    assert list(described.networks) == ["net", "player"]
    for quantity in ("neurons", "synapses", "bytes"):
        total = sum(getattr(size, quantity) for size in sizes)
        assert getattr(described.size, quantity) == total
    assert described.size.neurons == 19 + (3 * 20)
    used = described.last_use_time.ToNanoseconds()
    step = session.start_endless_step()
    busy = session.describe()
    assert busy.state == v1.SESSION_STATE_BUSY
    assert busy.last_use_time.ToNanoseconds() > used
    session.halt()
    assert step.result().halted
    idle = session.describe()
    assert idle.state == v1.SESSION_STATE_IDLE
    assert idle.time_ms == step.result().time_ms


@pytest.mark.method("GetSession", "ListSessions")
def test_a_stepping_session_is_described_at_once(
    client: Client, new_session: Callable[..., Session], unique_id: Callable[[], str]
) -> None:
    session = new_session(session_id=unique_id(), specification=SPECIFICATION)
    step = session.start_endless_step()
    times = []
    for _ in range(20):
        times.append(session.time_ms())
        listed = {s.name: s for s in _listing(client)}[session.name]
        assert listed.state == v1.SESSION_STATE_BUSY
        times.append(listed.time_ms)
    assert times == sorted(times)
    wait_until(lambda: session.time_ms() > times[-1])
    assert not step.done()
    session.halt()
    assert step.result().time_ms >= times[-1]


@pytest.mark.method("DeleteSession")
def test_a_deleted_session_is_gone(client: Client, new_session: Callable[..., Session]) -> None:
    session, other = (new_session(seed=1, specification=SPECIFICATION) for _ in range(2))
    full_step(session)
    client.DeleteSession(session=session.name)
    for call in (client.GetSession, client.DeleteSession, client.HaltSession):
        refused(call, session=session.name, code="NOT_FOUND", reason="NOT_FOUND", field="session")
    assert session.name not in {s.name for s in _listing(client)}
    assert other.time_ms() == 0


@pytest.mark.method("DeleteSession")
def test_deleting_ends_the_step_and_refuses_what_waits(
    client: Client, new_session: Callable[..., Session]
) -> None:
    session = new_session(specification=SPECIFICATION)
    step = session.start_endless_step()
    waiting = session.start("GetSpikes", population="net/out")
    stream = client.stream(
        "StepStream", iter([v1.StepStreamRequest(step={"session": session.name, "duration_ms": 1})])
    )
    session.DeleteSession()
    assert step.result().halted
    assert step.result().halt_reason == v1.HALT_REASON_DELETED
    refused(waiting.result, code="NOT_FOUND", reason="NOT_FOUND", field="session")
    refused(lambda: next(stream), code="NOT_FOUND", reason="NOT_FOUND", field="step.session")


def _listing(client: Client, page_size: int = 0) -> list[Any]:
    listed: list[Any] = []
    token = ""
    while True:
        page = client.ListSessions(page_size=page_size, page_token=token)
        assert len(page.sessions) <= (page_size or 100)
        listed.extend(page.sessions)
        token = page.next_page_token
        if not token:
            return listed


@pytest.mark.method("ListSessions")
@pytest.mark.parametrize("page_size", [1, 2, 3, 1000, 0])
def test_sessions_are_listed_by_name_page_by_page(
    page_size: int,
    client: Client,
    new_session: Callable[..., Session],
    unique_id: Callable[[], str],
) -> None:
    ids = [unique_id() for _ in range(5)]
    # Created in another order, and with names that a careless order would swap.
    names = [f"{id_}{tail}" for id_ in ids for tail in ("", "-", ".", "0", "A", "_", "a")]
    for name in reversed(names):
        new_session(session_id=name, labels={"name": name}, seed=3)
    listed = _listing(client, page_size)
    all_names = [session.name for session in listed]
    assert all_names == sorted(all_names)
    assert len(set(all_names)) == len(all_names)
    ours = [session for session in listed if session.name.removeprefix("sessions/") in names]
    assert [session.name for session in ours] == [f"sessions/{name}" for name in names]
    for session in ours:
        described = client.GetSession(session=session.name).session
        # A listing is not a use.
        assert session == described


@pytest.mark.method("ListSessions")
def test_a_listing_goes_on_while_sessions_come_and_go(
    client: Client, new_session: Callable[..., Session], unique_id: Callable[[], str]
) -> None:
    sessions = {id_: new_session(session_id=id_) for id_ in [unique_id() for _ in range(6)]}
    names = [session.name for session in sessions.values()]
    seen: list[str] = []
    token = ""
    deleted = False
    while True:
        page = client.ListSessions(page_size=1, page_token=token)
        seen.extend(session.name for session in page.sessions)
        token = page.next_page_token
        if seen[-1:] == [names[2]] and not deleted:
            # The one that the token is about, one before and one after it.
            for name in (names[2], names[0], names[4]):
                client.DeleteSession(session=name)
            deleted = True
        if not token:
            break
    assert [name for name in seen if name in names] == [*names[:4], names[5]]


@pytest.mark.method("ListSessions")
def test_the_page_size_is_bounded(client: Client) -> None:
    client.ListSessions(page_size=1000)
    refused(client.ListSessions, page_size=1001, field="page_size")


@pytest.mark.method("ListSessions", "GetSession")
def test_pages_of_large_descriptions_stay_within_a_message(
    client: Client, new_session: Callable[..., Session], unique_id: Callable[[], str]
) -> None:
    labels = {f"{k:0256}": "v" * 256 for k in range(64)}  # 33 kB each
    names = [new_session(session_id=unique_id(), labels=labels).name for _ in range(130)]
    listed = [session.name for session in _listing(client, 1000)]
    assert [name for name in listed if name in set(names)] == names


@pytest.mark.method("CreateSession")
def test_sessions_do_not_feel_each_other(new_session: Callable[..., Session]) -> None:
    alone = new_session(seed=9, specification=SPECIFICATION)
    expected = [full_step(alone) for _ in range(3)]
    crowd = [new_session(seed=seed, specification=SPECIFICATION) for seed in (9, 10, 9)]
    answers = [[full_step(session) for session in crowd] for _ in range(3)]
    for k in range(3):
        assert answers[k][0] == answers[k][2] == expected[k]
        assert answers[k][1] != expected[k]


@pytest.mark.method("CreateSession", "CreateNetwork")
def test_a_relay_of_no_input_is_silent_in_every_session(
    new_session: Callable[..., Session],
) -> None:
    specification = parse(
        v1.NetworkSpecification,
        'populations { name: "p" model: "parrot_neuron" size: 2 record_spikes: true }',
    )
    session = new_session(specification=specification)
    answer = session.step(100, readout={"spike_counts": ["net/p"], "spikes": ["net/p"]})
    assert list(answer.spike_counts[0].counts) == [0, 0]
    assert list(answer.spikes[0].times_ms) == []
