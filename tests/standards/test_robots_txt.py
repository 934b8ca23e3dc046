"""robots.txt: RFC 9309, and the statements of usage in it."""

import random as randomness
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from noscrape.standards.content_signal import Signal
from noscrape.standards.content_usage import Preference
from noscrape.standards.robots_txt import (
    LARGEST_BYTES,
    Access,
    Group,
    Line,
    RobotsTxt,
    Verdict,
    access,
    matches,
    parse,
)
from tests.standards.cases import cases, check, read, words

FILE = "robots_matching.json"


class TestVectors:
    """The project's conformance cases."""

    @pytest.mark.parametrize("case", cases(FILE, "vectors"))
    def test_matching(self, case: dict[str, Any]) -> None:
        """Which paths a crawler may fetch, from text and from octets."""
        for text in (case["robots_txt"], case["robots_txt"].encode()):
            check(case, "allow" if parse(text).allows(case["agent"], case["path"]) else "disallow")

    @pytest.mark.parametrize("case", cases(FILE, "generated"))
    def test_generated(self, case: dict[str, Any]) -> None:
        """Files beyond the limit."""
        make = case["generate"]
        fill = (make["fill_to_bytes"] - len(make["prefix"])) // len(make["filler"])
        text = make["prefix"] + make["filler"] * fill + make["suffix"]
        check(case, "allow" if parse(text).allows(case["agent"], case["path"]) else "disallow")

    @pytest.mark.parametrize("token", read(FILE)["control_only_tokens"])
    def test_control_only_tokens(self, token: str) -> None:
        """They answer for themselves, and bind nobody who fetches."""
        robots = parse(f"User-agent: {token}\nDisallow: /\n")
        assert not robots.allows(token, "/x")
        assert robots.allows(token.partition("-")[0], "/x")

    @pytest.mark.parametrize("case", cases("content_usage.json", "robots"))
    def test_content_usage(self, case: dict[str, Any]) -> None:
        """Usage preferences of paths."""
        check(case, words(parse(case["robots_txt"]).content_usage(case["agent"], case["path"])))


