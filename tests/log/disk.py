"""A disk that fills, and a log in a folder, for the tests."""

from pathlib import Path

from noscrape.log import Event, files_of
from noscrape.log.output import Disk

NOW = 1795386451.0


class SmallDisk(Disk):
    """The real disk, with room for so many bytes; `truncates` and `renames` tell whether those calls work."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.truncates = True
        self.renames = True
        self.opens = True

    def open(self, path: Path, *, new: bool) -> int:
        if not self.opens:
            raise PermissionError(13, "Permission denied")
        return super().open(path, new=new)

    def write(self, file: int, data: bytes) -> int:
        if not self.room:
            raise OSError(28, "No space left on device")
        # As the kernel does: what fits is written, and the next call fails.
        written = super().write(file, data[: self.room])
        self.room -= written
        return written

    def truncate(self, file: int, size: int) -> None:
        if not self.truncates:
            raise OSError(5, "Input/output error")
        super().truncate(file, size)

    def rename(self, source: Path, target: Path) -> None:
        if not self.renames:
            raise PermissionError(1, "Operation not permitted")
        super().rename(source, target)


def event(number: int = 0, **values: object) -> Event:
    """One event among many, told apart by its id."""
    given: dict[str, object] = {"kind": "request", "time": NOW + number, "id": str(number), **values}
    return Event(**given)  # type: ignore[arg-type]  # the tests' own values


def lines_of(path: Path) -> list[str]:
    """All lines of a log, in the order of its files."""
    return [line for file in files_of(path) for line in file.read_text("ascii").splitlines()]


def ids_of(path: Path) -> list[str]:
    """The ids of all events in a log; other kinds by their name."""
    found = map(Event.from_json, lines_of(path))
    return [each.id if each.kind == "request" else each.kind for each in found]
