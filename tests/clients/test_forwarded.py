"""The fields of forwarding, from the right, by RFC 7239."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.clients.forwarded import Entry, elements, listed


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('for="_gazonk"', [Entry("_gazonk")]),
        ('For="[2001:db8:cafe::17]:4711"', [Entry("[2001:db8:cafe::17]:4711")]),
        ("for=192.0.2.60;proto=http;by=203.0.113.43", [Entry("192.0.2.60", "http")]),
        ("for=192.0.2.43, for=198.51.100.17", [Entry("198.51.100.17"), Entry("192.0.2.43")]),
        ("FOR=a;PROTO=b;Host=c", [Entry("a", "b", "c")]),
        ("for=a ; proto=b , for=c", [Entry("c"), Entry("a", "b")]),
        (";for=a;;proto=b;", [Entry("a", "b")]),
        ("secret=x;for=a", [Entry("a")]),
        (r'for="a\"b\\"', [Entry('a"b' + "\\")]),
        ('for=a;host="b, for=c"', [Entry("a", "", "b, for=c")]),
        ('for="a, for=b", for=c', [Entry("c"), Entry("a, for=b")]),
        ('for=", for=a', [Entry("a"), None]),
        ('for="x, for="a"', [Entry("a"), None]),
        ('for="\\", for=a', [Entry("a"), None]),
        ('for=x, for="a', [None]),
        ("for=a;for=b", [None]),
        ("for=a b", [None]),
        ("a", [None]),
        ("", [Entry("")]),
        ("for=a, , for=b", [Entry("b"), Entry(""), Entry("a")]),
        ('for="a\x01"', [None]),
        ("for=é", [None]),
        ("for=b, for=" + "a" * 9000, [None]),
        ("for=" + "a" * 9000, [None]),
        ('for="' + "," * 8 + '"', [Entry("," * 8)]),
        ('for="' + "," * 65 + '"', [None]),
        ('for=a, for="' + "," * 65 + '"', [None]),
    ],
)
def test_elements(line: str, expected: list[Entry | None]) -> None:
    """RFC 7239, section 4; an open quotation mark of a client's swallows nothing that stands right of it."""
    assert expected == list(elements([line]))


def test_lines() -> None:
    """Section 4: several lines are one list; no quotation reaches over their ends."""
    assert [Entry("c"), Entry("b"), None] == list(elements(["for=c", 'for="a, for=b', "for=d"]))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["a, b ,c"], ["c", "b", "a"]),
        (["a"], ["a"]),
        ([""], [""]),
        (["a,"], ["", "a"]),
        (["c", "a, b"], ["c", "b", "a"]),
        ([], []),
    ],
)
def test_listed(lines: list[str], expected: list[str]) -> None:
    """A plain list, the last entry first."""
    assert expected == list(listed(lines))


@given(st.text(alphabet=st.characters(max_codepoint=255), max_size=60) | st.text(alphabet='for=";,\\ a', max_size=60))
def test_any_text_is_read(text: str) -> None:
    """What stands left of a proxy's element changes nothing about it, whatever it is."""
    found = elements([f'{text}, for="192.0.2.1:80";proto=https'])
    assert next(found) == Entry("192.0.2.1:80", "https")
    assert len(list(found)) <= len(text) + 1
