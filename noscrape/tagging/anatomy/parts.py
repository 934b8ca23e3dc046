"""What all walks share: the parts that they find, and a source that is read with care."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from noscrape.errors import NoScrapeError

#: Parts that a file may have. Real ones have some hundreds.
MOST_PARTS: Final = 200_000
#: What has to be held as a whole: an unsynchronised tag, the comments of an Ogg stream, a table of positions.
MOST_HELD: Final = 67_108_864
_READ_BYTES: Final = 1_048_576

ID3_HEADER: Final = "the header of the ID3 tag"
VENDOR: Final = "the vendor of the comments"
HANDLER: Final = "the handler of the fields"
#: What comes into being with the first field of a file, and says nothing by itself.
SCAFFOLD: Final = frozenset({ID3_HEADER, VENDOR, HANDLER})
SOUND: Final = "the sound"

#: What a packet of XMP says where the manifest of a file is kept elsewhere.
_ELSEWHERE: Final = (b"dcterms:provenance", b"c2pa")


class TaggingError(NoScrapeError):
    """A file cannot be tagged, or not without risk to what is in it. The words say why, without its name."""


@dataclass(slots=True)
class Anatomy:
    """The parts of a file in their order, each as what people call it and a digest of its content.

    `signed` tells that it has a C2PA manifest, or that one which is kept elsewhere is bound to it.
    """

    kind: str
    parts: list[tuple[str, bytes]] = field(default_factory=list)
    signed: bool = False

    def add(self, name: str, content: bytes = b"") -> None:
        """Account for one part. Raises TaggingError for more than any honest file has."""
        if len(self.parts) >= MOST_PARTS:
            raise TaggingError(f"more than {MOST_PARTS:,} parts")
        self.parts.append((name, content))


class Source:
    """A file that is read at the places asked for."""

    __slots__ = ("_file", "size")

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = file.seek(0, 2)

    def peek(self, at: int, count: int) -> bytes:
        """As many of those bytes as there are."""
        if count <= 0:
            return b""
        self._file.seek(at)
        return self._file.read(count)

    def read(self, at: int, count: int) -> bytes:
        """Exactly that many bytes. Raises TaggingError where there are fewer, or too many to hold."""
        if count > MOST_HELD:
            raise TaggingError(f"one of its parts has {count:,} bytes")
        found = self.peek(at, count)
        if len(found) < count:
            raise TaggingError("truncated")
        return found

    def digest(self, begin: int, end: int) -> bytes:
        """Of the bytes between, however many."""
        told = digest()
        for piece in self._pieces(begin, end):
            told.update(piece)
        return told.digest()

    def empty(self, begin: int, end: int) -> bool:
        """Whether there are only zeros between."""
        return not any(piece.strip(b"\0") for piece in self._pieces(begin, end))

    def holds(self, begin: int, end: int, *words: bytes) -> bool:
        """Whether one of the words, in lower case, stands between."""
        text = self.peek(begin, min(end - begin, MOST_HELD)).lower()
        return any(word in text for word in words)

    def bound_elsewhere(self, begin: int, end: int) -> bool:
        """Whether a packet of XMP names a manifest that is kept elsewhere."""
        return self.holds(begin, end, *_ELSEWHERE)

    def _pieces(self, begin: int, end: int) -> Iterator[bytes]:
        self._file.seek(begin)
        while begin < end and (piece := self._file.read(min(_READ_BYTES, end - begin))):
            begin += len(piece)
            yield piece


def digest(content: bytes = b"") -> "hashlib.blake2b":
    """Something that tells contents apart."""
    return hashlib.blake2b(content, digest_size=32)


def shown(name: bytes) -> str:
    """The name of a part, as it can be written."""
    text = name[:40].decode("latin-1").strip()
    return text if text.isascii() and text.isprintable() and text else name[:40].hex()
