"""Entries of a catalog as text: what `parse_catalog` reads back as the same entries."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import date
from enum import Enum
from typing import Final

from noscrape.crawlers.catalog import Crawler

_DEFAULTS: Final = Crawler(token="", operator="", kind=None)  # type: ignore[arg-type]  # every class is written

_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}

#: What a reader takes from the token where nothing is said.
_IMPLIED: Final[Mapping[str, Callable[[str], object]]] = {"match": lambda token: (token,), "robots_token": str}

#: Longer lists are written a line for each member.
_LINE: Final = 120


def written(crawlers: Iterable[Crawler], *, head: str = "") -> str:
    """The TOML text of these entries, under a comment. What an entry leaves at its default is left out."""
    comment = "".join(f"# {_visible(line)}".rstrip() + "\n" for line in head.splitlines())
    return "\n".join(filter(None, (comment, *map(_entry, crawlers))))


def _entry(crawler: Crawler) -> str:
    lines = ["[[crawler]]"]
    for field in fields(crawler):
        value = getattr(crawler, field.name)
        if field.name in _IMPLIED and value == _IMPLIED[field.name](crawler.token):
            continue
        if value == getattr(_DEFAULTS, field.name) and not _needed(crawler, field.name):
            continue
        lines.append(f"{'class' if field.name == 'kind' else field.name} = {_value(value)}")
    return "\n".join(lines) + "\n"


def _needed(crawler: Crawler, name: str) -> bool:
    """Whether a default is written, since the reader would take the token instead."""
    return name == "token" or (name == "match" and not crawler.control_only)


def _value(value: object) -> str:
    if isinstance(value, tuple):
        members = [_value(member) for member in value]
        line = f"[{', '.join(members)}]"
        return line if len(line) <= _LINE else "[\n" + "".join(f"    {member},\n" for member in members) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    return _string(value.value if isinstance(value, Enum) else str(value))


def _string(text: str) -> str:
    """A basic string (TOML 1.0, section String). A surrogate on its own has no place in TOML, and is replaced."""
    return '"' + "".join(_ESCAPES.get(char) or _visible(char) for char in text) + '"'


def _visible(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _code(ord(char)) for char in text)


def _code(code: int) -> str:
    if 0xD800 <= code < 0xE000:
        code = 0xFFFD
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
