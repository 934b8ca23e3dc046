"""MP4 (ISO 14496-12, and QuickTime's notes on metadata): atoms in atoms. Freeform fields, XMP, and C2PA's `uuid`."""

import re
from collections.abc import Iterator
from typing import Final

from noscrape.readers.containers.parts import LONGEST_FIELD, MOST_FIELDS, Blocks, DamagedError, Source, shown, truncated

#: What the first atom of an MP4 file can be called. Those without `ftyp` are old.
FIRST: Final = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp")

_XMP: Final = bytes.fromhex("BE7ACFCB97A942E89C71999491E3AFAC")
_C2PA: Final = bytes.fromhex("D8FEC3D61B0E483C92975828877EC481")

#: Atoms that are looked into.
_WANTED: Final = (b"moov", b"uuid")
_NAME: Final = re.compile(rb"[ -~]{4}\Z")

Atom = tuple[bytes, int, int]


def walk(source: Source, at: int, blocks: Blocks) -> None:
    """Cut out what the atoms hold that are looked for. Raises DamagedError."""
    described = False
    for name, begin, end in _atoms(source, at, source.size):
        if described and name not in _WANTED and (end > source.size or not _NAME.match(name)):
            return  # what was cut off is sound, or it is what other programs left behind the last atom
        if end > source.size:
            raise truncated(f"the atom {shown(name)}", says=end - begin, left=source.size - begin)
        match name:
            case b"moov":
                described = True
                _movie(source, begin, end, blocks)
            case b"uuid":
                _uuid(source, begin, end, blocks)
            case _:
                pass
    if not described:
        raise DamagedError("an MP4 file without a description of its sound (no moov atom)")


def _movie(source: Source, begin: int, end: int, blocks: Blocks) -> None:
    for name, inside, stop in _inside(source, begin, end):
        if name == b"meta":
            _meta(source, inside, stop, blocks)
        if name == b"udta":
            for within, first, last in _inside(source, inside, stop):
                if within == b"meta":
                    _meta(source, first, last, blocks)
                elif within == b"XMP_":
                    blocks.keep_packet(source, first, last - first)


def _meta(source: Source, begin: int, end: int, blocks: Blocks) -> None:
    """The fields. In MP4 an atom with version and flags, in QuickTime without."""
    if source.peek(begin + 4, 4) != b"hdlr":
        begin += 4
    keys: list[bytes] = []
    for name, inside, stop in _inside(source, begin, end):
        if name == b"keys":
            keys = _keys(source, inside, stop)
        elif name == b"ilst":
            for field, first, last in _inside(source, inside, stop):
                number = int.from_bytes(field, "big")
                if field == b"----":
                    blocks.keep(blocks.freeform, source.read(first, min(last - first, LONGEST_FIELD)))
                elif 0 < number <= len(keys):
                    data = source.read(first, min(last - first, LONGEST_FIELD))
                    blocks.keep(blocks.freeform, _named(keys[number - 1]) + data)


def _keys(source: Source, begin: int, end: int) -> list[bytes]:
    """The names of fields that are numbered instead, as QuickTime does and ffmpeg when asked to."""
    count = int.from_bytes(source.peek(begin + 4, 4), "big")
    if count > MOST_FIELDS:
        raise DamagedError(f"more than {MOST_FIELDS:,} custom fields")
    return [source.peek(inside, min(stop - inside, 200)) for _, inside, stop in _inside(source, begin + 8, end)]


def _named(name: bytes) -> bytes:
    """The name of a field, as it stands in a freeform one."""
    return (12 + len(name)).to_bytes(4, "big") + b"name" + bytes(4) + name


def _uuid(source: Source, begin: int, end: int, blocks: Blocks) -> None:
    match source.peek(begin, min(16, end - begin)):
        case found if found == _XMP:
            blocks.keep_packet(source, begin + 16, end - begin - 16)
        case found if found == _C2PA:
            blocks.manifest_bytes += end - begin


def _inside(source: Source, begin: int, end: int) -> Iterator[Atom]:
    """The atoms inside another one. Raises DamagedError where one is longer than what it lies in."""
    for name, inside, stop in _atoms(source, begin, end):
        if stop > end:
            raise truncated(f"the atom {shown(name)}", says=stop - inside, left=end - inside)
        yield name, inside, stop


def _atoms(source: Source, at: int, end: int) -> Iterator[Atom]:
    """Each atom: its name, where its content begins, and where it ends by its own account."""
    while end - at >= 8:
        source.step()
        head = source.read(at, 8)
        size, name, begin = int.from_bytes(head[:4], "big"), head[4:], at + 8
        if size == 0:  # the last one, without a size; or zeros where a list ends
            if name.strip(b"\0"):
                yield name, begin, end
            return
        if size == 1:
            size, begin = int.from_bytes(source.read(at + 8, 8), "big"), at + 16
        if at + size < begin:
            raise DamagedError(f"the atom {shown(name)} is damaged: a size of {size}")
        yield name, begin, at + size
        at += size
