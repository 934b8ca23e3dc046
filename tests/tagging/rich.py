"""Audio files with all that careful people put into theirs, for tests that nothing of it gets lost."""

import struct
from collections.abc import Iterable
from typing import Final

from tests.readers.audio import (
    MATRIX,
    SILENCE,
    WAV_FORMAT,
    aiff,
    atom,
    block,
    chunk_be,
    chunk_le,
    comments,
    crc,
    flac,
    frame,
    freeform,
    full,
    id3,
    m4a,
    mp3,
    page,
    pages,
    sealed,
    txxx,
    wav,
)

PICTURE: Final = b"\x89PNG" + bytes(range(256)) * 40

#: What stands at the end of an old file: APEv2, then ID3v1.
APE: Final = b"APETAGEX" + struct.pack("<IIII8x", 2000, 32, 0, 0x80000000)
ID3V1: Final = b"TAG" + b"An old title".ljust(30, b"\0") + bytes(92) + b"1999"[:3]


def old_frame(name: bytes, content: bytes, flags: bytes = b"\0\0") -> bytes:
    """One frame of ID3v2.3, whose sizes are plain numbers."""
    return name + struct.pack(">I", len(content)) + flags + content


#: Content of frames that programs trip over: pictures, chapters with frames inside, doubled and unknown ones, one that
#: is encrypted, text without an end, an empty text.
CONTENTS: Final = (
    (b"TIT2", b"\x01\xff\xfeH\0i\0\0\0"),
    (b"TIT2", b"\x00a second title"),
    (b"TPE1", b"\x00"),
    (b"TYER", b"\x001999"),
    (b"TDAT", b"\x003112"),
    (b"TXXX", b"\x00REPLAYGAIN_TRACK_GAIN\0-6.5 dB"),
    (b"TXXX", b"\x00AIGC\x001"),
    (b"TXXX", b"\x00empty\0"),
    (b"COMM", b"\x00eng\0a comment\0"),
    (b"COMM", b"\x00eng\0a comment of the same name\0"),
    (b"APIC", b"\x00JPG\0\x03front\0" + PICTURE),
    (b"CHAP", b"one\0" + struct.pack(">4I", 0, 900, 0, 0) + frame(b"TIT2", b"\x03Chapter")),
    (b"PRIV", b"WM/MediaClassPrimaryID\0" + bytes(16)),
    (b"XSOP", b"\x00Sort, Me"),
    (b"ZZZZ", b"who knows"),
    (b"POPM", b"me@example.org\0\xff\0\0\0\x05"),
    (b"UFID", b"http://musicbrainz.org\0" + b"5" * 36),
    (b"SYLT", b"\x00eng\x02\x01\0la\0\0\0\0\x05"),
    (b"MCDI", bytes(804)),
    (b"RVAD", b"\x03\x10\0\x01\0\x02\0\0\0\0"),
)
FRAMES_3: Final = b"".join(old_frame(*each) for each in CONTENTS) + old_frame(b"ENCR", b"secret", b"\0\x40")
FRAMES_4: Final = b"".join(frame(*each) for each in CONTENTS) + (
    b"TENC" + bytes((0, 0, 0, 9)) + b"\0\x04" + b"encrypted"
)

#: A zero after each 0xFF, which the sizes do not count.
UNSYNCHRONISED: Final = old_frame(b"TIT2", b"\x01\xff\xfeH\0i\0").replace(b"\xff", b"\xff\0")

COMMENTS: Final = {
    "TITLE": "A title",
    "artist": ("One", "Another"),
    "AIGC": "1",
    "METADATA_BLOCK_PICTURE": "QUJD" * 30_000,
    "COMMENT": "",
    "REPLAYGAIN_TRACK_GAIN": "-6.5 dB",
}
VALUES: Final = {name: (value,) if isinstance(value, str) else tuple(value) for name, value in COMMENTS.items()}


def _field(name: bytes, kind: int, *values: bytes) -> bytes:
    return atom(name, *(atom(b"data", struct.pack(">II", kind, 0), value) for value in values))


FIELDS: Final = (
    _field(b"\xa9nam", 1, b"A title"),
    _field(b"\xa9ART", 1, b"One", b"Another"),
    _field(b"gnre", 0, b"\0\x12"),
    _field(b"trkn", 0, bytes((0, 0, 0, 3, 0, 9, 0, 0))),
    _field(b"tmpo", 0, b"\0\x80"),
    _field(b"cpil", 0, b"\1"),
    _field(b"covr", 14, PICTURE, PICTURE[::-1]),
    _field(b"cnID", 0, bytes((0, 1, 2, 3))),
    _field(b"xxxx", 99, b"who knows"),
    freeform("iTunNORM", " 0000"),
    freeform("iTunNORM", "twice"),
    freeform("AIGC", "1"),
    freeform("empty", ""),
)


