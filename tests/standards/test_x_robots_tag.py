"""`X-Robots-Tag` lines and meta elements. There is no RFC: operators' documentation, and our reading of the rest."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from noscrape.standards.x_robots_tag import LONGEST, NOAI, directives, meta_directives, opts_out
from tests.standards.cases import cases, check

FILE = "x_robots_tag.json"


class TestVectors:
    """The project's conformance cases."""

    @pytest.mark.parametrize("case", cases(FILE, "vectors"))
    def test_header(self, case: dict[str, Any]) -> None:
        """Field lines of a response."""
        found = directives(case["field_lines"], case["agent"])
        check(case | {"expected": case["expected_directives"]}, list(found))
        check(case | {"expected": case["ai_opt_out"]}, opts_out(case["field_lines"], case["agent"]))

    @pytest.mark.parametrize("case", cases(FILE, "meta"))
    def test_meta(self, case: dict[str, Any]) -> None:
        """Meta elements of a page."""
        elements = [(one["name"], one["content"]) for one in case["meta"]]
        found = meta_directives(elements, case["agent"])
        check(case | {"expected": case["expected_directives"]}, list(found))
        check(case | {"expected": case["ai_opt_out"]}, NOAI in found)


class TestAgents:
    """Who a directive is for."""

    LINE = "noindex, GoogleBot: nosnippet, noai, bingbot: noarchive"

    @pytest.mark.parametrize(
        ("agent", "expected"),
        [
            ("googlebot", ("noai", "noindex", "nosnippet")),
            ("GOOGLEBOT", ("noai", "noindex", "nosnippet")),
            (" bingbot\t", ("noarchive", "noindex")),
            ("google", ("noindex",)),
            ("googlebot-image", ("noindex",)),
            ("", ("noindex",)),
        ],
    )
    def test_a_name_holds_until_the_next(self, agent: str, expected: tuple[str, ...]) -> None:
        """Our reading of a merged line; names are compared whole and without case."""
        assert expected == directives([self.LINE], agent)

    def test_a_name_ends_with_its_line(self) -> None:
        """Each field line begins for everybody."""
        assert ("noai",) == directives(["googlebot: noindex", "noai"], "bingbot")

    def test_a_text_is_one_line(self) -> None:
        """Whoever gives the value of a single line means that, and must not read that nothing is said."""
        assert ("noai", "noindex") == directives("noai, noindex, x: nosnippet", "")
        assert opts_out("noai, noimageai", "GPTBot")
        assert not opts_out("googlebot: noai", "GPTBot")

    def test_the_sum_of_general_and_own(self) -> None:
        """Operators document that an agent obeys both; what is said twice is said once."""
        assert ("noai", "noindex") == directives(["noindex", "x: noindex, noai"], "X")

    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            ("googlebot:", ()),
            (":", ()),
            (": noai", ("noai",)),
            ("a: b: noai", ()),
            ("a::noai", ()),
            ("a: b, :noai", ()),
            ("a: x: noai", ("noai",)),
            ("x: a: noai", ()),
            ("noai: noindex", ()),
            ("foo:bar, noai", ()),
            ("x :noai", ("noai",)),
        ],
    )
    def test_colons(self, line: str, expected: tuple[str, ...]) -> None:
        """Whatever stands before a colon is a name, unless it is a directive with a value; the last name counts."""
        assert expected == directives([line], "x")


