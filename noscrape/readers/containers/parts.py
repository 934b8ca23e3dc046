"""What all walks share: a source that is read with care, and what is cut out of it."""

from dataclasses import dataclass, field
from typing import BinaryIO, Final

from noscrape.errors import ReaderError

#: Frames, chunks, comments, pages and atoms that are looked at in one file. Real ones have some hundreds; fragmented
#: MP4, of which each fragment is two atoms, some thousands.
MOST_STEPS: Final = 20_000
#: Custom fields that are taken from one file, bytes of each (a longer one is cut), and bytes of all.
MOST_FIELDS: Final = 1_000
LONGEST_FIELD: Final = 8_192
MOST_FIELD_BYTES: Final = 1_048_576
#: Packets of XMP that are taken from one file, and bytes of each: as many as `standards.data_mining` would read.
MOST_PACKETS: Final = 4
LONGEST_PACKET: Final = 4_194_304


class DamagedError(ReaderError):
    """A file cannot be read further. The words say why, without its name."""


@dataclass(slots=True)
class Blocks:
    """What was cut out of a file, as its container stores it, and what went wrong.

    `texts` are custom text frames of ID3 (encoding, name, NUL, value), `comments` Vorbis comments (NAME=value),
    `freeform` what lies in the `----` atoms of MP4, `packets` XMP. `manifest_bytes` tells the size of a C2PA manifest.
    """

    kind: str = ""
    texts: list[bytes] = field(default_factory=list)
    comments: list[bytes] = field(default_factory=list)
    freeform: list[bytes] = field(default_factory=list)
    packets: list[bytes] = field(default_factory=list)
    manifest_bytes: int = 0
    problem: str = ""
    _bytes: int = 0

    def keep(self, fields: list[bytes], content: bytes) -> None:
        """Keep one custom field. Raises DamagedError where there are more than anybody needs."""
        if len(self.texts) + len(self.comments) + len(self.freeform) >= MOST_FIELDS:
            raise DamagedError(f"more than {MOST_FIELDS:,} custom fields")
        self._bytes += len(content)
        if self._bytes > MOST_FIELD_BYTES:
            raise DamagedError(f"more than {MOST_FIELD_BYTES:,} bytes of custom fields")
        fields.append(content)

    def keep_packet(self, source: "Source", at: int, size: int) -> None:
        """Keep a packet of XMP. One that is too long is kept a byte beyond what would be read, so that this is seen."""
        if size > 0 and len(self.packets) < MOST_PACKETS:
            self.packets.append(source.read(at, min(size, LONGEST_PACKET + 1)))


class Source:
    """A file that is read at the places asked for, within its bounds and a number of steps."""

    __slots__ = ("_file", "_steps", "size")

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._steps = 0
        self.size = size

    def read(self, at: int, count: int) -> bytes:
        """Exactly that many bytes. Raises DamagedError where the file ends before."""
        found = self.peek(at, count)
        if len(found) < count:
            raise DamagedError(f"truncated: the file ends after {self.size:,} bytes, where {at + count:,} are needed")
        return found

    def peek(self, at: int, count: int) -> bytes:
        """As many of those bytes as there are."""
        if at >= self.size or count <= 0:
            return b""
        self._file.seek(at)
        return self._file.read(min(count, self.size - at))

    def step(self) -> None:
        """Count one part more. Raises DamagedError for too many, so that no file takes for ever."""
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise DamagedError(f"more than {MOST_STEPS:,} parts")


def shown(name: bytes) -> str:
    """The name of a part, as it can be written."""
    text = name.rstrip(b"\0 ").decode("latin-1")
    return text if text.isascii() and text.isprintable() and text else name.hex()


def truncated(what: str, *, says: int, left: int) -> DamagedError:
    """The error for a part that claims more bytes than are left for it."""
    return DamagedError(f"truncated: {what} says {says:,} bytes, and there are {max(left, 0):,}")
