"""`/.well-known/tdmrep.json`, as we write it. The parser of `noscrape.standards` is the oracle, in both readings."""

import json
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from noscrape.signals.tdmrep import Location, document
from noscrape.standards import tdmrep
from noscrape.standards.path_pattern import normalised
from noscrape.standards.robots_txt import matches
from noscrape.standards.tdmrep import Reading

Said = bool | None
Pairs = Iterable[tuple[str, Said]]


def rules(said: Pairs, *, most: int = 1_000) -> list[tuple[str, int]]:
    """What is written: locations with their reservations, in sequence."""
    written = json.loads(document([Location(*pair) for pair in said], most=most))
    return [(rule["location"], rule["tdm-reservation"]) for rule in written]


def reserved(locations: Iterable[str]) -> list[tuple[str, Said]]:
    return [(location, True) for location in locations]


def read(said: Pairs, paths: Iterable[str], *, most: int = 1_000) -> dict[str, int | None]:
    """What a reader takes the file to say."""
    found = tdmrep.parse(document([Location(*pair) for pair in said], most=most))
    return {path: tdmrep.statement(found, path).reservation for path in paths}


class TestTheFile:
    """An array of rules (TDMRep, section 6)."""

    def test_its_shape(self) -> None:
        """A policy stands where something is reserved, and a number is a number."""
        locations = [Location("/tracks/", True), Location("/tracks/open", False), Location("/about", None)]

        assert (
            b'[\n{"location": "/tracks/open", "tdm-reservation": 0},\n'
            b'{"location": "/tracks/", "tdm-reservation": 1, "tdm-policy": "https://music.example/ai"}\n]\n'
        ) == document(locations, policy="https://music.example/ai")

    @pytest.mark.parametrize("said", [[], [("/", None)], [("/a", None), ("/b/*/c", False)]])
    def test_nothing_to_say(self, said: list[tuple[str, Said]]) -> None:
        """The brackets are there all the same."""
        assert b"[]\n" == document([Location(*pair) for pair in said])

    @pytest.mark.parametrize(
        ("pattern", "location"),
        [
            ("/tracks/*", "/tracks/"),
            ("/a/**/b", "/a/*/b"),
            ("/media/*.wav$", "/media/*.wav"),
            ("/a$b", "/a%24b"),
            ("tracks/", "/tracks/"),
            ("*.wav", "/*.wav"),
            ("", "/"),
            ("/ü\n", "/%C3%BC%0A"),
            ('/"\\', "/%22%5C"),
        ],
    )
    def test_spelling(self, pattern: str, location: str) -> None:
        """Percent-encoded as RFC 9309 has it, and never with a `$`, which a signed query would get past."""
        assert [(location, 1)] == rules([(pattern, True)])

    @given(st.text(), st.text())
    def test_any_text(self, pattern: str, policy: str) -> None:
        """Whatever stands in a configuration, it is one rule."""
        (rule,) = json.loads(document([Location(pattern, True)], policy=policy))

        assert (1, policy) == (rule["tdm-reservation"], rule.get("tdm-policy", ""))

    def test_there_is_room_for_one_rule_at_least(self) -> None:
        """Else nothing could be told."""
        with pytest.raises(ValueError, match="most: got 0, wanted at least 1"):
            document([], most=0)
        assert [("/", 1)] == rules(reserved(["/a", "/b"]), most=1)


