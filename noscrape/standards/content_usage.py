"""`Content-Usage`, the usage preferences of AIPREF: draft-ietf-aipref-vocab-07 and draft-ietf-aipref-attach-05.

The labels have changed in almost every draft, so this is tied to those two. A field is a Dictionary of Structured
Fields (RFC 9651): one error anywhere, and all of it is unknown.
"""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final

import http_sf

__all__ = ["CATEGORIES", "LONGEST_BYTES", "Preference", "combined", "parse", "well_formed"]

#: Labels of vocab-07, section 4: training of models that generate, and search that sends people to the source.
CATEGORIES: Final = ("train-ai", "search")

#: A longer field counts as one that does not parse. RFC 9651 asks for 1,024 members; nobody has as much to say.
LONGEST_BYTES: Final = 65_536


class Preference(Enum):
    """What is said of one category. `UNKNOWN` is neither of the others; the drafts give no default for it."""

    ALLOWED = "allowed"
    DISALLOWED = "disallowed"
    UNKNOWN = "unknown"


_TOKENS: Final = {"y": Preference.ALLOWED, "n": Preference.DISALLOWED}


def parse(*field_lines: str) -> Mapping[str, Preference]:
    """The preference for each of `CATEGORIES`. Several lines of a message are one list, joined with commas.

    Only the Tokens `y` and `n` say something: a bare key, a String, `N` and `no` are unknown. Of a label that is given
    twice the last one counts, other labels and all parameters are ignored (vocab-07, section 6; RFC 9651, section 4.2).
    """
    members = _dictionary(field_lines) or {}
    return {category: _preference(members.get(category)) for category in CATEGORIES}


def well_formed(*field_lines: str) -> bool:
    """Whether the lines parse as a field at all, whatever they say."""
    return _dictionary(field_lines) is not None


def combined(statements: Iterable[Mapping[str, Preference]]) -> Mapping[str, Preference]:
    """Several statements at once: any that disallows wins, else any that allows, else unknown (vocab-07, section 7)."""
    said: dict[str, set[Preference]] = {category: set() for category in CATEGORIES}
    for statement in statements:
        for category, preferences in said.items():
            preferences.add(statement.get(category, Preference.UNKNOWN))
    return {
        category: next((one for one in _STRICTEST if one in preferences), Preference.UNKNOWN)
        for category, preferences in said.items()
    }


_STRICTEST: Final = (Preference.DISALLOWED, Preference.ALLOWED)


def _dictionary(field_lines: Iterable[str]) -> Mapping[str, object] | None:
    # HTTP takes the whitespace around a value away, before Structured Fields come to see it.
    value = ", ".join(line.strip(" \t") for line in field_lines)
    if len(value) > LONGEST_BYTES:
        return None
    try:
        members = http_sf.parse(value.encode("ascii"), tltype="dictionary")
    except (http_sf.StructuredFieldError, UnicodeEncodeError):  # a field is ASCII
        return None
    return members if isinstance(members, dict) else None


def _preference(member: object) -> Preference:
    token = member[0] if isinstance(member, tuple) else None
    if not isinstance(token, http_sf.Token):
        return Preference.UNKNOWN
    return _TOKENS.get(str(token), Preference.UNKNOWN)
