"""Vorbis comments (xiph.org), and what holds them: FLAC, and Ogg with Vorbis, Opus, FLAC or Speex."""

import re
import zlib
from collections.abc import Iterator
from typing import Final, Protocol

from noscrape.readers.containers.parts import LONGEST_FIELD, Blocks, DamagedError, Source, truncated

#: What the first packet of a stream begins with; and what stands before the comments in its second one, and how long.
_CODECS: Final = {
    b"\x01vorbis": (re.compile(rb"\x03vorbis"), 7),
    b"OpusHead": (re.compile(rb"OpusTags"), 8),
    b"\x7fFLAC": (re.compile(rb"[\x04\x84]"), 4),
    b"Speex   ": (re.compile(rb""), 0),
}
_COMMENTS: Final = 4
#: Pages are looked through for the comments up to here; pictures stand among them, and may be large.
MOST_PAGES_BYTES: Final = 67_108_864


#: The serial number of a stream, what the first packet of a page has on it, and whether it ends there.
_Page = tuple[int, bytes, bool]


class _Bytes(Protocol):
    """Bytes that are read from front to back."""

    def take(self, count: int, *, most: int = 1_000) -> bytes: ...
    def skip(self, count: int) -> None: ...


def flac(source: Source, at: int, blocks: Blocks) -> None:
    """Metadata blocks, until the one that is marked as the last."""
    at += 4
    last = False
    while not last:
        head = source.read(at, 4)
        source.step()
        last, kind, size = bool(head[0] & 0x80), head[0] & 0x7F, int.from_bytes(head[1:], "big")
        begin = at + 4
        left = source.size - begin
        if kind == 127:
            raise DamagedError("the FLAC metadata is damaged: a block of a kind that there is not")
        if kind == _COMMENTS:
            _comments(_Span(source, begin, min(begin + size, source.size)), source, blocks)
        if size > left:
            raise truncated("a block of FLAC metadata", says=size, left=left)
        at = begin + size


def ogg(source: Source, at: int, blocks: Blocks) -> None:
    """Pages, until the packet with the comments, which is the second of its stream."""
    pages = _pages(source, at)
    serial, before, size = _stream(pages)
    packet = _Packet(pages, serial)
    if not before.match(packet.take(size)):
        raise DamagedError("the Ogg stream has no comments")
    _comments(packet, source, blocks)


def _stream(pages: Iterator[_Page]) -> tuple[int, re.Pattern[bytes], int]:
    """The first stream of sound, and what to look for in it; there may be pictures beside it."""
    for serial, content, _ in pages:
        for begin, (before, size) in _CODECS.items():
            if content.startswith(begin):
                return serial, before, size
    raise DamagedError("an Ogg file without sound")


def _comments(data: _Bytes, source: Source, blocks: Blocks) -> None:
    """A vendor, then each field as NAME=value."""
    data.skip(int.from_bytes(data.take(4), "little"))
    for _ in range(int.from_bytes(data.take(4), "little")):
        source.step()
        size = int.from_bytes(data.take(4), "little")
        comment = data.take(size, most=LONGEST_FIELD)
        if b"=" in comment:
            blocks.keep(blocks.comments, comment)


class _Span:
    """A part of a file."""

    def __init__(self, source: Source, begin: int, end: int) -> None:
        self._source = source
        self._at = begin
        self._end = end

    def take(self, count: int, *, most: int = 1_000) -> bytes:
        """The next bytes, the first of them where they are many. Raises DamagedError beyond the end."""
        begin = self._at
        self.skip(count)
        return self._source.read(begin, min(count, most))

    def skip(self, count: int) -> None:
        """Leave bytes out. Raises DamagedError beyond the end."""
        if count > self._end - self._at:
            raise truncated("a comment", says=count, left=self._end - self._at)
        self._at += count


class _Packet:
    """A packet that may go over many pages, of which one is held at a time."""

    def __init__(self, pages: Iterator[_Page], serial: int) -> None:
        self._pages = pages
        self._serial = serial
        self._ends = False
        self._page = b""
        self._at = 0

    def take(self, count: int, *, most: int = 1_000) -> bytes:
        """The next bytes, the first of them where they are many. Raises DamagedError beyond the end."""
        kept = min(count, most)
        taken = self._page[self._at : self._at + kept]
        self._at += len(taken)
        while len(taken) < kept:
            self._turn()
            self._at = kept - len(taken)
            taken += self._page[: self._at]
        self.skip(count - kept)
        return taken

    def skip(self, count: int) -> None:
        """Leave bytes out. Raises DamagedError beyond the end."""
        while count > len(self._page) - self._at:
            count -= len(self._page) - self._at
            self._turn()
        self._at += count

    def _turn(self) -> None:
        if self._ends:
            raise DamagedError("truncated: the comments are longer than their packet")
        for serial, content, ends in self._pages:
            if serial == self._serial:
                self._page, self._at, self._ends = content, 0, ends
                return
        raise DamagedError("truncated: the Ogg stream ends before its comments do")


def _pages(source: Source, at: int) -> Iterator[_Page]:
    """Each page, as far as its first packet goes. Raises DamagedError."""
    begin = at
    while at < source.size:
        if at - begin > MOST_PAGES_BYTES:
            raise DamagedError(f"no end of the comments within {MOST_PAGES_BYTES:,} bytes")
        head = source.read(at, 27)
        source.step()
        if not head.startswith(b"OggS\0"):
            raise DamagedError("the Ogg stream is damaged: no page where one should be")
        lacing = source.read(at + 27, head[26])
        content = source.read(at + 27 + len(lacing), sum(lacing))
        if _checksum(b"".join((head[:22], bytes(4), head[26:], lacing, content))) != head[22:26]:
            raise DamagedError("the Ogg stream is damaged: a page does not match its checksum")
        whole = next((number for number, size in enumerate(lacing, 1) if size < 255), None)
        yield int.from_bytes(head[14:18], "little"), content[: sum(lacing[:whole])], whole is not None
        at += 27 + len(lacing) + len(content)


_REVERSED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def _checksum(page: bytes) -> bytes:
    """The CRC of Ogg, as it is stored. It is zlib's with all bits in the other order, and begun with zeros."""
    value = zlib.crc32(page.translate(_REVERSED), 0xFFFF_FFFF) ^ 0xFFFF_FFFF
    return value.to_bytes(4, "big").translate(_REVERSED)
