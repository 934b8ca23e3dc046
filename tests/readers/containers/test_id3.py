"""Custom fields in ID3v2, and what its flags do to them."""

import struct
import zlib

import pytest

from noscrape.readers.containers.id3 import MOST_UNSYNCHRONISED
from noscrape.readers.containers.parts import LONGEST_FIELD, MOST_FIELD_BYTES, MOST_FIELDS, MOST_STEPS
from tests.readers.audio import audio, flac, frame, id3, mp3, synchsafe, txxx
from tests.readers.containers import cut, in_words

TEXT = b"\x03Content-Usage\0train-ai=n"
#: A picture, which is full of what unsynchronisation is about.
PICTURE = b"\0image/jpeg\0\x03\0" + b"\xff\xd8\xff\0" * 40


def frame_3(name: bytes, content: bytes, *, flags: int = 0) -> bytes:
    """A frame of ID3v2.3: all 32 bits of the size."""
    return name + struct.pack(">IH", len(content), flags) + content


def frame_2(name: bytes, content: bytes) -> bytes:
    """A frame of ID3v2.2: three letters, three bytes of size."""
    return name + len(content).to_bytes(3, "big") + content


def frame_4(name: bytes, content: bytes, *, flags: int = 0) -> bytes:
    """A frame of ID3v2.4."""
    return name + synchsafe(len(content)) + struct.pack(">H", flags) + content


def unsynchronised(content: bytes) -> bytes:
    """With a zero after each 0xFF."""
    return content.replace(b"\xff", b"\xff\0")


UTF_16 = b"\x01" + "Content-Usage".encode("utf-16") + b"\0\0" + "train-ai=n".encode("utf-16")

TAGS = {
    "2.4": id3(txxx("Content-Usage", "train-ai=n")),
    "2.3": id3(frame_3(b"TXXX", TEXT), version=3),
    "2.2": id3(frame_2(b"TXX", TEXT), version=2),
    "2.3 with the letters of 2.2": id3(frame_3(b"TXX\0", TEXT), version=3),
    "behind a picture": id3(frame(b"APIC", PICTURE) + frame(b"TXXX", TEXT)),
    "before padding": id3(frame(b"TXXX", TEXT) + bytes(200)),
    "between frames without content": id3(frame(b"TIT2", b"") + frame(b"TXXX", TEXT) + frame(b"TALB", b"")),
    "sizes as iTunes wrote them": id3(frame_3(b"APIC", PICTURE * 3) + frame_3(b"TXXX", TEXT)),
    "the last one, in a size as iTunes wrote it": id3(frame_3(b"TXXX", TEXT) + frame_3(b"APIC", PICTURE * 3)),
    "extended header of 2.4": id3(synchsafe(6) + b"\x01\0" + frame(b"TXXX", TEXT), flags=0x40),
    "extended header of 2.3": id3(b"\0\0\0\x06" + bytes(6) + frame_3(b"TXXX", TEXT), version=3, flags=0x40),
    "grouped 2.4": id3(frame_4(b"TXXX", b"g" + TEXT, flags=0x40)),
    "grouped 2.3": id3(frame_3(b"TXXX", b"g" + TEXT, flags=0x20), version=3),
    "length given": id3(frame_4(b"TXXX", synchsafe(len(TEXT)) + TEXT, flags=0x01)),
    "compressed 2.4": id3(frame_4(b"TXXX", synchsafe(len(TEXT)) + zlib.compress(TEXT), flags=0x09)),
    "compressed 2.3": id3(frame_3(b"TXXX", struct.pack(">I", len(TEXT)) + zlib.compress(TEXT), flags=0x80), version=3),
    "a size that can only be one of iTunes": id3(b"APIC\0\0\0\x80\0\0" + bytes(128) + frame(b"TXXX", TEXT)),
    "footer": id3(frame(b"TXXX", TEXT), flags=0x10) + b"3DI\x04\0\x10" + synchsafe(len(TEXT) + 10),
}