class TestWhatIsTold:
    """As few rules as say it, the specific ones first."""

    @pytest.mark.parametrize(
        ("said", "told"),
        [
            ([("/", True), ("/tracks/", True)], [("/", 1)]),
            ([("/a/", True), ("/a/b/", False), ("/a/b/c", True)], [("/a/b/c", 1), ("/a/b/", 0), ("/a/", 1)]),
            ([("/a/", False), ("/a/b", False)], [("/a/", 0)]),
            ([("/media/*.wav", True), ("/media/open.wav", False)], [("/media/open.wav", 0), ("/media/*.wav", 1)]),
            ([("/a", True), ("/a", False)], [("/a", 1)]),
            ([("/a", None), ("/a", False)], []),
            ([("/a", True), ("/a", None)], [("/a", 1)]),
            ([("/%61", True), ("/a", False)], [("/a", 1)]),
            ([("/tracks/", True), ("/", None)], [("/tracks/", 1)]),
            ([("/", True), ("/*bc", True), ("/ab", False)], [("/*bc", 1), ("/ab", 0), ("/", 1)]),
            ([("/a", False), ("/abcd", False), ("/*bc", True)], [("/abcd", 0), ("/*bc", 1), ("/a", 0)]),
        ],
        ids=[
            "what a wider one tells is left out",
            "a reserved one in an open one in a reserved one",
            "open in open",
            "longer than a pattern that covers it",
            "of both the reserved",
            "of both the unstated, and never 0",
            "of both the reserved, not the unstated",
            "two spellings of one",
            "the unstated is not told",
            "a pattern that has to win over a 0 is not",
            "nor is a 0 that has to win over a pattern",
        ],
    )
    def test_rules(self, said: list[tuple[str, Said]], told: list[tuple[str, int]]) -> None:
        """In sequence."""
        assert told == rules(said)

    @pytest.mark.parametrize(
        ("said", "told"),
        [
            ([("/1", False), ("/11", None)], []),
            ([("/", True), ("/1", False), ("/11", None)], [("/11", 1), ("/1", 0), ("/", 1)]),
            ([("/a/*", False)], [("/a/", 0)]),
            ([("/a/*/1", False)], []),
            ([("/a$", False)], []),
            ([("/a/", False), ("/*/bcd", None)], []),
            ([("/abc/", False), ("/*b", None)], [("/abc/", 0)]),
            ([("/abc", False), ("/*bc", True)], [("/*bc", 1)]),
            ([("/abc", False), ("/*bc", None)], []),
            ([("/abcd", False), ("/*bc", True)], [("/abcd", 0), ("/*bc", 1)]),
        ],
        ids=[
            "a track of which nobody spoke begins like it",
            "but it is reserved by a wider rule anyhow",
            "a star at the end is no star",
            "a pattern might cover another track",
            "it would cover more than was said",
            "a longer pattern may meet it",
            "a shorter one gives way",
            "an equally long one may meet it",
            "be it unstated",
            "a longer 0 comes first",
        ],
    )
    def test_a_0_that_nobody_said(self, said: list[tuple[str, Said]], told: list[tuple[str, int]]) -> None:
        """Is never told: rather nothing is (our choice; the report has no word for unset)."""
        assert told == rules(said)


