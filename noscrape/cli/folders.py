"""The files of folders, in their order, and how far a command has come with them."""

import os
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass
from functools import partial
from heapq import nsmallest
from typing import Final, TextIO

from noscrape.terminal import cut, safe, screen_columns

#: Names of one folder that are held at a time. A larger folder is gone through again for each so many.
_HELD: Final = 50_000


@dataclass(slots=True)
class Walk:
    """The files below folders whose names end as asked for.

    Hidden ones are left out, and so are links to folders, which might lead back; `links` counts those.
    """

    endings: Set[str]
    links: int = 0

    def files(self, folder: str) -> Iterator[tuple[str, str]]:
        """Each path, sorted within its folder, and "", or what is the matter with a folder that cannot be read."""
        level = [self._names(folder)]
        while level:
            try:
                path, is_folder = next(level[-1])
            except StopIteration:
                level.pop()
            except OSError as error:
                level.pop()
                yield os.fsdecode(error.filename or folder), (error.strerror or "cannot be read").lower()
            else:
                if is_folder:
                    level.append(self._names(path))
                else:
                    yield path, ""

    def _names(self, folder: str) -> Iterator[tuple[str, bool]]:
        last = ""
        while True:
            with os.scandir(folder) as entries:
                found = nsmallest(_HELD, self._wanted(entries, behind=last))
            self.links += sum(kind is None for _, kind in found)
            yield from ((os.path.join(folder, name), kind) for name, kind in found if kind is not None)
            if len(found) < _HELD:
                return
            last = found[-1][0]

    def _wanted(self, entries: Iterable["os.DirEntry[str]"], *, behind: str) -> Iterator[tuple[str, bool | None]]:
        """Names, and whether each is a folder; None for a link to one."""
        for entry in entries:
            name = entry.name
            if name.startswith(".") or name <= behind:
                continue
            if entry.is_symlink() and os.path.isdir(entry.path):
                yield name, None
            elif entry.is_dir(follow_symlinks=False):
                yield name, True
            elif os.path.splitext(name)[1][1:].lower() in self.endings:
                yield name, False


_BETWEEN_SECONDS: Final = 0.1
_CELLS: Final = 24
#: To the start of the line, and clear to its end.
_CLEAR: Final = "\r\x1b[K"


class Bar:
    """Files done of all that there are, on the last line of a terminal. On anything else it stays silent.

    `clock` gives seconds from anywhere. What else is written to the terminal must `clear` it before.
    """

    def __init__(self, *, stream: TextIO, clock: Callable[[], float]) -> None:
        self._stream = stream
        self._columns = screen_columns(stream)
        self._clock = clock
        self._began = self._next = clock()
        self._drawn = False

    @property
    def wanted(self) -> bool:
        """Whether anybody sees it."""
        return self._columns is not None

    def count(self, files: Iterable[object]) -> int:
        """How many there are, which takes a moment; shown meanwhile."""
        total = 0
        for total, _ in enumerate(files, start=1):
            self._show(partial("looking for files: {:,}".format, total))
        self._began = self._clock()
        return total

    def show(self, path: str, *, done: int, total: int) -> None:
        """Draw it, unless that was done just now."""
        self._show(partial(self._text, path, done, max(done, total)))

    def clear(self) -> None:
        """Take it away again."""
        if self._drawn:
            self._draw("")
            self._drawn = False

    def _show(self, text: Callable[[], str]) -> None:
        if self._columns is None or (now := self._clock()) < self._next:
            return
        self._next = now + _BETWEEN_SECONDS
        self._draw(cut(safe(text()), self._columns - 1))
        self._drawn = True

    def _draw(self, text: str) -> None:
        self._stream.write(_CLEAR + text)
        self._stream.flush()

    def _text(self, path: str, done: int, total: int) -> str:
        share = done / total
        full = int(share * _CELLS)
        text = f"[{'#' * full}{'.' * (_CELLS - full)}] {share:4.0%}  {done:,} of {total:,}  "
        if done:
            seconds = self._clock() - self._began
            left = round(seconds / share - seconds)
            text += f"{left // 60}:{left % 60:02} left  "
        return text + os.path.basename(path)
