"""TDMRep: W3C Community Group Final Report of 10 May 2024."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from noscrape.standards.tdmrep import LARGEST_BYTES, Reading, Rule, Statement, field, layered, parse, statement
from tests.standards.cases import cases, check

FILE = "tdmrep.json"
POLICY = "https://music.example/tdm.json"
UNSET = Statement()


def spelled(said: Statement) -> dict[str, object]:
    return {"reservation": said.reservation, "policy": said.policy}


def rule(location: object = "/", reservation: object = 1) -> dict[str, object]:
    return {"location": location, "tdm-reservation": reservation}


class TestVectors:
    """The project's conformance cases."""

    @pytest.mark.parametrize("case", cases(FILE, "well_known_file"))
    def test_file(self, case: dict[str, Any]) -> None:
        """The file at the origin, as decoded JSON and as text."""
        for data in (case["tdmrep_json"], json.dumps(case["tdmrep_json"])):
            check(case, spelled(statement(parse(data), case["path"])))

    @pytest.mark.parametrize("case", cases(FILE, "layers"))
    def test_layers(self, case: dict[str, Any]) -> None:
        """The file, then the header, then the page, then the work."""
        found = layered(*(layer(case[name]) for name in ("file", "header", "html_meta", "embedded")))
        check(case, spelled(found))


def layer(said: dict[str, Any] | None) -> Statement | None:
    if said is None:
        return None
    value = said.get("reservation")
    return Statement(field(value) if isinstance(value, str) else value, said.get("policy"))


class TestFile:
    """Section 3.3 of the reference: `/.well-known/tdmrep.json`."""

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            *((1, 1), (0, 0), (1.0, 1), (0.0, 0), (True, None), (False, None), ("1", None), ("0", None), (2, None)),
            *((-1, None), (0.5, None), (1.5, None), (None, None), ([1], None), ({}, None), (1e300, None)),
            *((float("nan"), None), (float("inf"), None), (10**400, None), (1 + 0j, None)),
        ],
        ids=repr,
    )
    def test_a_reservation_is_the_number_1_or_0(self, value: object, expected: int | None) -> None:
        """Whatever else counts as unset; JSON has one kind of number, so that 1.0 is 1."""
        assert (Rule("/", expected),) == parse([rule(reservation=value)])

    @pytest.mark.parametrize(
        ("text", "expected"),
        [("1.0", 1), ("1e0", 1), ("10e-1", 1), ("-0", 0), ("0.0", 0), ("1e999", None), ("1" * 5_000, None), ("01", 9)],
    )
    def test_numbers_as_they_are_written(self, text: str, expected: int) -> None:
        """Of any length; what is no JSON spoils the file, and a number that is too large only its own rule."""
        found = parse(f'[{{"location": "/", "tdm-reservation": {text}}}, {{"location": "/b", "tdm-reservation": 1}}]')
        assert (() if expected == 9 else (Rule("/", expected), Rule("/b", 1))) == found

    @pytest.mark.parametrize(
        "entry",
        [
            *({}, {"tdm-reservation": 1}, {"Location": "/", "tdm-reservation": 1}, [], ["/", 1], "/", None, 1, True),
            *(rule(location=one) for one in (1, None, True, ["/"], {"/": 1})),
        ],
        ids=repr,
    )
    def test_what_is_no_rule_is_left_out(self, entry: object) -> None:
        """A location is mandatory and a string; the rules beside it stay."""
        assert (Rule("/a", 1), Rule("/b", 0)) == parse([rule("/a"), entry, rule("/b", 0)])

    @pytest.mark.parametrize(
        ("policy", "expected"),
        [(POLICY, POLICY), ("", None), (" ", None), (None, None), (1, None), ([POLICY], None)],
        ids=repr,
    )
    def test_a_policy_is_a_string(self, policy: object, expected: str | None) -> None:
        """Without a usable one the reservation holds all the same."""
        assert (Rule("/", 1, expected),) == parse([rule() | {"tdm-policy": policy}])

    @pytest.mark.parametrize(
        "data",
        [
            *(None, 1, True, {}, rule(), {"rules": [rule()]}, [], object(), {1, 2}),
            *(
                "",
                "x",
                "<html></html>",
                "null",
                "1",
                "{}",
                '"[]"',
                json.dumps(rule()),
                "[",
                '[{"location": "/", "tdm-reservation": 1, "x": NaN}]',
            ),
            *("[]]", "[,]", '[{"location": "/", "tdm-reservation": 1},]', "[1] [2]", "// x\n[]", "\x00", "'[]'"),
            *(b"", b"\xff", b"\xff\xfe[\x00]\x00", b'[{"location": "/\xff", "tdm-reservation": 1}]'),
        ],
        ids=repr,
    )
    def test_what_is_no_array_has_no_rules(self, data: object) -> None:
        """Brackets are mandatory, and the text is JSON in UTF-8."""
        assert () == parse(data)

    @pytest.mark.parametrize(
        "data",
        [
            '[{"location": "/ü", "tdm-reservation": 1}]',
            '\ufeff[{"location": "/ü", "tdm-reservation": 1}]',
            '[{"location": "/ü", "tdm-reservation": 1}]'.encode(),
            b"\xef\xbb\xbf" + '[{"location": "/ü", "tdm-reservation": 1}]'.encode(),
            bytearray(b' [{"location": "/\\u00fc", "tdm-reservation": 1}]\r\n'),
        ],
    )
    def test_text(self, data: str | bytes) -> None:
        """In any of its forms; a byte order mark is skipped."""
        assert (Rule("/ü", 1),) == parse(data)

    def test_a_member_given_twice(self) -> None:
        """RFC 8259, section 4: nobody can tell which is meant, so it counts as not given. Our choice."""
        zero_last = '[{"location": "/", "tdm-reservation": 1, "tdm-reservation": 0}]'
        three = '[{"location": "/", "tdm-reservation": 0, "tdm-reservation": 1, "tdm-reservation": 0}]'
        alike = '[{"location": "/", "tdm-reservation": 1, "tdm-reservation": 1, "x": 1, "x": 2}]'
        elsewhere = '[{"location": "/a", "location": "/", "tdm-reservation": 0}]'
        assert [(Rule("/", None),), (Rule("/", None),), (Rule("/", 1),), ()] == [
            parse(text) for text in (zero_last, three, alike, elsewhere)
        ]

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("[" * 4_000_000, id="deep"),
            pytest.param('[{"a":' * 300_000, id="deep objects"),
            pytest.param("[" + "1" * 4_000_000 + "]", id="one long number"),
            pytest.param("[" + "1," * 4_000_000 + "1]", id="larger than is read"),
            pytest.param(b"[" + b" " * 20_000_000 + b"]", id="much larger"),
            pytest.param('[{"location": "/\\ud800\ud800", "tdm-reservation": "\ud800"}]', id="surrogates"),
        ],
    )
    def test_hostile_text(self, text: str | bytes) -> None:
        """No crash, and no long wait."""
        assert all(one.reservation is None for one in parse(text))

    def test_the_largest_file(self) -> None:
        """Up to the limit a file is read, one octet beyond it is not: half a file of JSON is none."""
        text = json.dumps([rule()])
        assert (Rule("/", 1),) == parse(text + " " * (LARGEST_BYTES - len(text)))
        assert () == parse(text + " " * (LARGEST_BYTES - len(text) + 1))