@pytest.mark.parametrize("tag", TAGS.values(), ids=TAGS.keys())
def test_a_field(tag: bytes) -> None:
    """In all versions, and whatever else is in the tag."""
    blocks = cut(mp3(tag))
    assert ("mp3", [TEXT], "") == (blocks.kind, blocks.texts, blocks.problem)


@pytest.mark.parametrize(
    "tag",
    [
        id3(unsynchronised(frame_3(b"APIC", PICTURE) + frame_3(b"TXXX", UTF_16)), version=3, flags=0x80),
        id3(unsynchronised(frame_2(b"TXX", UTF_16)), version=2, flags=0x80),
        id3(frame_4(b"TXXX", unsynchronised(UTF_16), flags=0x02)),
        id3(frame_4(b"TXXX", unsynchronised(UTF_16)), flags=0x80),
        id3(frame_4(b"TXXX", synchsafe(len(UTF_16)) + unsynchronised(UTF_16), flags=0x03), flags=0x80),
    ],
    ids=["2.3", "2.2", "frame of 2.4", "tag of 2.4", "with its length"],
)
def test_unsynchronised(tag: bytes) -> None:
    """ID3v2.4 section 6.1: zeros after 0xFF, also after that of a byte order mark, are no content."""
    blocks = cut(mp3(tag))
    assert ([UTF_16], "") == (blocks.texts, blocks.problem)


def test_several_tags() -> None:
    """Careless programs put another in front; all count."""
    blocks = cut(mp3(id3(txxx("a", "1")) + id3(txxx("b", "2"))))
    assert ([b"\x03a\x001", b"\x03b\x002"], "") == (blocks.texts, blocks.problem)


def test_too_many_tags() -> None:
    """Some."""
    assert 8 == len(cut(mp3(id3(txxx("a", "1")) * 9)).texts)


def test_before_flac() -> None:
    """FLAC may have a tag of ID3 in front; C2PA wants one there."""
    blocks = cut(id3(txxx("a", "1")) + flac())
    assert ("flac", [b"\x03a\x001"], "") == (blocks.kind, blocks.texts, blocks.problem)


def test_a_footer_before_flac() -> None:
    """ID3v2.4 section 3.4: ten bytes more."""
    footer = b"3DI\x04\0\x10" + synchsafe(len(txxx("a", "1")))
    blocks = cut(id3(txxx("a", "1"), flags=0x10) + footer + flac())
    assert ("flac", "") == (blocks.kind, blocks.problem)


