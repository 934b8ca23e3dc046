"""Writes events as JSON Lines: a bounded queue that requests put into, and one thread that empties it.

Whoever records never waits and never fails. What cannot be written, because the queue or the disk is full, is counted,
and the number becomes an event of its own as soon as writing works again. Lines are numbered, and each carries a
digest of the one before, on through rotated files.

The thread starts with the first event, since servers fork after the app was built; a forked process starts its own,
with a file of its own and line 1.
"""

import logging
import os
import time
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from threading import Event as Signal
from threading import RLock, Thread, current_thread
from typing import Any, Final

from noscrape.log.addresses import Addresses, shown_address
from noscrape.log.event import Event, digest
from noscrape.log.output import Disk, FileOutput, Output, StdoutOutput, UnwrittenError
from noscrape.words import Action

_logger = logging.getLogger("noscrape")

#: How long the thread lets events gather before it writes: waking it for each would cost every request some µs.
_GATHER_SECONDS: Final = 0.05
_BATCH_EVENTS: Final = 256
_BACK_OFF_SECONDS: Final = 1.0
_LONGEST_BACK_OFF_SECONDS: Final = 60.0
#: Longer lines are shortened, so that every reader can hold one in memory.
_LINE_BYTES: Final = 64 * 1024
_SHORTENED_TEXT: Final = 512
_SHORTENED_ITEMS: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settings:
    path: str
    max_bytes: int
    keep: int
    addresses: Addresses
    refused_addresses: Addresses
    key: str | None
    clock: Callable[[], float]
    disk: Disk


