"""How far a replay has come, on one line of a terminal that is drawn again and again."""

from collections.abc import Callable, Sequence
from typing import Final, TextIO

from noscrape.replay.source import Source
from noscrape.terminal import cut, screen_columns

_BETWEEN_SECONDS: Final = 0.2
_CELLS: Final = 24
#: To the start of the line, and clear to its end.
_CLEAR: Final = "\r\x1b[K"


class Progress:
    """Shows bytes done of all that there are to read; lines alone where nobody knows how many there will be.

    On anything but a terminal it stays silent. `clock` gives seconds from anywhere.
    """

    def __init__(self, sources: Sequence[Source], *, stream: TextIO, clock: Callable[[], float]) -> None:
        self._sources = sources
        sizes = [source.size for source in sources]
        self._total = sum(size for size in sizes if size is not None) if None not in sizes else 0
        self._stream = stream
        self._columns = screen_columns(stream)
        self._clock = clock
        self._began = self._next = clock()

    def show(self, lines: int) -> None:
        """Draw it, unless that was done just now; `lines` have been gone through."""
        if self._columns is None or (now := self._clock()) < self._next:
            return
        self._next = now + _BETWEEN_SECONDS
        self._draw(cut(self._text(lines, now - self._began), self._columns - 1))

    def clear(self) -> None:
        """Take it away again."""
        if self._columns is not None:
            self._draw("")

    def _draw(self, text: str) -> None:
        self._stream.write(_CLEAR + text)
        self._stream.flush()

    def _text(self, lines: int, seconds: float) -> str:
        if not self._total:
            return f"{lines:,} lines"
        done = min(1.0, sum(source.done for source in self._sources) / self._total)
        full = int(done * _CELLS)
        text = f"[{'#' * full}{'.' * (_CELLS - full)}] {done:4.0%}  {lines:,} lines"
        left = round(seconds / done - seconds) if done > 0.01 else None
        return text if left is None else f"{text}  {left // 60}:{left % 60:02} left"
