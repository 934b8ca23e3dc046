"""Where each key of a TOML document stands.

`tomllib` tells no lines. This walks a text that `tomllib` has read already, so it never judges: it only has to know
where each key begins and each value ends. `\\r\\n` counts as one line end, as it does there.
"""

import re
import tomllib
from bisect import bisect_right
from typing import Final

#: A way into the document: keys of tables, numbers of list items (from 0).
Path = tuple[str | int, ...]

_BLANK: Final = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_KEY: Final = re.compile(r"""([A-Za-z0-9_-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*')[ \t]*""")
_SCALAR: Final = re.compile(
    r""""{3}(?:\\.|[^\\])*?"{3,5}|'{3}.*?'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|[^,\]}#\n]+""",
    re.DOTALL,
)


def lines(text: str) -> dict[Path, int]:
    """The line, from 1, of every key, table and list item of a valid document."""
    return _Walk(text.replace("\r\n", "\n")).document()


class _Walk:
    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._ends = [match.start() for match in re.finditer("\n", text)]
        self._lines: dict[Path, int] = {}
        self._items: dict[Path, int] = {}

    def document(self) -> dict[Path, int]:
        table: Path = ()
        while self._next():
            if self._text[self._position] == "[":
                table = self._header()
            else:
                self._pair(table)
        return self._lines

    def _next(self) -> str:
        """The next character that is neither blank nor comment, "" at the end."""
        self._take(_BLANK)
        return self._text[self._position : self._position + 1]

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._position)
        if match is None:
            raise ValueError(f"no valid TOML at line {self._line()}")
        self._position = match.end()
        return match[0]

    def _line(self) -> int:
        return bisect_right(self._ends, self._position - 1) + 1

    def _key(self) -> tuple[str, ...]:
        parts = []
        while True:
            part = self._take(_KEY).rstrip(" \t")
            parts.append(str(tomllib.loads(f"key = {part}")["key"]) if part[0] in "\"'" else part)
            if self._text[self._position] != ".":
                return tuple(parts)
            self._position += 1
            self._next()

    def _header(self) -> Path:
        line, brackets = self._line(), 2 if self._text.startswith("[[", self._position) else 1
        self._position += brackets
        self._next()
        path: Path = ()
        *above, last = self._key()
        self._position += brackets
        for part in above:
            path = (*path, part)
            self._lines.setdefault(path, line)
            if path in self._items:
                path = (*path, self._items[path])
        path = (*path, last)
        if brackets == 1:
            self._lines[path] = line
            return path
        self._lines.setdefault(path, line)
        self._items[path] = self._items.get(path, -1) + 1
        path = (*path, self._items[path])
        self._lines[path] = line
        return path

    def _pair(self, table: Path) -> None:
        line, path = self._line(), table
        for part in self._key():
            path = (*path, part)
            self._lines.setdefault(path, line)
        self._position += 1
        self._next()
        self._value(path)

    def _value(self, path: Path) -> None:
        opening = self._text[self._position]
        if opening not in "[{":
            self._take(_SCALAR)
            return
        self._position += 1
        count = 0
        while self._next() not in ("]", "}"):
            if opening == "{":
                self._pair(path)
            else:
                self._lines[(*path, count)] = self._line()
                self._value((*path, count))
                count += 1
            if self._next() == ",":
                self._position += 1
        self._position += 1
