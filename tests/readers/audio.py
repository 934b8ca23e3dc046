"""Small valid audio files of the seven kinds, built byte by byte: a moment of silence, and the custom fields asked for.

For tests alone. A field with several values is stored as its container does it: with NULs between the values in ID3,
repeated in a Vorbis comment, in several data atoms in MP4.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

KINDS: Final = ("mp3", "wav", "aiff", "flac", "ogg", "opus", "m4a")

Fields = Mapping[str, str | Sequence[str]]


def audio(kind: str, fields: Fields | None = None, *, xmp: bytes = b"") -> bytes:
    """A file of one kind. `xmp` is a packet, for the kinds that have a place for it: mp3, wav, aiff and m4a."""
    values = {name: (value,) if isinstance(value, str) else tuple(value) for name, value in (fields or {}).items()}
    match kind:
        case "mp3":
            return mp3(id3(frames(values, xmp=xmp)) if values or xmp else b"")
        case "wav":
            return wav(
                chunk_le(b"id3 ", id3(frames(values))) if values else b"", chunk_le(b"_PMX", xmp) if xmp else b""
            )
        case "aiff":
            return aiff(chunk_be(b"ID3 ", id3(frames(values, xmp=xmp))) if values or xmp else b"")
        case "flac":
            return flac(comment_block(values))
        case "ogg":
            return ogg(values)
        case "opus":
            return opus(values)
        case "m4a":
            return m4a(values, xmp=xmp)
    raise ValueError(kind)


Values = Mapping[str, tuple[str, ...]]


# ---- ID3, and the audio that stands behind it


def synchsafe(number: int) -> bytes:
    """28 bits in four bytes, as sizes in ID3v2 are written."""
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def frame(name: bytes, content: bytes) -> bytes:
    """One frame of ID3v2.4."""
    return name + synchsafe(len(content)) + b"\0\0" + content


def txxx(name: str, *values: str) -> bytes:
    """One custom text frame, in UTF-8."""
    return frame(b"TXXX", b"\x03" + "\0".join((name, *values)).encode())


def frames(values: Values, *, xmp: bytes = b"") -> bytes:
    """The fields as custom text frames."""
    private = frame(b"PRIV", b"XMP\0" + xmp) if xmp else b""
    return b"".join(txxx(name, *several) for name, several in values.items()) + private


def id3(content: bytes, *, version: int = 4, flags: int = 0) -> bytes:
    """An ID3v2 tag around frames."""
    return b"ID3" + bytes((version, 0, flags)) + synchsafe(len(content)) + content


#: One frame of silence: MPEG 1 layer III, 128 kbit/s, 44.1 kHz, stereo.
MPEG_FRAME: Final = b"\xff\xfb\x90\x00" + bytes(413)


def mp3(tag: bytes = b"", end: bytes = b"") -> bytes:
    """Frames between a tag in front and one behind."""
    return tag + MPEG_FRAME * 3 + end


# ---- RIFF and IFF


def chunk_le(name: bytes, content: bytes) -> bytes:
    """A chunk of RIFF, padded to an even length."""
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def chunk_be(name: bytes, content: bytes) -> bytes:
    """A chunk of IFF, padded to an even length."""
    return name + struct.pack(">I", len(content)) + content + b"\0" * (len(content) % 2)


WAV_FORMAT: Final = chunk_le(b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16))


def wav(*chunks: bytes) -> bytes:
    """Sixteen samples, with chunks behind them."""
    return chunk_le(b"RIFF", b"".join((b"WAVE", WAV_FORMAT, chunk_le(b"data", bytes(32)), *chunks)))


def aiff(*chunks: bytes) -> bytes:
    """Sixteen samples, with chunks behind them. The sample rate is a number of 80 bits."""
    common = struct.pack(">hIh", 1, 16, 16) + struct.pack(">HQ", 0x3FFF + 12, 8000 << 51)
    sound = struct.pack(">II", 0, 0) + bytes(32)
    return chunk_be(b"FORM", b"".join((b"AIFF", chunk_be(b"COMM", common), chunk_be(b"SSND", sound), *chunks)))


# ---- Vorbis comments, and what holds them


def comments(values: Values) -> bytes:
    """A Vorbis comment: the vendor, then each field as NAME=value."""
    lines = [f"{name}={value}".encode() for name, several in values.items() for value in several]
    return b"".join(
        (struct.pack("<I", 4), b"none", struct.pack("<I", len(lines)), *(struct.pack("<I", len(x)) + x for x in lines))
    )


def block(kind: int, content: bytes, *, last: bool = False) -> bytes:
    """One metadata block of FLAC."""
    return bytes((kind | 0x80 * last,)) + len(content).to_bytes(3, "big") + content


def comment_block(values: Values) -> bytes:
    """The fields as a metadata block of FLAC; nothing for no fields."""
    return block(4, comments(values)) if values else b""


def crc(data: bytes, polynomial: int, bits: int) -> int:
    """A checksum as FLAC (8 and 16 bits) and Ogg (32) have it: not reflected, begun with 0."""
    value, top = 0, 1 << bits - 1
    for byte in data:
        value ^= byte << bits - 8
        for _ in range(8):
            value = (value << 1 ^ polynomial if value & top else value << 1) & (1 << bits) - 1
    return value


def flac(*blocks: bytes) -> bytes:
    """One frame of 192 equal samples, with metadata blocks in front."""
    info = struct.pack(">HH6xQ16x", 192, 192, 44100 << 44 | 15 << 36 | 192)
    head = b"\xff\xf8\x19\x08\x00"  # 192 samples, 44.1 kHz, mono, 16 bits, frame 0
    head += bytes((crc(head, 0x07, 8),))
    body = head + b"\x00" + b"\0\0"  # a constant subframe
    sound = body + crc(body, 0x8005, 16).to_bytes(2, "big")
    return b"fLaC" + block(0, info) + b"".join(blocks) + block(1, bytes(8), last=True) + sound


def page(packets: Iterable[bytes], *, number: int, flags: int = 0, position: int = 0) -> bytes:
    """One page of Ogg with whole packets in it."""
    content = tuple(packets)
    lacing = b"".join(b"\xff" * (len(packet) // 255) + bytes((len(packet) % 255,)) for packet in content)
    return sealed(flags, position, number, lacing, b"".join(content))


def sealed(flags: int, position: int, number: int, lacing: bytes, content: bytes) -> bytes:
    """A page with its checksum."""
    head = b"OggS\0" + struct.pack("<BqII", flags, position, 7, number)
    tail = bytes((len(lacing),)) + lacing + content
    return head + struct.pack("<I", crc(head + bytes(4) + tail, 0x04C11DB7, 32)) + tail


def pages(packet: bytes, *, number: int) -> list[bytes]:
    """A packet of any length, over as many pages as it takes."""
    lacing = b"\xff" * (len(packet) // 255) + bytes((len(packet) % 255,))
    made: list[bytes] = []
    for start in range(0, len(lacing), 255):
        part = lacing[start : start + 255]
        flags = 1 if start else 0
        made.append(sealed(flags, 0, number + len(made), part, packet[start * 255 : start * 255 + sum(part)]))
    return made


def ogg(values: Values) -> bytes:
    """Vorbis: three headers and a page of sound (which only a decoder would miss)."""
    ident = b"\x01vorbis" + struct.pack("<IBIiiiBB", 0, 1, 44100, 0, 64000, 0, 0xB8, 1)
    headers = pages(b"\x03vorbis" + comments(values) + b"\x01", number=1)
    headers += pages(b"\x05vorbis" + bytes(20), number=1 + len(headers))
    end = page([bytes(10)], number=1 + len(headers), flags=4, position=64)
    return b"".join((page([ident], number=0, flags=2), *headers, end))


def opus(values: Values) -> bytes:
    """Opus: two headers and a packet of silence."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 0, 48000, 0, 0)
    headers = pages(b"OpusTags" + comments(values), number=1)
    end = page([b"\xf8\xff\xfe"], number=1 + len(headers), flags=4, position=960)
    return b"".join((page([head], number=0, flags=2), *headers, end))


