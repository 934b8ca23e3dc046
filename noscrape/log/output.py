"""Where lines go: a file that is rotated by size, or stdout."""

import errno
import logging
import os
import socket
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

from noscrape.log.files import process_file, rotated

_logger = logging.getLogger("noscrape")

#: Two logs of one process with the same path get names of their own; this many, and something is wrong.
_SAME_NAME: Final = 100
_FLAGS: Final = (
    os.O_WRONLY
    | os.O_APPEND
    | os.O_CREAT
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_BINARY", 0)
)
#: The log names people's addresses: nobody but its owner and group reads it.
_PERMISSIONS: Final = 0o640
_STDOUT: Final = 1


class UnwrittenError(OSError):
    """Writing failed after `written` whole lines."""

    def __init__(self, written: int, cause: OSError) -> None:
        super().__init__(cause.errno, cause.strerror or str(cause))
        self.written = written


class Output(Protocol):
    """What the writer needs of a place that lines go to."""

    @property
    def name(self) -> str:
        """For messages to people."""

    def append(self, lines: Sequence[bytes]) -> None:
        """Write lines, given with their newlines. Raises UnwrittenError."""

    def close(self) -> None:
        """Let go; `append` opens again, and goes on with the same file."""


class Disk:
    """The operating system's calls, so that a test can fill the disk."""

    def open(self, path: Path, *, new: bool) -> int:
        return os.open(path, _FLAGS | (os.O_EXCL if new else 0), _PERMISSIONS)

    def write(self, file: int, data: bytes) -> int:
        return os.write(file, data)

    def truncate(self, file: int, size: int) -> None:
        os.ftruncate(file, size)

    def rename(self, source: Path, target: Path) -> None:
        os.replace(source, target)

    def close(self, file: int) -> None:
        os.close(file)


class FileOutput:
    """One file of this process beside `path`, renamed away when it reaches `max_bytes`; `keep` of those are kept.

    A line is written whole or not at all: what a full disk cut off is taken back.
    """

    def __init__(self, path: Path, *, max_bytes: int, keep: int, started: float, pid: int, disk: Disk) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._keep = keep
        self._started = started
        self._pid = pid
        self._disk = disk
        self._file: Path | None = None
        self._descriptor = -1
        self._identity = (0, 0)
        self._size = 0
        self._torn = False
        self._limit = max_bytes

    @property
    def name(self) -> str:
        return str(self._file or self._path)

    def append(self, lines: Sequence[bytes]) -> None:
        written = 0
        try:
            self._ready()
            while written < len(lines):
                if self._size and self._size + len(lines[written]) > self._limit:
                    self._rotate()
                count, size = 0, self._size
                while written + count < len(lines) and (not count or size + len(lines[written + count]) <= self._limit):
                    size += len(lines[written + count])
                    count += 1
                written += self._write(lines[written : written + count])
        except UnwrittenError as error:
            raise UnwrittenError(written + error.written, error) from error
        except OSError as error:
            raise UnwrittenError(written, error) from error

    def close(self) -> None:
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            self._disk.close(descriptor)

    def _ready(self) -> None:
        """The open file; another one where somebody moved or removed it, since nobody would ever read the old one."""
        if self._descriptor >= 0 and self._file is not None:
            try:
                found = os.stat(self._file)
                if (found.st_dev, found.st_ino) == self._identity:
                    return
            except FileNotFoundError:
                pass
            self.close()
        self._open()

    def _open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._file is None:
            self._descriptor, self._file = self._created()
        else:
            self._descriptor = self._disk.open(self._file, new=False)
        found = os.fstat(self._descriptor)
        if not stat.S_ISREG(found.st_mode):
            self.close()
            raise OSError(errno.EINVAL, "not a regular file")
        self._identity = (found.st_dev, found.st_ino)
        self._torn = self._torn and found.st_size > 0
        self._size = found.st_size

    def _created(self) -> tuple[int, Path]:
        for again in range(1, _SAME_NAME):
            file = process_file(
                self._path, host=socket.gethostname(), started=self._started, pid=self._pid, again=again
            )
            try:
                return self._disk.open(file, new=True), file
            except FileExistsError:
                continue
        raise FileExistsError(errno.EEXIST, "too many logs of one process")

    def _write(self, lines: Sequence[bytes]) -> int:
        data = b"".join(lines)
        if self._torn:
            data = b"\n" + data
        extra = len(data) - sum(map(len, lines))
        done = 0
        try:
            while done < len(data):
                done += self._disk.write(self._descriptor, data[done:])
        except OSError as error:
            whole, kept = 0, extra
            while whole < len(lines) and kept + len(lines[whole]) <= done:
                kept += len(lines[whole])
                whole += 1
            self._take_back(done, kept if whole else 0)
            raise UnwrittenError(whole, error) from error
        self._size += len(data)
        self._torn = False
        return len(lines)

    def _take_back(self, done: int, kept: int) -> None:
        """Remove the part of a line; where that fails as well, the next line starts with a newline."""
        if done > kept:
            try:
                self._disk.truncate(self._descriptor, self._size + kept)
            except OSError:
                self._torn = True
                self._size += done
                return
        if kept:
            self._torn = False
        self._size += kept

    def _rotate(self) -> None:
        """Rename from the oldest on, so that whoever reads from the newest on never misses a file."""
        file = self._file
        if file is None:
            return
        self.close()
        try:
            for age in range(self._keep, 0, -1):
                source = rotated(file, age=age - 1)
                if source.exists():
                    self._disk.rename(source, rotated(file, age=age))
            if not self._keep:
                file.unlink(missing_ok=True)
        except OSError as error:
            # Better one file too large than lines lost.
            self._limit += self._max_bytes
            _logger.error("log: %s could not be rotated and grows on: %s", file, error)
        else:
            self._limit = self._max_bytes
        self._open()


class StdoutOutput:
    """Standard output, a line at a time: other processes write there, too.

    The descriptor rather than `sys.stdout`, whose lock a thread must not hold when the interpreter ends.
    """

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._torn = False

    @property
    def name(self) -> str:
        return "stdout"

    def append(self, lines: Sequence[bytes]) -> None:
        for written, line in enumerate(lines):
            data = b"\n" + line if self._torn else line
            done = 0
            try:
                while done < len(data):
                    done += self._disk.write(_STDOUT, data[done:])
            except OSError as error:
                self._torn = self._torn or done > 0
                raise UnwrittenError(written, error) from error
            self._torn = False

    def close(self) -> None:
        return
