"""WAV, AIFF and WebP."""

import struct

import pytest

from noscrape.readers.containers.parts import MOST_STEPS
from tests.readers.audio import WAV_FORMAT, aiff, chunk_be, chunk_le, id3, txxx, wav
from tests.readers.containers import cut, in_words

TAG = id3(txxx("a", "1"))
TEXT = b"\x03a\x001"
SOUND = b"\x12\x93\xfe\x07" * 8


def riff(*chunks: bytes, size: int | None = None, name: bytes = b"RIFF") -> bytes:
    """A WAV file of these chunks, of any size by its own account."""
    content = b"WAVE" + b"".join(chunks)
    return name + struct.pack("<I", len(content) if size is None else size) + content


def sized(name: bytes, size: int, content: bytes) -> bytes:
    """A chunk of any size by its own account."""
    return name + struct.pack("<I", size) + content


WHOLE = {
    "behind the sound": wav(chunk_le(b"id3 ", TAG)),
    "in capitals": wav(chunk_le(b"ID3 ", TAG)),
    "before the sound": riff(WAV_FORMAT, chunk_le(b"id3 ", TAG), chunk_le(b"data", SOUND)),
    "behind an odd chunk": wav(chunk_le(b"LIST", b"odd"), chunk_le(b"id3 ", TAG)),
    "behind an odd chunk without padding": wav(sized(b"LIST", 3, b"odd"), chunk_le(b"id3 ", TAG)),
    "the last byte of padding missing": wav(chunk_le(b"id3 ", TAG), sized(b"odd ", 3, b"odd")),
    "nothing behind it by the size of the whole": riff(
        WAV_FORMAT, chunk_le(b"data", SOUND), chunk_le(b"id3 ", TAG), size=68
    ),
    "size of the whole unknown": riff(WAV_FORMAT, chunk_le(b"data", SOUND), chunk_le(b"id3 ", TAG), size=0),
    "size of the whole as large as can be": riff(
        WAV_FORMAT, chunk_le(b"data", SOUND), chunk_le(b"id3 ", TAG), size=0xFFFFFFFF
    ),
    "size of the whole with its header": riff(
        WAV_FORMAT, chunk_le(b"data", SOUND), chunk_le(b"id3 ", TAG), size=4 + 24 + 40 + 8 + len(TAG) + 8
    ),
    "an empty sound": riff(WAV_FORMAT, chunk_le(b"data", b""), chunk_le(b"id3 ", TAG)),
    "RF64": riff(
        chunk_le(b"ds64", struct.pack("<QQQI", 0, len(SOUND), 0, 0)),
        WAV_FORMAT,
        sized(b"data", 0xFFFFFFFF, SOUND),
        chunk_le(b"id3 ", TAG),
        size=0xFFFFFFFF,
        name=b"RF64",
    ),
    "RIFX": chunk_be(
        b"RIFX", b"WAVE" + chunk_be(b"fmt ", bytes(16)) + chunk_be(b"data", SOUND) + chunk_be(b"id3 ", TAG)
    ),
    "zeros behind": wav(chunk_le(b"id3 ", TAG), bytes(500)),
    "garbage behind": wav(chunk_le(b"id3 ", TAG)) + b"\xff\xfe\0" * 50,
    "a tag of ID3v1 behind": wav(chunk_le(b"id3 ", TAG)) + b"TAGtitle" + bytes(120),
}


@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE.keys())
def test_a_tag_in_wav(data: bytes) -> None:
    """Wherever it stands, and however carelessly the sizes were written."""
    blocks = cut(data)
    assert ("wav", [TEXT], "") == (blocks.kind, blocks.texts, blocks.problem)


