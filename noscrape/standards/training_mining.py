"""The training and data mining assertion of C2PA manifests (CAWG 1.1; before it, C2PA 1.x).

Both have the same shape, under the labels `cawg.training-mining` and `c2pa.training-mining` and with their prefix
before each key. Either is read under either label.
"""

import re
from collections.abc import Mapping
from enum import Enum
from typing import Final

__all__ = ["KEYS", "LABELS", "Use", "is_label", "parse"]

LABELS: Final = ("cawg.training-mining", "c2pa.training-mining")
KEYS: Final = ("data_mining", "ai_inference", "ai_training", "ai_generative_training")
_LABEL: Final = re.compile(f"(?:{'|'.join(map(re.escape, LABELS))})(?:__[0-9]+)?\\Z")
_PREFIXES: Final = ("cawg.", "c2pa.")


class Use(Enum):
    """What an assertion says of one use. In order: a later one wins where both are said."""

    ALLOWED = "allowed"
    CONSTRAINED = "constrained"
    NOT_ALLOWED = "notAllowed"


def is_label(label: object) -> bool:
    """Whether an assertion of this label is one of them; of several in a manifest the later end in `__1` and so on."""
    return isinstance(label, str) and _LABEL.match(label) is not None


def parse(assertion: object) -> Mapping[str, Use]:
    """What a decoded assertion says, by key without its prefix. An absent or malformed entry says nothing.

    `constrained` without any information about how counts as not allowed (CAWG 1.1).
    """
    entries = assertion.get("entries") if isinstance(assertion, Mapping) else None
    if entries is None:
        entries = assertion  # the published example lacks the level between
    if not isinstance(entries, Mapping):
        return {}
    said: dict[str, Use] = {}
    for key in KEYS:
        uses = [use for prefix in _PREFIXES if (use := _use(entries.get(prefix + key))) is not None]
        if uses:
            said[key] = max(uses, key=list(Use).index)
    return said


def _use(entry: object) -> Use | None:
    if not isinstance(entry, Mapping):
        return None
    match entry.get("use"):
        case "allowed":
            return Use.ALLOWED
        case "notAllowed":
            return Use.NOT_ALLOWED
        case "constrained":
            # The schema says `constraint_info`, the prose `constraints_info`.
            information = (entry.get("constraint_info"), entry.get("constraints_info"))
            informed = any(isinstance(text, str) and text.strip() for text in information)
            return Use.CONSTRAINED if informed else Use.NOT_ALLOWED
        case _:
            return None
