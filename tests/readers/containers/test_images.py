"""XMP and C2PA in artwork."""

import struct
import zlib

import pytest

from noscrape.readers.containers.parts import LONGEST_PACKET, MOST_PACKETS, MOST_STEPS
from tests.readers.containers import cut, in_words

XAP = b"http://ns.adobe.com/xap/1.0/\0"
SCAN = b"\xff\xda\0\x04\0\0" + bytes(20) + b"\xff\xd9"


def segment(kind: int, content: bytes) -> bytes:
    """A segment of JPEG."""
    return b"\xff" + bytes((kind,)) + struct.pack(">H", 2 + len(content)) + content


def jpeg(*segments: bytes) -> bytes:
    """The segments, and a scan that nobody looks at."""
    return b"\xff\xd8" + segment(0xE0, b"JFIF\0" + bytes(9)) + b"".join(segments) + SCAN


def chunk(name: bytes, content: bytes) -> bytes:
    """A chunk of PNG."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(*chunks: bytes) -> bytes:
    """The chunks between the first and the last."""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13)) + b"".join(chunks) + chunk(b"IEND", b"")


def text(packet: bytes, *, compressed: bool = False, keyword: bytes = b"XML:com.adobe.xmp") -> bytes:
    """A packet in a chunk for international text, with a language and a translated keyword."""
    content = zlib.compress(packet) if compressed else packet
    return chunk(b"iTXt", keyword + b"\0" + bytes((compressed, 0)) + b"en\0word\0" + content)


META = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">DataMining</x:xmpmeta>'
SVG = b'<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x.dtd"><svg><metadata>%s</metadata></svg>'

WHOLE = {
    "jpeg": (jpeg(segment(0xE1, XAP + b"<x/>")), [b"<x/>"]),
    "jpeg with fill bytes": (jpeg(b"\xff\xff" + segment(0xE1, XAP + b"<x/>")), [b"<x/>"]),
    "jpeg with Exif": (jpeg(segment(0xE1, b"Exif\0\0"), segment(0xE1, XAP + b"<x/>")), [b"<x/>"]),
    "jpeg without": (jpeg(), []),
    "jpeg without a scan": (b"\xff\xd8" + b"\xff\xd9\0\0", []),
    "png": (png(text(b"<x/>")), [b"<x/>"]),
    "png, compressed": (png(text(b"<x/>", compressed=True)), [b"<x/>"]),
    "png with another text": (png(text(b"<x/>", keyword=b"Comment")), []),
    "png without": (png(), []),
    "svg with a DTD": (SVG % META, [META]),
    "svg without XMP": (SVG % b"DataMining", [SVG % b"DataMining"]),
    "svg that says nothing": (b"<svg/>", []),
    "packet": (b'<?xpacket begin=""?>' + META + b'<?xpacket end="w"?>', [META]),
    "packet of old": (b"<x:xapmeta>DataMining</x:xapmeta>", [b"<x:xapmeta>DataMining</x:xapmeta>"]),
    "RDF": (b"<rdf:RDF >DataMining</rdf:RDF>", [b"<rdf:RDF >DataMining</rdf:RDF>"]),
    "UTF-16": ("\ufeff<a/>".encode("utf-16-le"), ["\ufeff<a/>".encode("utf-16-le")]),
}


@pytest.mark.parametrize(("data", "packets"), WHOLE.values(), ids=WHOLE.keys())
def test_a_packet(data: bytes, packets: list[bytes]) -> None:
    """In each kind of image, and in a file of its own."""
    blocks = cut(data)
    assert (packets, 0, "") == (blocks.packets, blocks.manifest_bytes, blocks.problem)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (jpeg(segment(0xEB, b"JP\0\1\0\0\0\1\0\0\0\x20jumb")), 18),
        (jpeg(segment(0xEB, b"other")), 0),
        (png(chunk(b"caBX", bytes(7))), 7),
        (b"<svg><c2pa:manifest/></svg>", 27),
    ],
    ids=["jpeg", "jpeg without", "png", "svg"],
)
def test_a_manifest(data: bytes, expected: int) -> None:
    """Where C2PA puts it; its size is about that."""
    assert expected == cut(data).manifest_bytes


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (jpeg()[:10], "truncated: a segment of the JPEG says 16 bytes, and there are 6"),
        (b"\xff\xd8\xff", "truncated: the file ends after 3 bytes, where 6 are needed"),
        (jpeg(b"garbage"), "the JPEG is damaged: no segment where one should be"),
        (jpeg(b"\xff\xe1\0\1"), "truncated: a segment of the JPEG says 1 bytes"),
        (jpeg(segment(0xFE, b"") * MOST_STEPS), f"more than {MOST_STEPS:,} parts"),
        (jpeg(b"\xff" * MOST_STEPS), f"more than {MOST_STEPS:,} parts"),
        (png()[:20], "truncated: a chunk of the PNG says 13 bytes, and there are 4"),
        (png()[:-4], "truncated: a chunk of the PNG says 0 bytes, and there are 0"),
        (png(text(b"<x/>", compressed=True)[:-9] + b"x" * 9), "the XMP of the PNG is damaged"),
        (png(chunk(b"IDAT", b"") * MOST_STEPS), f"more than {MOST_STEPS:,} parts"),
        (b"<svg><x:xmpmeta>DataMining", "truncated: XMP that does not end"),
        (b"<html>DataMining</html>", "not an audio file: markup"),
    ],
    ids=in_words,
)
def test_damaged(data: bytes, problem: str) -> None:
    """Each in words."""
    assert cut(data).problem.startswith(problem)


def test_an_odd_text() -> None:
    """A chunk for text that ends too early holds no packet that could be read, and no harm."""
    assert [b""] == cut(png(chunk(b"iTXt", b"XML:com.adobe.xmp\0"))).packets


def test_a_bomb() -> None:
    """A megabyte that unpacks to a gigabyte is unpacked as far as it would be read."""
    blocks = cut(png(text(bytes(50_000_000), compressed=True)))
    assert [LONGEST_PACKET + 1] == list(map(len, blocks.packets))


def test_many_packets() -> None:
    """Some are kept."""
    assert MOST_PACKETS == len(cut(png(text(b"<x/>") * 9)).packets)
    assert MOST_PACKETS == len(cut(jpeg(segment(0xE1, XAP + b"<x/>") * 9)).packets)