class TestLines:
    """RFC 9309, section 2.2: the grammar."""

    @pytest.mark.parametrize(
        "text",
        [
            "user-agent:x\ndisallow:/a",
            "USER-AGENT: X\nDisAllow: /a\n",
            " \tuser-agent \t: \tx \t\r\n\tdisallow\t:\t/a\t\r\n",
            "user-agent: x\rdisallow: /a\r",
            "\r\n\r\nuser-agent: x\n\n\r\n\rdisallow: /a",
            "\ufeffuser-agent: x\ndisallow: /a",
            "# all\nuser-agent: x#y\n# more\ndisallow: /a # why",
            "user-agent: x # the one\ndisallow: /a#b",
            "user-agent: x\n<html>\ngarbage\n: /\n:\ndisallow /\ndisallow: /a",
            "user-agent: x\nfoo: bar\nnoindex: /b\nhost: a.example\ndisallow: /a",
            "user-agent: x\n\x00\x01\x02\ndisallow: /a",
        ],
    )
    def test_forms(self, text: str) -> None:
        """All of these disallow `/a` for x, and nothing else."""
        for given_as in (text, text.encode()):
            robots = parse(given_as)
            assert (False, True) == (robots.allows("x", "/a"), robots.allows("x", "/b"))

    @pytest.mark.parametrize(
        "separator", ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\x00", " "]
    )
    def test_what_ends_no_line(self, separator: str) -> None:
        """Only CR and LF do; Python's own idea of a line would find a rule here that is none."""
        assert parse(f"user-agent: x\nfoo: a{separator}disallow: /a").allows("x", "/a")

    @pytest.mark.parametrize("space", ["\x0b", "\x0c", "\xa0", "\u3000", "\x00"])
    def test_what_is_no_space(self, space: str) -> None:
        """Only space and tab are taken off: the rest belongs to the name or the path."""
        assert parse(f"user-agent: x\n{space}disallow: /a").allows("x", "/a")
        assert parse(f"user-agent: x{space}\ndisallow: /a").allows("x", "/a")
        assert parse(f"user-agent: x\ndisallow: /a{space}").allows("x", "/a")

    @pytest.mark.parametrize(
        "line", ["disallow /a", "disallow", "disallow= /a", "dis allow: /a", "-disallow: /a", "disalow: /a"]
    )
    def test_what_is_no_rule(self, line: str) -> None:
        """Spellings that some implementations forgive are no records of the RFC."""
        assert parse(f"user-agent: x\n{line}").allows("x", "/a")

    def test_records_as_they_are_kept(self) -> None:
        """Names in lower case, values without space and comment, lines as an editor counts them."""
        text = "User-Agent: A\r\nuser-agent: b\rDisallow:\n: x\nX-Thing : a: b # c\nAllow: /c d\n"
        lines = (Line(3, "disallow", ""), Line(5, "x-thing", "a: b"), Line(6, "allow", "/c d"))
        assert (Group(("A", "b"), lines),) == parse(text).groups

    def test_octets_that_are_no_utf_8(self) -> None:
        """In a path they are compared like any other octet outside ASCII; elsewhere they are replaced. Our choice."""
        robots = parse(b"user-agent: x\xff\nuser-agent: x\ndisallow: /\xff\xc3\xa9\xe3\nfoo: \xff\nb\xffr: 1")
        assert (
            Group(
                ("x\ufffd", "x"),
                (Line(3, "disallow", "/%FFé%E3"), Line(4, "foo", "\ufffd"), Line(5, "b\ufffdr", "1")),
            ),
        ) == robots.groups
        assert not robots.allows("x", "/%ff%C3%A9%E3%83%84")
        assert robots.allows("x", "/\ufffdé")

    def test_a_text_is_read_as_its_octets(self) -> None:
        """Surrogates, of a careful or a careless decoder, do no harm."""
        assert not parse("user-agent: x\ndisallow: /\udcff").allows("x", "/%FF")
        assert not parse("user-agent: x\ndisallow: /\ud800").allows("x", "/%ED%A0%80")

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
    def test_other_encodings(self, encoding: str) -> None:
        """Section 2.3: a file is UTF-8, so that this one holds no record that anybody could follow."""
        assert parse("user-agent: *\ndisallow: /\n".encode(encoding)).allows("x", "/a")


