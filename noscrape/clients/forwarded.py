"""The fields in which proxies tell whom they saw, read from the right: what stands left of it is older.

Whoever sent a request wrote the left part, and may have left a quotation mark open there. So the `Forwarded` field
(RFC 7239) is not read from its beginning either: an element is the shortest valid one that ends where the one after it
begins.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from noscrape.request import Headers

#: Entries that are read: no chain of proxies is as long.
MOST_ENTRIES: Final = 32

#: Characters of one entry, and commas inside the quotation marks of one.
_LONGEST_ENTRY: Final = 8_192
_MOST_COMMAS: Final = 64

_WORD: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PLAIN: Final = r'[^"\\\x00-\x08\x0a-\x1f\x7f]*'
_VALUE: Final = rf'(?:{_WORD}|"{_PLAIN}(?:\\[\t\x20-\x7e\x80-\xff]{_PLAIN})*")'
#: RFC 7239, section 4: pairs between semicolons, any of which may be missing. Blanks around them are let pass.
_ELEMENT: Final = re.compile(rf"(?:[ \t]*(?:{_WORD}={_VALUE}[ \t]*)?(?:;|\Z))+")
_PAIR: Final = re.compile(rf"({_WORD})=({_VALUE})")
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


class Entry(NamedTuple):
    """What one proxy wrote: whom it saw, and how it was asked; "" for what it did not say."""

    node: str
    proto: str = ""
    host: str = ""


def lines(headers: Headers, name: bytes) -> Iterator[str]:
    """The lines of a field, the last first."""
    return (value.decode("latin-1") for key, value in reversed(headers) if key == name)


def last(headers: Headers, name: bytes) -> str:
    """The last entry of a field that should hold one; "" where there is none."""
    return next(listed(lines(headers, name)), "")


def listed(found: Iterable[str]) -> Iterator[str]:
    """The entries of a plain list, such as `X-Forwarded-For`, from the right."""
    for line in found:
        end: int = len(line)
        while end >= 0:
            start = line.rfind(",", 0, end)
            yield line[start + 1 : end].strip()
            end = start


def elements(found: Iterable[str]) -> Iterator[Entry | None]:
    """The elements of `Forwarded`, from the right. Ends after a None, for what is no element."""
    for line in found:
        rest: str | None = line
        while rest is not None:
            entry, rest = _last_element(rest)
            yield entry
            if entry is None:
                return


def _last_element(line: str) -> tuple[Entry | None, str | None]:
    """The last element of a line with what stands left of its comma, None where it is the first."""
    end, earliest = len(line), max(0, len(line) - _LONGEST_ENTRY)
    for _ in range(_MOST_COMMAS + 1):
        end = line.rfind(",", earliest, end)
        if end < 0 < earliest:
            break
        if _ELEMENT.fullmatch(line, end + 1):
            return _entry(line[end + 1 :]), line[:end] if end >= 0 else None
        if end < 0:
            break
    return None, None


def _entry(element: str) -> Entry | None:
    pairs = _PAIR.findall(element)
    said = {name.lower(): _unquoted(value) for name, value in pairs}
    if len(said) < len(pairs):  # RFC 7239, section 4: each parameter at most once
        return None
    return Entry(said.get("for", ""), said.get("proto", ""), said.get("host", ""))


def _unquoted(value: str) -> str:
    return _ESCAPED.sub(r"\1", value[1:-1]) if value.startswith('"') else value
