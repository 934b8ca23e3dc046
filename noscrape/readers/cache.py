"""What has been read about tracks, kept for a while.

A value lives for `ttl_seconds`: that is how stale one can be, unless it is forgotten by name. Requests that miss the
same track wait for one read. When the reader fails or is too slow, the last value that it gave goes on, and without one
the operator's `on_failure`. What the app said in its own response headers is kept beside, until it is forgotten.
"""

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from noscrape.errors import ReaderError
from noscrape.reservation import DEFAULT, OPEN, RESERVED, UNSTATED, Reservation, Terms
from noscrape.words import Said, Voice

logger = logging.getLogger("noscrape")

#: How long the outcome of a failed read is kept, so that a database that is gone is not asked for every request.
FAILURE_SECONDS: Final = 5.0

Scope = MutableMapping[str, Any]


class Reader(Protocol):
    """Where a reservation is read."""

    source: str

    async def read(self, track: str, scope: Scope, now: float) -> Reservation:
        """What is said of a track. Whatever it raises counts as a failure."""

    async def close(self) -> None:
        """Let go of connections and threads."""


class PartialReadError(ReaderError):
    """Not everything could be read; `said` is what the rest reserves, None for nothing.

    `causes` tells of several readers which of them failed, by name, and why; it is empty where there is but one.
    """

    def __init__(
        self, message: str, *, said: Reservation | None = None, causes: Mapping[str, BaseException] = {}
    ) -> None:
        super().__init__(message)
        self.said = said
        self.causes = dict(causes)


def failure(error: BaseException) -> str:
    """In words, why a reader failed."""
    return str(error) if isinstance(error, PartialReadError | TimeoutError) and str(error) else repr(error)


@dataclass(slots=True)
class _Entry:
    said: Reservation
    expires: float
    read: Reservation | None
    heard: Reservation | None = None


