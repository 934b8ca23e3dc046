"""`Link` headers are read as RFC 8288 writes them, and never for long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.probe.links import Link, links


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            '<https://a/license.xml>; rel="license"; type="application/rsl+xml"',
            [Link("https://a/license.xml", frozenset({"license"}), "application/rsl+xml")],
        ),
        ("<a>;rel=License", [Link("a", frozenset({"license"}), "")]),
        ('<a>; rel="next license"', [Link("a", frozenset({"next", "license"}), "")]),
        (
            "<a>; rel=next, <b>; rel=license",
            [Link("a", frozenset({"next"}), ""), Link("b", frozenset({"license"}), "")],
        ),
        ('<a,b>; title="x, <y>; rel=no"; rel=license', [Link("a,b", frozenset({"license"}), "")]),
        ("<a>; rel=license; rel=next", [Link("a", frozenset({"license"}), "")]),
        ("<a>", [Link("a", frozenset(), "")]),
        ("a; rel=license", []),
        ("<a; rel=license", []),
        ('<a>; rel="license', [Link("a", frozenset(), "")]),
        ("", []),
    ],
)
def test_links(line: str, expected: list[Link]) -> None:
    """In their order; of a parameter that is given twice the first counts."""
    assert expected == list(links([line]))


@given(st.text(alphabet='<>;,"\\= arel') | st.text())
def test_no_line_brings_it_down(line: str) -> None:
    """And what is found stood there."""
    assert all(link.target in line for link in links([line]))


@pytest.mark.parametrize("piece", ["<", "<>", '<>"', "<a>; ", '<a>;rel="', '\\"', "<>; rel= "])
def test_a_long_line_is_read_in_one_go(piece: str) -> None:
    """The largest head that is taken, of the worst that came to mind: done at once, or this test would not end."""
    assert len(list(links([piece * (65_536 // len(piece))]))) <= 65_536
