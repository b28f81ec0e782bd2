"""The game's own chance: it places the ball and decides ties."""

from __future__ import annotations

_WORD = 0xFFFFFFFFFFFFFFFF


class SplitMix64:
    """SplitMix64 (Steele, Lea, Flood 2014, doi:10.1145/2714064.2660195).

    Simple enough that a client in any language draws the same numbers from a
    seed (0 to 2**64 - 1).
    """

    def __init__(self, seed: int) -> None:
        if not 0 <= seed <= _WORD:
            raise ValueError(f"seed: must be from 0 to {_WORD}, not {seed}")
        self._state = seed

    def next(self) -> int:
        """The next 64 random bits."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _WORD
        z = self._state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _WORD
        return z ^ (z >> 31)

    def uniform(self) -> float:
        """A number in [0, 1), a multiple of 2**-53."""
        return (self.next() >> 11) * 2.0**-53
