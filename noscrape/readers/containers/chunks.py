"""Files made of chunks: WAV and WebP (RIFF, little-endian), AIFF (IFF, big-endian)."""

import re
from collections.abc import Iterator
from typing import Final, Literal

from noscrape.readers.containers import id3
from noscrape.readers.containers.parts import Blocks, DamagedError, Source, shown, truncated

#: A size from here on is what programs write that do not know it yet, since they write to a pipe.
STREAMED: Final = 0x7FFF_0000
#: Bytes that the size of the whole may be wrong by: some count its own header, some the last padding byte.
SLACK: Final = 9
#: What stands for a size that is kept in `ds64`.
_BEYOND: Final = 0xFFFF_FFFF

_NAME: Final = re.compile(rb"[ -~]{4}\Z")

Order = Literal["little", "big"]


def wav(source: Source, at: int, blocks: Blocks) -> None:
    """RIFF WAVE; RIFX, in the other byte order; RF64 and BW64, with sizes beyond 4 GiB in a chunk of their own."""
    seen = set()
    for name, begin, size in _chunks(source, at, order="big" if source.peek(at, 4) == b"RIFX" else "little"):
        seen.add(name)
        match name:
            case b"id3 " | b"ID3 ":
                id3.walk(source, begin, begin + size, blocks)
            case b"_PMX":
                blocks.keep_packet(source, begin, size)
            case b"C2PA":
                blocks.manifest_bytes += size
            case _:
                pass
    if not seen & {b"fmt ", b"data"}:
        raise DamagedError("a WAV file without sound")


def aiff(source: Source, at: int, blocks: Blocks) -> None:
    """FORM AIFF or AIFC."""
    seen = set()
    for name, begin, size in _chunks(source, at, order="big"):
        seen.add(name)
        match name:
            case b"ID3 " | b"id3 ":
                id3.walk(source, begin, begin + size, blocks)
            case b"APPL" if source.peek(begin, 4) == b"XMP ":
                blocks.keep_packet(source, begin + 4, size - 4)
            case _:
                pass
    if not seen & {b"COMM", b"SSND"}:
        raise DamagedError("an AIFF file without sound")


def webp(source: Source, at: int, blocks: Blocks) -> None:
    """RIFF WEBP, an image."""
    for name, begin, size in _chunks(source, at, order="little"):
        if name == b"XMP ":
            blocks.keep_packet(source, begin, size)
        elif name == b"C2PA":
            blocks.manifest_bytes += size


def _chunks(source: Source, at: int, *, order: Order) -> Iterator[tuple[bytes, int, int]]:
    """Each chunk: its name, where its content begins, and how long it is. All of it is there.

    Raises DamagedError where the file ends before a chunk does, or before the whole does by its own account.
    """
    head = source.read(at, 12)
    whole = int.from_bytes(head[4:8], order)
    unknown = whole == 0 or whole >= STREAMED
    end = source.size if unknown else at + 8 + whole
    at += 12
    sound = 0
    while source.size - at >= 8:
        head = source.read(at, 8)
        name, size = head[:4], int.from_bytes(head[4:], order)
        if not _NAME.match(name):
            if at + SLACK < end and name.strip(b"\0"):
                raise DamagedError("no chunk where one should be")
            break  # padding, or what other programs left behind the last chunk
        source.step()
        begin = at + 8
        left = source.size - begin
        if name == b"ds64" and left >= 16:
            sound = int.from_bytes(source.read(begin + 8, 8), order)
        if name in (b"data", b"SSND"):
            if sound and size == _BEYOND:
                size = sound
            elif (size > left and (unknown or size >= STREAMED)) or (
                size == 0 and left and not _NAME.match(source.peek(begin, 4))
            ):
                yield name, begin, left
                return
        if size > left:
            if at >= end:
                break
            raise truncated(f"the chunk {shown(name)}", says=size, left=left)
        yield name, begin, size
        at = begin + size
        if size % 2 and not _NAME.match(source.peek(at, 4)):  # else somebody has forgotten to pad
            at += 1
    if end > source.size + SLACK:
        raise truncated("the file", says=end, left=source.size)
