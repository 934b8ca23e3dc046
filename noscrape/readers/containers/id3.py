"""ID3v2 (id3.org, versions 2.2 to 2.4), the tag of MP3 files, of chunks in WAV and AIFF, and now and then before FLAC.

Only custom text frames are wanted, and two carriers: XMP in `PRIV`, C2PA in `GEOB`. A frame may be unsynchronised,
compressed or grouped; what is encrypted nobody can read.
"""

import re
import zlib
from io import BytesIO
from typing import Final

from noscrape.readers.containers.parts import LONGEST_FIELD, Blocks, DamagedError, Source, shown, truncated

HEADER_BYTES: Final = 10
#: A tag that was unsynchronised as a whole has to be read as a whole. Beyond this it is refused.
MOST_UNSYNCHRONISED: Final = 33_554_432

#: Some write the three letters of version 2.2 into later ones.
_FRAME_ID: Final = re.compile(rb"[A-Z][A-Z0-9]{2}[A-Z0-9 \0]?\Z")
#: What stands before the type of a general object is how its name is encoded.
_C2PA: Final = re.compile(rb".application/(?:x-)?c2pa", re.DOTALL | re.IGNORECASE)


def begins(head: bytes) -> bool:
    """Whether a tag begins with these bytes."""
    return head.startswith(b"ID3")


def walk(source: Source, at: int, end: int, blocks: Blocks) -> int:
    """Cut out what a tag holds, and tell where it ends. Raises DamagedError."""
    header = source.read(at, HEADER_BYTES)
    version, flags, size = header[3], header[5], _synchsafe(header[6:])
    if size is None or header[4] == 0xFF:
        raise DamagedError("the header of the ID3 tag is damaged")
    if version not in (2, 3, 4):
        raise DamagedError(f"an ID3 tag of version 2.{version}, which there is not")
    if version == 2 and flags & 0x40:
        raise DamagedError("an ID3 tag that is compressed as a whole, which nobody has defined")
    begin, stop = at + HEADER_BYTES, at + HEADER_BYTES + size
    here = min(stop, end)
    if flags & 0x80 and version < 4:
        if here - begin > MOST_UNSYNCHRONISED:
            raise DamagedError(f"an unsynchronised ID3 tag of {size:,} bytes")
        whole = _synchronised(source.read(begin, here - begin))
        _frames(Source(BytesIO(whole), len(whole)), 0, version, flags, blocks)
    else:
        _frames(_Part(source, here), begin, version, flags, blocks)
    if stop > end:
        raise truncated("the ID3 tag", says=size, left=end - begin)
    return stop + (HEADER_BYTES if flags & 0x10 and version == 4 else 0)


class _Part(Source):
    """The first bytes of a source."""

    __slots__ = ("_source",)

    def __init__(self, source: Source, size: int) -> None:
        self._source = source
        self.size = size

    def peek(self, at: int, count: int) -> bytes:
        return self._source.peek(at, min(count, max(0, self.size - at)))

    def step(self) -> None:
        self._source.step()


def _frames(tag: Source, at: int, version: int, flags: int, blocks: Blocks) -> None:
    if flags & 0x40:
        at += _extended_header(tag, at, version)
    letters = 3 if version == 2 else 4
    head_bytes = 2 * letters if version == 2 else 2 * letters + 2
    while tag.size - at >= head_bytes:
        head = tag.read(at, head_bytes)
        name = head[:letters]
        if not name.strip(b"\0"):  # padding
            return
        if not _FRAME_ID.match(name):
            raise DamagedError("the ID3 tag is damaged: no frame where one should be")
        tag.step()
        size = _frame_size(tag, at + head_bytes, head[letters : 2 * letters], version)
        begin = at + head_bytes
        at = begin + size
        _frame(tag, name.rstrip(b"\0 "), begin, min(size, tag.size - begin), (version, flags, head[-1]), blocks)
        if at > tag.size:
            raise truncated(f"the frame {shown(name)}", says=size, left=tag.size - begin)


def _frame(tag: Source, name: bytes, begin: int, size: int, how: tuple[int, int, int], blocks: Blocks) -> None:
    match name:
        case b"TXXX" | b"TXX":
            text, problem = _plain(tag.read(begin, min(size, 2 * LONGEST_FIELD)), *how)
            blocks.keep(blocks.texts, text[:LONGEST_FIELD])
            blocks.problem = blocks.problem or problem
        case b"PRIV" if tag.peek(begin, 4) == b"XMP\0":
            blocks.keep_packet(tag, begin + 4, size - 4)
        case b"GEOB" | b"GEO" if _C2PA.match(tag.peek(begin, min(size, 64))):
            blocks.manifest_bytes += size
        case _:
            pass


def _plain(content: bytes, version: int, tag_flags: int, flags: int) -> tuple[bytes, str]:
    """The content of a frame without what its flags say was done to it, or none and why it cannot be read."""
    if version == 3:
        grouped, compressed, encrypted, lengths = flags & 0x20, flags & 0x80, flags & 0x40, 4 if flags & 0x80 else 0
        unsynchronised = False  # the tag as a whole was
    elif version == 4:
        grouped, compressed, encrypted, lengths = flags & 0x40, flags & 0x08, flags & 0x04, 4 if flags & 0x01 else 0
        unsynchronised = bool(flags & 0x02 or tag_flags & 0x80)
    else:
        return content, ""
    if encrypted:
        return b"", "an encrypted field in the ID3 tag"
    content = content[lengths + (1 if grouped else 0) :]
    if unsynchronised:
        content = _synchronised(content)
    if not compressed:
        return content, ""
    try:
        return zlib.decompressobj().decompress(content, LONGEST_FIELD), ""
    except zlib.error:
        return b"", "a compressed field in the ID3 tag is damaged"


def _extended_header(tag: Source, at: int, version: int) -> int:
    field = tag.read(at, 4)
    size = 4 + int.from_bytes(field, "big") if version == 3 else _synchsafe(field)
    if size is None or size > tag.size - at:
        raise DamagedError("the extended header of the ID3 tag is damaged")
    return size


def _frame_size(tag: Source, begin: int, field: bytes, version: int) -> int:
    """The size of a frame. Version 2.4 has 28 bits of it in 4 bytes; iTunes wrote all 32, as in 2.3."""
    plain = int.from_bytes(field, "big")
    if version < 4:
        return plain
    safe = _synchsafe(field)
    if safe is None:
        return plain
    if safe != plain and not _goes_on(tag, begin + safe) and _goes_on(tag, begin + plain):
        return plain
    return safe


def _goes_on(tag: Source, at: int) -> bool:
    """Whether a frame, padding or the end is here."""
    name = tag.peek(at, 4)
    return at <= tag.size and (not name.strip(b"\0") or _FRAME_ID.match(name) is not None)


def _synchsafe(field: bytes) -> int | None:
    """28 bits in four bytes; None where it is not written so."""
    if any(byte & 0x80 for byte in field):
        return None
    return field[0] << 21 | field[1] << 14 | field[2] << 7 | field[3]


def _synchronised(content: bytes) -> bytes:
    """Without the zeros that were put after each 0xFF, so that no player would take it for sound."""
    return content.replace(b"\xff\0", b"\xff")
