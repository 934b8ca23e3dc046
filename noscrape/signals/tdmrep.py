"""`/.well-known/tdmrep.json` (TDMRep, Final Report of 10 May 2024, section 6): what is reserved where.

The report calls the most specific rule the first in sequence, and sends implementers to a matching by length. Our rules
stand in the order of their length, so that both readings agree. A location has no `$`: it covers all that begins like
it, as a track's media does with a signed query behind it.
"""

import json
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from noscrape.signals.paths import directory, literal, pattern


@dataclass(frozen=True, slots=True)
class Location:
    """What is said of the paths that a pattern covers. `reserved` is False only where the owner said 0, else None."""

    pattern: str
    reserved: bool | None


def document(locations: Iterable[Location], *, policy: str = "", most: int = 1000) -> bytes:
    """The file, with no more than `most` rules: a JSON array, one rule a line, the specific ones first.

    `policy` is the URL of a policy for what is reserved. Of a location that is given twice the more restrictive counts.

    Up to `most` locations are told as they are, without those that a wider one tells already. More are summed up: in
    as many directories as needed, those with the most rules first, by these steps in turn.

    1. A reserved location is told by its shortest beginning, from its directory on, that no unstated one has.
    2. Directories that are told as a whole are told by the one that they stand in, if nothing in it is unstated, and so
       on, up to "/".
    3. A directory is told as reserved as a whole, with unstated locations and all.
    4. No 0 is told, and the steps before are taken again.
    5. Everything is told by the directory that it stands in, and so on, up to "/".

    As 0, no location is told but those whose owner said so. What is unstated cannot be told apart from a wider 0, so
    such a 0 is left out, and silence opens nothing; nor is a 0 told for a pattern with a `*` in it, which might cover
    another track. Like any rule, a 0 covers all that begins like its location, but for what is given with a location
    of its own: so give all of them.

    Raises ValueError if `most` is less than 1.
    """
    if most < 1:
        raise ValueError(f"most: got {most}, wanted at least 1")
    said = _Said(locations)
    rules = next(rules for rules in _attempts(said, most) if len(rules) <= most)
    ordered = sorted(rules.items(), key=lambda rule: (-len(rule[0]), rule[0]))
    lines = (json.dumps(_rule(location, reserved, policy)) for location, reserved in ordered)
    return ("[\n" + ",\n".join(lines) + "\n]\n" if ordered else "[]\n").encode("ascii")


def _rule(location: str, reserved: bool, policy: str) -> Mapping[str, str | int]:
    rule: dict[str, str | int] = {"location": location, "tdm-reservation": int(reserved)}
    return rule | {"tdm-policy": policy} if reserved and policy else rule


#: Rules by location.
_Rules = dict[str, bool]


class _Said:
    """Locations as they can be told.

    `reserved` and `zero` are told; `unstated` must not be covered by a rule of ours, as far as it is not already.
    """

    def __init__(self, locations: Iterable[Location]) -> None:
        said = _strictest(locations)
        zero = {text for text, reserved in said.items() if reserved is False}
        told = {text for text in zero if "*" not in text}
        told -= set(_contested(told, said))
        reserved = {text for text, found in said.items() if found is True}
        unstated = set()
        for text, above in _with_those_above(text for text in said if text in told or said[text] is not False):
            if said[text] is not None:
                continue
            nearest = next((one for one in reversed(above) if said[one] is not None), None)
            if any(said[one] for one in above):
                # A wider rule reserves it anyhow, as unset cannot be told: then a 0 in between must not open it.
                reserved |= {text} if nearest in told else set()
            else:
                told.difference_update(above)
                unstated.add(text)
        self.reserved = tuple(sorted(reserved))
        self.zero = frozenset(told)
        self.unstated = tuple(sorted(unstated | (zero - told)))


def _strictest(locations: Iterable[Location]) -> dict[str, bool | None]:
    found: dict[str, bool | None] = {}
    for location in locations:
        text = pattern(location.pattern)
        reserved = location.reserved
        if reserved is False and location.pattern.endswith("$"):
            reserved = None  # the pattern has got wider, so that a 0 would be told of more than it was said of
        found[text] = reserved if text not in found else _stricter(found[text], reserved)
    return found


def _stricter(one: bool | None, other: bool | None) -> bool | None:
    if one or other:
        return True
    return None if None in (one, other) else False