class TestValues:
    """Directives with a value of their own."""

    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            ("max-snippet:0, noai", ("max-snippet:0", "noai")),
            ("Max-Image-Preview : LARGE", ("max-image-preview:large",)),
            ("max-video-preview:-1", ("max-video-preview:-1",)),
            ("x: max-snippet: 5, noai", ("max-snippet:5", "noai")),
            ("max-snippet:", ("max-snippet:",)),
            ("max-snippet", ("max-snippet",)),
            ("noai; noimageai", ("noai; noimageai",)),
            (" , ,noai,,", ("noai",)),
            ("", ()),
        ],
    )
    def test_no_name(self, line: str, expected: tuple[str, ...]) -> None:
        """Their colon begins a value; empty pieces are nothing, and a semicolon separates nothing."""
        assert expected == directives([line], "x")

    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            ("noindex, unavailable_after: Saturday, 25-Jun-30 15:00:00 PST", "noindex"),
            ("unavailable_after: Saturday, 25-Jun-30 15:00:00 PST, noai", ""),
            ("Unavailable_After:Saturday, 25-Jun-30 15:00:00 PST, x: noai", ""),
            ("x: unavailable_after: Saturday, 25-Jun-30 15:00:00 PST", ""),
        ],
    )
    def test_a_date_takes_the_rest_of_the_line(self, line: str, expected: str) -> None:
        """RFC 850 dates hold a comma, and keep their case; so a `noai` behind one is lost."""
        found = directives([line], "x")
        date = next(one for one in found if one.startswith("unavailable_after:Saturday, 25-Jun-30 15:00:00 PST"))
        assert {expected, date} - {""} == set(found)
        assert not opts_out([line], "x")

    def test_a_date_for_somebody_else(self) -> None:
        """It takes the rest of the line from everybody."""
        assert () == directives(["googlebot: unavailable_after: 25 Jun 2030 15:00:00 PST, x: noai"], "x")


class TestMeta:
    """HTML: the element's name tells the agent."""

    @pytest.mark.parametrize(
        ("elements", "expected"),
        [
            ([("robots", ",noai, ,"), ("X", "NoIndex")], ("noai", "noindex")),
            ([(" Robots\n", " noai ,\n noimageai")], ("noai", "noimageai")),
            ([("", "noai"), ("description", "noai"), ("googlebot", "noai")], ()),
            ([("robots", "googlebot: noai")], ("googlebot:noai",)),
            (
                [("robots", "max-snippet: 0, unavailable_after: 1 Jan, 2030")],
                ("max-snippet:0", "unavailable_after:1 Jan, 2030"),
            ),
            ([], ()),
        ],
    )
    def test_elements(self, elements: list[tuple[str, str]], expected: tuple[str, ...]) -> None:
        """`robots` is everybody; other elements say nothing, and neither does a name within the content."""
        assert expected == meta_directives(elements, "x")

    def test_nobody_in_particular(self) -> None:
        """An element without a name is not for an agent without one."""
        assert ("noai",) == meta_directives([("", "noindex"), ("robots", "noai")], "")


def test_a_long_line_is_read_in_part() -> None:
    """Our own limit; the directive that is cut does not count."""
    line = "noindex," + "," * (LONGEST - 10)
    assert ("noindex",) == directives([line + "noai" + "x" * 9], "x")
    assert ("noai", "noindex") == directives([line[:-10] + "noai" + "," * 99], "x")
    assert () == directives([":" * 5_000_000], "x")


LINES = st.lists(st.text() | st.text('noaimgex-unavailable_after:, ;"', max_size=60), max_size=4)


@given(LINES, st.text() | st.just("x"))
@example(["unavailable_after"], "x")
@example(["x:unavailable_after:"], "x")
def test_never_crashes(lines: list[str], agent: str) -> None:
    """Sorted, without doubles, nothing empty; what is said to all is said to each."""
    found = directives(lines, agent)
    assert tuple(sorted(set(found) - {""})) == found
    assert set(directives(lines, "")) <= set(found)
    assert (NOAI in found) is opts_out(lines, agent)
    assert isinstance(meta_directives([(agent, line) for line in lines], agent), tuple)


@given(st.lists(st.sampled_from(["noai", "NoIndex", "foo", "none"]), min_size=1))
def test_one_line_or_several(said: list[str]) -> None:
    """Without names and colons a proxy may join lines, and nothing changes."""
    assert directives(said, "x") == directives([", ".join(said)], "x") == tuple(sorted({one.lower() for one in said}))
