"""The text of a robots.txt as it was written: its lines, its groups, and what can be changed in it.

Its meaning is told by `noscrape.standards.robots_txt`; here is where on the page it stands. As there, a group ends in
one place for crawling and in another for usage: only `Allow` and `Disallow` end a list of `User-agent` lines for the
one, statements too for the other. So the groups of usage lie within those of crawling.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

RULES: Final = frozenset({"allow", "disallow"})
USAGE: Final = frozenset({"content-usage", "content-signal", "license"})

_LINE: Final = re.compile(r"([^\r\n]*)(\r\n|\r|\n|\Z)")
_SPACE: Final = " \t"

#: Some readers take what stands before "/1.0" or a comma for the token.
_TOKEN: Final = re.compile(r"([A-Za-z_-]+)(?:[/ \t,;(].*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its end. `field` is in lower case, "" for what is no record; `empty` holds but for comments."""

    text: str
    end: str
    field: str
    value: str
    empty: bool

    @property
    def token(self) -> str:
        """Of a `User-agent` line the product token in lower case, "" for none."""
        return folded(self.value)

    @property
    def tokens(self) -> frozenset[str]:
        """What readers may take for the product token."""
        found = _TOKEN.fullmatch(self.value)
        return frozenset({self.token, found[1].lower()}) if found else frozenset({self.token})


@dataclass(frozen=True, slots=True)
class Group:
    """Places of the lines of a group: its `User-agent` lines, its other records, and where the next group begins."""

    heads: tuple[int, ...]
    records: tuple[int, ...]
    first: int
    end: int


class RobotsText:
    """A text, read once. It begins without a byte order mark."""

    def __init__(self, text: str) -> None:
        self.lines = tuple(_lines(text))
        self.groups = self._grouped(RULES)
        self.usage_groups = self._grouped(RULES | USAGE)
        self.first_head = self.groups[0].first if self.groups else len(self.lines)
        ends = (line.end for line in self.lines if line.end)
        #: How its lines end.
        self.end = next(ends, "\n")

    @cached_property
    def text(self) -> str:
        """What was read."""
        return "".join(line.text + line.end for line in self.lines)

    def records(self, group: Group) -> Iterator[Line]:
        """Its lines but for `User-agent`."""
        return (self.lines[index] for index in group.records)

    def _grouped(self, rules: frozenset[str]) -> tuple[Group, ...]:
        found: list[tuple[list[int], list[int]]] = []
        ended = True
        for index, line in enumerate(self.lines):
            if line.field == "user-agent":
                if ended:
                    found.append(([], []))
                    ended = False
                found[-1][0].append(index)
            elif line.field and found:
                found[-1][1].append(index)
                ended = ended or line.field in rules
        ends = [*(heads[0] for heads, _ in found), len(self.lines)][1:]
        return tuple(
            Group(tuple(heads), tuple(records), heads[0], end)
            for (heads, records), end in zip(found, ends, strict=True)
        )


def folded(token: str) -> str:
    """A product token for comparing."""
    return token.lower() if token.isascii() else token


def _lines(text: str) -> Iterator[Line]:
    for found in _LINE.finditer(text):
        if not found[0]:
            return
        said = found[1].partition("#")[0].strip(_SPACE)
        name, colon, value = said.partition(":")
        name = name.rstrip(_SPACE).lower() if colon else ""
        yield Line(found[1], found[2], name, value.strip(_SPACE), not said)
