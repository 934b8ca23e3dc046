"""What is kept of patterns in a folder: what was learnt of a site, who is stopped, and who was let go again.

Every process writes a file of its own stops, so that the command line can show them; what was learnt is one file for
all, since they see the same site. Lifts are lines that the command line appends, and every process reads.
"""

import json
import logging
import os
import socket
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final

from noscrape.patterns.stop import Stop
from noscrape.patterns.written import as_dict, stop_of
from noscrape.replacement import replace

logger = logging.getLogger("noscrape")

VERSION: Final = 1

_CALIBRATION: Final = "calibration.json"
_LIFTS: Final = "lifts.jsonl"
_STOPS: Final = "stops-*.json"

#: Larger files are none of ours.
_LARGEST_BYTES: Final = 16_000_000

#: What a process that is gone has written is removed after this, and lifts are forgotten; in seconds.
_DAY_SECONDS: Final = 86_400.0

#: How often the folder is looked at, and what was learnt is written, in seconds.
_LOOK_SECONDS: Final = 2.0
_SAVE_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class Kept:
    """What a process has to keep."""

    stops: tuple[Stop, ...]
    status: Mapping[str, Any]
    learnt: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """What the folder says: stops of all processes, what each process says of itself, and what cannot be read."""

    stops: tuple[Stop, ...] = ()
    processes: tuple[Mapping[str, Any], ...] = ()
    problems: tuple[str, ...] = ()


def read_learnt(folder: Path) -> tuple[Mapping[str, Any] | None, str]:
    """What was learnt of the site, None for nothing; and what is wrong with the file, "" for nothing."""
    file = folder / _CALIBRATION
    found, problem = _read(file)
    if found is None:
        return None, problem
    learnt = found.get("learnt")
    if found.get("version") != VERSION or not isinstance(learnt, dict):
        return None, f"{file} is of another version, and passed over; what it held is learnt anew"
    return learnt, ""


def write_learnt(folder: Path, learnt: Mapping[str, Any], now: float) -> None:
    """Keep what was learnt, unless another process has learnt more within a day. Raises OSError."""
    before, _ = _read(folder / _CALIBRATION)
    if before is not None and isinstance(known := before.get("learnt"), dict):
        good, saved = known.get("good"), before.get("saved")
        if not isinstance(good, int | float) or not isinstance(saved, int | float):
            good, saved = 0.0, 0.0
        if 0 <= now - saved < _DAY_SECONDS and good > learnt.get("good", 0.0):
            return
    text = json.dumps({"version": VERSION, "saved": now, "learnt": learnt})
    folder.mkdir(parents=True, exist_ok=True)
    replace(folder / _CALIBRATION, text.encode("ascii"))


def write_stops(folder: Path, kept: Kept, now: float) -> None:
    """Keep this process's stops, and say what it trusts. Raises OSError."""
    told = {
        "version": VERSION,
        "time": now,
        "pid": os.getpid(),
        "status": kept.status,
        "stops": [as_dict(stop) for stop in kept.stops],
    }
    folder.mkdir(parents=True, exist_ok=True)
    own = folder / f"stops-{_host()}-{os.getpid()}.json"
    replace(own, json.dumps(told).encode("ascii"))
    written = own.stat().st_mtime
    for file in folder.glob(_STOPS):
        if written - file.stat().st_mtime > _DAY_SECONDS:
            file.unlink(missing_ok=True)


def read_stops(folder: Path, now: float) -> Found:
    """The stops of all processes that are in force. Files that cannot be read are told, and passed over."""
    stops: dict[str, Stop] = {}
    processes: list[Mapping[str, Any]] = []
    problems: list[str] = []
    for file in sorted(folder.glob(_STOPS)):
        told, problem = _read(file)
        if told is None or told.get("version") != VERSION or not isinstance(told.get("stops"), list):
            problems.append(problem or f"{file} is of another version, and passed over")
            continue
        status = told.get("status")
        process = {key: told[key] for key in ("time", "pid") if isinstance(told.get(key), int | float)}
        processes.append((status if isinstance(status, dict) else {}) | process)
        for item in told["stops"]:
            try:
                stop = stop_of(item, now)
            except ValueError as error:
                problems.append(f"{file}: a stop is passed over: {error}")
                continue
            if stop.until > now and (stop.key not in stops or stops[stop.key].until < stop.until):
                stops[stop.key] = stop
    lifted = {target for target, _ in read_lifts(folder)}
    left = tuple(stop for stop in stops.values() if not any(map(stop.named, lifted)))
    return Found(left, tuple(processes), tuple(problems))


