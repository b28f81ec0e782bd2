"""Who calls, and what they may do.

What needs servers of its own is skipped where only an address is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest

from client import Client, Session, StepStream, wait_until
from contract import METHODS, Method, v1
from examples import EXAMPLES, carry_out, prepare
from expect import check_error, refused
from networks import Twins
from server import Server

StartServer = Callable[..., Server]


@pytest.fixture
def tcp_server(start_server: StartServer) -> Server:
    return start_server("--listen", "127.0.0.1:0")


@pytest.fixture
def stranger(tcp_server: Server) -> Iterator[Client]:
    client = Client(tcp_server.tcp_address, token="")
    yield client
    client.close()


def test_over_tcp_a_token_is_needed(tcp_server: Server, stranger: Client) -> None:
    refused(stranger.GetServerInfo, code="UNAUTHENTICATED", reason="TOKEN_MISSING")
    owner = Client(tcp_server.tcp_address, token=tcp_server.owner_token)
    owner.GetServerInfo()
    owner.close()


@pytest.mark.parametrize("method", METHODS.values(), ids=str)
def test_no_method_is_carried_out_for_those_whom_nobody_knows(
    method: Method, stranger: Client
) -> None:
    call = stranger.send_bytes(method.path, b"")
    check_error(call, "UNAUTHENTICATED", "TOKEN_MISSING")


def test_what_is_no_token_is_refused(client: Client) -> None:
    request = v1.GetServerInfoRequest()
    for text in ["", "secret", "Basic secret"]:
        call = client.start("GetServerInfo", request, metadata=[("authorization", text)])
        check_error(call.exception(), "UNAUTHENTICATED", "TOKEN_MALFORMED")
    call = client.start("GetServerInfo", request, metadata=[("authorization", "Bearer secret")])
    check_error(call.exception(), "UNAUTHENTICATED", "TOKEN_UNKNOWN")


class Somebody(Client):
    """A client that shows a token, wherever it calls."""

    def __init__(self, address: str, token: str) -> None:
        super().__init__(address)
        self._metadata = [("authorization", f"Bearer {token}")]


@pytest.fixture
def somebody(client: Client, address: str) -> Iterator[Callable[..., Somebody]]:
    """Makes an account, and a client with a token of it."""
    made: list[Somebody] = []

    def make(role: str = "ROLE_USER", **quotas: int) -> Somebody:
        token = client.CreateToken(account=client.new_account(role, **quotas)).token
        made.append(Somebody(address, token))
        return made[-1]

    yield make
    for one in made:
        one.delete_created()
        one.close()


@pytest.mark.method("GetCaller", "PutAccount")
def test_an_account_is_as_it_was_put(somebody: Callable[..., Somebody]) -> None:
    account = somebody("ROLE_VIEWER", sessions=7).GetCaller().account
    assert account.role == v1.ROLE_VIEWER
    assert account.weight == 1
    assert dict(account.quotas) == {"sessions": 7}
    assert not account.tokens


@pytest.mark.method("ListAccounts", "PutAccount", "DeleteAccount")
def test_accounts_can_be_changed_and_deleted(client: Client) -> None:
    name = client.new_account()
    token = client.CreateToken(account=name, note="laptop").description
    client.PutAccount(account=name, role=v1.ROLE_ADMIN, weight=3)
    accounts = {account.name: account for account in client.ListAccounts().accounts}
    assert accounts["owner"].role == v1.ROLE_ADMIN
    assert accounts[name].role == v1.ROLE_ADMIN
    assert accounts[name].weight == 3
    assert [(t.id, t.note) for t in accounts[name].tokens] == [(token.id, "laptop")]
    client.DeleteAccount(account=name)
    assert name not in {account.name for account in client.ListAccounts().accounts}
    not_found = {"code": "NOT_FOUND", "reason": "NOT_FOUND", "field": "account"}
    refused(client.DeleteAccount, account=name, **not_found)


@pytest.mark.method("PutAccount")
def test_the_owner_stays_as_they_are(client: Client) -> None:
    refused(client.PutAccount, account="owner", role=v1.ROLE_USER, field="account")
    refused(
        client.DeleteAccount, account="owner", code="NOT_FOUND", reason="NOT_FOUND", field="account"
    )


@pytest.mark.method("CreateToken", "RevokeToken")
def test_a_token_stands_for_its_account_until_it_is_revoked(client: Client, address: str) -> None:
    name = client.new_account()
    created = client.CreateToken(account=name)
    assert created.description.id in created.token
    caller = Somebody(address, created.token)
    assert caller.GetCaller().account.name == name
    client.RevokeToken(token=created.description.id)
    refused(caller.GetCaller, code="UNAUTHENTICATED", reason="TOKEN_UNKNOWN")
    caller.close()


@pytest.mark.method("CreateToken")
def test_a_token_expires(client: Client, address: str) -> None:
    request = v1.CreateTokenRequest(account=client.new_account())
    request.expire_time.GetCurrentTime()
    request.expire_time.seconds += 2
    caller = Somebody(address, client.CreateToken(request).token)
    caller.GetCaller()

    def is_over() -> bool:
        return caller.start("GetCaller").exception() is not None

    wait_until(is_over)
    refused(caller.GetCaller, code="UNAUTHENTICATED", reason="TOKEN_EXPIRED")
    caller.close()


@pytest.mark.method("PutAccount")
def test_accounts_whose_file_is_damaged_cannot_be_changed(start_server: StartServer) -> None:
    server = start_server()
    client = Client(server.address)
    server.damage_accounts()
    refused(
        client.PutAccount,
        account="anna",
        role=v1.ROLE_USER,
        code="FAILED_PRECONDITION",
        reason="ACCOUNTS_FILE_UNUSABLE",
    )
    client.close()


@pytest.mark.method("ShareSession")
def test_a_session_is_its_owners_until_it_is_shared(somebody: Callable[..., Somebody]) -> None:
    owner, other = somebody(), somebody()
    denied = {"code": "PERMISSION_DENIED", "reason": "PERMISSION_DENIED"}
    session = Session(owner, owner.CreateSession().session)
    theirs = Session(other, session.describe())
    assert session.describe().owner == owner.GetCaller().account.name
    refused(theirs.describe, **denied)
    assert session.name not in {s.name for s in other.ListSessions(page_size=1000).sessions}
    name = other.GetCaller().account.name
    shared = session.ShareSession(shares=[{"account": name, "right": v1.SHARE_RIGHT_WATCH}])
    assert [share.account for share in shared.session.shares] == [name]
    assert theirs.time_ms() == 0
    assert session.name in {s.name for s in other.ListSessions(page_size=1000).sessions}
    refused(theirs.step, 1, **denied)
    session.ShareSession(shares=[{"account": "*", "right": v1.SHARE_RIGHT_DRIVE}])
    theirs.step(1)
    refused(theirs.DeleteSession, **denied)
    refused(theirs.ShareSession, **denied)
    session.ShareSession()
    refused(theirs.describe, **denied)


@pytest.mark.method("ShareSession")
def test_a_session_is_shared_with_accounts_that_there_are(
    client: Client, new_session: Callable[..., Session]
) -> None:
    session = new_session()
    shares = [
        {"account": client.new_account(), "right": v1.SHARE_RIGHT_WATCH},
        {"account": "nobody.that.there.is", "right": v1.SHARE_RIGHT_DRIVE},
    ]
    refused(session.ShareSession, shares=shares, field="shares[1].account")
    assert not session.describe().shares
    session.ShareSession(shares=shares[:1])
    # Who has lost their account harms nobody, and their share can stay.
    client.DeleteAccount(account=shares[0]["account"])
    assert len(session.ShareSession(shares=shares[:1]).session.shares) == 1


@pytest.mark.method("ForkSession")
def test_who_may_watch_a_session_may_have_a_copy(somebody: Callable[..., Somebody]) -> None:
    owner, watcher, viewer = somebody(), somebody(), somebody("ROLE_VIEWER")
    name = name_of(watcher)
    session = Session(owner, owner.CreateSession().session)
    session.step(5)
    denied: Any = {"code": "PERMISSION_DENIED", "reason": "PERMISSION_DENIED"}
    refused(Session(watcher, session.describe()).ForkSession, **denied)
    session.ShareSession(shares=[{"account": name, "right": v1.SHARE_RIGHT_WATCH}])
    copy = Session(watcher, Session(watcher, session.describe()).ForkSession().session)
    described = copy.describe()
    assert (described.owner, described.time_ms) == (name, 5)
    assert not described.shares
    copy.step(1)
    assert session.time_ms() == 5
    refused(Session(owner, described).describe, **denied)
    # Viewers have no sessions of their own.
    refused(Session(viewer, session.describe()).ForkSession, **denied)


@pytest.mark.parametrize(
    "method", [method for method in METHODS.values() if method.session_place], ids=str
)
def test_nobody_learns_whether_a_session_of_others_exists(
    method: Method, new_session: Callable[..., Session], somebody: Callable[..., Somebody]
) -> None:
    twins = Twins(new_session)
    request = prepare(method.name, EXAMPLES[method.name][0], twins.one, "")
    stranger = Session(somebody(), twins.one.describe())

    def complaint(name: str) -> Any:
        holder = request
        for field in (method.session_place or ())[:-1]:
            holder = getattr(holder, field)
        holder.session = name
        with pytest.raises(grpc.RpcError) as error:
            carry_out(stranger, method.name, request)
        check_error(error.value, "PERMISSION_DENIED", "PERMISSION_DENIED")
        return str(error.value.details()).replace(name, "")

    assert complaint(twins.one.name) == complaint("sessions/nobody")
    twins.check_equal()


@pytest.mark.method("CreateSession", "GetSession")
def test_a_session_that_nobody_uses_expires(new_session: Callable[..., Session]) -> None:
    # Long enough for a machine that is busy to begin with the stream.
    session, used = new_session(ttl={"seconds": 2}), new_session(ttl={"seconds": 2})
    described = session.describe()
    assert described.ttl.seconds == 2
    last_use = described.last_use_time.ToNanoseconds()
    assert described.expire_time.ToNanoseconds() == last_use + 2 * 10**9
    stream = StepStream(used.client)
    stream.step(session=used.name, duration_ms=1)
    # Describing is no use, or it would not end.
    wait_until(lambda: session.start("GetSession").exception() is not None)
    refused(session.describe, code="NOT_FOUND", reason="SESSION_EXPIRED", field="session")
    # An open stream is one, however silent.
    assert not used.describe().HasField("expire_time")
    stream.end()
    # Over a WebSocket a goodbye is answered before the call has ended.
    wait_until(lambda: used.describe().HasField("expire_time"))


@pytest.mark.method("CreateSession")
def test_without_a_ttl_a_session_stays(new_session: Callable[..., Session], client: Client) -> None:
    if client.GetServerInfo().limits.HasField("default_ttl"):
        pytest.skip("this server deletes sessions by itself")
    described = new_session().describe()
    assert not described.HasField("ttl")
    assert not described.HasField("expire_time")


@pytest.mark.method("CreateSession", "GetServerInfo")
def test_the_server_bounds_how_long_sessions_stay(start_server: StartServer) -> None:
    server = start_server("--default-ttl-s=30", "--max-ttl-s=60")
    client = Client(server.address)
    limits = client.GetServerInfo().limits
    assert (limits.default_ttl.seconds, limits.max_ttl.seconds) == (30, 60)
    assert client.CreateSession().session.ttl.seconds == 30
    assert client.CreateSession(ttl={"seconds": 60}).session.ttl.seconds == 60
    refused(client.CreateSession, ttl={"seconds": 61}, field="ttl")
    client.close()


@pytest.mark.method("ListSessions")
def test_sessions_are_listed_by_owner_state_and_labels(
    client: Client, new_session: Callable[..., Session], somebody: Callable[..., Somebody]
) -> None:
    theirs = somebody()
    name = theirs.CreateSession(labels={"lab": "one", "of": name_of(theirs)}).session.name
    new_session(labels={"lab": "two", "of": name_of(theirs)})

    def listed(**fields: Any) -> list[str]:
        return [session.name for session in client.ListSessions(**fields).sessions]

    owner = theirs.GetCaller().account.name
    assert listed(owner=owner) == [name]
    assert listed(owner=owner, state=v1.SESSION_STATE_BUSY) == []
    assert listed(labels={"lab": "one", "of": owner}) == [name]
    assert len(listed(labels={"of": owner})) == 2
    assert listed(owner="nobody") == []


def name_of(client: Client) -> str:
    name: str = client.GetCaller().account.name
    return name


@pytest.mark.method("CreateSession", "StepStream", "CreateNetwork", "Step")
def test_nobody_takes_more_than_their_quotas(somebody: Callable[..., Somebody]) -> None:
    client = somebody(sessions=1, neurons=3, step_ms=5, streams=1, request_bytes=1000)
    session = Session(client, client.CreateSession().session)
    full: Any = {"code": "RESOURCE_EXHAUSTED", "reason": "QUOTA_EXCEEDED"}

    def quota(details: Any) -> str:
        name: str = details["ErrorInfo"].metadata["quota"]
        return name

    assert quota(refused(client.CreateSession, **full)) == "sessions"
    populations = [{"name": "p", "model": "parrot_neuron", "size": 4}]
    network: Any = {"network": "net", "specification": {"populations": populations}}
    assert quota(refused(session.CreateNetwork, **network, **full)) == "neurons"
    refused(session.step, 6, field="duration_ms")
    long = {"network": "x" * 1000}
    assert quota(refused(session.CreateNetwork, **long, **full)) == "request_bytes"
    stream = StepStream(client)
    stream.step(session=session.name, duration_ms=1)
    another = StepStream(client)
    another.send(session=session.name, duration_ms=1)
    assert quota(refused(another.receive, **full)) == "streams"
    stream.end()


@pytest.mark.method("GetSession")
def test_a_session_tells_what_it_has_cost(new_session: Callable[..., Session]) -> None:
    session = Twins(new_session).one
    before = session.describe().cost
    session.step(100)
    after = session.describe().cost
    assert after.commands == before.commands + 1
    assert after.processor_seconds > before.processor_seconds