class TestGroups:
    """RFC 9309, section 2.2.1: whom a group is for."""

    @pytest.mark.parametrize(
        ("named", "agent"),
        [("foo", "FOO"), ("FooBot", "foobot"), ("a_b-C", "A_B-c"), ("*", "foo"), ("img2dataset", "IMG2dataset")],
    )
    def test_named(self, named: str, agent: str) -> None:
        """Whole, and without case."""
        assert not parse(f"user-agent: {named}\ndisallow: /").allows(agent, "/")

    @pytest.mark.parametrize(
        "named",
        [
            "Foo",
            "FooBots",
            "FooBot/1.0",
            "FooBot Bar",
            "Foo, FooBot",
            "FooBot*",
            "*FooBot",
            "FooBot;",
            '"FooBot"',
            "",
            "* x",
        ],
    )
    def test_not_named(self, named: str) -> None:
        """Tokens are compared whole, so that a version, a list or a wildcard in one names nobody."""
        robots = parse(f"user-agent: {named}\ndisallow: /")
        assert robots.allows("FooBot", "/")
        assert robots.allows("", "/")

    def test_case_is_that_of_ascii(self) -> None:
        """The KELVIN SIGN is no k, though Python's lower case says so."""
        assert parse("user-agent: \u212aagi\ndisallow: /").allows("kagi", "/")
        assert parse("user-agent: kagi\ndisallow: /").allows("\u212aagi", "/")

    def test_a_line_that_names_nobody_begins_a_group(self) -> None:
        """What follows is not the rule of the group before. Our choice; the RFC does not say."""
        robots = parse("user-agent: a\ndisallow: /a\nuser-agent: b/1.0\ndisallow: /")
        assert robots.allows("a", "/b")

    def test_nothing_is_inherited(self) -> None:
        """A group of one's own replaces `*`, even when it is empty."""
        robots = parse("user-agent: *\ndisallow: /\n\nuser-agent: a\n\nuser-agent: b\nallow: /x")
        assert not robots.allows("c", "/y")
        assert robots.allows("a", "/y")
        assert robots.allows("b", "/y")

    def test_groups_of_one_name_are_merged(self) -> None:
        """Those of `*` as well, and a group that names one twice counts once."""
        robots = parse(
            "user-agent: a\nuser-agent: A\ndisallow: /1\nuser-agent: *\ndisallow: /2\n"
            "user-agent: a\nuser-agent: b\ndisallow: /3\nuser-agent: *\ndisallow: /4\n"
        )
        refused = {
            agent: [path for path in ("/1", "/2", "/3", "/4") if not robots.allows(agent, path)] for agent in "abc"
        }
        assert {"a": ["/1", "/3"], "b": ["/3"], "c": ["/2", "/4"]} == refused
        assert [3, 8] == [line.number for line in robots.rules_for("a")]

    @pytest.mark.parametrize(
        "between",
        [
            "",
            "\n\n",
            "crawl-delay: 5",
            "sitemap: /s.xml",
            "license: /l",
            "content-usage: search=n",
            "content-signal: search=no",
            "foo: x",
            "foo",
            "disallow",
            ": x",
        ],
    )
    def test_what_stands_between_names(self, between: str) -> None:
        """Section 2.2.4: no other record separates `User-agent` lines, or ends a group."""
        robots = parse(f"user-agent: a\n{between}\nuser-agent: b\n{between}\ndisallow: /x\n{between}\ndisallow: /y\n")
        assert [False] * 4 == [robots.allows(agent, path) for agent in "ab" for path in ("/x", "/y")]

    @pytest.mark.parametrize("rule", ["allow: /x", "disallow: /x", "disallow:", "allow: foo"])
    def test_a_rule_ends_the_names(self, rule: str) -> None:
        """An empty one too."""
        robots = parse(f"user-agent: a\n{rule}\nuser-agent: b\ndisallow: /y")
        assert (True, False) == (robots.allows("a", "/y"), robots.allows("b", "/y"))

    def test_a_name_without_a_colon_begins_nothing(self) -> None:
        """What follows still belongs to the group before."""
        assert not parse("user-agent: a\nallow: /x\nuser-agent\ndisallow: /y").allows("a", "/y")

    def test_rules_before_the_first_group(self) -> None:
        """They are nobody's."""
        robots = parse("disallow: /\nallow: /x\nuser-agent: a\ndisallow: /y")
        assert robots.allows("a", "/x")
        assert robots.allows("b", "/y")
        assert [Line(4, "disallow", "/y")] == list(robots.rules_for("a"))

    def test_who_is_named(self) -> None:
        """By itself, not through `*`."""
        robots = parse("user-agent: *\nuser-agent: FooBot\ndisallow: /")
        assert (True, False, False) == (robots.names("foobot"), robots.names("Foo"), robots.names(""))


