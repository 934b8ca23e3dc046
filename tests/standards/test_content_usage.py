"""`Content-Usage` fields: draft-ietf-aipref-vocab-07 and RFC 9651."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from noscrape.standards.content_usage import (
    CATEGORIES,
    LONGEST_BYTES,
    Preference,
    combined,
    parse,
    well_formed,
)
from tests.standards.cases import cases, check, words

ALLOWED, DISALLOWED, UNKNOWN = Preference.ALLOWED, Preference.DISALLOWED, Preference.UNKNOWN
FILE = "content_usage.json"


def said(train_ai: Preference = UNKNOWN, search: Preference = UNKNOWN) -> Mapping[str, Preference]:
    return {"train-ai": train_ai, "search": search}


def any_statement() -> st.SearchStrategy[Mapping[str, Preference]]:
    return st.builds(said, st.sampled_from(Preference), st.sampled_from(Preference))


class TestVectors:
    """The project's conformance cases."""

    @pytest.mark.parametrize("case", cases(FILE, "header"))
    def test_header(self, case: dict[str, Any]) -> None:
        """Field lines of a message."""
        check(case, words(parse(*case["field_lines"])))

    @pytest.mark.parametrize("case", cases(FILE, "combine"))
    def test_combine(self, case: dict[str, Any]) -> None:
        """Statements from different places."""
        statements = [{key: Preference(word) for key, word in one.items()} for one in case["statements"]]
        check(case, words(combined(statements)))


