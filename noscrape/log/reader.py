"""Reads logs back: events in the order of time, from any number of files, plain or gzip.

Whatever a line holds, reading goes on: what is no event is handed out as a `BrokenLine`. Files may grow and be rotated
while they are read, so a file is known by what it is (device and inode) and not by its name.
"""

import gzip
import heapq
import os
import stat
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from itertools import islice
from pathlib import Path
from typing import IO, Final

from noscrape.errors import LogError
from noscrape.log.event import Event, digest, link
from noscrape.log.files import Series, files_of, later_names, series

__all__ = ["BrokenLine", "Chain", "Follower", "broken_links", "chains", "files_of", "read"]

#: No line of ours is longer; what is, is skipped and never held in memory.
LONGEST_LINE_BYTES: Final = 1024 * 1024
STDIN: Final = Path("-")
#: Read at once from a file that is followed, and the most that is shown of what it held before.
_CHUNK_BYTES: Final = 1024 * 1024
_TAIL_BYTES: Final = 256 * 1024
#: A file that is being renamed may be out of sight for a moment; after so many looks it is gone.
_LOOKS: Final = 60
#: Kept of the faults of one chain; the rest is counted.
_FAULTS_KEPT: Final = 100
_GZIP: Final = b"\x1f\x8b"

_Identity = tuple[int, int]


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """A line that is no event, or a file that cannot be read on. `number` counts from 1; 0 where it is not known."""

    file: str
    number: int
    problem: str

    def __str__(self) -> str:
        return f"{self.file}:{self.number}: {self.problem}" if self.number else f"{self.file}: {self.problem}"