class TestVerdict:
    """RFC 9309, section 2.2.2: which rule decides."""

    @pytest.mark.parametrize(
        ("rules", "path", "expected"),
        [
            (("disallow: /", "allow: /a"), "/ab", Line(3, "allow", "/a")),
            (("allow: /a", "disallow: /ab"), "/ab", Line(3, "disallow", "/ab")),
            (("disallow: /a", "allow: /a"), "/a", Line(3, "allow", "/a")),
            (("allow: /a", "disallow: /a"), "/a", Line(2, "allow", "/a")),
            (("disallow: /a", "disallow: /a"), "/a", Line(2, "disallow", "/a")),
            (("allow: /ab", "disallow: /a*$"), "/ab", Line(3, "disallow", "/a*$")),
            (("allow: /$", "disallow: /"), "", Line(2, "allow", "/$")),
            (("allow:", "disallow: /"), "/", Line(3, "disallow", "/")),
            (("allow: /%61%62", "disallow: /ab*"), "/ab", Line(3, "disallow", "/ab*")),
            (("disallow: /%C3%BC", "allow: /ü"), "/ü", Line(3, "allow", "/ü")),
            (("allow: /ü", "disallow: /*???"), "/ü???", Line(2, "allow", "/ü")),
            (("disallow:", "allow: /b"), "/a", None),
        ],
    )
    def test_the_most_octets_and_then_allow(self, rules: tuple[str, str], path: str, expected: Line | None) -> None:
        """Octets of the encoded rule, so that spelling does not decide (our reading); order in the file does not."""
        found = parse("\n".join(("user-agent: x", *rules))).verdict("x", path)
        assert Verdict(expected is None or expected.field == "allow", expected, ("x",)) == found

    def test_across_merged_groups(self) -> None:
        """The most specific rule may stand in any of them."""
        robots = parse("user-agent: a\ndisallow: /x\nuser-agent: b\nuser-agent: a\nallow: /x/y\ndisallow: /x/y/z")
        expected = (("/x", 2, False), ("/x/y", 5, True), ("/x/y/z", 6, False))
        for path, number, allowed in expected:
            found = robots.verdict("a", path)
            assert (allowed, ("a", "b")) == (found.allowed, found.agents)
            assert found.line is not None
            assert number == found.line.number

    def test_nobody_asked(self) -> None:
        """Without a group that applies nothing is disallowed, and no group is named."""
        assert Verdict(True, None, ()) == parse("user-agent: a\ndisallow: /").verdict("b", "/")
        assert Verdict(True, None, ()) == parse("").verdict("b", "/")

    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            ("/robots.txt", True),
            ("/%72obots.txt", True),
            ("/robots.txt#x", True),
            ("/robots.txt?x", False),
            ("/robots.txt/", False),
            ("/Robots.txt", False),
            ("/a/robots.txt", False),
        ],
    )
    def test_the_file_itself(self, path: str, expected: bool) -> None:
        """Section 2.2.2: /robots.txt is implicitly allowed, and nothing that looks like it."""
        assert expected is parse("user-agent: *\ndisallow: /\ndisallow: /robots.txt").allows("x", path)


class TestLimit:
    """RFC 9309, section 2.5: at least 500 KiB are read."""

    START = "user-agent: x\n"

    @pytest.mark.parametrize("end", ["\n", "\r", "\r\n", ""])
    @pytest.mark.parametrize("octets", [0, 1, 2, 100])
    def test_a_rule_that_ends_within(self, end: str, octets: int) -> None:
        """Up to the last octet, whatever comes after."""
        rule = "disallow: /late"
        filler = "#" * (LARGEST_BYTES - len(self.START) - len(rule) - 1 - octets) + "\n"
        text = self.START + filler + rule + end + ("more: " * 99 if end else "")
        assert not parse(text).allows("x", "/late")
        assert not parse(text.encode()).allows("x", "/late")

    @pytest.mark.parametrize("octets", range(1, 16))
    def test_a_rule_that_is_cut(self, octets: int) -> None:
        """It does not count, in halves least of all: `/la` would refuse what nobody refused."""
        rule = "disallow: /late"
        filler = "#" * (LARGEST_BYTES - len(self.START) - len(rule) - 1 + octets) + "\n"
        robots = parse(self.START + "disallow: /early\n" + filler[17:] + rule + "\n")
        assert (True, True, False) == (robots.truncated, robots.allows("x", "/late"), robots.allows("x", "/early"))

    def test_octets_are_counted(self) -> None:
        """Not characters, and a character that is cut in half does no harm."""
        text = self.START + "#" + "é" * (LARGEST_BYTES // 2) + "\ndisallow: /late"
        assert parse(text).truncated
        assert parse(text).allows("x", "/late")
        assert parse(text) == parse(text.encode())

    def test_exactly_as_long(self) -> None:
        """A file of 512,000 octets is whole."""
        assert not parse("#" * LARGEST_BYTES).truncated
        assert parse("#" * (LARGEST_BYTES + 1)).truncated

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("x" * 10_000_000, id="one line"),
            pytest.param("\n" * 10_000_000, id="empty lines"),
            pytest.param(":" * 10_000_000, id="colons"),
            pytest.param("user-agent: a\n" * 700_000, id="names"),
            pytest.param("user-agent: a\ndisallow: /\n" * 400_000, id="groups"),
            pytest.param("user-agent: *\n" + ("disallow: " + "*a" * 1_000 + "*b$\n") * 5_000, id="stars"),
            pytest.param("user-agent: *\ndisallow: /" + "%zé" * 3_000_000, id="percent signs"),
            pytest.param("user-agent: *\n" + "content-usage: /a train-ai=n\n" * 300_000, id="statements"),
        ],
    )
    def test_ten_megabytes(self, text: str) -> None:
        """Read and asked without a long wait."""
        robots = parse(text)
        assert robots.truncated
        for agent in ("a", "x"):
            assert robots.verdict(agent, "/" + "a" * 2_000).allowed in (True, False)
            robots.content_usage(agent, "/a")
            robots.content_signal(agent, "/a")