class TestStatement:
    """What a file says of a path."""

    @pytest.mark.parametrize(
        ("location", "path", "expected"),
        [
            ("/", "", 1),
            ("/", "/x?y", 1),
            ("/a", "/A", None),
            ("/a/", "/a", None),
            ("/*.mp3$", "/a.mp3", 1),
            ("/*.mp3$", "/a.mp3?s", None),
            ("/*.mp3", "/a.mp3?s", 1),
            ("/a$b", "/a$b", 1),
            ("/a%24b", "/a$b", 1),
            ("/%c3%bc", "/ü", 1),
            ("/a%2Fb", "/a/b", None),
            ("/a", "/a#b", 1),
            ("", "/", None),
            ("a", "/a", None),
            ("https://music.example/a", "/a", None),
        ],
    )
    def test_locations_are_patterns_of_robots_txt(self, location: str, path: str, expected: int | None) -> None:
        """Case-sensitive, with `*`, `$` and the percent rules."""
        assert Statement(expected) == statement([Rule(location, 1)], path)

    FIRST_WIDE = (Rule("/", 1, POLICY), Rule("/open/", 0))
    FIRST_NARROW = (Rule("/open/", 0), Rule("/", 1, POLICY))

    def test_the_first_in_sequence_decides(self) -> None:
        """The report's own definition of "most specific", which is our reading where nothing else is asked for."""
        assert Statement(1, POLICY) == statement(self.FIRST_WIDE, "/open/x")
        assert Statement(0) == statement(self.FIRST_NARROW, "/open/x")

    def test_the_longest_decides(self) -> None:
        """The reading of those who follow Google's robots.txt matching, as the report also says."""
        for rules in (self.FIRST_WIDE, self.FIRST_NARROW):
            assert Statement(0) == statement(rules, "/open/x", reading=Reading.LONGEST)
            assert Statement(1, POLICY) == statement(rules, "/x", reading=Reading.LONGEST)

    @pytest.mark.parametrize("reading", Reading)
    def test_the_same_location_twice(self, reading: Reading) -> None:
        """The first counts, in both readings."""
        assert Statement(1) == statement([Rule("/a", 1), Rule("/%61", 0)], "/a", reading=reading)

    @pytest.mark.parametrize("reading", Reading)
    def test_a_rule_that_cannot_be_read_opens_nothing(self, reading: Reading) -> None:
        """It is unset where it would have decided; the wider rule behind it was not meant for this. Our choice."""
        rules = parse([rule("/a/", "1"), rule("/", 0)])
        assert UNSET == statement(rules, "/a/x", reading=reading)
        assert Statement(0) == statement(rules, "/b", reading=reading)

    @pytest.mark.parametrize("reservation", [0, None])
    def test_a_policy_goes_with_a_reservation(self, reservation: int | None) -> None:
        """Without one it is not read."""
        assert Statement(reservation) == statement([Rule("/", reservation, POLICY)], "/")

    def test_no_rule(self) -> None:
        """Unset, which is not 0."""
        assert UNSET == statement((), "/")
        assert UNSET == statement([Rule("/a", 0)], "/b")

    @given(st.lists(st.builds(Rule, st.text("/ab*$%", max_size=5), st.sampled_from([1, 0, None])), max_size=5))
    def test_readings_agree_where_narrow_rules_stand_first(self, rules: list[Rule]) -> None:
        """So a file can be written that nobody reads otherwise."""
        sorted_rules = sorted(rules, key=lambda one: -one.pattern.octets)
        for path in ("/", "/a", "/ab", "/b/a?a", "/%41"):
            first = statement(sorted_rules, path, reading=Reading.FIRST)
            assert first == statement(sorted_rules, path, reading=Reading.LONGEST)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *(("1", 1), ("0", 0), (" 1\t", 1), ("\n0 ", 0)),
        *((one, None) for one in ("", "2", "01", "1.0", "true", "1, 1", "1;x", '"1"', "one", "\uff11", "1\x00", "-0")),
    ],
)
def test_field(value: str, expected: int | None) -> None:
    """Section 3.1 of the reference: any value but 1 and 0 is an error of the protocol, and counts as unset."""
    assert expected == field(value)


