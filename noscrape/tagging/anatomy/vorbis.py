"""Vorbis comments (xiph.org), and what holds them: FLAC, and Ogg with Vorbis, Opus, FLAC or Speex."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from noscrape.tagging.anatomy.parts import MOST_HELD, SOUND, VENDOR, Anatomy, Source, TaggingError, digest, shown

_PADDING: Final = 1
_COMMENTS: Final = 4
#: What the first packet of a stream begins with, the kind, and bytes before the comments in its second packet; and how
#: many of those stay when the comments change.
_CODECS: Final = {
    b"\x01vorbis": ("ogg vorbis", 7, 7),
    b"OpusHead": ("ogg opus", 8, 8),
    b"\x7fFLAC": ("ogg flac", 4, 1),
    b"Speex   ": ("ogg speex", 0, 0),
}
_FIRST_PAGE: Final = 2
_LAST_PAGE: Final = 4


def flac(source: Source, at: int, without: frozenset[str]) -> Anatomy:
    """Metadata blocks, and the sound. Padding may be merged."""
    anatomy = Anatomy("flac")
    if at:
        anatomy.add("the ID3 tag in front", source.digest(0, at))
        anatomy.signed = source.holds(0, at, b"c2pa")
    at += 4
    last = False
    while not last:
        head = source.read(at, 4)
        last, kind, size = bool(head[0] & 0x80), head[0] & 0x7F, int.from_bytes(head[1:], "big")
        begin, at = at + 4, at + 4 + size
        if at > source.size or kind == 127:
            raise TaggingError("its FLAC metadata is damaged")
        if kind == _COMMENTS:
            if _comments(source.read(begin, size), without, anatomy).strip(b"\0"):
                raise TaggingError("there is something behind its comments, which would be lost")
        elif kind != _PADDING:
            anatomy.add(f"the FLAC block of type {kind}", bytes((kind,)) + source.digest(begin, at))
            anatomy.signed |= source.holds(begin, min(at, begin + 100), b"c2pa")
    anatomy.add(SOUND, source.digest(at, source.size))
    return anatomy


def _comments(data: bytes, without: frozenset[str], anatomy: Anatomy) -> bytes:
    """The comments; what stands behind them. Raises TaggingError."""
    at = 0

    def taken(size: int) -> bytes:
        nonlocal at
        begin, at = at, at + size
        if at > len(data):
            raise TaggingError("its comments are damaged")
        return data[begin:at]

    def number() -> int:
        return int.from_bytes(taken(4), "little")

    anatomy.add(VENDOR, taken(number()))
    for _ in range(number()):
        comment = taken(number())
        name, equals, _ = comment.partition(b"=")
        if not equals or name.decode("ascii", "replace").lower() not in without:
            anatomy.add(f"the comment {shown(name)}", digest(comment).digest())
    return data[at:]


@dataclass(frozen=True, slots=True)
class _Page:
    serial: int
    number: int
    flags: int
    position: bytes
    lacing: bytes
    content: bytes

    def raw(self) -> bytes:
        """All that it says."""
        return repr((self.serial, self.number, self.flags, self.position, self.lacing)).encode() + self.content


def ogg(source: Source, without: frozenset[str]) -> Anatomy:
    """The packets of the first stream of sound, on whatever pages; of other streams the pages as they are."""
    serial, codec = _stream(source)
    kind, before, staying = _CODECS[codec]
    anatomy, others, sound, comments = Anatomy(kind), digest(), digest(), bytearray()
    pages = packets = length = 0
    for page in _pages(source):
        if page.serial != serial:
            others.update(page.raw())
            continue
        if page.number != pages:
            raise TaggingError("pages of its Ogg stream are missing")
        pages += 1
        at = 0
        for lace in page.lacing:
            piece, at = page.content[at : at + lace], at + lace
            if packets == 1:
                comments += piece
            else:
                sound.update(piece)
                length += lace
            if lace < 255:
                sound.update(b" %d bytes " % length)
                packets, length = packets + 1, 0
        if len(comments) > MOST_HELD:
            raise TaggingError(f"its comments have more than {MOST_HELD:,} bytes")
        if page.position.strip(b"\0") and page.position.strip(b"\xff"):  # else it ends no packet of sound
            sound.update(b" %d packets at " % packets + page.position)
        if page.flags & _LAST_PAGE:
            sound.update(b" the end after %d " % packets)
    if packets < 2:
        raise TaggingError("its Ogg stream ends before its comments do")
    anatomy.add("the head of the comments", bytes(comments[:staying]))
    behind = _comments(bytes(comments[before:]), without, anatomy)
    anatomy.add("what stands behind the comments", behind.rstrip(b"\0"))
    anatomy.add(SOUND, sound.digest())
    anatomy.add("another stream", others.digest())
    return anatomy


def _stream(source: Source) -> tuple[int, bytes]:
    """The serial number of the first stream of sound, and what it begins with. Raises TaggingError for none."""
    for page in _pages(source):
        if not page.flags & _FIRST_PAGE:
            break
        for codec in _CODECS:
            if page.content.startswith(codec):
                return page.serial, codec
    raise TaggingError("an Ogg stream of a kind that cannot be written")


def _pages(source: Source) -> Iterator[_Page]:
    at = 0
    while at < source.size:
        head = source.read(at, 27)
        if not head.startswith(b"OggS\0"):
            raise TaggingError("its Ogg stream is damaged")
        lacing = source.read(at + 27, head[26])
        content = source.read(at + 27 + len(lacing), sum(lacing))
        if _checksum(b"".join((head[:22], bytes(4), head[26:], lacing, content))) != head[22:26]:
            raise TaggingError("a page of its Ogg stream does not match its checksum")
        serial, number = int.from_bytes(head[14:18], "little"), int.from_bytes(head[18:22], "little")
        yield _Page(serial, number, head[5], head[6:14], lacing, content)
        at += 27 + len(lacing) + len(content)


_REVERSED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def _checksum(page: bytes) -> bytes:
    """The CRC of Ogg, as it is stored. It is zlib's with all bits in the other order, and begun with zeros."""
    value = zlib.crc32(page.translate(_REVERSED), 0xFFFF_FFFF) ^ 0xFFFF_FFFF
    return value.to_bytes(4, "big").translate(_REVERSED)
