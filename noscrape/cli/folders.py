"""The files of folders, in their order, and how far a command has come with them."""

import os
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass
from functools import partial
from heapq import nsmallest
from typing import Final, TextIO

from noscrape.terminal import StatusLine, bar, time_left

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


class Bar:
    """Files done of all that there are, on the last line of a terminal. On anything else it stays silent.

    `clock` gives seconds from anywhere. What else is written to the terminal must `clear` it before.
    """

    def __init__(self, *, stream: TextIO, clock: Callable[[], float]) -> None:
        self._line = StatusLine(stream=stream, clock=clock, between_seconds=0.1)

    @property
    def wanted(self) -> bool:
        """Whether anybody sees it."""
        return self._line.wanted

    def count(self, files: Iterable[object]) -> int:
        """How many there are, which takes a moment; shown meanwhile."""
        total = 0
        for total, _ in enumerate(files, start=1):
            self._line.show(partial("looking for files: {:,}".format, total))
        self._line.begin()
        return total

    def show(self, path: str, *, done: int, total: int) -> None:
        """Draw it, unless that was done just now."""
        self._line.show(partial(self._text, path, done, max(done, total)))

    def clear(self) -> None:
        """Take it away again."""
        self._line.clear()

    def _text(self, path: str, done: int, total: int) -> str:
        share = done / total
        pieces = [bar(share), f"{done:,} of {total:,}"]
        pieces += [time_left(share, self._line.seconds)] if done else []
        return "  ".join([*pieces, os.path.basename(path)])