class TestContentUsage:
    """draft-ietf-aipref-attach-05: `Content-Usage` in a group."""

    ALLOWED, DISALLOWED, UNKNOWN = Preference.ALLOWED, Preference.DISALLOWED, Preference.UNKNOWN

    @pytest.mark.parametrize(
        ("lines", "path", "expected"),
        [
            (("train-ai=n",), "/x", DISALLOWED),
            (("/ train-ai=n",), "/x", DISALLOWED),
            (("train-ai=n", "/ train-ai=y"), "/x", ALLOWED),
            (("/a/ \t train-ai=n",), "/a/1", DISALLOWED),
            (("/a/ train-ai=n",), "/b", UNKNOWN),
            (("/a/ train-ai=y", "/*/b train-ai=n"), "/a/b", DISALLOWED),
            (("/a* train-ai=y", "/*a train-ai=n"), "/aa", DISALLOWED),
            (("/%61 train-ai=y", "/a train-ai=n"), "/a", DISALLOWED),
            (("train-ai=n", "/a search=n"), "/a", UNKNOWN),
            (("train-ai=n", "/a nonsense here"), "/a", UNKNOWN),
            (("train-ai=n", "nonsense here"), "/a", DISALLOWED),
            (("train-ai=y", "/a", "/a train-ai=n"), "/a", DISALLOWED),
            (("/a%20b train-ai=n",), "/a b", DISALLOWED),
            (("*.mp3 train-ai=n",), "/a.mp3", UNKNOWN),
            (("/*.mp3$ train-ai=n",), "/a.mp3", DISALLOWED),
            (("train-ai=n;a=#1",), "/a", UNKNOWN),
            (("train-ai=n#, x",), "/a", DISALLOWED),
            (("",), "/a", UNKNOWN),
            (("$ train-ai=n",), "/a", UNKNOWN),
        ],
    )
    def test_which_statement_decides(self, lines: tuple[str, ...], path: str, expected: Preference) -> None:
        """The longest path alone, without a path 0, of equal ones the most restrictive; malformed is unknown."""
        text = "user-agent: *\n" + "".join(f"Content-Usage: {line}\n" for line in lines)
        found = parse(text).content_usage("x", path)
        assert found is not None
        assert expected is found["train-ai"]

    def test_not_where_crawling_is_disallowed(self) -> None:
        """A block is no reservation; the file itself may always be fetched."""
        robots = parse("user-agent: *\ncontent-usage: train-ai=n\ndisallow: /a")
        assert robots.content_usage("x", "/a") is None
        assert robots.content_usage("x", "/b") == robots.content_usage("x", "/robots.txt")

    def test_groups_of_nothing_but_statements(self) -> None:
        """The draft makes it a rule, so that it ends a list of names; to crawling it is an unknown record."""
        robots = parse("user-agent: a\ncontent-usage: train-ai=n\n\nuser-agent: *\ncontent-usage: train-ai=y\n")
        for agent, expected in (("a", self.DISALLOWED), ("b", self.ALLOWED)):
            found = robots.content_usage(agent, "/")
            assert found is not None
            assert expected is found["train-ai"]
        assert [("a", "*")] == [group.agents for group in robots.groups]
        assert [("a",), ("*",)] == [group.agents for group in robots.usage_groups]

    def test_not_inherited(self) -> None:
        """As rules are not; and outside a group it is nobody's."""
        robots = parse("content-usage: search=n\nuser-agent: *\ncontent-usage: train-ai=n\nuser-agent: a\nallow: /")
        assert {"train-ai": self.UNKNOWN, "search": self.UNKNOWN} == robots.content_usage("a", "/")
        assert {"train-ai": self.DISALLOWED, "search": self.UNKNOWN} == robots.content_usage("b", "/")


