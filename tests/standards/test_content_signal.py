"""`Content-Signal` lines: Cloudflare's Content Signals Policy of September 2025."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.standards import robots_txt
from noscrape.standards.content_signal import KEYS, LONGEST, Signal, combined, parse
from tests.standards.cases import cases, check, words

YES, NO, UNSTATED = Signal.YES, Signal.NO, Signal.UNSTATED


def said(search: Signal = UNSTATED, ai_input: Signal = UNSTATED, ai_train: Signal = UNSTATED) -> Mapping[str, Signal]:
    return {"search": search, "ai-input": ai_input, "ai-train": ai_train}


@pytest.mark.parametrize("case", cases("content_signal.json", "vectors"))
def test_vectors(case: dict[str, Any]) -> None:
    """The project's conformance cases."""
    check(case, words(robots_txt.parse(case["robots_txt"]).content_signal(case["agent"], case["path"])))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("search=yes, ai-input=no, ai-train=no", said(YES, NO, NO)),
        ("ai-train=no,search=yes", said(search=YES, ai_train=NO)),
        ("search=yes, ai-train=no, use=reference", said(search=YES, ai_train=NO)),
        ("use=immediate", said()),
        ("", said()),
        (",,ai-train=no,", said(ai_train=NO)),
    ],
)
def test_read(value: str, expected: Mapping[str, Signal]) -> None:
    """The policy's own keys and words; the proposed `use=` says nothing of them."""
    assert expected == parse(value)


@pytest.mark.parametrize(
    "value",
    ["ai-train=n", "ai-train=y", "ai-train", "ai-train=", "ai-train=1", "train-ai=no", "ai-train=yes;x", "=yes"],
)
def test_what_is_not_in_the_policy_says_nothing(value: str) -> None:
    """Neither granted nor restricted; what stands beside it still counts, since there is no grammar to fail."""
    assert said(ai_input=NO) == parse(f"{value}, ai-input=no")


@pytest.mark.parametrize("value", ["AI-Train=NO", " ai-train = no ", "\tai-train=No\t"])
def test_case_and_spaces_do_not_matter(value: str) -> None:
    """Our choice: the policy does not say."""
    assert said(ai_train=NO) == parse(value)


@pytest.mark.parametrize("value", ["ai-train=yes, ai-train=no", "ai-train=no, ai-train=yes", "ai-train=no, ai-train=x"])
def test_no_wins_within_a_line(value: str) -> None:
    """Our choice: the policy does not say which of two counts."""
    assert said(ai_train=NO) == parse(value)


def test_a_long_value_is_read_in_part() -> None:
    """Our own limit; the piece that is cut does not count."""
    fits = "search=yes" + "," * (LONGEST - 21) + "ai-train=no"
    assert said(search=YES, ai_train=NO) == parse(fits)
    assert said(search=YES, ai_train=NO) == parse(fits.replace("yes,", "yes") + "," + "x" * 9)
    assert said(search=YES) == parse(fits + "nsense")
    assert said(search=YES) == parse(fits.replace("yes", "yes,,"))


@given(st.lists(st.text() | st.text("aitrnsechpu-=,yo ")))
def test_never_crashes(values: list[str]) -> None:
    """And what cannot be read says nothing."""
    assert set(KEYS) == combined(map(parse, values)).keys()


@given(st.lists(st.builds(said, *[st.sampled_from(Signal)] * 3), max_size=5), st.randoms())
def test_no_wins_in_any_order(statements: list[Mapping[str, Signal]], random: Any) -> None:
    """Several statements of one scope: any no, else any yes. Our choice."""
    shuffled = [*statements, said()]
    random.shuffle(shuffled)
    for key in KEYS:
        signals = {one[key] for one in statements}
        assert next((one for one in (NO, YES) if one in signals), UNSTATED) is combined(shuffled)[key]