class Reservations:
    """The cache in front of one reader, or of none. Keys are bounded; the least recently read goes first.

    `on_change` is told of every change of a track's terms that is seen: (track, before, after, now).
    """

    def __init__(
        self,
        reader: Reader | None,
        *,
        clock: Callable[[], float],
        ttl_seconds: float = 60.0,
        bound: int = 50_000,
        timeout_seconds: float = 1.0,
        on_failure: Said = Said.RESERVED,
        counters: Counter[str] | None = None,
        on_change: Callable[[str, Reservation, Reservation, float], None] | None = None,
    ) -> None:
        self._reader = reader
        self._clock = clock
        self._ttl = ttl_seconds
        self._bound = bound
        self._timeout = timeout_seconds
        terms = RESERVED if on_failure is Said.RESERVED else OPEN
        self._failure = Reservation(terms, "on-failure", Voice.SITE)
        self._counters = Counter[str]() if counters is None else counters
        self._on_change = on_change
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._reading: dict[str, asyncio.Task[Reservation]] = {}
        self._attempts: set[asyncio.Future[Reservation]] = set()
        self._told: set[str] = set()

    def __len__(self) -> int:
        return len(self._entries)

    def known(self, track: str, now: float) -> Reservation | None:
        """What is said of a track, None where it has to be read first."""
        entry = self._entries.get(track)
        if entry is None:
            return None if self._reader is not None else NOTHING
        if entry.expires <= now and self._reader is not None:
            return None
        return entry.said

    def last(self, track: str) -> Reservation:
        """What was said of a track when it was last read, however long ago; else what holds where reading fails."""
        entry = self._entries.get(track)
        if entry is not None:
            return entry.said
        return NOTHING if self._reader is None else self._failure

    async def read(self, track: str, scope: Scope) -> Reservation:
        """Read what is said of a track; requests for the same one share a read, and none waits beyond the time-out."""
        task = self._reading.get(track)
        if task is None or task.get_loop() is not asyncio.get_running_loop():
            task = asyncio.create_task(self._read(track, scope))
            self._reading[track] = task
            task.add_done_callback(
                lambda done: self._reading.pop(track, None) if self._reading.get(track) is done else None
            )
        return await asyncio.shield(task)

    async def read_all(self, tracks: Iterable[str], scope: Scope) -> list[Reservation]:
        """What is said of each of several tracks; what has to be read is read at once, not one after the other."""
        now = self._clock()
        known = {track: self.known(track, now) for track in tracks}
        unknown = [track for track, said in known.items() if said is None]
        read = dict(zip(unknown, await asyncio.gather(*(self.read(track, scope) for track in unknown)), strict=True))
        return [said or read[track] for track, said in known.items()]

    async def _read(self, track: str, scope: Scope) -> Reservation:
        reader = self._reader
        if reader is None:
            return NOTHING
        read, partial, lives = None, None, self._ttl
        try:
            read = await self._in_time(reader, track, scope)
        except Exception as error:  # a reader is the app's code, or a database: whatever it raises is a failure
            self._failed(reader, error)
            lives = min(self._ttl, FAILURE_SECONDS)
            partial = error.said if isinstance(error, PartialReadError) else None
        else:
            self._told.clear()
        entry = self._entries.get(track)
        last = read or (entry.read if entry else None)
        heard = entry.heard if entry else None
        said = last or self._failure
        for more in (partial, heard):
            said = said.combined(more) if more else said
        if self._reading.get(track) is asyncio.current_task():  # else it was forgotten meanwhile, and may be outdated
            now = self._clock()
            self._keep(track, _Entry(said, now + lives, last, heard))
            if entry and read and entry.said.terms != said.terms and self._on_change:
                self._on_change(track, entry.said, said, now)
        return said

    async def _in_time(self, reader: Reader, track: str, scope: Scope) -> Reservation:
        """One read. It is not waited for beyond the time-out, not even to be cancelled: a driver may take long to."""
        attempt = asyncio.ensure_future(reader.read(track, scope, self._clock()))
        self._attempts.add(attempt)
        attempt.add_done_callback(self._ended)
        try:
            await asyncio.wait((attempt,), timeout=self._timeout)
        finally:
            attempt.cancel()
        if not attempt.done():
            raise TimeoutError(f"no answer within {self._timeout:g} s")
        if attempt.cancelled():
            raise ReaderError("the reader was cancelled")
        return attempt.result()

    def _ended(self, attempt: asyncio.Future[Reservation]) -> None:
        self._attempts.discard(attempt)
        if not attempt.cancelled():
            attempt.exception()  # asked for, so that asyncio does not report what came too late

    def _keep(self, track: str, entry: _Entry) -> None:
        self._entries[track] = entry
        self._entries.move_to_end(track)
        if len(self._entries) > self._bound:
            self._entries.popitem(last=False)
            self._counters["reservations_evicted"] += 1

    def heard(self, track: str, terms: Terms, source: str, now: float) -> None:
        """Remember what the app's own answer reserved; it adds to what is known and takes nothing back."""
        entry = self._entries.get(track)
        before = entry.said if entry else NOTHING
        if terms.reserved <= before.terms.reserved:
            return
        said = Reservation(terms, source, Voice.OWNER, now)
        if entry is None:
            entry = _Entry(NOTHING, now if self._reader else float("inf"), None)
            self._keep(track, entry)
        entry.heard = entry.heard.combined(said) if entry.heard else said
        entry.said = entry.said.combined(entry.heard) if entry.said is not NOTHING else entry.heard
        if self._on_change:
            self._on_change(track, before, entry.said, now)

    def forget(self, track: str | None = None) -> None:
        """Drop what is known of a track, or of all of them, so that the next request reads it anew.

        What was said stays behind for one purpose: to tell whether the new reading changes it.
        """
        for forgotten in tuple(self._entries) if track is None else (track,):
            self._reading.pop(forgotten, None)
            entry = self._entries.pop(forgotten, None)
            if entry is not None and self._reader is not None:
                self._entries[forgotten] = _Entry(entry.said, float("-inf"), None)
        if track is None:
            self._reading.clear()

    async def close(self) -> None:
        """Let go of the reader."""
        loop = asyncio.get_running_loop()
        for task in (*self._reading.values(), *self._attempts):
            if task.get_loop() is loop:
                task.cancel()
        if self._reader is not None:
            await self._reader.close()

    def _failed(self, reader: Reader, error: Exception) -> None:
        self._counters["reader_failures"] += 1
        causes = error.causes if isinstance(error, PartialReadError) else {}
        for name, cause in (causes or {reader.source: error}).items():
            if name in self._told:
                continue
            self._told.add(name)
            logger.error(
                "the reservation reader %r failed: %s; the last known value of each track, else [tracks] on_failure, "
                "holds until it answers again",
                name,
                failure(cause),
                exc_info=cause,
            )


#: Nothing was ever said: the site's default fills it.
NOTHING: Final = Reservation(UNSTATED, DEFAULT, Voice.SITE)