class TestSummedUp:
    """Thousands of tracks."""

    def test_all_reserved(self) -> None:
        """One rule."""
        assert [("/tracks/", 1)] == rules(reserved(f"/tracks/{number}" for number in range(5_000)))

    def test_all_but_some(self) -> None:
        """Those as exceptions, before it."""
        open_ = {f"/tracks/{number:05}" for number in range(7, 5_000, 500)}
        every = [f"/tracks/{number:05}" for number in range(5_000)]

        told = rules((location, location not in open_) for location in every)

        assert [*((location, 0) for location in sorted(open_)), ("/tracks/", 1)] == told

    def test_ids_that_begin_like_others(self) -> None:
        """An open 7 does not open 70, and an open 70 in it is told again."""
        said = [(f"/tracks/{number}", number not in (7, 70, 4_000)) for number in range(5_000)]

        found = read(said, [location for location, _ in said])

        assert [0, 0, 0] == [value for value in found.values() if value != 1]
        assert [0, 0, 0] == [found[f"/tracks/{number}"] for number in (7, 70, 4_000)]
        assert len(rules(said)) < 40

    def test_unstated_ones_in_between(self) -> None:
        """They are not covered: beginnings of ids are told that none of them has."""
        said: list[tuple[str, Said]] = [(f"/t/{n:05}", None if n % 500 == 7 else True) for n in range(5_000)]

        found = read(said, [location for location, _ in said])

        assert {location: value and 1 for location, value in said} == found
        assert len(rules(said)) <= 1_000

    def test_too_many_unstated_ones(self) -> None:
        """Where no beginnings help, the directory is told as reserved, and others stay as they are."""
        said: list[tuple[str, Said]] = [(f"/t/{n:05}", True if n % 2 else None) for n in range(5_000)]
        said += [("/m/1", True), ("/m/2", None)]

        assert [("/m/1", 1), ("/t/", 1)] == rules(said)

    def test_as_many_as_are_asked_for(self) -> None:
        """Each track by itself, where there is room for it."""
        every = [f"/tracks/{number:05}" for number in range(5_000)]

        assert [(location, 1) for location in every] == rules(reserved(every), most=5_000)
        assert 1 == len(rules(reserved(every), most=4_999))

    def test_only_full_directories_are_summed_up(self) -> None:
        """As many as needed."""
        said = reserved([*(f"/a/{n:04}" for n in range(900)), *(f"/b/{n:04}" for n in range(950)), "/c/1"])

        told = rules(said)

        assert (902, ("/a/0000", 1), ("/b/", 1)) == (len(told), told[0], told[-1])

    def test_directories_of_directories(self) -> None:
        """A page within each track's directory; exceptions stay."""
        said = [(f"/tracks/{n:05}/page", n != 70) for n in range(5_000)]

        assert [("/tracks/00070/page", 0), ("/tracks/", 1)] == rules(said)

    def test_directories_in_an_open_one(self) -> None:
        """They are not told by the one whose owner said 0."""
        said = [("/z/", False), *((f"/z/{n}/page", True) for n in range(5))]

        assert [("/z/", 1)] == rules(said, most=3)

    def test_a_0_that_is_not_told_is_not_covered_either(self) -> None:
        """As long as there is room."""
        said = [*reserved(["/t/a1", "/t/a2", "/t/c"]), ("/t/*/x", False)]

        assert [("/t/a", 1), ("/t/c", 1)] == rules(said, most=2)

    def test_a_template_with_two_parameters(self) -> None:
        """The pattern of the directory."""
        assert [("/artists/*/tracks/", 1)] == rules(reserved(f"/artists/*/tracks/{n}" for n in range(5_000)))

    def test_too_many_exceptions(self) -> None:
        """They are left out: reserved for a reader of the file, and the header says what the owner said."""
        said = [(f"/t/{n:05}", bool(n % 2)) for n in range(5_000)]

        assert 5_000 == len(rules(said, most=5_000))
        assert {None, 0} & {*read(said, [location for location, yes in said if yes]).values()} == set()
        assert not any(value == 0 for _, value in rules(said))

    def test_it_ends_with_everything(self) -> None:
        """If nothing else fits."""
        assert [("/", 1)] == rules(reserved(f"/{n:04}/x" for n in range(2_000)))
        unstated: list[tuple[str, Said]] = [(f"/{n:04}/y", None) for n in range(2_000)]
        assert [("/", 1)] == rules([*reserved(f"/{n:04}/x" for n in range(2_000)), *unstated], most=1)

    def test_an_encoded_character_is_not_cut(self) -> None:
        """`%C` would be another pattern."""
        said: list[tuple[str, Said]] = [*reserved(f"/t/%C3%B{n:X}" for n in range(16)), ("/t/%C3%8A", None)]

        told = rules(said, most=15)

        assert [("/t/%C3%B" + f"{n:X}", 1) for n in range(16)] != told
        assert all(location == normalised(location) for location, _ in told)
        assert [1] * 16 == [*read(said, [location for location, yes in said if yes], most=15).values()]


