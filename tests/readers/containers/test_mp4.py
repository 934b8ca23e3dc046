"""Freeform fields in MP4."""

import struct

import pytest

from noscrape.readers.containers.parts import MOST_FIELDS, MOST_STEPS
from tests.readers.audio import XMP_UUID, atom, audio, freeform, full, ilst, m4a, movie
from tests.readers.containers import cut, in_words

FIELD = freeform("Content-Usage", "train-ai=n")
INSIDE = FIELD[8:]
FTYP = atom(b"ftyp", b"M4A \0\0\0\0")
C2PA_UUID = bytes.fromhex("D8FEC3D61B0E483C92975828877EC481")


def moov(*inside: bytes) -> bytes:
    """A file of one movie atom, without any sound."""
    return FTYP + atom(b"moov", *inside)


def keyed(*, meta: bytes = b"\0\0\0\0") -> bytes:
    """The same field as QuickTime has it: the name apart, and a number in its place."""
    keys = full(b"keys", struct.pack(">I", 2), atom(b"mdta", b"other"), atom(b"mdta", b"Content-Usage"))
    data = atom(b"data", struct.pack(">II", 1, 0), b"train-ai=n")
    fields = atom(b"ilst", atom(b"\0\0\0\x02", data), atom(b"\0\0\0\x03", data), atom(b"\0\0\0\0", data))
    return atom(b"meta", meta + full(b"hdlr", bytes(4), b"mdta", bytes(13)), keys, fields)


WHOLE = {
    "m4a": m4a({"Content-Usage": ("train-ai=n",)}),
    "behind a cover": moov(ilst(atom(b"covr", atom(b"data", bytes(70_000))), FIELD)),
    "the movie behind the sound": FTYP + atom(b"mdat", bytes(99)) + atom(b"moov", ilst(FIELD)),
    "without ftyp": atom(b"moov", ilst(FIELD)),
    "a size of 64 bits": FTYP + struct.pack(">I4sQ", 1, b"moov", 16 + len(ilst(FIELD))) + ilst(FIELD),
    "a size of none": FTYP + struct.pack(">I4s", 0, b"moov") + ilst(FIELD),
    "metadata without version": moov(atom(b"udta", atom(b"meta", full(b"hdlr", bytes(21)), atom(b"ilst", FIELD)))),
    "a list that ends with zeros": moov(ilst(FIELD), bytes(8)),
    "zeros behind": moov(ilst(FIELD)) + bytes(50),
    "garbage behind": moov(ilst(FIELD)) + b"\x01\xff\xfe\xfd" * 9,
    "a tag of ID3v1 behind": moov(ilst(FIELD)) + b"TAGtitle" + bytes(120),
    "sound that was cut off": moov(ilst(FIELD)) + struct.pack(">I", 5000) + b"mdat" + bytes(9),
}


@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE.keys())
def test_a_field(data: bytes) -> None:
    """Wherever it stands."""
    blocks = cut(data)
    assert ("mp4", [INSIDE], "") == (blocks.kind, blocks.freeform, blocks.problem)


@pytest.mark.parametrize(
    "data", [moov(keyed()), moov(atom(b"udta", keyed())), moov(keyed(meta=b""))], ids=["moov", "udta", "no version"]
)
def test_numbered_fields(data: bytes) -> None:
    """QuickTime's way, which ffmpeg takes with use_metadata_tags: made into a freeform field."""
    blocks = cut(data)
    name = full(b"name", b"Content-Usage")
    assert ([name + atom(b"data", struct.pack(">II", 1, 0), b"train-ai=n")], "") == (blocks.freeform, blocks.problem)


def test_what_else_it_carries() -> None:
    """XMP and C2PA in atoms with names of sixteen bytes; XMP also as QuickTime has it."""
    uuids = atom(b"uuid", XMP_UUID, b"<x/>") + atom(b"uuid", C2PA_UUID, bytes(5)) + atom(b"uuid", b"short")
    blocks = cut(moov(atom(b"udta", atom(b"XMP_", b"<y/>"))) + uuids)
    assert ([b"<y/>", b"<x/>"], 21, "") == (blocks.packets, blocks.manifest_bytes, blocks.problem)


def test_an_untagged_file() -> None:
    """It is well."""
    assert ([], "") == (cut(audio("m4a")).freeform, cut(audio("m4a")).problem)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (FTYP, "an MP4 file without a description of its sound (no moov atom)"),
        (FTYP[:10], "truncated: the atom ftyp says 8 bytes, and there are 2"),
        (m4a({})[:300], "truncated: the atom moov says"),
        (FTYP + struct.pack(">I", 5000) + b"mdat" + bytes(9), "truncated: the atom mdat says 4,992 bytes"),
        (
            moov(ilst(FIELD)) + struct.pack(">I", 50) + b"uuid",
            "truncated: the atom uuid says 42 bytes",
        ),
        (moov(struct.pack(">I", 50) + b"udta"), "truncated: the atom udta says 42 bytes, and there are 0"),
        (moov(atom(b"udta", struct.pack(">I", 50) + b"meta")), "truncated: the atom meta says 42 bytes"),
        (moov(ilst(struct.pack(">I", 9000) + b"----")), "truncated: the atom ---- says 8,992 bytes"),
        (moov(struct.pack(">I", 7) + b"udta"), "the atom udta is damaged: a size of 7"),
        (moov(struct.pack(">I", 7) + b"\0\1\2\3"), "the atom 00010203 is damaged: a size of 7"),
        (FTYP + struct.pack(">I4sQ", 1, b"moov", 2**63), "truncated: the atom moov says 9,223,372,036,854,775,792"),
        (FTYP + struct.pack(">I4sQ", 1, b"moov", 15), "the atom moov is damaged: a size of 15"),
        (FTYP + atom(b"free") * MOST_STEPS, f"more than {MOST_STEPS:,} parts"),
        (moov(ilst(*[FIELD] * (MOST_FIELDS + 1))), f"more than {MOST_FIELDS:,} custom fields"),
        (
            moov(atom(b"meta", full(b"hdlr", bytes(21)), full(b"keys", struct.pack(">I", 2000)))),
            f"more than {MOST_FIELDS:,} custom fields",
        ),
    ],
    ids=in_words,
)
def test_damaged(data: bytes, problem: str) -> None:
    """Each in words; a name that is none is written in digits."""
    assert cut(data).problem.startswith(problem)


def test_the_movie_of_the_tests() -> None:
    """The offset in it points at the sound, so that programs which move it can be checked."""
    data = m4a({})
    assert movie(len(data) - 7, b"") in data