def movie(
    offset: int, *fields: bytes, padding: int = 0, table: bytes = b"stco", extra: bytes = b"", with_meta: bool = True
) -> bytes:
    """The atom that describes one track of sound, in two chunks, the first of which begins at `offset`."""
    handler = full(b"hdlr", bytes(4), b"mdirappl", bytes(9))
    free = atom(b"free", bytes(padding)) if padding else b""
    meta = full(b"meta", handler, atom(b"ilst", *fields), free) if with_meta else b""
    chapters = full(b"chpl", bytes(4), bytes((1,)), bytes(8), b"\x05Intro", version=1)
    decoder = b"\x04\x15\x40\x15\0\0\0\0\x01\xf4\0\0\x01\xf4\0\x05\x02\x12\x08"
    described = full(b"esds", bytes((3, len(decoder) + 6)), b"\0\0\0", decoder, b"\x06\x01\x02")
    entry = atom(b"mp4a", bytes(6), struct.pack(">HQHHII", 1, 0, 1, 16, 0, 44100 << 16), described)
    width = ">II" if table == b"stco" else ">QQ"
    tables = (
        full(b"stsd", struct.pack(">I", 1), entry),
        full(b"stts", struct.pack(">III", 1, 2, 1024)),
        full(b"stsc", struct.pack(">IIII", 1, 1, 1, 1)),
        full(b"stsz", struct.pack(">II", len(SILENCE), 2)),
        full(table, struct.pack(">I", 2), struct.pack(width, offset, offset + len(SILENCE))),
    )
    sound = atom(
        b"mdia",
        full(b"mdhd", bytes(8), struct.pack(">IIHH", 44100, 2048, 0x55C4, 0)),
        full(b"hdlr", bytes(4), b"soun", bytes(13)),
        atom(b"minf", full(b"smhd", bytes(4)), atom(b"stbl", *tables)),
    )
    header = full(b"tkhd", struct.pack(">IIIII8xhhHH", 0, 0, 1, 0, 2048, 0, 0, 0x100, 0), MATRIX, bytes(8), flags=7)
    return atom(
        b"moov",
        full(b"mvhd", bytes(8), struct.pack(">I", 1000), bytes(84)),
        atom(b"trak", header, sound),
        extra,
        atom(b"udta", chapters, meta),
    )


FRONT: Final = atom(b"ftyp", b"M4A \0\0\0\0M4A mp42isom")
MDAT: Final = atom(b"mdat", SILENCE, SILENCE[::-1])


def mp4_in_front(*, behind: bytes = b"", **options: object) -> bytes:
    """An MP4 whose description comes first, as for streaming, so that its sound moves when fields come in."""
    length = len(movie(0, *FIELDS, **options))  # type: ignore[arg-type]  # the options of movie
    offset = len(FRONT) + length + 8
    return FRONT + movie(offset, *FIELDS, **options) + MDAT + behind  # type: ignore[arg-type]


def mp4_behind(**options: object) -> bytes:
    """An MP4 whose sound comes first."""
    return FRONT + MDAT + movie(len(FRONT) + 8, *FIELDS, **options)  # type: ignore[arg-type]


#: Another stream (which tells of the others), that begins before the sound and ends with it.
SKELETON: Final = (page([b"fishead\0" + bytes(56)], number=0, flags=2), page([b""], number=1, flags=4))


def renumbered(whole: bytes) -> bytes:
    """A page of another stream."""
    number, position = int.from_bytes(whole[18:22], "little"), int.from_bytes(whole[6:14], "little")
    lacing = whole[27 : 27 + whole[26]]
    made = sealed(whole[5], position, number, lacing, whole[27 + whole[26] :])
    bare = made[:14] + b"\x99\0\0\0" + made[18:22] + bytes(4) + made[26:]
    return bare[:22] + struct.pack("<I", crc(bare, 0x04C11DB7, 32)) + bare[26:]


def ogg_pages(first: bytes, headers: Iterable[bytes], sound: int) -> bytes:
    """A stream of many pages."""
    made = [page([first], number=0, flags=2)]
    for header in headers:
        made += pages(header, number=len(made))
    for each in range(sound):
        last = each == sound - 1
        packets = [bytes((each % 256,)) * (each + 1)] * 3
        made.append(page(packets, number=len(made), flags=4 if last else 0, position=960 * (each + 1)))
    return b"".join(made)