class LogWriter:
    """The log of one app: `path` as configured, or "-" for stdout.

    Addresses are spelled as in `[log]`; those of refused clients are kept like all where None. Raises ValueError for a
    word that is none of them, and for keyed hashes without a key.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        max_bytes: int = 50_000_000,
        keep: int = 20,
        queue_size: int = 10_000,
        addresses: Addresses | str = Addresses.PREFIX,
        refused_addresses: Addresses | str | None = None,
        key: str | None = None,
        clock: Callable[[], float] = time.time,
        disk: Disk | None = None,
    ) -> None:
        kept, kept_of_refused = Addresses(addresses), Addresses(refused_addresses or addresses)
        if Addresses.KEYED_HASH in (kept, kept_of_refused) and not key:
            raise ValueError("a keyed hash of addresses needs a key")
        self._settings = _Settings(
            path=str(path),
            max_bytes=max_bytes,
            keep=keep,
            addresses=kept,
            refused_addresses=kept_of_refused,
            key=key,
            clock=clock,
            disk=disk or Disk(),
        )
        self._queue_size = queue_size
        # By process id: a fork copies the parent's desk, whose thread does not exist in the child.
        self._desks: dict[int, _Desk] = {}
        # At the end of the interpreter, and when nobody holds this writer any more.
        weakref.finalize(self, _close, self._desks)

    def record(self, event: Event) -> None:
        """Remember an event. Never waits, never raises; a full queue drops it, and counts."""
        desk = self._desks.get(os.getpid()) or self._new_desk()
        if len(desk.queue) >= self._queue_size:
            desk.drop(1)
            return
        desk.queue.append(event)
        if not desk.awake.is_set():
            desk.wake()

    @property
    def written(self) -> int:
        """Lines that this process handed to the operating system, those about dropped events among them."""
        desk = self._desks.get(os.getpid())
        return desk.written if desk else 0

    @property
    def dropped(self) -> int:
        """Events that this process lost."""
        desk = self._desks.get(os.getpid())
        return desk.dropped if desk else 0

    def drain(self, timeout_seconds: float = 5) -> bool:
        """Wait until what was recorded before is written. False: it could not be, or not in that time."""
        desk = self._desks.get(os.getpid())
        return desk is None or desk.drain(timeout_seconds)

    def close(self, timeout_seconds: float = 5) -> None:
        """Write what is left, within a time limit, and end the thread. A later event starts it again."""
        desk = self._desks.get(os.getpid())
        if desk is not None:
            desk.close(timeout_seconds)

    def _new_desk(self) -> "_Desk":
        pid = os.getpid()
        desk = self._desks.setdefault(pid, _Desk(self._settings, pid=pid))
        for other in tuple(self._desks):
            if other != pid:
                # Its events are the parent's to write; its open file is left alone, being the parent's too.
                self._desks.pop(other, None)
        return desk


def _close(desks: Mapping[int, "_Desk"]) -> None:
    desk = desks.get(os.getpid())
    if desk is not None:
        desk.close(5)


@dataclass(slots=True)
class _Waiter:
    """Somebody who waits until the queue is empty."""

    answered: Signal = field(default_factory=Signal)
    wrote: bool = False


class _Desk:
    """Queue, thread and output of one process."""

    def __init__(self, settings: _Settings, *, pid: int) -> None:
        self.queue: deque[Event] = deque()
        #: Set while the thread has something to do.
        self.awake = Signal()
        self.written = 0
        self.dropped = 0
        self._settings = settings
        self._pid = pid
        #: Set where somebody waits, which cuts every pause of the thread short.
        self._hurry = Signal()
        self._waiters: deque[_Waiter] = deque()
        #: Reentrant, since a signal's handler may record while its thread is counting.
        self._lock = RLock()
        self._thread: Thread | None = None
        self._closing = False
        self._output: Output | None = None
        self._pending: deque[Event] = deque()
        self._n = 0
        self._prev: str | None = None
        self._told = 0
        self._failing = False
        self._back_off_seconds = _BACK_OFF_SECONDS
        self._shown: Callable[[str | None, Addresses], str | None] = lru_cache(maxsize=4096)(
            lambda address, how: shown_address(address, how, settings.key)
        )

    def drop(self, count: int) -> None:
        with self._lock:
            self.dropped += count

    def wake(self) -> None:
        self.awake.set()
        if self._thread is None:
            self._start()

    def drain(self, timeout_seconds: float) -> bool:
        waiter = _Waiter()
        self._waiters.append(waiter)
        self._hurry.set()
        self.wake()
        return waiter.answered.wait(timeout_seconds) and waiter.wrote

    def close(self, timeout_seconds: float) -> None:
        thread = self._thread
        if thread is None:
            return
        self._closing = True
        self._hurry.set()
        self.awake.set()
        if thread is current_thread():  # the garbage collector may run anywhere
            return
        thread.join(timeout_seconds)
        if thread.is_alive():
            _logger.error(
                "log: %s could not be finished in %g s, about %d events are lost",
                self._name,
                timeout_seconds,
                len(self.queue) + len(self._pending),
            )

    @property
    def _name(self) -> str:
        return self._output.name if self._output else self._settings.path

    def _start(self) -> None:
        with self._lock:
            if self._thread is not None:
                return
            thread = Thread(target=self._run, name="noscrape-log", daemon=True)
            try:
                thread.start()
            except RuntimeError as error:
                # No more threads, or the interpreter is ending. The next event tries again.
                self.awake.clear()
                self._fail(error)
                return
            self._thread = thread

    def _run(self) -> None:
        while True:
            self.awake.wait()
            if not self._closing:
                self._hurry.wait(_GATHER_SECONDS)
            # Cleared before the queue is emptied: whatever comes later sets them again.
            self._hurry.clear()
            self.awake.clear()
            waiters = [self._waiters.popleft() for _ in range(len(self._waiters))]
            wrote = self._write_or_tell()
            for waiter in waiters:
                waiter.wrote = wrote
                waiter.answered.set()
            if self._closing and self._ended(wrote=wrote):
                return
            if not wrote:
                self._hurry.wait(self._back_off_seconds)
                self._back_off_seconds = min(2 * self._back_off_seconds, _LONGEST_BACK_OFF_SECONDS)
                self.awake.set()

    def _ended(self, *, wrote: bool) -> bool:
        with self._lock:
            if wrote and (self.queue or self._waiters):
                return False
            lost = len(self._pending) + len(self.queue)
            self._pending.clear()
            self.queue.clear()
            if lost:
                self.dropped += lost
                _logger.error("log: %s was closed with %d events unwritten", self._name, lost)
            if self._output is not None:
                self._output.close()
            self._closing = False
            self._thread = None
            return True

    def _write_or_tell(self) -> bool:
        try:
            return self._write()
        except Exception:
            # Ours to mend; until then the site stays up, and the events at hand are counted as lost.
            if not self._failing:
                _logger.exception("log: writing %s failed", self._name)
            self._failing = True
            self.drop(len(self._pending))
            self._pending.clear()
            return False

    def _write(self) -> bool:
        """Everything in the queue; False where the output takes no more for now."""
        while True:
            # What an outage left over goes first; nothing joins it, so that the bound of the queue holds.
            if not self._pending:
                self._fill()
            if not self._pending:
                return True
            lines = self._lines()
            try:
                self._place().append([line for line, _ in lines])
            except UnwrittenError as error:
                self._done(lines[: error.written])
                self._fail(error)
                return False
            self._done(lines)
            if lines:
                self._recover()

    def _fill(self) -> None:
        while self.queue and len(self._pending) < _BATCH_EVENTS:
            self._pending.append(self.queue.popleft())
        lost = self.dropped - self._told
        if lost and len(self._pending) < _BATCH_EVENTS:
            self._told += lost
            self._pending.append(
                Event(
                    kind="dropped",
                    time=self._settings.clock(),
                    reason=f"{lost} events could not be written",
                    detail={"events": lost},
                )
            )

    def _as_shown(self, event: Event) -> Event:
        if event.client is None:
            return event
        refused = event.enforced and event.action in _REFUSED
        how = self._settings.refused_addresses if refused else self._settings.addresses
        shown = self._shown(event.client, how)
        return event if shown == event.client else replace(event, client=shown)

    def _lines(self) -> list[tuple[bytes, str]]:
        """The pending events as lines, each with its digest; events that no line can hold are left out."""
        lines: list[tuple[bytes, str]] = []
        holdable: deque[Event] = deque()
        n, prev = self._n, self._prev
        for event in self._pending:
            try:
                line = _line(self._as_shown(event), n=n + 1, prev=prev)
            except (TypeError, ValueError, RecursionError):
                self.drop(1)
                _logger.exception("log: an event of kind %r cannot be written", event.kind)
                continue
            n, prev = n + 1, digest(line)
            lines.append((line + b"\n", prev))
            holdable.append(event)
        self._pending = holdable
        return lines

    def _done(self, lines: list[tuple[bytes, str]]) -> None:
        for _, prev in lines:
            self._pending.popleft()
            self._n += 1
            self._prev = prev
        self.written += len(lines)

    def _place(self) -> Output:
        if self._output is None:
            settings = self._settings
            self._output = (
                StdoutOutput(settings.disk)
                if settings.path == "-"
                else FileOutput(
                    Path(settings.path),
                    max_bytes=settings.max_bytes,
                    keep=settings.keep,
                    started=settings.clock(),
                    pid=self._pid,
                    disk=settings.disk,
                )
            )
        return self._output

    def _fail(self, error: Exception) -> None:
        if not self._failing:
            _logger.error("log: %s cannot be written, requests go on: %s", self._name, error)
        self._failing = True

    def _recover(self) -> None:
        if self._failing:
            _logger.warning("log: %s is written again, %d events were lost so far", self._name, self.dropped)
        self._failing = False
        self._back_off_seconds = _BACK_OFF_SECONDS


_REFUSED: Final = frozenset({Action.REFUSE.value, Action.THROTTLE.value})


def _line(event: Event, *, n: int, prev: str | None) -> bytes:
    line = event.to_json(n=n, prev=prev).encode("ascii")
    if len(line) > _LINE_BYTES:
        line = _shortened(event).to_json(n=n, prev=prev).encode("ascii")
    return line


def _shortened(event: Event) -> Event:
    """The event with every text and list cut: somebody sent a path of a megabyte."""
    cut: dict[str, Any] = {}
    for name in Event.__slots__:
        value = getattr(event, name)
        if isinstance(value, str):
            cut[name] = value[:_SHORTENED_TEXT]
        elif isinstance(value, tuple):
            cut[name] = tuple(item[:_SHORTENED_TEXT] for item in value[:_SHORTENED_ITEMS])
        elif isinstance(value, Mapping):
            items = list(value.items())[:_SHORTENED_ITEMS]
            cut[name] = {str(key)[:_SHORTENED_TEXT]: str(item)[:_SHORTENED_TEXT] for key, item in items}
    return replace(event, **cut)