def test_what_it_carries() -> None:
    """XMP in a private frame, C2PA in a general object."""
    xmp = (
        frame(b"PRIV", b"XMP\0<x/>")
        + frame(b"PRIV", b"XMP")
        + frame(b"PRIV", b"XMP\0")
        + frame(b"PRIV", b"other\0<y/>")
    )
    objects = frame(b"GEOB", b"\0application/c2pa\0\0\0" + bytes(9)) + frame(b"GEOB", b"\0text/plain\0\0\0c2pa")
    blocks = cut(mp3(id3(xmp + objects)))
    assert ([b"<x/>"], "") == (blocks.packets, blocks.problem)
    assert blocks.manifest_bytes == 29
    assert cut(mp3(id3(frame(b"GEOB", b"\0text/plain\0\0\0")))).manifest_bytes == 0


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (mp3(id3(frame(b"TXXX", TEXT)))[:30], "truncated: the frame TXXX says 25 bytes, and there are 10"),
        (mp3(id3(frame(b"TXXX", TEXT) + bytes(90)))[:60], "truncated: the ID3 tag says 125 bytes, and there are 50"),
        (mp3(id3(frame(b"TXXX", TEXT)))[:7], "truncated: the file ends after 7 bytes, where 10 are needed"),
        (b"ID3\4\0\0\0\0\0\x80" + mp3(), "the header of the ID3 tag is damaged"),
        (b"ID3\4\xff\0\0\0\0\0" + mp3(), "the header of the ID3 tag is damaged"),
        (mp3(id3(b"", version=5)), "an ID3 tag of version 2.5, which there is not"),
        (mp3(id3(b"", version=2, flags=0x40)), "an ID3 tag that is compressed as a whole, which nobody has defined"),
        (mp3(id3(b"\xff\xff\xff\xff" + TEXT)), "the ID3 tag is damaged: no frame where one should be"),
        (
            mp3(id3(b"TXXX" + synchsafe(99) + b"\0\0" + TEXT)),
            "truncated: the frame TXXX says 99 bytes",
        ),
        (mp3(id3(frame_4(b"TXXX", TEXT, flags=4))), "an encrypted field in the ID3 tag"),
        (mp3(id3(frame_4(b"TXXX", TEXT, flags=8))), "a compressed field in the ID3 tag is damaged"),
        (mp3(id3(b"\xff\xff\xff\xff" + TEXT, version=3, flags=0x40)), "the extended header of the ID3 tag is damaged"),
        (mp3(id3(b"\xff\xff\xff\xff" + TEXT, flags=0x40)), "the extended header of the ID3 tag is damaged"),
        (id3(frame(b"TXXX", TEXT)), "an ID3 tag, and no sound behind it"),
        (id3(b"") + b"plain text", "an ID3 tag, and no sound behind it"),
    ],
    ids=in_words,
)
def test_damaged(data: bytes, problem: str) -> None:
    """Each in words."""
    assert cut(data).problem.startswith(problem)


def test_what_could_be_read_before_the_damage() -> None:
    """It is kept: it may reserve."""
    tag = id3(frame(b"TXXX", TEXT) + b"TXXX" + synchsafe(99) + b"\0\0" + b"\x03name\0value")
    assert [TEXT, b"\x03name\0value"] == cut(mp3(tag)).texts
    encrypted = id3(frame_4(b"TXXX", TEXT, flags=4) + frame(b"TXXX", TEXT))
    assert [b"", TEXT] == cut(mp3(encrypted)).texts


def test_long_fields_are_cut() -> None:
    """Neither a long field nor a small one that unpacks to much fills the memory."""
    long = frame(b"TXXX", b"\x03a\0" + b"x" * 1_000_000)
    packed = zlib.compress(bytes(10_000_000))
    bomb = frame_4(b"TXXX", synchsafe(0) + packed, flags=0x09)
    assert [LONGEST_FIELD] * 2 == [len(text) for text in cut(mp3(id3(long + bomb))).texts]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (frame(b"TXXX", b"\0") * (MOST_FIELDS + 1), f"more than {MOST_FIELDS:,} custom fields"),
        (frame(b"TXXX", bytes(LONGEST_FIELD)) * 200, f"more than {MOST_FIELD_BYTES:,} bytes of custom fields"),
        (frame(b"TIT2", b"") * (MOST_STEPS + 1), f"more than {MOST_STEPS:,} parts"),
    ],
    ids=["fields", "bytes", "frames"],
)
def test_many_fields(content: bytes, problem: str) -> None:
    """There is a bound to everything that can be repeated."""
    blocks = cut(mp3(id3(content)))
    assert problem == blocks.problem
    assert len(blocks.texts) <= MOST_FIELDS
    assert sum(map(len, blocks.texts)) <= MOST_FIELD_BYTES


def test_a_large_unsynchronised_tag() -> None:
    """It would have to be read as a whole."""
    size = MOST_UNSYNCHRONISED + 1
    data = b"ID3\3\0\x80" + synchsafe(size) + bytes(size)
    assert f"an unsynchronised ID3 tag of {size:,} bytes" == cut(data).problem


def test_an_untagged_file() -> None:
    """It is well."""
    assert ("mp3", [], "") == (cut(audio("mp3")).kind, cut(audio("mp3")).texts, cut(audio("mp3")).problem)
