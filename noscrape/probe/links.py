"""`Link` headers (RFC 8288), as far as licence and policy are told by them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

_LINK: Final = re.compile(r'<([^<>]*)>((?:[^,"<]|"(?:[^"\\]|\\.)*")*)')
_PARAMETER: Final = re.compile(r';[ \t]*([a-z]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*))', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Link:
    """Where it leads, as written; its relations in lower case; the media type that it promises, "" for none."""

    target: str
    relations: frozenset[str]
    media_type: str


def links(field_lines: Iterable[str]) -> Iterator[Link]:
    """All links of a response, in their order."""
    for line in field_lines:
        for target, rest in _LINK.findall(line):
            given: dict[str, str] = {}
            for name, quoted, plain in _PARAMETER.findall(rest):
                given.setdefault(name.lower(), quoted or plain)  # the first one counts (section 3.3)
            yield Link(target.strip(), frozenset(given.get("rel", "").lower().split()), given.get("type", "").lower())
