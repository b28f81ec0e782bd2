"""Answers that come in pages."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from typing import Any

Call = Callable[..., Any]


def pages(call: Call, **fields: Any) -> Iterator[Any]:
    """The answers of all pages, from the first to the last."""
    token = ""
    while True:
        answer = call(page_token=token, **fields)
        yield answer
        if not answer.next_page_token:
            return
        assert answer.next_page_token != token, "the listing does not move"
        token = answer.next_page_token


def forged(token: str) -> Iterator[str]:
    """Tokens that nobody was given, made of one that somebody was."""
    yield token[:-1]
    yield token + "A"
    yield token * 2
    yield token[::-1]
    yield token.swapcase()
    for place in range(0, len(token), 3):
        yield token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
    yield from ("0", "-1", "*", "AAAA", "ä", "x" * 10_000)
    # Servers like to put numbers into tokens, and some believe what comes back.
    try:
        inside = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except ValueError:
        return
    numbers = list(re.finditer(r"\d+", inside))
    for match in numbers:
        for bad in ("-1", "0", "1", "99999", str(2**62), str(2**63 - 1), str(2**64), "1e9", "x"):
            text = inside[: match.start()] + bad + inside[match.end() :]
            yield base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
