"""Which work is asked for, told apart by a hash, and by what name people know it."""

from typing import Final, NamedTuple
from zlib import crc32

from noscrape.tracks import Place
from noscrape.words import Serves

#: Representations of one work that a document shows.
_SHOWN: Final = frozenset({Serves.PAGE, Serves.DATA, Serves.MEDIA, Serves.PREVIEW})

#: Works whose names are kept; the older half goes once as many have come.
_KEPT: Final = 32_768
_LONGEST_NAME: Final = 120
_LONGEST_WORK: Final = 1024

#: Numbers of more digits are no count of anything.
_MOST_DIGITS: Final = 15


class Work(NamedTuple):
    """A work that is asked for: a hash of 4 bytes, and its id where that is a number, else 0."""

    hash: bytes
    number: int = 0


NO_WORK: Final = Work(b"")


class Works:
    """Tells works. State: the names of those that were asked for last, bounded."""

    def __init__(self) -> None:
        self._works: dict[str, Work] = {}
        self._names: dict[bytes, str] = {}
        self._older: dict[bytes, str] = {}

    def work(self, place: Place, serves: Serves, path: str, *, by_path: bool) -> Work:
        """The work that is asked for, by the route table; by its path where `by_path` and no route names it."""
        if serves not in _SHOWN:
            return NO_WORK
        if place.tracks:
            name = place.tracks[0][:_LONGEST_WORK]
        elif by_path and not place.routed:
            name = path[:_LONGEST_WORK]
        else:
            return NO_WORK
        work = self._works.get(name)
        if work is None:
            if len(self._works) >= _KEPT:
                self._works.clear()
                self._older, self._names = self._names, {}
            work = self._works[name] = _work_of(name)
            self._names[work.hash] = name[:_LONGEST_NAME]
        return work

    def name(self, work: bytes) -> str:
        """The name of a work by its hash; the hash, where it was forgotten."""
        return self._names.get(work) or self._older.get(work) or f"#{work.hex()}"


def _work_of(name: str) -> Work:
    hashed = crc32(name.encode("utf-8", "surrogatepass")) or 1
    last = name.rpartition("/")[2]
    number = int(last) if last.isascii() and last.isdecimal() and len(last) <= _MOST_DIGITS else 0
    return Work(hashed.to_bytes(4), number)
