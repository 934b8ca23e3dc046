"""`plus:DataMining` in XMP."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.errors import NoScrapeError
from noscrape.standards.data_mining import (
    DEEPEST,
    LARGEST_BYTES,
    LONGEST_VALUE,
    MOST_ELEMENTS,
    MOST_VALUES,
    XmpError,
    parse_xmp,
    prohibits,
)

URI = "http://ns.useplus.org/ldf/vocab/"
KEYS = (
    "DMI-UNSPECIFIED",
    "DMI-ALLOWED",
    "DMI-PROHIBITED-AIMLTRAINING",
    "DMI-PROHIBITED-GENAIMLTRAINING",
    "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING",
    "DMI-PROHIBITED",
    "DMI-PROHIBITED-SEECONSTRAINT",
    "DMI-PROHIBITED-SEEEMBEDDEDRIGHTSEXPR",
    "DMI-PROHIBITED-SEELINKEDRIGHTSEXPR",
)


def rdf(inside: str) -> str:
    """A packet with something in its rdf:RDF."""
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        f'xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/">{inside}</rdf:RDF></x:xmpmeta>'
    )


def described(inside: str) -> str:
    """A packet with properties as elements."""
    return rdf(f'<rdf:Description rdf:about="">{inside}</rdf:Description>')


FORMS: dict[str, Callable[[str], str]] = {
    "attribute": lambda value: rdf(f'<rdf:Description rdf:about="" plus:DataMining="{value}"/>'),
    "element": lambda value: described(f"<plus:DataMining>{value}</plus:DataMining>"),
    "element with space": lambda value: described(f"<plus:DataMining>\n  {value}\n </plus:DataMining>"),
    "resource": lambda value: described(f'<plus:DataMining rdf:resource="{value}"/>'),
    "list": lambda value: described(f"<plus:DataMining><rdf:Bag><rdf:li>{value}</rdf:li></rdf:Bag></plus:DataMining>"),
    "rdf:value": lambda value: described(
        f'<plus:DataMining rdf:parseType="Resource"><rdf:value>{value}</rdf:value></plus:DataMining>'
    ),
    "another prefix": lambda value: rdf(
        f'<rdf:Description xmlns:p="http://ns.useplus.org/ldf/xmp/1.0/" p:DataMining="{value}"/>'
    ),
    "in a packet": lambda value: (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        + described(f"<plus:DataMining>{value}</plus:DataMining>")
        + " \n" * 1000
        + '<?xpacket end="w"?>\0\0'
    ),
    "declared": lambda value: '<?xml version="1.0" encoding="UTF-8"?>' + FORMS["attribute"](value),
}


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("prefix", ["", URI, URI.replace("http:", "https:")], ids=["bare", "URI", "https"])
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_every_key_in_every_form(form: Callable[[str], str], prefix: str, key: str) -> None:
    """PLUS LDF: nine keys, as a URI; also the bare key, as attribute or element."""
    assert (key,) == parse_xmp(form(prefix + key).encode())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(encoding: str) -> None:
    """XMP is Unicode, in UTF-8 or with the mark of UTF-16."""
    assert ("DMI-PROHIBITED",) == parse_xmp(FORMS["attribute"]("DMI-PROHIBITED").encode(encoding))


def test_a_declared_encoding_is_not_believed() -> None:
    """No codec is chosen by whoever wrote the file."""
    packet = '<?xml version="1.0" encoding="rot13"?>' + FORMS["attribute"]("DMI-PROHIBITED")
    assert ("DMI-PROHIBITED",) == parse_xmp(packet.encode())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("dmi-prohibited", ("DMI-PROHIBITED",)),
        ("DMI-PROHIBITED-TOMORROW", ("DMI-PROHIBITED-TOMORROW",)),
        ("Prohibited", ("Prohibited",)),
        ("http://else.example/DMI-PROHIBITED", ("http://else.example/DMI-PROHIBITED",)),
        ("x" * 1000, ("x" * LONGEST_VALUE,)),
        ("", ()),
        (" ", ()),
    ],
)
def test_other_values_as_they_stand(value: str, expected: tuple[str, ...]) -> None:
    """What is no known key is given as it is, cut, for whoever wants to see why it says nothing."""
    assert expected == parse_xmp(FORMS["attribute"](value).encode())
    assert expected == parse_xmp(FORMS["element"](value).encode())


def test_several_values() -> None:
    """All that are stated, each once, up to a bound."""
    both = '<rdf:Description plus:DataMining="DMI-ALLOWED"><plus:DataMining>DMI-PROHIBITED</plus:DataMining>'
    assert ("DMI-ALLOWED", "DMI-PROHIBITED") == parse_xmp(rdf(both + "</rdf:Description>").encode())
    many = "".join(f"<plus:DataMining>v{number}</plus:DataMining>" for number in range(100))
    assert MOST_VALUES == len(parse_xmp(described(many).encode()))
    again = "<plus:DataMining>DMI-ALLOWED</plus:DataMining>" * 3
    assert ("DMI-ALLOWED",) == parse_xmp(described(again).encode())


@pytest.mark.parametrize(
    "packet",
    [
        described("<other>DMI-PROHIBITED</other>"),
        described("<DataMining>DMI-PROHIBITED</DataMining>"),
        described('<plus:DataMining xmlns:plus="http://else.example/">DMI-PROHIBITED</plus:DataMining>'),
        described('<made:From xmlns:made="m"><rdf:Description plus:DataMining="DMI-PROHIBITED"/></made:From>'),
        described(
            '<made:From xmlns:made="m" rdf:parseType="Resource"><plus:DataMining>DMI-PROHIBITED</plus:DataMining>'
            "</made:From>"
        ),
        described("<plus:DataMining/>after it: DMI-PROHIBITED<plus:Other>DMI-PROHIBITED</plus:Other>"),
        '<plus:DataMining xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/">DMI-PROHIBITED</plus:DataMining>',
        "<svg><metadata/></svg>",
    ],
    ids=["name", "namespace", "rebound", "ingredient", "structure", "outside", "no RDF", "no XMP"],
)
def test_what_is_no_statement_about_the_file(packet: str) -> None:
    """Other properties, other namespaces, and what is said of the parts that a file was made from."""
    assert () == parse_xmp(packet.encode())


BOMB = (
    '<!DOCTYPE lolz [<!ENTITY lol "lol">'
    + "".join(f'<!ENTITY lol{number} "{f"&lol{number - 1 or str()};" * 10}">' for number in range(1, 10))
    + "]><lolz>&lol9;</lolz>"
)


@pytest.mark.parametrize(
    ("packet", "message"),
    [
        (b"", "no XML: no element found"),
        (b"\0\0\0", "no XML: no element found"),
        (b"no XML", "no XML: syntax error"),
        (b"<x:xmpmeta>", "no XML: unbound prefix"),
        (b"<a>", "no XML: no element found"),
        (b"<a>\xff</a>", "no XML: not well-formed"),
        (b"<a/><b/>", "no XML: junk after document element"),
        (b"<a>&b;</a>", "no XML: undefined entity"),
        (b"<!DOCTYPE a><a/>", "a DTD, which XMP has not"),
        (b'<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd"><a/>', "a DTD, which XMP has not"),
        (b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "a DTD, which XMP has not"),
        (BOMB.encode(), "a DTD, which XMP has not"),
        (b"<a>" * (DEEPEST + 1), f"elements nested more than {DEEPEST} deep"),
        (b"<a>" + b"<b/>" * MOST_ELEMENTS + b"</a>", f"more than {MOST_ELEMENTS:,} elements"),
        (b"<a>" + b"x" * 10_000_000 + b"</a>", "XMP of 10,000,007 bytes, at most 4,194,304 are read"),
    ],
    ids=str,
)
def test_what_is_refused(packet: bytes, message: str) -> None:
    """What is not XML; bombs, by what makes them: a DTD, depth, number, length."""
    with pytest.raises(XmpError, match=message) as caught:
        parse_xmp(packet)
    assert isinstance(caught.value, NoScrapeError)
    assert isinstance(caught.value, ValueError)


def test_the_bounds_themselves_are_within() -> None:
    """One step less is read."""
    assert () == parse_xmp(b"<a>" * DEEPEST + b"</a>" * DEEPEST)
    assert () == parse_xmp(b"<a>" + b"<b/>" * (MOST_ELEMENTS - 1) + b"</a>")
    assert () == parse_xmp(b"<a>" + b"x" * (LARGEST_BYTES - 7) + b"</a>")


@pytest.mark.parametrize(("key", "expected"), [(key, "PROHIBITED" in key) for key in KEYS])
def test_which_keys_prohibit(key: str, expected: bool) -> None:
    """Every key that begins like the general one is an opt-out."""
    assert expected is prohibits(key)


@pytest.mark.parametrize(
    ("key", "expected"),
    [("DMI-PROHIBITED-TOMORROW", True), ("Prohibited", False), ("NO-DMI-PROHIBITED", False), ("", False)],
)
def test_keys_that_nobody_knows_yet(key: str, expected: bool) -> None:
    """An unknown key of that family counts; a word that is no key does not."""
    assert expected is prohibits(key)


@given(st.binary(max_size=400))
def test_any_bytes(packet: bytes) -> None:
    """Never anything but values or a refusal."""
    try:
        found = parse_xmp(packet)
    except XmpError:
        return
    assert all(isinstance(value, str) for value in found)


@given(st.integers(0, 10_000), st.binary(max_size=6), st.sampled_from(["attribute", "element", "list", "in a packet"]))
def test_any_damage(at: int, put: bytes, form: str) -> None:
    """A packet with some bytes replaced is read or refused."""
    packet = bytearray(FORMS[form]("DMI-PROHIBITED").encode())
    at %= len(packet)
    packet[at : at + len(put)] = put
    try:
        parse_xmp(bytes(packet))
    except XmpError:
        return
