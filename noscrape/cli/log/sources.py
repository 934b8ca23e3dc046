"""Which files of a log are read, their events, and what is told of lines that are none."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from noscrape.config import found, load
from noscrape.errors import LogError
from noscrape.log.event import Event
from noscrape.log.reader import BrokenLine, files_of
from noscrape.log.selection import Selection
from noscrape.terminal import say

#: Said on stderr, so that an empty listing is no riddle.
NONE_MATCH: Final = "no events match"
#: Broken lines that are told one by one.
_TOLD: Final = 5


def growing_files(files: Sequence[str], config: str | None) -> Callable[[], Sequence[Path]]:
    """What lists the files: those that were named, or those of the configured log, which come and go."""
    if files:
        if "-" in files:
            raise LogError("stdin cannot be followed; pipe it into `noscrape log -` instead")
        return lambda: [Path(file) for file in files]
    path = _configured(config)
    return lambda: files_of(path)


def files_to_read(files: Sequence[str], config: str | None) -> Sequence[Path]:
    """The files to read. Raises LogError where one that was named is missing, or there is none at all."""
    if files:
        missing = [file for file in files if file != "-" and not Path(file).exists()]
        if missing:
            raise LogError("\n".join(f"{file}: no such file" for file in missing))
        return [Path(file) for file in files]
    path = _configured(config)
    found = files_of(path)
    if not found:
        raise LogError(f"{path}: nothing has been recorded there yet, or it was recorded elsewhere (see [log] path)")
    return found


def _configured(config: str | None) -> str:
    path = load(found(config)).config.log.path
    if path in ("", "-"):
        where = "to stdout" if path else "nowhere"
        raise LogError(f"[log] path sends the log {where}; name the files to read")
    return path


class Broken:
    """Tells of broken lines on stderr, the first few one by one."""

    def __init__(self) -> None:
        self.count = 0

    def tell(self, line: BrokenLine) -> None:
        self.count += 1
        if self.count <= _TOLD:
            say(sys.stderr, f"noscrape: {line}")

    def sum_up(self) -> None:
        if self.count > _TOLD:
            say(sys.stderr, f"noscrape: {self.count:,} lines or files in all could not be read")


def parsed(items: Iterable[Event | BrokenLine], *, broken: Broken) -> Iterator[Event]:
    """The events among what was read; the rest is told."""
    for item in items:
        if isinstance(item, BrokenLine):
            broken.tell(item)
        else:
            yield item


def events(items: Iterable[Event | BrokenLine], *, selection: Selection, broken: Broken) -> Iterator[Event]:
    """Those of them that are selected."""
    return filter(selection.holds, parsed(items, broken=broken))