STREAMED = {
    "both as large as can be": riff(WAV_FORMAT, sized(b"data", 0xFFFFFFFF, SOUND), size=0xFFFFFFFF),
    "both nothing": riff(WAV_FORMAT, sized(b"data", 0, SOUND), size=0),
    "the sound nothing": riff(WAV_FORMAT, sized(b"data", 0, SOUND)),
    "as arecord writes": riff(WAV_FORMAT, sized(b"data", 0x80000000, SOUND), size=0x80000024),
    "as sox writes": riff(WAV_FORMAT, sized(b"data", 0x7FFFF000, SOUND), size=0x7FFFF024),
    "the sound large, the whole nothing": riff(WAV_FORMAT, sized(b"data", 1_000_000, SOUND), size=0),
}


@pytest.mark.parametrize("data", STREAMED.values(), ids=STREAMED.keys())
def test_streamed(data: bytes) -> None:
    """A program that writes to a pipe does not know the sizes: the sound goes on to the end."""
    assert "" == cut(data).problem


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (wav()[:50], "truncated: the chunk data says 32 bytes, and there are 6"),
        (riff(WAV_FORMAT, sized(b"data", 5000, SOUND), size=5036), "truncated: the chunk data says 5,000 bytes"),
        (wav(chunk_le(b"LIST", bytes(50)))[:-58], "truncated: the file says 134 bytes, and there are 76"),
        (wav(chunk_le(b"id3 ", TAG))[:-1], "truncated: the chunk id3 says 24 bytes, and there are 23"),
        (wav(chunk_le(b"id3 ", TAG[:-4])), "truncated: the frame TXXX says 4 bytes, and there are 0"),
        (wav(b"\xff\xfe\xfd\xfc" * 10), "no chunk where one should be"),
        (b"RIFF\x04\0\0\0WAVE", "a WAV file without sound"),
        (b"RIFF\x04\0\0\0WAV", "not an audio file"),
        (b"RIFF\x04\0\0\0AVI LIST", "not an audio file"),
        (wav(*[b"odd \0\0\0\0"] * MOST_STEPS), f"more than {MOST_STEPS:,} parts"),
        (aiff()[:60], "truncated: the chunk SSND says 40 bytes, and there are 14"),
        (b"FORM\0\0\0\x04AIFF", "an AIFF file without sound"),
        (b"RIFF\0\0\0\x04AIFF", "not an audio file"),
    ],
    ids=in_words,
)
def test_damaged(data: bytes, problem: str) -> None:
    """A file that ends before its tags could have come is not well."""
    assert cut(data).problem.startswith(problem)


def test_what_else_wav_carries() -> None:
    """XMP and C2PA have chunks of their own."""
    blocks = cut(wav(chunk_le(b"_PMX", b"<x/>"), chunk_le(b"C2PA", bytes(12))))
    assert ([b"<x/>"], 12, "") == (blocks.packets, blocks.manifest_bytes, blocks.problem)


@pytest.mark.parametrize("name", [b"ID3 ", b"id3 "])
@pytest.mark.parametrize("form", [b"AIFF", b"AIFC"])
def test_aiff(form: bytes, name: bytes) -> None:
    """The same in the other byte order, with XMP in a chunk for applications."""
    others = chunk_be(b"APPL", b"XMP <x/>"), chunk_be(b"APPL", b"XMP"), chunk_be(b"APPL", b"abcd<y/>")
    blocks = cut(aiff(chunk_be(name, TAG), *others).replace(b"AIFF", form))
    assert ("aiff", [TEXT], [b"<x/>"], "") == (blocks.kind, blocks.texts, blocks.packets, blocks.problem)


def test_webp() -> None:
    """An image made of chunks."""
    content = b"WEBP" + chunk_le(b"VP8 ", bytes(11)) + chunk_le(b"XMP ", b"<x/>") + chunk_le(b"C2PA", bytes(6))
    blocks = cut(chunk_le(b"RIFF", content))
    assert ("webp", [b"<x/>"], 6, "") == (blocks.kind, blocks.packets, blocks.manifest_bytes, blocks.problem)