class TestField:
    """vocab-07, section 6, over RFC 9651, section 4.2."""

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("train-ai=n", said(DISALLOWED)),
            ("search=y,train-ai=n", said(DISALLOWED, ALLOWED)),
            ("search=y  \t,\t train-ai=n", said(DISALLOWED, ALLOWED)),
            ("\ttrain-ai=n\t", said(DISALLOWED)),
            ("train-ai=y, train-ai=n", said(DISALLOWED)),
            ("train-ai=n, train-ai=y", said(ALLOWED)),
            ("train-ai=n, train-ai", said()),
            ('train-ai=n;a=1;b="x";c', said(DISALLOWED)),
            ("train-ai=n; a", said(DISALLOWED)),
            ("train-ai=n, other=(a b);q=1, *x=:AQ==:, d=@1, z=1.5", said(DISALLOWED)),
            ("", said()),
            ("   ", said()),
        ],
    )
    def test_read(self, value: str, expected: Mapping[str, Preference]) -> None:
        """Only what the Dictionary holds in the end counts; parameters and other members do not."""
        assert expected == parse(value)
        assert well_formed(value)

    @pytest.mark.parametrize(
        "value",
        ["?0", "?1", '"n"', "N", "Y", "no", "yes", "0", "1", "1.0", "(n)", ":bg==:", "@0", '%"n"', "n:", "*", "n/y"],
    )
    def test_what_is_no_token_of_the_vocabulary_is_unknown(self, value: str) -> None:
        """vocab-07, section 6: the Tokens `y` and `n`, in lower case, and nothing else; the field stays readable."""
        assert said(UNKNOWN, ALLOWED) == parse(f"train-ai={value}, search=y")

    @pytest.mark.parametrize(
        "value",
        [
            "train-ai=n,",
            "train-ai=n;",
            ",train-ai=n",
            "train-ai=n,,search=y",
            "train-ai = n",
            "train-ai= n",
            "train-ai =n",
            "train-ai=n search=y",
            "train-ai=n; search=y;",
            "train-ai=n;\ta",
            "Train-AI=n, train-ai=n",
            "train-ai=n, X=y",
            "train-ai=n;A=1",
            "train-ai=n, 1a=y",
            "train-ai=n, a='x'",
            'train-ai=n, a="x',
            "train-ai=n, a=(",
            "train-ai=n, a=1.",
            "train-ai=n, a=1234567890123456",
            "train-ai=n\n",
            "train-ai=n\x00",
            "train-ai=n, é",
            "train-ai=n\udcff",
            "train-ai=n, a=\ud800",
            "train-ai=",
            "=n",
            "/tracks/ train-ai=n",
            "Content-Usage: train-ai=n",
        ],
    )
    def test_one_error_and_all_is_unknown(self, value: str) -> None:
        """RFC 9651, section 4.2: parsing fails as a whole; what came before the error says nothing either."""
        assert said() == parse(value)
        assert not well_formed(value)

    @pytest.mark.parametrize(
        "key", ["ai-train", "train-genai", "genai", "tdm", "ai", "ai-use", "all", "bots", "ai-input"]
    )
    def test_other_labels_say_nothing(self, key: str) -> None:
        """Labels of older drafts and of other vocabularies are ignored, and so is what they say."""
        assert said(UNKNOWN, DISALLOWED) == parse(f"{key}=n, search=n")

    @pytest.mark.parametrize(
        ("lines", "expected"),
        [
            ((), said()),
            (("train-ai=n", "search=y"), said(DISALLOWED, ALLOWED)),
            (("train-ai=n", "train-ai=y"), said(ALLOWED)),
            (("train-ai=n", ""), said()),
            (("train-ai=n,", "search=y"), said()),
            ((" train-ai=n ", "\tsearch=n"), said(DISALLOWED, DISALLOWED)),
        ],
    )
    def test_several_lines_are_one_list(self, lines: tuple[str, ...], expected: Mapping[str, Preference]) -> None:
        """RFC 9651, section 4.2: joined with commas before parsing, so that an empty line leaves a comma too many."""
        assert expected == parse(*lines)

    def test_a_longer_field_is_not_read(self) -> None:
        """Our own limit; a field that would be beyond it says nothing, and takes no time."""
        longest = "train-ai=n" + ", a" * ((LONGEST_BYTES - 10) // 3)
        assert said(DISALLOWED) == parse(longest)
        assert said() == parse(longest + ", abc")
        assert said() == parse("a," * 5_000_000 + "a")

    @given(st.lists(st.text(), max_size=3))
    def test_never_crashes(self, lines: list[str]) -> None:
        """Header values are anybody's text."""
        assert set(CATEGORIES) == parse(*lines).keys()

    @given(st.text('train-ai=searchyn,;:() "\t*?@%0.é', max_size=40))
    @example('train-ai=%"%c3"')
    @example("train-ai=@99999999999999")
    @example("train-ai=:====:")
    def test_text_near_to_a_field_never_crashes(self, value: str) -> None:
        """What does not parse is unknown, and never allows."""
        assert set(CATEGORIES) == parse(value).keys()
        assert well_formed(value) or said() == parse(value)

    @given(any_statement(), st.lists(st.sampled_from(["ext", "x=1", 'y="n"', "z=n;q"]), max_size=3))
    def test_what_is_written_is_read(self, statement: Mapping[str, Preference], others: list[str]) -> None:
        """Members of the vocabulary are found beside any others."""
        tokens = {ALLOWED: "y", DISALLOWED: "n"}
        members = [f"{key}={tokens[value]}" for key, value in statement.items() if value is not UNKNOWN]
        assert statement == parse(", ".join(others + members))


class TestCombining:
    """vocab-07, section 7: any that disallows, else any that allows, else unknown."""

    @pytest.mark.parametrize(
        ("statements", "expected"),
        [
            ([], said()),
            ([{}], said()),
            ([{"train-ai": DISALLOWED}, {"search": ALLOWED}], said(DISALLOWED, ALLOWED)),
            ([said(ALLOWED), said(DISALLOWED), said(ALLOWED)], said(DISALLOWED)),
            ([{"train-ai": ALLOWED, "bots": DISALLOWED}], said(ALLOWED)),
        ],
    )
    def test_combined(self, statements: list[Mapping[str, Preference]], expected: Mapping[str, Preference]) -> None:
        """Each category by itself; one that is not there is unknown, and one that is not ours is dropped."""
        assert expected == combined(statements)

    @given(st.lists(any_statement(), max_size=5), st.randoms())
    def test_order_and_repetition_do_not_matter(self, statements: list[Mapping[str, Preference]], random: Any) -> None:
        """And silence changes nothing."""
        shuffled = [*statements, *statements, said()]
        random.shuffle(shuffled)
        assert combined(statements) == combined(shuffled)
