"""Artwork: where JPEG, PNG and SVG keep XMP and C2PA. WebP is made of chunks and stands there."""

import re
import zlib
from typing import Final

from noscrape.readers.containers.parts import LONGEST_PACKET, MOST_PACKETS, Blocks, DamagedError, Source, truncated

_JPEG_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
_PNG_XMP: Final = b"XML:com.adobe.xmp\0"
_PACKET: Final = re.compile(rb"<(?P<name>x:x[am]pmeta)[\s>]")
_ROOT: Final = re.compile(rb"<(?:svg|[\w.-]{1,30}:svg|x:x[am]pmeta|rdf:RDF)[\s/>]|<\?xpacket\s")


def jpeg(source: Source, at: int, blocks: Blocks) -> None:
    """Segments, until the image itself begins."""
    at += 2
    while True:
        head = source.read(at, 4)
        source.step()
        if head[0] != 0xFF:
            raise DamagedError("the JPEG is damaged: no segment where one should be")
        if head[1] == 0xFF:  # fill bytes
            at += 1
            continue
        if head[1] in (0xDA, 0xD9):
            return
        size = int.from_bytes(head[2:], "big")
        begin, end = at + 4, at + 2 + size
        if size < 2 or end > source.size:
            raise truncated("a segment of the JPEG", says=size, left=source.size - at - 2)
        if head[1] == 0xE1 and source.peek(begin, len(_JPEG_XMP)) == _JPEG_XMP:
            blocks.keep_packet(source, begin + len(_JPEG_XMP), end - begin - len(_JPEG_XMP))
        if head[1] == 0xEB and b"jumb" in source.peek(begin, min(32, size)):
            blocks.manifest_bytes += size
        at = end


def png(source: Source, at: int, blocks: Blocks) -> None:
    """Chunks, until the last."""
    at += 8
    while True:
        head = source.read(at, 8)
        source.step()
        size, name, begin = int.from_bytes(head[:4], "big"), head[4:], at + 8
        if begin + size + 4 > source.size:
            raise truncated("a chunk of the PNG", says=size, left=source.size - begin)
        if name == b"IEND":
            return
        if name == b"iTXt" and source.peek(begin, len(_PNG_XMP)) == _PNG_XMP:
            _international(source.read(begin, min(size, LONGEST_PACKET + 300)), blocks)
        if name == b"caBX":
            blocks.manifest_bytes += size
        at = begin + size + 4


def _international(text: bytes, blocks: Blocks) -> None:
    """An iTXt chunk: keyword, whether it is compressed and how, language, translated keyword, text."""
    _, _, rest = text.partition(b"\0")
    compressed, (*_, packet) = rest[:1] == b"\1", rest[2:].split(b"\0", 2)
    if compressed:
        try:
            packet = zlib.decompressobj().decompress(packet, LONGEST_PACKET + 1)
        except zlib.error as error:
            raise DamagedError("the XMP of the PNG is damaged") from error
    if len(blocks.packets) < MOST_PACKETS:
        blocks.packets.append(packet)


def markup(source: Source, at: int, blocks: Blocks) -> None:
    """SVG, and XMP in a file of its own. The packet alone where it can be told: many an SVG has a DTD."""
    text = source.peek(at, LONGEST_PACKET + 1)
    if not text.startswith((b"\xfe\xff", b"\xff\xfe")):  # UTF-16 is left to who reads the packet
        if not _ROOT.search(text):
            raise DamagedError("not an audio file: markup")
        blocks.manifest_bytes = len(text) * (b"c2pa:manifest" in text)
        if b"DataMining" not in text:
            return
    if found := _PACKET.search(text):
        close = b"</" + found["name"] + b">"
        end = text.find(close, found.end())
        if end < 0:
            raise DamagedError("truncated: XMP that does not end")
        text = text[found.start() : end + len(close)]
    blocks.packets.append(text)