# ---- MP4

XMP_UUID: Final = bytes.fromhex("BE7ACFCB97A942E89C71999491E3AFAC")


def atom(name: bytes, *content: bytes) -> bytes:
    """One atom."""
    inside = b"".join(content)
    return struct.pack(">I", 8 + len(inside)) + name + inside


def full(name: bytes, *content: bytes, version: int = 0, flags: int = 0) -> bytes:
    """An atom with a version and flags."""
    return atom(name, struct.pack(">I", version << 24 | flags), *content)


def freeform(name: str, *values: str) -> bytes:
    """A custom field, as iTunes writes it."""
    data = (atom(b"data", struct.pack(">II", 1, 0), value.encode()) for value in values)
    return atom(b"----", full(b"mean", b"com.apple.iTunes"), full(b"name", name.encode()), *data)


def ilst(*items: bytes) -> bytes:
    """The list of fields, in the atoms that it lies in."""
    handler = full(b"hdlr", bytes(4), b"mdirappl", bytes(9))
    return atom(b"udta", full(b"meta", handler, atom(b"ilst", *items)))


def m4a(values: Values, *, xmp: bytes = b"") -> bytes:
    """One AAC frame of silence, with fields and a packet of XMP."""
    tags = ilst(*(freeform(name, *several) for name, several in values.items())) if values else b""
    front = atom(b"ftyp", b"M4A \0\0\0\0M4A mp42isom") + (atom(b"uuid", XMP_UUID, xmp) if xmp else b"")
    offset = len(front) + len(movie(0, tags)) + 8
    return front + movie(offset, tags) + atom(b"mdat", SILENCE)


