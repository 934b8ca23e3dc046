"""`Content-Signal` lines of robots.txt: Cloudflare's Content Signals Policy of 24 September 2025.

The policy is prose: it has no grammar and no rule for lines that contradict each other. Where it is silent, a statement
that says no wins, and what cannot be read says nothing.
"""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final

__all__ = ["KEYS", "LONGEST", "Signal", "combined", "parse"]

KEYS: Final = ("search", "ai-input", "ai-train")

#: What is read of a value; a piece that is cut there does not count.
LONGEST: Final = 65_536


class Signal(Enum):
    """What is said of one use. A use that is not named is neither granted nor restricted."""

    YES = "yes"
    NO = "no"
    UNSTATED = "unstated"


def parse(value: str) -> Mapping[str, Signal]:
    """The signal for each of `KEYS`, in a line's value without its path: `search=yes, ai-train=no`.

    Anything else in it is ignored: `use=reference` of the proposed extension, `ai-train=n`, which mixes this up with
    Content-Usage. Case and spaces do not matter, and of a key that is given twice the `no` counts: our reading.
    """
    said = dict.fromkeys(KEYS, Signal.UNSTATED)
    for piece in _whole(value).split(","):
        name, _, word = piece.partition("=")
        key, signal = name.strip(" \t").lower(), _WORDS.get(word.strip(" \t").lower())
        if signal is not None and key in said and said[key] is not Signal.NO:
            said[key] = signal
    return said


def _whole(value: str) -> str:
    return value if len(value) <= LONGEST else value[:LONGEST].rpartition(",")[0]


_WORDS: Final = {"yes": Signal.YES, "no": Signal.NO}


def combined(statements: Iterable[Mapping[str, Signal]]) -> Mapping[str, Signal]:
    """Several statements of the same scope: any `no` wins, else any `yes`. Our reading."""
    said = dict.fromkeys(KEYS, Signal.UNSTATED)
    for statement in statements:
        for key in KEYS:
            signal = statement.get(key, Signal.UNSTATED)
            if signal is not Signal.UNSTATED and said[key] is not Signal.NO:
                said[key] = signal
    return said
