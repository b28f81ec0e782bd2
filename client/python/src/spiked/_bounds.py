"""Bounds of parameters, checked here as well as by the server.

So that the call that is wrong raises the error, and not the one that sends what it has set.
"""

from __future__ import annotations

import math

_POSITIVE = frozenset(
    {"C_m", "dt", "interval", "tau_c", "tau_m", "tau_minus", "tau_n", "tau_plus", "tau_rec"}
    | {"tau_syn_ex", "tau_syn_in"}
)
_NOT_NEGATIVE = frozenset({"rate", "std", "t_ref", "tau_fac"})
_FRACTIONS = frozenset({"U", "u", "x"})


def what_is_wrong(name: str, number: float) -> str | None:
    """What is wrong with the value of a parameter; None if nothing is."""
    for names, holds, bound in (
        (_POSITIVE, number > 0.0, "above 0"),
        (_NOT_NEGATIVE, number >= 0.0, "at least 0"),
        (_FRACTIONS, 0.0 <= number <= 1.0, "from 0 to 1"),
    ):
        if name in names and not holds:
            return f"{name} must be {bound}, not {number!r}"
    return f"{name} must be a number, not {number!r}" if math.isnan(number) else None