SILENCE: Final = bytes.fromhex("2110049040001c")
MATRIX: Final = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def movie(offset: int, tags: bytes) -> bytes:
    """The atom that describes one track of sound, which begins at `offset`."""
    decoder = b"\x04\x15\x40\x15\0\0\0\0\x01\xf4\0\0\x01\xf4\0\x05\x02\x12\x08"
    esds = full(b"esds", bytes((3, len(decoder) + 6)), b"\0\0\0", decoder, b"\x06\x01\x02")
    entry = atom(b"mp4a", bytes(6), struct.pack(">HQHHII", 1, 0, 1, 16, 0, 44100 << 16), esds)
    table = atom(
        b"stbl",
        full(b"stsd", struct.pack(">I", 1), entry),
        full(b"stts", struct.pack(">III", 1, 1, 1024)),
        full(b"stsc", struct.pack(">IIII", 1, 1, 1, 1)),
        full(b"stsz", struct.pack(">III", 0, 1, len(SILENCE))),
        full(b"stco", struct.pack(">II", 1, offset)),
    )
    minf = atom(
        b"minf",
        full(b"smhd", bytes(4)),
        atom(b"dinf", full(b"dref", struct.pack(">I", 1), full(b"url ", flags=1))),
        table,
    )
    mdia = atom(
        b"mdia",
        full(b"mdhd", struct.pack(">IIIIHH", 0, 0, 44100, 1024, 0x55C4, 0)),
        full(b"hdlr", bytes(4), b"soun", bytes(13)),
        minf,
    )
    header = full(b"tkhd", struct.pack(">IIIII8xhhHH", 0, 0, 1, 0, 1024, 0, 0, 0x100, 0), MATRIX, bytes(8), flags=7)
    start = full(
        b"mvhd", struct.pack(">IIIIIH10x", 0, 0, 1000, 24, 0x10000, 0x100), MATRIX, bytes(24), struct.pack(">I", 2)
    )
    return atom(b"moov", start, atom(b"trak", header, mdia), tags)
