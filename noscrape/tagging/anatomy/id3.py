"""ID3v2 (id3.org, versions 2.3 and 2.4), frame by frame. None of them has to be understood."""

import re
from io import BytesIO
from typing import Final

from noscrape.tagging.anatomy.parts import ID3_HEADER, MOST_HELD, SOUND, Anatomy, Source, TaggingError, shown

HEADER_BYTES: Final = 10
#: Tags one behind the other, as careless programs make them.
_MOST_TAGS: Final = 8
_FRAME_ID: Final = re.compile(rb"[A-Z][A-Z0-9]{3}\Z")
_DAMAGED: Final = "its ID3 tag is damaged"


def is_mpeg(head: bytes) -> bool:
    """Whether a frame of MPEG audio begins with these bytes."""
    return len(head) > 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0


def end_of_tags(source: Source) -> int:
    """Where the tags in front of a file end."""
    at = 0
    for _ in range(_MOST_TAGS):
        header = source.peek(at, HEADER_BYTES)
        if not header.startswith(b"ID3") or len(header) < HEADER_BYTES:
            break
        at += HEADER_BYTES + _synchsafe(header[6:]) + (HEADER_BYTES if header[3] == 4 and header[5] & 0x10 else 0)
    return at


def mp3(source: Source, without: frozenset[str]) -> Anatomy:
    """A tag, and whatever comes behind it: sound, other tags."""
    anatomy = Anatomy("mp3")
    at = walk(source, 0, source.size, without, anatomy) if source.peek(0, 3) == b"ID3" else 0
    anatomy.add(SOUND, source.digest(at, source.size))
    return anatomy


def walk(source: Source, at: int, end: int, without: frozenset[str], anatomy: Anatomy) -> int:
    """The frames of a tag; where it ends. Raises TaggingError."""
    header = source.read(at, HEADER_BYTES)
    version, revision, flags, size = header[3], header[4], header[5], _synchsafe(header[6:])
    begin, stop = at + HEADER_BYTES, at + HEADER_BYTES + size
    if version not in (3, 4):
        raise TaggingError(f"its ID3 tag is of version 2.{version}, in which mutagen cannot write")
    if flags & 0x40:
        raise TaggingError("its ID3 tag has an extended header, which would be lost")
    if flags & 0x10:
        raise TaggingError("its ID3 tag has a footer, which would be lost")
    if stop > end:
        raise TaggingError("its ID3 tag is truncated")
    anatomy.add(ID3_HEADER, bytes((version, revision, flags & 0x7F)))
    unsynchronised = bool(flags & 0x80)
    if unsynchronised and version == 3:  # as a whole; written plainly, its frames say the same
        whole = source.read(begin, size).replace(b"\xff\0", b"\xff")
        _frames(Source(BytesIO(whole)), (0, len(whole)), (version, 0), without, anatomy)
    else:
        _frames(source, (begin, stop), (version, 0x02 if unsynchronised else 0), without, anatomy)
    return stop


def _frames(
    source: Source, span: tuple[int, int], how: tuple[int, int], without: frozenset[str], anatomy: Anatomy
) -> None:
    (at, stop), (version, all_flags) = span, how
    while stop - at >= HEADER_BYTES:
        head = source.read(at, HEADER_BYTES)
        name = head[:4]
        if not name.strip(b"\0"):
            break
        if not _FRAME_ID.match(name):
            raise TaggingError(_DAMAGED)
        size = int.from_bytes(head[4:8], "big") if version == 3 else _synchsafe(head[4:8])
        begin, at = at + HEADER_BYTES, at + HEADER_BYTES + size
        if at > stop:
            raise TaggingError(_DAMAGED)
        if name == b"TXXX" and size <= MOST_HELD and description(head + source.read(begin, size)) in without:
            continue
        if name == b"GEOB" and source.holds(begin, min(at, begin + 100), b"c2pa"):
            anatomy.signed = True
        if name == b"PRIV" and source.peek(begin, 4) == b"XMP\0" and source.bound_elsewhere(begin, at):
            anatomy.signed = True
        if size:  # a frame without content says nothing, and the standard forbids it
            anatomy.add(
                f"the ID3 frame {shown(name)}", bytes((head[8], head[9] | all_flags)) + source.digest(begin, at)
            )
    if not source.empty(at, stop):
        raise TaggingError("its ID3 tag has something behind the frames, which would be lost")


def description(frame: bytes) -> str:
    """Of a custom text frame with its header, in lower case; "" for any other frame, and one that is packed somehow."""
    if not frame.startswith(b"TXXX") or len(frame) <= HEADER_BYTES or frame[9]:
        return ""
    encoding, text = frame[HEADER_BYTES], frame[HEADER_BYTES + 1 :]
    name = {0: "latin-1", 1: "utf-16", 2: "utf-16-be", 3: "utf-8"}.get(encoding)
    return text.decode(name, "replace").partition("\0")[0].strip().lower() if name else ""


def _synchsafe(field: bytes) -> int:
    if any(byte & 0x80 for byte in field):
        raise TaggingError(_DAMAGED)
    return field[0] << 21 | field[1] << 14 | field[2] << 7 | field[3]
