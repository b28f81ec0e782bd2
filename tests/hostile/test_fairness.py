"""Whoever polls is served soon while somebody else has costly requests refused all the time.

What polls take is told in answers that the other one gets meanwhile, not in time. What runs in
sessions shares the cores likewise: see tests/session/fairness_test.cc.
"""

from __future__ import annotations

from client import Client, Session, StepStream, wait_until
from loads import busy
from server import Server

_POLLS = 40


def test_refused_requests_of_one_do_not_delay_the_polls_of_another(
    server: Server, client: Client
) -> None:
    token = client.CreateToken(account=client.new_account()).token
    session = Session(client, client.CreateSession().session)
    stream = StepStream(client)
    stream.step(session=session.name, duration_ms=200)
    with busy("refusals", server.address, token) as answered:
        wait_until(lambda: bool(answered.value > 0))
        before = answered.value
        for _ in range(_POLLS):
            stream.step(duration_ms=200)
        meanwhile = answered.value - before
    print(f"answers during {_POLLS} polls: {meanwhile}")
    # A request takes ten slices and more, a poll waits for the end of one.
    assert meanwhile < _POLLS / 2
    stream.end()
