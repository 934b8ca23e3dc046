"""How far a replay has come, on one line of a terminal that is drawn again and again."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TextIO

from noscrape.replay.source import Source
from noscrape.terminal import StatusLine, bar, time_left


class Progress:
    """Shows bytes done of all that there are to read; lines alone where nobody knows how many there will be.

    On anything but a terminal it stays silent. `clock` gives seconds from anywhere.
    """

    def __init__(self, sources: Sequence[Source], *, stream: TextIO, clock: Callable[[], float]) -> None:
        self._sources = sources
        sizes = [source.size for source in sources]
        self._total = sum(size for size in sizes if size is not None) if None not in sizes else 0
        self._line = StatusLine(stream=stream, clock=clock, between_seconds=0.2)

    def show(self, lines: int) -> None:
        """Draw it, unless that was done just now; `lines` have been gone through."""
        self._line.show(partial(self._text, lines))

    def clear(self) -> None:
        """Take it away again."""
        self._line.clear()

    def _text(self, lines: int) -> str:
        if not self._total:
            return f"{lines:,} lines"
        done = min(1.0, sum(source.done for source in self._sources) / self._total)
        text = f"{bar(done)}  {lines:,} lines"
        return f"{text}  {time_left(done, self._line.seconds)}" if done > 0.01 else text
