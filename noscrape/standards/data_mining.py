"""`plus:DataMining`, the statement about data mining that XMP can carry (IPTC Photo Metadata 2023.1, PLUS LDF).

The value is a URI, `http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED` and the like. Files are read in whatever form they
have it: the bare key, an attribute, an element, a resource, a list.
"""

import re
from collections.abc import Mapping
from typing import Any, Final
from xml.parsers import expat

from noscrape.errors import NoScrapeError

__all__ = ["LARGEST_BYTES", "XmpError", "parse_xmp", "prohibits"]

#: A packet beyond this is not read. The main packet of a JPEG is 64 KiB at most.
LARGEST_BYTES: Final = 4_194_304
#: Elements in each other beyond this are no metadata.
DEEPEST: Final = 64
#: Elements beyond this neither; the longest histories of edits have some ten thousand.
MOST_ELEMENTS: Final = 50_000
#: Values that are kept of one packet, and characters of each.
MOST_VALUES: Final = 20
LONGEST_VALUE: Final = 200

_PLUS: Final = "http://ns.useplus.org/ldf/xmp/1.0/"
_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_PROPERTY: Final = f"{_PLUS} DataMining"
_ROOT: Final = f"{_RDF} RDF"
_RESOURCES: Final = (f"{_RDF} resource", f"{_RDF} value")
_VOCABULARY: Final = re.compile(r"https?://ns\.useplus\.org/ldf/vocab/", re.IGNORECASE)


class XmpError(NoScrapeError, ValueError):
    """Something is no packet of XMP, or none that is read."""


def parse_xmp(packet: bytes) -> tuple[str, ...]:
    """The values of `plus:DataMining` that a packet states about its file, as bare keys: `DMI-PROHIBITED`.

    What is no known key is given as it stands. Statements about the parts that a file was made from are not its own.
    Raises XmpError for what is not XML, holds a DTD (and with it entities), is nested too deeply or too long.
    """
    if len(packet) > LARGEST_BYTES:
        raise XmpError(f"XMP of {len(packet):,} bytes, at most {LARGEST_BYTES:,} are read")
    packet = packet.strip(b"\0 \t\r\n") if not packet.startswith((b"\xfe\xff", b"\xff\xfe")) else packet
    found = _Packet()
    # The encoding is not taken from the packet: XMP is Unicode, and Python has codecs that nobody should choose for us.
    parser = expat.ParserCreate("utf-16" if packet.startswith((b"\xfe\xff", b"\xff\xfe")) else "utf-8", " ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_dtd
    parser.StartElementHandler = found.start
    parser.EndElementHandler = found.end
    parser.CharacterDataHandler = found.text
    try:
        parser.Parse(packet, True)
    except expat.ExpatError as error:
        raise XmpError(f"no XML: {error}") from error
    return tuple(dict.fromkeys(found.values))


def prohibits(key: str) -> bool:
    """Whether a value refuses the mining of data for AI; all that begin like it do, also those to come."""
    return key.startswith("DMI-PROHIBITED")


def _refuse_dtd(*_: object) -> None:
    raise XmpError("a DTD, which XMP has not")


class _Packet:
    """What has been seen of a packet: where we are, and the values so far."""

    def __init__(self) -> None:
        self.values: list[str] = []
        self._path: list[str] = []
        self._elements = 0
        self._inside = False
        self._text = ""

    def start(self, name: str, attributes: Mapping[str, Any]) -> None:
        """An element begins."""
        if len(self._path) >= DEEPEST:
            raise XmpError(f"elements nested more than {DEEPEST} deep")
        self._elements += 1
        if self._elements > MOST_ELEMENTS:
            raise XmpError(f"more than {MOST_ELEMENTS:,} elements")
        self._pause()
        # Only what stands at the top describes this file: rdf:RDF, a node in it, its properties.
        if self._path[-1:] == [_ROOT]:
            self._say(attributes.get(_PROPERTY, ""))
        if self._path[-2:-1] == [_ROOT] and name == _PROPERTY:
            self._inside = True
        if self._inside:
            for attribute in _RESOURCES:
                self._say(attributes.get(attribute, ""))
        self._path.append(name)

    def end(self, _: str) -> None:
        """An element ends."""
        self._pause()
        self._path.pop()
        if self._path[-2:-1] == [_ROOT]:
            self._inside = False

    def text(self, text: str) -> None:
        """Text between elements. It can come in pieces."""
        if self._inside and len(self._text) <= LONGEST_VALUE:
            self._text += text[: LONGEST_VALUE + 1]

    def _pause(self) -> None:
        """Text ends where an element begins or ends."""
        if self._inside:
            self._say(self._text)
            self._text = ""

    def _say(self, value: str) -> None:
        value = _VOCABULARY.sub("", value.strip(), count=1)[:LONGEST_VALUE]
        if value and len(self.values) < MOST_VALUES:
            self.values.append(value.upper() if value[:4].upper() == "DMI-" else value)
