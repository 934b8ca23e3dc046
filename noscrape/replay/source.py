"""Where lines come from: files, plain or gzip, and stdin. Memory grows neither with a file nor with a line."""

import gzip
import stat
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from io import BufferedReader
from pathlib import Path
from typing import Final

from noscrape.errors import ReplayError
from noscrape.replay.formats import LONGEST_LINE

_CHUNK_BYTES: Final = 262_144

_GZIP: Final = b"\x1f\x8b"

#: How files begin that are compressed otherwise, and what unpacks them.
_COMPRESSED: Final = {b"\x28\xb5\x2f\xfd": "zstdcat", b"\xfd7zXZ": "xzcat", b"BZh": "bzcat", b"PK\x03\x04": "unzip -p"}

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class Source:
    """One file, or stdin.

    `size` is in bytes as they lie on the disk, None where nobody knows; `done` counts those that have been read.
    Raises ReplayError where there is no such file.
    """

    def __init__(self, name: str, *, stdin: BufferedReader | None = None) -> None:
        self.name = name if stdin is None else "stdin"
        self.size: int | None = None
        self.done = 0
        self._stdin = stdin
        if stdin is not None:
            return
        try:
            status = Path(name).stat()
        except (OSError, ValueError) as error:
            raise ReplayError(f"{name}: {_reason(error)}") from None
        if stat.S_ISDIR(status.st_mode):
            raise ReplayError(f"{name}: is a folder, wanted a file")
        if stat.S_ISREG(status.st_mode):
            self.size = status.st_size

    def batches(self) -> Iterator[list[bytes]]:
        """The lines without their ends, many at a time; one longer than `LONGEST_LINE` is cut just above it.

        Raises ReplayError where a file cannot be read to its end, after all whole lines before that.
        """
        carry: bytes | None = None
        for chunk in self._chunks():
            lines = (chunk.removeprefix(_BYTE_ORDER_MARK) if carry is None else carry + chunk).split(b"\n")
            carry = lines.pop()[: LONGEST_LINE + 1]
            yield lines
        if carry:
            yield [carry]

    def _chunks(self) -> Iterator[bytes]:
        try:
            with self._file() as file:
                head = file.peek(8)
                for magic, program in _COMPRESSED.items():
                    if head.startswith(magic):
                        raise ReplayError(f"{self.name}: neither text nor gzip; try `{program} | noscrape replay -`")
                # A pipe may show one byte at first, and no line begins with that one.
                packed = head[:2] == _GZIP or head == _GZIP[:1]
                unpacked = gzip.GzipFile(fileobj=file, mode="rb") if packed else file
                while chunk := unpacked.read1(_CHUNK_BYTES):
                    if self.size is not None:
                        self.done = file.tell()
                    yield chunk
        except EOFError:
            raise ReplayError(f"{self.name}: the gzip data is cut off; the whole lines before that count") from None
        except (gzip.BadGzipFile, zlib.error):
            raise ReplayError(f"{self.name}: the gzip data is damaged; the whole lines before that count") from None
        except OSError as error:
            raise ReplayError(f"{self.name}: {_reason(error)}") from None

    def _file(self) -> AbstractContextManager[BufferedReader]:
        return Path(self.name).open("rb") if self._stdin is None else nullcontext(self._stdin)


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    return (error.strerror if isinstance(error, OSError) else None) or "cannot be read"