_locations = st.one_of(
    st.lists(st.tuples(st.text("/ab", max_size=5).map("/".__add__), st.sampled_from([True, False, None])), max_size=12),
    st.lists(
        st.tuples(st.text("/ab*%2F$", max_size=6).map("/".__add__), st.sampled_from([True, False, None])), max_size=12
    ),
)
_asked = st.lists(st.text("/ab%2F?", max_size=8).map("/".__add__), min_size=1, max_size=10)
_most = st.integers(1, 8) | st.just(1_000)


def intended(said: Sequence[tuple[str, Said]], path: str) -> Said:
    """What the longest location says, of equally long ones the stricter; as written, so without a `$` at the end."""
    strictness = {True: 2, None: 1, False: 0}
    found = [
        (len(normalised(pattern).rstrip("$*").replace("$", "%24").replace("**", "*")), strictness[value], value)
        for pattern, value in said
        if matches(pattern.rstrip("$*") or "/", path) or pattern.rstrip("$*") == ""
    ]
    return max(found, key=lambda one: one[:2])[2] if found else None


class TestReaders:
    """For any locations, and any number of rules."""

    @given(_locations, _asked, _most)
    def test_both_readings_agree(self, said: list[tuple[str, Said]], paths: list[str], most: int) -> None:
        """The first in sequence, and the longest: the report can be read both ways."""
        found = tdmrep.parse(document([Location(*pair) for pair in said], policy="https://a.example/", most=most))

        for path in [*paths, *(pattern.replace("*", "b") for pattern, _ in said)]:
            first = tdmrep.statement(found, path, reading=Reading.FIRST)
            assert first == tdmrep.statement(found, path, reading=Reading.LONGEST)

    @given(_locations, _asked, _most)
    @example([("/x/*/11", True), ("/x/*/12", True), ("/x/q/1", False)], ["/x/q/11"], 2)
    @example([("/2", False), ("/F", True), ("/a", True), ("/*2", False), ("/2$2", True)], ["/"], 3)
    def test_what_is_reserved_is_told(self, said: list[tuple[str, Said]], paths: list[str], most: int) -> None:
        """And a 0 only where it was said, of a location that nothing stricter covers as closely."""
        paths = [*paths, *(pattern.replace("*", "b") for pattern, _ in said)]
        meant = {path: intended(said, path) for path in paths if "**" not in "".join(pattern for pattern, _ in said)}

        found = read(said, meant, most=most)

        assert [] == [path for path, value in meant.items() if value is True and found[path] != 1]
        assert [] == [path for path, value in meant.items() if value is not False and found[path] == 0]

    @given(_locations, _asked)
    def test_plain_locations_are_told_exactly(self, said: list[tuple[str, Said]], paths: list[str]) -> None:
        """Where all are stated, none is a pattern, and there is room."""
        stated = [(pattern, value) for pattern, value in said if value is not None and not {*pattern} & {*"*$"}]
        paths = [*paths, *(pattern for pattern, _ in stated)]
        meant = {path: None if (value := intended(stated, path)) is None else int(value) for path in paths}

        assert meant == read(stated, paths)

    @given(_locations)
    def test_what_is_unstated_is_not_covered(self, said: list[tuple[str, Said]]) -> None:
        """Where there is room, by no rule but one that was given so."""
        unstated = [pattern for pattern, value in said if value is None and not {*pattern} & {*"*$"}]
        given = [pattern.rstrip("$*") or "/" for pattern, value in said if value]
        apart = [path for path in unstated if not any(matches(pattern, path) for pattern in given)]

        assert dict.fromkeys(apart) == read(said, apart)

    @given(_locations, _most)
    def test_it_depends_on_nothing_else(self, said: list[tuple[str, Said]], most: int) -> None:
        """Tracks in another order make no other file; and there are no more rules than were asked for."""
        locations = [Location(*pair) for pair in said]

        told = document(locations, most=most)

        assert told == document(reversed(locations), most=most)
        assert len(json.loads(told)) <= most
