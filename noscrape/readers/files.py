"""A reader of the files of a track. Needs the extra `noscrape[files]`."""

import os
import threading
from asyncio import get_running_loop
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from inspect import iscoroutinefunction
from pathlib import PurePath
from typing import Any, Final

from noscrape.errors import ReaderError
from noscrape.readers.cache import PartialReadError
from noscrape.readers.reading import FilePath, Found, Reading, State, read, read_file, wanted
from noscrape.reservation import UNSTATED, Reservation, Terms, from_terms
from noscrape.words import Voice

__all__ = ["FileReader", "Found", "Reading", "State", "read_file"]

#: Files that may be read at once, in threads of their own.
THREADS: Final = 4
#: Files of which what they say is kept.
CACHE_SIZE: Final = 10_000

_TRACK_ID: Final = "{track_id}"
#: What no name of a file has, on any system; on Windows, a colon leads to another drive.
_SEPARATORS: Final = frozenset("/\\\0:" if os.name == "nt" else "/\\\0")

FilesOf = Callable[[str], FilePath | Iterable[FilePath] | None]


class FileReader:
    """Reads what a track's files say; each that exists counts, the most restrictive winning.

    `templates` are such as `media/{track_id}.flac`; `file_of` is the app's own way from an id to one path or several,
    None where there is no such track. It is called in a thread. What a file says is kept until it changes.
    Raises ReaderError for templates and aliases that cannot be used, and where an extra is missing.
    """

    source = "file"

    def __init__(
        self,
        templates: Sequence[str] = (),
        *,
        file_of: FilesOf | None = None,
        aliases: Mapping[str, str] = {},
        c2pa: bool = False,
        xmp: bool = False,
        anchors: str = "",
        cache_size: int = CACHE_SIZE,
    ) -> None:
        if not templates and file_of is None:
            raise ReaderError("no way from a track to its files: wanted a template or `file_of`")
        for template in templates:
            if _TRACK_ID not in template:
                raise ReaderError(f"got {template!r}, wanted a file name with {_TRACK_ID!r} in it")
        if iscoroutinefunction(file_of):
            raise ReaderError("`file_of` is called in a thread: wanted a plain function, got an async one")
        self._templates = tuple(templates)
        self._file_of = file_of
        self._wanted = wanted(aliases, c2pa=c2pa, xmp=xmp, anchors=anchors)
        self._kept: OrderedDict[str, tuple[tuple[int, ...], Reading]] = OrderedDict()
        self._cache_size = cache_size
        self._lock = threading.Lock()
        self._threads: ThreadPoolExecutor | None = None

    async def read(self, track: str, scope: MutableMapping[str, Any], now: float) -> Reservation:
        """What the files of a track say. Raises PartialReadError where one of them cannot be read."""
        if self._threads is None:  # made on the first call: workers fork after the constructor
            self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="noscrape-files")
        return await get_running_loop().run_in_executor(self._threads, self._read, track, now)

    def _read(self, track: str, now: float) -> Reservation:
        readings = {path: self._reading(path) for path in self._files(track)}
        there = {path: reading for path, reading in readings.items() if reading.state is not State.MISSING}
        if not there:
            return Reservation(UNSTATED, self.source, Voice.SITE, now, missing=True)
        terms = UNSTATED
        for reading in there.values():
            terms = terms.combined(reading.terms)
        problems = [
            f"{PurePath(path).name}: {reading.problem}"
            for path, reading in there.items()
            if reading.state is State.UNREADABLE
        ]
        if problems:
            # Without what others open: the one that failed could have outdone it.
            rest = Reservation(Terms(reserved=terms.reserved), self.source, Voice.OWNER) if terms.reserved else None
            raise PartialReadError("; ".join(problems), said=rest)
        return from_terms(terms, source=self.source, now=now)

    def _files(self, track: str) -> Iterator[str]:
        """The paths that the files of a track would have."""
        if _stays(track):
            yield from (template.replace(_TRACK_ID, track) for template in self._templates)
        told = self._file_of(track) if self._file_of else None
        if isinstance(told, str | os.PathLike):
            told = (told,)
        yield from (os.fspath(path) for path in told or ())

    def _reading(self, path: str) -> Reading:
        try:
            status = os.stat(path)
        except (OSError, ValueError):
            return read(path, self._wanted)  # which says what is the matter
        version = (status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        with self._lock:
            kept = self._kept.get(path)
            if kept is not None and kept[0] == version:
                self._kept.move_to_end(path)
                return kept[1]
        reading = read(path, self._wanted)
        if reading.state is not State.UNREADABLE:  # which may pass: a disk that fails, rights that are given
            with self._lock:
                self._kept[path] = (version, reading)
                self._kept.move_to_end(path)
                if len(self._kept) > self._cache_size:
                    self._kept.popitem(last=False)
        return reading

    async def close(self) -> None:
        """Let go of the threads; a read that hangs is not waited for."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None


def _stays(track: str) -> bool:
    """Whether an id is the name of a file, and leads to no other folder."""
    return track not in ("", ".", "..") and not _SEPARATORS.intersection(track)