class TestLayers:
    """Section 3.5 of the reference: file, header, page, work; absence resets nothing."""

    @pytest.mark.parametrize(
        ("layers", "expected"),
        [
            ((None, None, None, None), UNSET),
            ((Statement(1, POLICY), Statement(1), None, None), Statement(1, POLICY)),
            ((Statement(1, POLICY), Statement(None, "p2"), None, None), Statement(1, "p2")),
            ((Statement(1, POLICY), UNSET, UNSET, UNSET), Statement(1, POLICY)),
            ((Statement(1, POLICY), None, Statement(0), None), Statement(0)),
            ((Statement(1, POLICY), Statement(0), None, Statement(1)), Statement(1, POLICY)),
            ((Statement(0), Statement(None, "p2"), Statement(1), None), Statement(1, "p2")),
            ((None, Statement(None, "p2"), None, None), UNSET),
            ((Statement(1), Statement(0), Statement(1), Statement(0)), Statement(0)),
        ],
    )
    def test_layered(self, layers: tuple[Statement | None, ...], expected: Statement) -> None:
        """Reservation and policy each from the last layer that says it; a policy counts only beside a 1."""
        file, header, html_meta, embedded = layers
        assert expected == layered(file, header, html_meta, embedded)

    @given(st.tuples(*[st.none() | st.builds(Statement, st.sampled_from([1, 0, None]))] * 4))
    def test_the_last_that_says_something_holds(self, layers: tuple[Statement | None, ...]) -> None:
        """For any layers."""
        file, header, html_meta, embedded = layers
        said = [one.reservation for one in layers if one is not None and one.reservation is not None]
        assert (said[-1] if said else None) == layered(file, header, html_meta, embedded).reservation


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["location", "tdm-reservation", "tdm-policy", "x"]), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON, st.text(max_size=8))
def test_any_json_never_crashes(data: object, path: str) -> None:
    """Decoded or as text, and nothing but the numbers 1 and 0 says anything."""
    for given_as in (data, json.dumps(data)):
        rules = parse(given_as)
        assert all(one.reservation in (0, 1, None) and type(one.reservation) is not bool for one in rules)
        assert isinstance(statement(rules, path), Statement)


@given(st.text() | st.binary() | st.text('[]{}",:01 locationtdm-reservation/', max_size=60))
@example("[{}]")
def test_any_text_never_crashes(data: str | bytes) -> None:
    """Files are anybody's text."""
    assert isinstance(parse(data), tuple)
    assert field(str(data)) in (0, 1, None)
