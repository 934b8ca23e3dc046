"""The files of a log: how they are named, found and put in order.

For the configured `noscrape.jsonl`, each process writes a file of its own beside it, which names the host, the start
in UTC and the process id: `noscrape-web1-20261122T222731Z-4242.jsonl`. Rotation renames it to `....jsonl.1`, `.1` to
`.2` and so on, so the highest number is the oldest. Any of them may have been compressed to `.gz`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

_PART: Final = re.compile(r"(?P<base>.+?)(?:\.(?P<age>\d{1,6}))?(?:\.gz)?", re.DOTALL)
_PROCESS: Final = r"(?:-(?P<host>[A-Za-z0-9._-]+)-(?P<start>\d{8}T\d{6}Z)-(?P<pid>\d+)(?:-\d+)?)?"
_NOT_IN_HOST: Final = re.compile(r"[^A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class Series:
    """The files of one process, oldest first: one chain of numbered lines."""

    name: str
    files: tuple[Path, ...]


def process_file(path: Path, *, host: str, started: float, pid: int, again: int = 1) -> Path:
    """The file of one process. `again` counts the logs of one process with the same path, started in one second."""
    start = datetime.fromtimestamp(started, tz=UTC).strftime("%Y%m%dT%H%M%SZ")
    name = _NOT_IN_HOST.sub("_", host)[:64] or "host"
    more = f"-{again}" if again > 1 else ""
    return path.with_name(f"{path.stem}-{name}-{start}-{pid}{more}{path.suffix}")


def rotated(file: Path, *, age: int) -> Path:
    """The name of a file after so many rotations."""
    return file.with_name(f"{file.name}.{age}") if age else file


def files_of(log_path: str | Path) -> list[Path]:
    """All files that belong to the configured path: those started first come first, rotated ones before the rest."""
    path = Path(log_path)
    mine = re.compile(re.escape(path.stem) + _PROCESS + re.escape(path.suffix) + r"(?:\.\d{1,6})?(?:\.gz)?")
    try:
        found = {entry: match for entry in path.parent.iterdir() if (match := mine.fullmatch(entry.name))}
    except OSError:
        return []
    order = {entry: (match["start"] or "", match["host"] or "", match["pid"] or "") for entry, match in found.items()}
    return [file for each in series(sorted(found, key=order.__getitem__)) for file in each.files]


def series(files: Iterable[Path]) -> list[Series]:
    """The files of each process together, whatever order they were named in; processes in the order of the first."""
    together: dict[Path, dict[Path, int]] = {}
    for file in files:
        match = _PART.fullmatch(file.name)
        base = file.with_name(match["base"]) if match else file
        together.setdefault(base, {})[file] = int(match["age"] or 0) if match else 0
    return [
        Series(name=base.name, files=tuple(sorted(ages, key=lambda file: (-ages[file], file.name))))
        for base, ages in together.items()
    ]


def later_names(file: Path) -> Iterator[Path]:
    """The names that a file may have by now, being rotated: its own, and those that exist with higher numbers."""
    yield file
    match = _PART.fullmatch(file.name)
    if match is None or file.suffix == ".gz":
        return
    base, age = file.with_name(match["base"]), int(match["age"] or 0)
    while (name := rotated(base, age=(age := age + 1))).exists():
        yield name