class TestContentSignal:
    """Content Signals Policy, with AIPREF's way of choosing: our reading."""

    @pytest.mark.parametrize(
        ("lines", "path", "expected"),
        [
            (("ai-train=no",), "/x", Signal.NO),
            (("/a ai-train=no", "ai-train=yes"), "/a", Signal.NO),
            (("/a ai-train=no", "ai-train=yes"), "/b", Signal.YES),
            (("/a ai-train=yes", "/a ai-train=no"), "/a", Signal.NO),
            (("/a search=yes", "ai-train=no"), "/a", Signal.UNSTATED),
            (("/a\tai-train=no",), "/a", Signal.NO),
            (("ai-train=n",), "/a", Signal.UNSTATED),
        ],
    )
    def test_which_statement_decides(self, lines: tuple[str, ...], path: str, expected: Signal) -> None:
        """The longest path, then the most restrictive."""
        text = "user-agent: *\n" + "".join(f"CONTENT-SIGNAL: {line}\n" for line in lines)
        found = parse(text).content_signal("x", path)
        assert found is not None
        assert expected is found["ai-train"]

    def test_not_where_crawling_is_disallowed(self) -> None:
        """Signals are about what may be fetched."""
        assert parse("user-agent: *\ndisallow: /a\ncontent-signal: ai-train=no").content_signal("x", "/a") is None

    def test_groups_of_nothing_but_signals(self) -> None:
        """They are as many groups as they look. Our choice; the policy does not say."""
        robots = parse("user-agent: a\ncontent-signal: ai-train=no\n\nuser-agent: b\ncontent-signal: ai-train=yes")
        for agent, expected in (("a", Signal.NO), ("b", Signal.YES), ("c", Signal.UNSTATED)):
            found = robots.content_signal(agent, "/")
            assert found is not None
            assert expected is found["ai-train"]


class TestOtherRecords:
    """RFC 9309, section 2.2.4, and RSL 1.0."""

    TEXT = (
        "License: https://a.example/all.xml\nSitemap: https://a.example/1.xml\nLicense:\nLicense: https://a.example/2.xml\n"
        "User-agent: a\nUser-agent: b\nDisallow: /x\nLicense: https://a.example/ab.xml\nSitemap: https://a.example/2.xml\n"
        "User-agent: c\nLicense: https://a.example/c.xml\nUser-agent: d\nAllow: /\nSitemap:\n"
        "User-agent: a\nLicense: https://a.example/a.xml\n"
    )

    @pytest.mark.parametrize(
        ("agent", "expected"),
        [
            ("a", ("https://a.example/ab.xml", "https://a.example/a.xml")),
            ("B", ("https://a.example/ab.xml",)),
            ("c", ("https://a.example/c.xml",)),
            ("d", ("https://a.example/all.xml", "https://a.example/2.xml")),
            ("e", ("https://a.example/all.xml", "https://a.example/2.xml")),
        ],
    )
    def test_licences(self, agent: str, expected: tuple[str, ...]) -> None:
        """Those inside the groups that apply replace those before the first group (RSL 1.0)."""
        assert expected == parse(self.TEXT).licences_for(agent)

    def test_of_the_whole_file(self) -> None:
        """Licences stand before the first group, sitemaps anywhere; an empty one is none."""
        robots = parse(self.TEXT)
        assert ("https://a.example/all.xml", "https://a.example/2.xml") == robots.licences
        assert ("https://a.example/1.xml", "https://a.example/2.xml") == robots.sitemaps


@pytest.mark.parametrize(
    ("status", "redirects", "expected"),
    [
        *((status, 0, Access.RULES) for status in (200, 204, 299)),
        *((status, 0, Access.EVERYTHING) for status in (301, 304, 400, 401, 403, 404, 410, 429, 499)),
        *((status, 0, Access.NOTHING) for status in (500, 503, 599, None, 600, 999, 100, 0, -1)),
        *((200, count, Access.RULES) for count in (1, 5)),
        *((status, 6, Access.EVERYTHING) for status in (301, 200, 503, None)),
        *((503, 5, Access.NOTHING), (404, 5, Access.EVERYTHING)),
    ],
)
def test_access(status: int | None, redirects: int, expected: Access) -> None:
    """RFC 9309, section 2.3.1; what a redirect to nowhere, or a number that is no status, means is our choice."""
    assert expected is access(status, redirects=redirects)