def lift(folder: Path, target: str, now: float) -> None:
    """Let every process know that a stop is over: its id, or a digest. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    line = json.dumps({"target": target, "time": now}) + "\n"
    handle = os.open(folder / _LIFTS, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, line.encode("ascii"))
    finally:
        os.close(handle)


def read_lifts(folder: Path) -> Sequence[tuple[str, float]]:
    """The lifts, the oldest first. Lines that cannot be read are passed over."""
    try:
        with open(folder / _LIFTS, "rb") as file:
            data = file.read(_LARGEST_BYTES)
    except OSError:
        return ()
    found = []
    for line in data.splitlines():
        try:
            told = json.loads(line)
            target, time = told["target"], float(told["time"])
        except (ValueError, TypeError, KeyError, RecursionError):
            continue
        if isinstance(target, str):
            found.append((target, time))
    return found


def _read(file: Path) -> tuple[dict[str, Any] | None, str]:
    """A JSON object, None where there is none; and what is wrong, "" where the file is only missing."""
    try:
        with open(file, "rb") as opened:
            data = opened.read(_LARGEST_BYTES + 1)
    except FileNotFoundError:
        return None, ""
    except OSError as error:
        return None, f"{file} cannot be read: {error.strerror or type(error).__name__}"
    try:
        found = json.loads(data) if len(data) <= _LARGEST_BYTES else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        return None, f"{file} is no file of ours, and passed over; remove it, or let it be written anew"
    return found, ""


def _host() -> str:
    name = socket.gethostname()
    return "".join(char if char.isalnum() and char.isascii() else "_" for char in name)[:60] or "host"


class Keeper:
    """Keeps a folder up to date beside a running app, in a thread. What fails is told once, counted, and tried again.

    `state` tells what is to be kept, and `changes` grows when that changes; `on_lift` is handed each new lift.
    """

    def __init__(
        self,
        folder: Path,
        *,
        state: Callable[[], Kept],
        changes: Callable[[], int],
        on_lift: Callable[[str], object],
        clock: Callable[[], float],
        counters: Counter[str],
        seconds: float = _LOOK_SECONDS,
    ) -> None:
        self._folder = folder
        self._state = state
        self._changes = changes
        self._on_lift = on_lift
        self._clock = clock
        self._counters = counters
        self._seconds = seconds
        self._ending = Event()
        self._thread: Thread | None = None
        self._begun = clock()
        self._saved = self._begun
        self._written = -1
        self._lifted: set[tuple[str, float]] = set()
        self._told: set[str] = set()

    def start(self) -> None:
        """Begin to look."""
        self._ending.clear()
        self._thread = Thread(target=self._run, name="noscrape-patterns", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write what there is, and end."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(5.0)
            self._thread = None
            self.look(saving=True)

    def look(self, *, saving: bool = False) -> None:
        """Read lifts, and write what has changed."""
        now = self._clock()
        for target, time in read_lifts(self._folder):
            if (target, time) not in self._lifted:
                self._lifted.add((target, time))
                if time >= self._begun - self._seconds:
                    self._on_lift(target)
        changes = self._changes()
        saving = saving or now - self._saved >= _SAVE_SECONDS
        if changes == self._written and not saving:
            return
        try:
            kept = self._state()
            write_stops(self._folder, kept, now)
            self._written = changes
            if saving:
                write_learnt(self._folder, kept.learnt, now)
                self._saved = now
        except OSError as error:
            self._counters["patterns_unkept"] += 1
            text = f"{self._folder} cannot be written: {error.strerror or type(error).__name__}"
            if text not in self._told:
                self._told.add(text)
                logger.warning("%s; what is learnt of this site is lost with this process until it can be", text)

    def _run(self) -> None:
        while not self._ending.wait(self._seconds):
            self.look()
