"""Path patterns beside paths: RFC 9309, sections 2.2.2 and 2.2.3."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from noscrape.standards.path_pattern import normalised, octets_of, path_and_query, path_pattern
from noscrape.standards.robots_txt import matches


class TestSpecialCharacters:
    """RFC 9309, section 2.2.3: `*` is any characters, `$` at the end is the end."""

    @pytest.mark.parametrize(
        ("pattern", "path"),
        [
            ("/", "/"),
            ("/a", "/ab"),
            ("/a", "/a/b?c"),
            ("/a$", "/a"),
            ("/a*", "/a"),
            ("/a*c", "/abc"),
            ("/a*c", "/a/b/c"),
            ("/a*c$", "/acc"),
            ("/*/*.mp3$", "/a/b.mp3"),
            ("*.mp3", "/a.mp3?x"),
            ("*", "/"),
            ("*$", "/x"),
            ("/a*$", "/a"),
            ("/a**b", "/ab"),
            ("/a***", "/a"),
            ("/*?id=", "/x?id=1"),
        ],
    )
    def test_covered(self, pattern: str, path: str) -> None:
        """From the first octet on, as far as the pattern goes; `*` crosses `/` and may stand for nothing."""
        assert matches(pattern, path)

    @pytest.mark.parametrize(
        ("pattern", "path"),
        [
            ("", "/"),
            ("", ""),
            ("$", "/"),
            ("a", "/a"),
            ("/a", "/A"),
            ("/a/", "/a"),
            ("/b", "/a/b"),
            ("/a$", "/ab"),
            ("/a$", "/a?b"),
            ("/a*b$", "/a"),
            ("/ab*b$", "/ab"),
            ("/a*bc*c$", "/abc"),
            ("/*.mp3$", "/a.mp3?sig=1"),
            ("/a*c", "/ab"),
            ("https://a.example/", "/"),
        ],
    )
    def test_not_covered(self, pattern: str, path: str) -> None:
        """An empty pattern matches nothing, `$` counts the query in, and no octet is counted twice."""
        assert not matches(pattern, path)

    @pytest.mark.parametrize(
        ("pattern", "path", "expected"),
        [
            ("/a$b", "/a$b", True),
            ("/a$b", "/a", False),
            ("/a$b", "/a%24b", True),
            ("/a%24", "/a$", True),
            ("/a%24", "/a%24x", True),
            ("/a%24", "/a", False),
            ("/a$$", "/a$", True),
            ("/a$$", "/a", False),
            ("/a$*", "/a$x", True),
            ("/a$*", "/ax", False),
            ("/a%2A", "/a*", True),
            ("/a%2a", "/a%2A", True),
            ("/a%2A", "/ab", False),
        ],
    )
    def test_a_dollar_elsewhere_is_itself(self, pattern: str, path: str, expected: bool) -> None:
        """Section 2.2.3, figure 6: `%24` and `%2A` are the characters themselves, and so is `$` within a pattern."""
        assert expected is matches(pattern, path)


class TestPercent:
    """RFC 9309, section 2.2.2: both sides are brought to one spelling."""

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("/a-z_.~0/?:@!&'()+,;=[]*$", "/a-z_.~0/?:@!&'()+,;=[]*$"),
            ("/%41%7e%2D", "/A~-"),
            ("/%2f%3F%2a%24%25", "/%2F%3F%2A%24%25"),
            ("/ツ", "/%E3%83%84"),
            ("/%e3%83%84", "/%E3%83%84"),
            ("/ä b", "/%C3%A4%20b"),
            ('/"<>\\^`{|}', "/%22%3C%3E%5C%5E%60%7B%7C%7D"),
            ("/\x00\x1f\x7f", "/%00%1F%7F"),
            ("/%", "/%25"),
            ("/%4", "/%254"),
            ("/%zz", "/%25zz"),
            ("/%%41", "/%25A"),
            ("/%2541", "/%2541"),
            ("/%4*1", "/%254*1"),
            ("/%C3", "/%C3"),
            ("/\udcff", "/%FF"),
            ("/\ud800", "/%ED%A0%80"),
        ],
    )
    def test_one_spelling(self, text: str, expected: str) -> None:
        """Unreserved is decoded, reserved is kept, all that no URI may hold is encoded, a lone `%` among it."""
        assert expected == normalised(text)

    @pytest.mark.parametrize(
        ("pattern", "path", "expected"),
        [
            ("/a/b", "/a%2Fb", False),
            ("/a%2Fb", "/a/b", False),
            ("/a%2fb", "/a%2Fb", True),
            ("/%62", "/b", True),
            ("/b", "/%62", True),
            ("/é", "/%c3%a9", True),
            ("/%C3%A9", "/é", True),
            ("/a b", "/a%20b", True),
            ("/100%", "/100%25", True),
            ("/a%", "/a%2Fb", False),
            ("/?a=b", "/?a%3Db", False),
        ],
    )
    def test_spellings_compared(self, pattern: str, path: str, expected: bool) -> None:
        """`%2F` is not `/`; raw reserved characters are not encoded, which is our choice and that of others."""
        assert expected is matches(pattern, path)

    @given(st.text())
    @example("%%34" + "1")
    def test_normalising_twice_changes_nothing(self, text: str) -> None:
        """There is one spelling, it is ASCII, and it is short."""
        once = normalised(text)
        assert once == normalised(once)
        assert once.isascii()
        assert len(once) <= 3 * len(octets_of(text))

    @given(st.data(), st.binary(max_size=12))
    def test_any_spelling_of_the_same_octets_matches(self, data: st.DataObject, octets: bytes) -> None:
        """However a pattern and a path are encoded, the same octets are the same path."""

        def spelled(octet: int) -> str:
            spellings = [f"%{octet:02X}", f"%{octet:02x}"]
            if chr(octet).isascii() and (chr(octet).isalnum() or chr(octet) in "-._~"):
                spellings.append(chr(octet))
            return data.draw(st.sampled_from(spellings))

        pattern = "/" + "".join(map(spelled, octets)) + "$"
        path = "/" + "".join(map(spelled, octets))
        assert matches(pattern, path)
        assert path_pattern(pattern).octets == len(path_and_query(path)) + 1


class TestPath:
    """RFC 9309, section 2.2.2 and RFC 3986: what of a target takes part."""

    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            ("", "/"),
            ("?a", "/?a"),
            ("#f", "/"),
            ("a", "/a"),
            ("/a?b#c?d", "/a?b"),
            ("/a%23b", "/a%23b"),
            ("/a?b=/../c", "/a?b=/../c"),
            ("/$*", "/%24%2A"),
        ],
    )
    def test_path_and_query(self, path: str, expected: str) -> None:
        """The query does, the fragment never, and an empty path is `/`."""
        assert expected == path_and_query(path)

    def test_a_number_sign_in_a_pattern_is_the_character(self) -> None:
        """TDMRep files can hold one; a path holds it encoded. Our choice."""
        assert matches("/a#b", "/a%23b")
        assert not matches("/a#b", "/a#b")


def naive(pattern: str, path: str) -> bool:
    """The rule in words, as a regular expression."""
    anchored = pattern.endswith("$")
    body = "".join(".*" if char == "*" else re.escape(char) for char in pattern.removesuffix("$"))
    return bool(pattern) and re.match(body + (r"\Z" if anchored else ""), path, re.DOTALL) is not None


@given(st.text("/ab*$", max_size=8), st.text("/ab$*?", max_size=8))
@example("/*ab*b$", "/ab")
@example("/*$", "/$")
def test_beside_an_independent_matcher(pattern: str, path: str) -> None:
    """A regular expression written from section 2.2.3 answers the same."""
    assert naive(pattern, "/" + path) is matches(pattern, "/" + path)


@given(st.text(max_size=30), st.text(max_size=30))
def test_never_crashes(pattern: str, path: str) -> None:
    """Patterns and paths are anybody's text."""
    assert matches(pattern, path) in (True, False)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        pytest.param("/" + "*a" * 1_000 + "*b$", "/" + "a" * 2_000, id="a thousand stars"),
        pytest.param("/" + "*" * 200_000 + "b$", "/" + "a" * 2_000, id="nothing but stars"),
        pytest.param("/" + "*aaaaaaab" * 50_000, "/" + "a" * 200_000, id="near misses"),
        pytest.param("/" + "%" * 500_000, "/" + "%" * 500_000 + "a", id="a great many percent signs"),
    ],
)
def test_nothing_is_tried_twice(pattern: str, path: str) -> None:
    """Backtracking would not come back from these."""
    assert matches(pattern, path) is path.endswith("%a")


@pytest.mark.parametrize(
    ("pattern", "octets"),
    [("", 0), ("/", 1), ("/$", 2), ("/a$b", 4), ("/**", 3), ("/%61", 2), ("/ツ", 10), ("/%e3%83%84", 10), ("/%24", 4)],
)
def test_length(pattern: str, octets: int) -> None:
    """Octets of the encoded pattern with its `*` and `$`, whatever it was spelled like (section 2.2.2, our reading)."""
    assert octets == path_pattern(pattern).octets
