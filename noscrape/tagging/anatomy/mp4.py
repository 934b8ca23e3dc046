"""MP4 (ISO 14496-12): atoms in atoms. What moves when fields come in is told by where it lies, not by its position."""

from collections.abc import Iterator
from typing import Final

from noscrape.tagging.anatomy.parts import HANDLER, MOST_PARTS, SOUND, Anatomy, Source, TaggingError, digest, shown

#: What the first atom of a file can be called.
FIRST: Final = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"})

#: Atoms that hold others, as far as fields or positions can lie in them.
_HOLDERS: Final = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"udta"})
#: Tables of positions, which follow when the sound moves, and bytes of an entry.
_TABLES: Final = {b"stco": 4, b"co64": 8}
#: Atoms with positions that do not follow.
_FIXED: Final = frozenset({b"mfra", b"meta", b"saio"})
_UDTA: Final = "moov/udta"
#: Atoms in atoms in atoms: tables of positions lie five deep.
_DEEPEST: Final = 10

_XMP: Final = bytes.fromhex("BE7ACFCB97A942E89C71999491E3AFAC")
_C2PA: Final = bytes.fromhex("D8FEC3D61B0E483C92975828877EC481")

Atom = tuple[bytes, int, int]


def mp4(source: Source, without: frozenset[str]) -> Anatomy:
    """The atoms of a file. Raises TaggingError."""
    anatomy = Anatomy("mp4")
    tops = list(_atoms(source, 0, source.size))
    for name, begin, end in tops:
        if name in _FIXED or (name == b"moof" and _is_placed(source, begin, end)):
            anatomy.add(f"the place of the atom {shown(name)}", b"%d" % begin)
        if name == b"uuid":
            kind = source.peek(begin, 16)
            anatomy.signed |= kind == _C2PA or (kind == _XMP and source.bound_elsewhere(begin, end))
        if name == b"moov":
            _inside(source, ("moov", begin, end), tops, without, anatomy)
        else:
            anatomy.add(SOUND if name == b"mdat" else f"the atom {shown(name)}", name + source.digest(begin, end))
    return anatomy


def _is_placed(source: Source, begin: int, end: int) -> bool:
    """Whether a fragment says where in the file its sound begins (14496-12, 8.8.7: base-data-offset-present)."""
    return any(
        within == b"tfhd" and source.read(at, 4)[3] & 0x01
        for name, inside, stop in _atoms(source, begin, end)
        if name == b"traf"
        for within, at, _ in _atoms(source, inside, stop)
    )


def _inside(
    source: Source, span: tuple[str, int, int], tops: list[Atom], without: frozenset[str], anatomy: Anatomy
) -> None:
    above, first, last = span
    if above.count("/") > _DEEPEST:
        raise TaggingError("its atoms lie too deep in each other")
    for name, begin, end in _atoms(source, first, last):
        path = f"{above}/{shown(name)}"
        if path == f"{_UDTA}/meta":
            _meta(source, begin, end, without, anatomy)
        elif name in _HOLDERS:
            if path != _UDTA:  # which comes into being with the first field
                anatomy.add(f"the atom {path}")
            _inside(source, (path, begin, end), tops, without, anatomy)
        elif name in _TABLES:
            anatomy.add(f"the atom {path}", _positions(source.read(begin, end - begin), _TABLES[name], tops))
        else:
            if name == b"saio":
                anatomy.add(f"the place of the atom {path}", b"%d" % begin)
            anatomy.add(f"the atom {path}", source.digest(begin, end))


def _positions(table: bytes, width: int, tops: list[Atom]) -> bytes:
    """A table of positions, each told as the atom that it lies in, and how far."""
    told = digest(table[:8])
    spans = [(number, begin, end) for number, (_, begin, end) in enumerate(tops)]
    found = (-1, 0, 0)
    for at in range(8, len(table) - width + 1, width):
        position = int.from_bytes(table[at : at + width], "big")
        if not found[1] <= position < found[2]:  # mostly the atom that the last one was in
            found = next((span for span in spans if span[1] <= position < span[2]), (-1, 0, 0))
        told.update(b"%d+%d " % (found[0], position - found[1]))
    return told.digest()


def _meta(source: Source, begin: int, end: int, without: frozenset[str], anatomy: Anatomy) -> None:
    """The fields, in any order. The atoms called `free` beside them are padding."""
    if source.read(begin, 4) != bytes(4):
        raise TaggingError("its fields are kept in the way of QuickTime, in which mutagen cannot write")
    for name, inside, stop in _atoms(source, begin + 4, end):
        if name == b"ilst":
            fields = [(each, _name(source, *each)) for each in _atoms(source, inside, stop)]
            kept = [
                (f"the field {shown((called or kind.decode('latin-1')).encode())}", kind + source.digest(at, ends))
                for (kind, at, ends), called in fields
                if called.lower() not in without
            ]
            for part in sorted(kept):
                anatomy.add(*part)
        elif name != b"free":
            part_name = HANDLER if name == b"hdlr" else f"the atom {_UDTA}/meta/{shown(name)}"
            anatomy.add(part_name, source.digest(inside, stop))


def _name(source: Source, kind: bytes, begin: int, end: int) -> str:
    """The name of a freeform field; "" for any other."""
    if kind != b"----":
        return ""
    for name, inside, stop in _atoms(source, begin, end):
        if name == b"name":
            return source.peek(inside + 4, min(stop - inside - 4, 200)).decode("utf-8", "replace").strip()
    return ""


def _atoms(source: Source, at: int, end: int) -> Iterator[Atom]:
    """Each atom: its name, where its content begins, and where it ends. Raises TaggingError."""
    for _ in range(MOST_PARTS):
        if at == end:
            return
        if end - at < 8:
            raise TaggingError("its atoms do not fill it")
        head = source.read(at, 8)
        size, name, begin = int.from_bytes(head[:4], "big"), head[4:], at + 8
        if size == 1:
            size, begin = int.from_bytes(source.read(at + 8, 8), "big"), at + 16
        if size == 0 and end == source.size:
            size = end - at
        if size < begin - at or at + size > end:
            raise TaggingError(f"the atom {shown(name)} is damaged or truncated")
        yield name, begin, at + size
        at += size
    raise TaggingError(f"more than {MOST_PARTS:,} atoms")