WORD = st.sampled_from(["a", "b", "*", "A", "c/1", ""])
PATH = st.text("/ab*$%2f", max_size=6)
RULE = st.tuples(st.sampled_from(["allow", "disallow"]), PATH)


@given(
    st.lists(st.one_of(st.tuples(st.just("user-agent"), WORD), RULE), max_size=12), WORD, st.text("ab/$2%", max_size=4)
)
def test_beside_the_rules_in_words(records: list[tuple[str, str]], agent: str, path: str) -> None:
    """An independent reading of section 2.2: gather the rules of the agent, else those of `*`, and take the longest."""
    rules: dict[str, list[tuple[str, str]]] = {}
    names: list[str] = []
    previous = "allow"
    for name, value in records:
        if name == "user-agent":
            names = [value.lower()] if previous != "user-agent" else [*names, value.lower()]
            rules.setdefault(value.lower(), [])
        else:
            for one in names:
                rules[one].append((name, value))
        previous = name
    named = agent.lower() if agent and agent.lower() in rules else "*"
    decisive = max(
        (
            (len(value.replace("%2f", "%2F")) + 2 * lone(value), name == "allow")
            for name, value in rules.get(named, [])
            if matches(value, "/" + path)
        ),
        default=(0, True),
    )
    text = "\n".join(f"{name}: {value}" for name, value in records)
    assert decisive[1] is parse(text).allows(agent, "/" + path)


def lone(pattern: str) -> int:
    """Percent signs that encode nothing, and become three octets."""
    return pattern.replace("%2f", "").replace("%22", "").count("%")


LINES = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "user-agent: a",
                "User-Agent: *",
                "disallow: ",
                "Allow: /",
                "content-usage: /",
                "content-signal:",
                "license: x",
                "x",
                "",
                "#",
            ]
        ),
        st.text("/ab*$%:# \ttrain-ai=ny,\x00\x0cé\ufeff\udcff", max_size=12),
        st.sampled_from(["\n", "\r", "\r\n", "\n\n", ""]),
    ),
    max_size=20,
)


@given(LINES, st.text(max_size=5), st.text(max_size=10))
@example([], "", "")
def test_text_near_to_a_file_never_crashes(lines: list[tuple[str, str, str]], agent: str, path: str) -> None:
    """Everything that can be asked has an answer, which is the same from text and from octets."""
    text = "".join(map("".join, lines))
    robots = parse(text)
    assert robots == parse(text.encode("utf-8", "surrogateescape"))
    for one in (agent, "a"):
        verdict = robots.verdict(one, path)
        assert verdict.allowed is robots.allows(one, path)
        assert verdict.line is None or verdict.line in robots.rules_for(one)
        assert (robots.content_usage(one, path) is None) is not verdict.allowed
        assert (robots.content_signal(one, path) is None) is not verdict.allowed
        assert isinstance(robots.licences_for(one), tuple)


@given(st.text() | st.binary())
def test_never_crashes(text: str | bytes) -> None:
    """A robots.txt is anybody's text, or no text at all."""
    robots = parse(text)
    assert isinstance(robots, RobotsTxt)
    assert robots == parse(text)
    assert hash(robots) == hash(parse(text))
    assert robots.allows("x", "/") in (True, False)


@given(st.lists(st.builds(": ".join, RULE), max_size=8), st.integers(), st.text("/ab", max_size=4))
def test_order_within_a_group_does_not_matter(rules: list[str], seed: int, path: str) -> None:
    """Section 2.2.2: the most specific rule decides, wherever it stands."""
    shuffled = list(rules)
    randomness.Random(seed).shuffle(shuffled)
    one, other = (parse("\n".join(("user-agent: x", *lines))).allows("x", path) for lines in (rules, shuffled))
    assert one is other
