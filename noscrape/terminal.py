"""Text for a terminal: escaped, cut to fit, in columns.

Most of what noscrape prints was chosen by strangers: user agents, paths, ids. Printed as it is, it could move the
cursor, hide text, or forge a line. `Table` escapes every cell that it renders; `say` escapes every message.
"""

import os
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final, TextIO

#: Between two columns.
_GAP: Final = "  "
#: Rows that are looked at before the widths of the columns are settled.
_SAMPLE_ROWS: Final = 500
#: A cell never asks for more, so that one long path does not starve the other columns.
_WIDEST: Final = 200


def safe(text: str) -> str:
    """The text on one line, with everything that is not a plain visible character written as an escape.

    That covers control characters and terminal escapes, newlines, bidi and zero-width characters, and surrogates.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escape(char) for char in text)


def _escape(char: str) -> str:
    code = ord(char)
    if char in _NAMED:
        return _NAMED[char]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


_NAMED: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def width(text: str) -> int:
    """Columns that a safe text takes: two for wide East Asian characters, none for combining ones."""
    return len(text) if text.isascii() else sum(map(_char_width, text))


def _char_width(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def cut(text: str, columns: int) -> str:
    """A safe text, cut to so many columns; an ellipsis shows that something is missing."""
    if width(text) <= columns:
        return text
    used, kept = 1, []
    for char in text:
        used += _char_width(char)
        if used > columns:
            break
        kept.append(char)
    return "".join(kept) + "…" if columns > 0 else ""


def screen_columns(stream: TextIO) -> int | None:
    """Width of the terminal that a stream writes to; None where it is no terminal, and nothing needs to fit."""
    if not stream.isatty():
        return None
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except OSError:
        columns = 0
    # Some terminals, serial lines for one, do not know their width.
    return columns or 80


def put(stream: TextIO, line: str) -> None:
    """Write a finished line. Characters that the stream's encoding lacks are written as escapes."""
    encoding = stream.encoding or "utf-8"
    stream.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def say(stream: TextIO, message: str) -> None:
    """Tell people something, whatever strangers' text it quotes."""
    put(stream, safe(message))


@dataclass(frozen=True, slots=True)
class Column:
    """A column, never narrower than `least` as long as the terminal has the room. Numbers are set `right`.

    `usual` is the width that it takes where most rows are still to come.
    """

    title: str
    least: int = 6
    right: bool = False
    usual: int = 0


class Table:
    """Rows in columns that fit a terminal. What does not fit is cut; on no terminal (`columns` None) nothing is.

    A row may have more below it, indented, on as few lines as it fits. Every cell is escaped here and nowhere else.
    """

    def __init__(self, layout: Sequence[Column], *, columns: int | None) -> None:
        self._layout = tuple(layout)
        self._columns = columns
        self._widths: tuple[int, ...] = ()

    def lines(self, rows: Iterable["Row"]) -> Iterator[str]:
        """The heading and the rows. The first rows settle the widths, so any number of them can stream through."""
        coming = iter(rows)
        sample = list(islice(coming, _SAMPLE_ROWS))
        self.settle(sample)
        yield self.heading()
        for row in chain(sample, coming):
            yield from self.row(row)

    def settle(self, sample: Sequence["Row"], *, more: bool = False) -> None:
        """Choose the widths by what there is to show; with `more` to come, by what is usual as well."""
        natural = [max(width(each.title), each.least, each.usual if more else 0) for each in self._layout]
        for row in sample:
            for index, cell in enumerate(row.cells):
                natural[index] = max(natural[index], min(width(safe(cell)), _WIDEST))
        self._widths = tuple(natural if self._columns is None else self._shrunk(natural, self._columns))

    def _shrunk(self, natural: list[int], columns: int) -> list[int]:
        """The widest columns give way first, none below its least."""
        excess = sum(natural) + len(_GAP) * (len(natural) - 1) - columns
        for _ in range(excess):
            able = [index for index, column in enumerate(self._layout) if natural[index] > column.least]
            if not able:
                break
            natural[max(able, key=natural.__getitem__)] -= 1
        return natural

    def heading(self) -> str:
        """The titles."""
        return self._line([column.title for column in self._layout])

    def row(self, row: "Row") -> Iterator[str]:
        """One row, and the lines below it."""
        yield self._line(row.cells)
        line = ""
        for piece in map(safe, row.below):
            if line and self._columns is not None and width(_INDENT + line + _GAP + piece) > self._columns:
                yield self._below(line)
                line = ""
            line += _GAP + piece if line else piece
        if line:
            yield self._below(line)

    def _below(self, line: str) -> str:
        return _INDENT + line if self._columns is None else cut(_INDENT + line, self._columns)

    def _line(self, cells: Sequence[str]) -> str:
        line = _GAP.join(self._cell(safe(cell), index=index) for index, cell in enumerate(cells)).rstrip()
        return line if self._columns is None else cut(line, self._columns)

    def _cell(self, text: str, *, index: int) -> str:
        room = self._widths[index]
        if self._columns is not None:
            text = cut(text, room)
        padding = " " * (room - width(text))
        return padding + text if self._layout[index].right else text + padding


_INDENT: Final = "    "


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row, one for each column, and what stands below it, in pieces that stay together."""

    cells: Sequence[str]
    below: Sequence[str] = ()


#: To the start of the line, and clear to its end.
_CLEAR: Final = "\r\x1b[K"
_CELLS: Final = 24


class StatusLine:
    """The last line of a terminal, drawn again and again; on anything else it stays silent.

    `clock` gives seconds from anywhere. What else is written to the terminal must `clear` it before.
    """

    def __init__(self, *, stream: TextIO, clock: Callable[[], float], between_seconds: float) -> None:
        self._stream = stream
        self._columns = screen_columns(stream)
        self._clock = clock
        self._between = between_seconds
        self._began = self._next = clock()
        self._drawn = False

    @property
    def wanted(self) -> bool:
        """Whether anybody sees it."""
        return self._columns is not None

    @property
    def seconds(self) -> float:
        """Since it began."""
        return self._clock() - self._began

    def begin(self) -> None:
        """Count the time from now on."""
        self._began = self._clock()

    def show(self, text: Callable[[], str]) -> None:
        """Draw a text, unless one was drawn just now, so that making it costs nothing most of the time."""
        if self._columns is None or (now := self._clock()) < self._next:
            return
        self._next = now + self._between
        self._draw(cut(safe(text()), self._columns - 1))
        self._drawn = True

    def clear(self) -> None:
        """Take it away again."""
        if self._drawn:
            self._draw("")
            self._drawn = False

    def _draw(self, text: str) -> None:
        self._stream.write(_CLEAR + text)
        self._stream.flush()


def bar(share: float) -> str:
    """How much of something is done, 0 to 1, as a bar."""
    full = int(share * _CELLS)
    return f"[{'#' * full}{'.' * (_CELLS - full)}] {share:4.0%}"


def time_left(share: float, seconds: float) -> str:
    """What is left to wait, where so many seconds were needed for a share that is more than nothing."""
    left = round(seconds / share - seconds)
    return f"{left // 60}:{left % 60:02} left"
