"""TDMRep, the TDM Reservation Protocol: W3C Community Group Final Report of 10 May 2024.

Read strictly. `tdm-reservation` is 1 (reserved) or 0 (not reserved); whatever else it is counts as unset, and unset is
not 0. `tdm-policy` is read only where the reservation is 1.
"""

import dataclasses
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from noscrape.standards.path_pattern import PathPattern, path_and_query, path_pattern

__all__ = ["LARGEST_BYTES", "Reading", "Rule", "Statement", "field", "layered", "parse", "statement"]

#: A larger file is not read: as JSON it cannot be read in part. Room for some 40,000 rules.
LARGEST_BYTES: Final = 4_194_304


@dataclass(frozen=True, slots=True)
class Rule:
    """An object of `/.well-known/tdmrep.json`. `reservation` is 1, 0, or None for a value that counts as unset."""

    location: str
    reservation: int | None
    policy: str | None = None
    pattern: PathPattern = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pattern", path_pattern(self.location))


@dataclass(frozen=True, slots=True)
class Statement:
    """What is said of one resource, or by one layer: 1, 0 or None for unset, and the URL of a policy."""

    reservation: int | None = None
    policy: str | None = None


class Reading(Enum):
    """Which of several rules that match decides. The report says both, and they differ where a wide rule stands first.

    `FIRST`: the first in sequence, which is how the report itself defines "most specific". `LONGEST`: the longest
    location, as in the robots.txt matching of Google, to which it sends implementers; of equally long ones the first.
    """

    FIRST = "first"
    LONGEST = "longest"


def parse(data: str | bytes | object) -> tuple[Rule, ...]:
    """The rules of a file, in sequence; `data` is its text, or what a JSON parser made of it.

    Without an array there is no rule. An object without a `location` that is a string is left out. One whose
    reservation is missing or neither of the numbers 1 and 0 (`"1"` and `true` are not) stays, as unset: were it left
    out, a wider rule could open what its owner did not mean to. Never raises.
    """
    if isinstance(data, str | bytes | bytearray):
        data = _decoded(data)
    if not isinstance(data, list | tuple):
        return ()
    return tuple(rule for rule in map(_rule, data) if rule is not None)


def _decoded(text: str | bytes | bytearray) -> object:
    if len(text) > LARGEST_BYTES:
        return None
    try:
        if not isinstance(text, str):
            text = text.decode("utf-8")
        return json.loads(
            text.removeprefix("\ufeff"),
            parse_int=_number,
            parse_constant=_no_json,
            object_pairs_hook=_object,
        )
    except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError
        return None


def _number(digits: str) -> int | None:
    return int(digits) if len(digits) <= 20 else None


def _no_json(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


def _object(members: Sequence[tuple[str, object]]) -> dict[str, object]:
    """An object whose members are unique; of one that is given twice nobody can tell which is meant (RFC 8259, 4)."""
    found: dict[str, object] = {}
    for name, value in members:
        found[name] = None if name in found and found[name] != value else value
    return found


def _rule(entry: object) -> Rule | None:
    if not isinstance(entry, dict):
        return None
    location, policy = entry.get("location"), entry.get("tdm-policy")
    if not isinstance(location, str):
        return None
    return Rule(
        location,
        _reservation(entry.get("tdm-reservation")),
        policy if isinstance(policy, str) and policy.strip() else None,
    )


def _reservation(value: object) -> int | None:
    # JSON knows one kind of number, so that 1.0 is 1; Python takes True for 1, and JSON does not.
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if value in (0, 1) else None


def statement(rules: Iterable[Rule], path: str, *, reading: Reading = Reading.FIRST) -> Statement:
    """What a file says of a path (and query).

    A rule whose reservation counts as unset decides like any other, and says nothing.
    """
    target = path_and_query(path)
    found = (rule for rule in rules if rule.pattern.matches(target))
    rule = next(found, None) if reading is Reading.FIRST else max(found, key=_octets, default=None)
    return Statement() if rule is None else _effective(rule.reservation, rule.policy)


def _octets(rule: Rule) -> int:
    return rule.pattern.octets


def field(value: str) -> int | None:
    """The value of a `tdm-reservation` header or meta element: 1, 0, or None where it counts as unset."""
    return {"1": 1, "0": 0}.get(value.strip(" \t\n\f\r"))


def layered(
    file: Statement | None, header: Statement | None, html_meta: Statement | None, embedded: Statement | None
) -> Statement:
    """What holds in the end: each layer overrides those before it, and what it does not say resets nothing."""
    reservation: int | None = None
    policy: str | None = None
    for layer in (file, header, html_meta, embedded):
        if layer is not None:
            reservation = reservation if layer.reservation is None else layer.reservation
            policy = policy if layer.policy is None else layer.policy
    return _effective(reservation, policy)


def _effective(reservation: int | None, policy: str | None) -> Statement:
    """A policy is read only where the reservation is 1."""
    return Statement(reservation, policy if reservation == 1 else None)