def _contested(zero: Iterable[str], said: Mapping[str, bool | None]) -> Iterator[str]:
    """Those that a pattern with a `*` may meet on some path, and should win there by its length, or tie."""
    wild = {(literal(text), len(text), reserved) for text, reserved in said.items() if "*" in text}
    for text in zero:
        for beginning, length, reserved in wild:
            met = text.startswith(beginning) or beginning.startswith(text)
            longer = length >= len(text) if reserved is None else reserved and length == len(text)
            if met and longer:
                yield text
                break


def _with_those_above(texts: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Patterns in order, each with those that cover it since it begins like them, the widest first."""
    above: list[str] = []
    for text in sorted(texts):
        while above and not text.startswith(above[-1]):
            above.pop()
        yield text, list(above)
        above.append(text)


def _attempts(said: _Said, most: int) -> Iterator[_Rules]:
    """Rules that tell it, ever fewer of them."""
    for zero in (said.zero, frozenset[str]()):
        unstated = _Beginnings((*said.unstated, *(said.zero - zero)))
        shortest = dict(_shortest(said.reserved, zero))
        nothing = _Beginnings(())
        whole = {text: nothing.avoided(text, max(least, len(directory(text)))) for text, least in shortest.items()}
        room = most - len(zero)
        told = {text: text for text in said.reserved}
        told = _summed(told, {text: unstated.avoided(text, len(whole[text])) for text in told}, room)
        yield _needed(told.values(), zero)
        while (wider := _summed(told, dict(_in_directories(told, shortest, unstated)), room)) != told:
            told = wider
            yield _needed(told.values(), zero)
        yield _needed(
            _summed(told, {text: min(whole[text], told[text], key=len) for text in told}, room).values(), zero
        )
    above = set(said.reserved)
    while above != {"/"}:
        above = set(map(directory, above))
        yield _needed(above, ())


def _needed(reserved: Iterable[str], zero: Collection[str]) -> _Rules:
    """Rules, without those that wider ones tell already."""
    rules = dict.fromkeys(reserved, True) | dict.fromkeys(zero, False)
    wild = any("*" in text for text in rules)
    needed = {}
    for text, above in _with_those_above(rules):
        told = above and rules[above[-1]] is rules[text]
        # A pattern with a "*" may have to win over a 0 that it meets, or a 0 over it, where it begins otherwise.
        if not told or (wild and zero and ("*" in text or not rules[text])):
            needed[text] = rules[text]
    return needed


def _shortest(reserved: Iterable[str], zero: Collection[str]) -> Iterator[tuple[str, int]]:
    """How short a beginning of each may get: longer than any 0 above it, and as it is if it has a `*` beside any 0.

    A 0 might be met otherwise than by the beginning of a pattern.
    """
    wanted = frozenset(reserved)
    for text, above in _with_those_above(wanted | frozenset(zero)):
        if text in wanted:
            over = next((len(one) + 1 for one in reversed(above) if one in zero), 1)
            yield text, len(text) if zero and "*" in text else over


class _Beginnings:
    """The patterns that no rule should cover."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = sorted(texts)

    def avoided(self, text: str, floor: int) -> str:
        """The shortest beginning of a pattern, of so many characters at least, that none of them has."""
        for end in range(floor, len(text)):
            cut = text[:end]
            if "%" not in cut[-2:] and not self.have(cut):
                return cut
        return text

    def have(self, text: str) -> bool:
        """Whether one of them may begin like a pattern."""
        beginning = literal(text)
        place = bisect_left(self._texts, beginning)
        return place < len(self._texts) and self._texts[place].startswith(beginning)


def _in_directories(
    told: Mapping[str, str], shortest: Mapping[str, int], unstated: _Beginnings
) -> Iterator[tuple[str, str]]:
    """The same, with directories told by those that they stand in."""
    for text, beginning in told.items():
        wider = directory(beginning if beginning.endswith("/") else directory(beginning))
        yield text, beginning if len(wider) < shortest[text] or unstated.have(wider) else wider


def _summed(told: Mapping[str, str], wider: Mapping[str, str], most: int) -> dict[str, str]:
    """By what each location is told, with wider rules in as many directories as needed, the fullest first."""
    groups: dict[str, list[str]] = {}
    for text in told:
        name = wider[text] if wider[text].endswith("/") else directory(wider[text])
        groups.setdefault(name, []).append(text)
    full = {name: len({told[text] for text in texts}) for name, texts in groups.items()}
    total = sum(full.values())
    summed = dict(told)
    for name in sorted(full, key=lambda name: (-full[name], name)):
        if total <= most:
            break
        instead = {text: wider[text] for text in groups[name]}
        saved = full[name] - len(set(instead.values()))
        if saved > 0:
            summed |= instead
            total -= saved
    return summed