@dataclass(frozen=True, slots=True)
class Chain:
    """The lines of one process, checked for gaps and edits. `head` is what a next line's `prev` would say."""

    name: str
    lines: int
    first: int
    last: int
    head: str
    faults: int
    broken: tuple[BrokenLine, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """One line without its newline; `end` is where the next one starts. A `problem` has no line."""

    number: int
    end: int
    data: bytes
    problem: str = ""


def read(paths: Iterable[str | Path], *, since: float | None = None) -> Iterator[Event | BrokenLine]:
    """The events of several files in the order of time; "-" is stdin.

    One line of each process is in memory, and no file is open that has not had its turn. `since` (epoch seconds)
    passes over files that were last written before; the first events may still be older.
    """
    streams = [_timed(each, since=since) for each in series(map(Path, paths))]
    for _, item in heapq.merge(*streams, key=_time):
        yield item


def _time(timed: tuple[float, Event | BrokenLine]) -> float:
    return timed[0]


def _timed(of: Series, *, since: float | None) -> Iterator[tuple[float, Event | BrokenLine]]:
    """The events of one process; a broken line has the time of the event before it."""
    time = float("-inf")
    for file, line in _series_lines(of, since=since):
        item = _item(file, line)
        if isinstance(item, Event):
            time = item.time
        yield time, item


def _item(file: Path, line: _Line) -> Event | BrokenLine:
    try:
        if not line.problem:
            return Event.from_json(line.data)
        return BrokenLine(str(file), line.number, line.problem)
    except LogError as error:
        return BrokenLine(str(file), line.number, str(error))


def _series_lines(of: Series, *, since: float | None = None) -> Iterator[tuple[Path, _Line]]:
    """The lines of one process. Files are looked at from the newest on: rotation moves them the same way."""
    found: dict[_Identity, Path] = {}
    for file in reversed(of.files):
        if file == STDIN:
            found[0, 0] = file
            continue
        try:
            state = file.stat()
        except OSError as error:
            yield file, _Line(0, 0, b"", _reason(error))
            continue
        if since is None or state.st_mtime >= since:
            found.setdefault((state.st_dev, state.st_ino), file)
    for identity, file in reversed(found.items()):
        try:
            for line in _lines(file, identity):
                yield file, line
        except OSError as error:
            yield file, _Line(0, 0, b"", _reason(error))


def _lines(file: Path, identity: _Identity) -> Iterator[_Line]:
    """The lines of one file, which is let go after the first: a merge asks for that of every file at its start."""
    with _opened(file, identity) as stream:
        if stream is sys.stdin.buffer or not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            yield from _split(stream, after=_Line(0, 0, b""))
            return
        first = list(islice(_split(stream, after=_Line(0, 0, b"")), 1))
    yield from first
    if first and first[0].end:
        with _opened(file, identity) as stream:
            stream.seek(first[0].end)
            yield from _split(stream, after=first[0])


def _split(stream: IO[bytes], *, after: _Line) -> Iterator[_Line]:
    number, end = after.number, after.end
    try:
        while data := stream.readline(LONGEST_LINE_BYTES):
            number += 1
            end += len(data)
            if data.endswith(b"\n") or len(data) < LONGEST_LINE_BYTES:
                if not data.isspace():
                    yield _Line(number, end, data.rstrip(b"\r\n"))
                continue
            while data and not data.endswith(b"\n"):
                data = stream.readline(LONGEST_LINE_BYTES)
                end += len(data)
            yield _Line(number, end, b"", f"longer than {LONGEST_LINE_BYTES} bytes")
    except (EOFError, zlib.error, gzip.BadGzipFile):
        yield _Line(number + 1, 0, b"", "the gzip file is damaged or cut off here")


@contextmanager
def _opened(file: Path, identity: _Identity) -> Iterator[IO[bytes]]:
    """The file with this identity, which may have been renamed by a rotation; decompressed if need be."""
    if file == STDIN:
        yield sys.stdin.buffer
        return
    for name in later_names(file):
        try:
            descriptor = os.open(name, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        except FileNotFoundError:
            continue
        with open(descriptor, "rb") as raw:
            state = os.fstat(descriptor)
            if (state.st_dev, state.st_ino) != identity:
                continue
            if raw.peek(2)[:2] == _GZIP:
                with gzip.GzipFile(fileobj=raw) as unpacked:
                    yield BufferedReader(unpacked)
            else:
                yield raw
            return
    raise FileNotFoundError(None, "removed while it was to be read", str(file))


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def chains(paths: Iterable[str | Path]) -> Iterator[Chain]:
    """The lines of each process checked: numbers without a gap, each line's `prev` the digest of the one before.

    A chain may start after line 1, since the oldest files are removed in the end. Lines cut from its end cannot be
    told, nor what somebody wrote who holds the machine and makes all digests anew.
    """
    for each in series(map(Path, paths)):
        yield _checked(each)


def broken_links(path: str | Path) -> Iterator[BrokenLine]:
    """Where the log of a configured path was changed or has gaps, for each process."""
    for chain in chains(files_of(path)):
        yield from chain.broken


def _checked(of: Series) -> Chain:
    lines = faults = first = last = 0
    head, trusted = "", True
    broken: list[BrokenLine] = []
    for file, line in _series_lines(of):
        problem = line.problem
        n, prev = 0, None
        if not problem:
            lines += 1
            try:
                n, prev = link(line.data)
            except LogError as error:
                problem = str(error)
        if not problem:
            problem = _link_fault(n, prev, last=last, head=head, trusted=trusted)
            first, last = first or n, n
            head, trusted = digest(line.data), True
        else:
            trusted = False
        if problem:
            faults += 1
            if len(broken) < _FAULTS_KEPT:
                broken.append(BrokenLine(str(file), line.number, problem))
    return Chain(of.name, lines, first, last, head, faults, tuple(broken))


def _link_fault(n: int, prev: str | None, *, last: int, head: str, trusted: bool) -> str:
    """What is wrong between two lines; where one between them was broken (not `trusted`), that was told already."""
    if not last:
        return ""
    if n <= last:
        return f"line {n} follows line {last}"
    if not trusted:
        return ""
    if n > last + 1:
        return f"line {last + 1} is missing" if n == last + 2 else f"lines {last + 1} to {n - 1} are missing"
    return "" if prev == head else f"line {last} is not what it was when line {n} was written"


@dataclass(slots=True)
class _Tail:
    """How far a followed file was read. `number` is None where counting started in its middle."""

    offset: int = 0
    number: int | None = 0
    rest: bytes = b""
    skipping: bool = False
    missed: int = 0


class Follower:
    """New events of a log, as they come: through rotation, and of files that appear later.

    `files` lists them anew at each look. What was there before counts as new with `from_start`; else only the last
    part of each file does. Compressed files never grow, and are passed over.
    """

    def __init__(self, files: Callable[[], Sequence[Path]], *, from_start: bool = False) -> None:
        self._files = files
        self._from_start = from_start
        self._tails: dict[_Identity, _Tail] = {}

    def poll(self) -> list[Event | BrokenLine]:
        """What came since the last look, in the order of time; empty when all was read. Never waits."""
        found: list[tuple[float, Event | BrokenLine]] = []
        for tail in self._tails.values():
            tail.missed += 1
        for each in series(self._files()):
            for file in reversed(each.files):
                if file.suffix != ".gz":
                    found.extend(self._look(file))
        self._tails = {identity: tail for identity, tail in self._tails.items() if tail.missed < _LOOKS}
        self._from_start = True
        return [item for _, item in sorted(found, key=_time)]

    def _look(self, file: Path) -> Iterator[tuple[float, Event | BrokenLine]]:
        try:
            with open(file, "rb") as stream:
                state = os.fstat(stream.fileno())
                tail = self._tail((state.st_dev, state.st_ino), size=state.st_size)
                stream.seek(tail.offset)
                data = stream.read(_CHUNK_BYTES)
        except OSError:
            # Renamed or removed since it was listed; the next look finds it, or nobody does.
            return
        time = float("-inf")
        for line in _grown(tail, data):
            item = _item(file, line)
            if isinstance(item, Event):
                time = item.time
            yield time, item

    def _tail(self, identity: _Identity, *, size: int) -> _Tail:
        tail = self._tails.get(identity)
        if tail is None:
            tail = _Tail()
            if not self._from_start and size > _TAIL_BYTES:
                tail = _Tail(offset=size - _TAIL_BYTES, number=None, skipping=True)
        elif size < tail.offset:
            # Emptied, or another file that was given the number of a removed one.
            tail = _Tail()
        tail.missed = 0
        self._tails[identity] = tail
        return tail


def _grown(tail: _Tail, data: bytes) -> Iterator[_Line]:
    """The whole lines that new bytes complete; what is left waits in `tail`."""
    tail.offset += len(data)
    *whole, rest = (tail.rest + data).split(b"\n")
    for line in whole:
        if tail.number is not None:
            tail.number += 1
        if tail.skipping:
            tail.skipping = False
        elif line and not line.isspace():
            yield _Line(tail.number or 0, 0, line.rstrip(b"\r"))
    if len(rest) > LONGEST_LINE_BYTES:
        tail.skipping, rest = True, b""
        yield _Line((tail.number or 0) + 1, 0, b"", f"longer than {LONGEST_LINE_BYTES} bytes")
    tail.rest = b"" if tail.skipping else rest
