"""Files made of chunks: WAV (RIFF, little-endian) and AIFF (IFF, big-endian)."""

from typing import Literal

from noscrape.tagging.anatomy import id3
from noscrape.tagging.anatomy.parts import Anatomy, Source, TaggingError, shown

Order = Literal["little", "big"]


def wav(source: Source, without: frozenset[str]) -> Anatomy:
    """RIFF WAVE."""
    return _walk(source, Anatomy("wav"), without, order="little")


def aiff(source: Source, without: frozenset[str]) -> Anatomy:
    """FORM AIFF or AIFC."""
    return _walk(source, Anatomy("aiff"), without, order="big")


def _walk(source: Source, anatomy: Anatomy, without: frozenset[str], *, order: Order) -> Anatomy:
    head = source.read(0, 12)
    end = 8 + int.from_bytes(head[4:8], order)
    if end > source.size:
        raise TaggingError("truncated, or its size was never filled in")
    anatomy.add("the kind of the file", head[:4] + head[8:])
    at = 12
    while end - at >= 8:
        chunk = source.read(at, 8)
        name, size = chunk[:4], int.from_bytes(chunk[4:], order)
        begin, stop = at + 8, at + 8 + size
        if stop > end:
            raise TaggingError(f"the chunk {shown(name)} is longer than the file")
        if name.upper() == b"ID3 " and source.peek(begin, 3) == b"ID3":
            if not source.empty(id3.walk(source, begin, stop, without, anatomy), stop):
                raise TaggingError("there is something behind its ID3 tag, which would be lost")
        else:
            anatomy.add(f"the chunk {shown(name)}", name + source.digest(begin, stop))
        if name == b"C2PA" or (name in (b"_PMX", b"APPL") and source.bound_elsewhere(begin, stop)):
            anatomy.signed = True
        at = stop + size % 2
    if not end <= at <= end + 1:  # some leave out the last byte of padding
        raise TaggingError("its chunks do not fill it")
    if not source.empty(end, source.size):
        anatomy.add("what stands behind the last chunk", source.digest(end, source.size))
    return anatomy