VORBIS: Final = b"\x01vorbis" + struct.pack("<IBIiiiBB", 0, 1, 44100, 0, 64000, 0, 0xB8, 1)
OPUS: Final = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 0, 48000, 0, 0)
SPEEX: Final = b"Speex   " + b"1.2".ljust(20, b"\0") + struct.pack("<13I", 1, 80, 8000, 0, 4, 1, 0, 160, 0, 1, 0, 0, 0)
INFO: Final = struct.pack(">HH6xQ16x", 192, 192, 44100 << 44 | 15 << 36 | 192)

SEEKING: Final = block(3, struct.pack(">QQH", 0, 0, 192) + b"\xff" * 8 + bytes(10))
APPLICATION: Final = block(2, b"riff" + bytes(range(40)))
PICTURE_BLOCK: Final = block(
    6,
    struct.pack(">I", 3)
    + struct.pack(">I", 9)
    + b"image/png"
    + struct.pack(">6I", 0, 1, 1, 24, 0, len(PICTURE))
    + PICTURE,
)

RICH: Final = {
    "mp3, ID3v2.3": mp3(id3(FRAMES_3, version=3), APE + ID3V1),
    "mp3, ID3v2.4": mp3(id3(FRAMES_4 + bytes(300)), ID3V1),
    "mp3, room for the tag": mp3(id3(FRAMES_3 + bytes(4_000), version=3)),
    "mp3, no tag": mp3(b"", APE + ID3V1),
    "mp3, two tags": mp3(id3(FRAMES_3, version=3) + id3(txxx("other", "tag"))),
    "mp3, unsynchronised": mp3(id3(UNSYNCHRONISED, version=3, flags=0x80)),
    "wav, ID3v2.3": wav(chunk_le(b"LIST", b"INFOICOP\x04\0\0\0me\0\0"), chunk_le(b"id3 ", id3(FRAMES_3, version=3))),
    "wav, ID3v2.4 and more": wav(
        chunk_le(b"ID3 ", id3(FRAMES_4)), chunk_le(b"bext", bytes(603)), chunk_le(b"iXML", b"<BWFXML/>")
    ),
    "wav, no tag": wav(chunk_le(b"smpl", bytes(36)), chunk_le(b"cue ", bytes(4))) + b"trailing",
    "aiff, ID3v2.3": aiff(chunk_be(b"ID3 ", id3(FRAMES_3, version=3)), chunk_be(b"NAME", b"odd")),
    "aiff, no tag": aiff(chunk_be(b"ANNO", b"an annotation")),
    "flac": flac(SEEKING, APPLICATION, block(4, comments(VALUES)), block(1, bytes(50)), PICTURE_BLOCK),
    "flac, no comments": flac(PICTURE_BLOCK),
    "flac, ID3 in front": id3(FRAMES_4) + flac(block(4, comments(VALUES))),
    "ogg vorbis": ogg_pages(VORBIS, [b"\x03vorbis" + comments(VALUES) + b"\x01", b"\x05vorbis" + bytes(4_000)], 300),
    "ogg opus": ogg_pages(OPUS, [b"OpusTags" + comments(VALUES)], 30),
    "ogg opus, another stream": b"".join(
        (
            renumbered(SKELETON[0]),
            (stream := ogg_pages(OPUS, [b"OpusTags" + comments(VALUES)], 3))[:47],
            renumbered(SKELETON[1]),
            stream[47:],
        )
    ),
    "ogg opus, with more behind": ogg_pages(OPUS, [b"OpusTags" + comments(VALUES) + b"\x01binary"], 3),
    "ogg speex": ogg_pages(SPEEX, [comments(VALUES)], 3),
    "ogg flac": ogg_pages(
        b"\x7fFLAC\x01\0\0\x02fLaC" + block(0, INFO),
        [block(4, comments(VALUES)), block(6, b"picture", last=True)],
        3,
    ),
    "mp4, description first": mp4_in_front(),
    "mp4, 64 bits": mp4_in_front(table=b"co64"),
    "mp4, room for the tag": mp4_in_front(padding=1_000),
    "mp4, sound first": mp4_behind(),
    "mp4, no fields": mp4_in_front(with_meta=False),
    "mp4, simple": m4a({}),
    "wav, format last": b"RIFF"
    + struct.pack("<I", 4 + len(WAV_FORMAT) + 40)
    + b"WAVE"
    + chunk_le(b"data", bytes(32))
    + WAV_FORMAT,
}
