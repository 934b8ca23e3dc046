"""The training and data mining assertion."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.standards.training_mining import KEYS, Use, is_label, parse


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("prefix", ["cawg.", "c2pa."])
@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"use": "allowed"}, Use.ALLOWED),
        ({"use": "notAllowed"}, Use.NOT_ALLOWED),
        ({"use": "constrained"}, Use.NOT_ALLOWED),
        ({"use": "constrained", "constraint_info": ""}, Use.NOT_ALLOWED),
        ({"use": "constrained", "constraint_info": " "}, Use.NOT_ALLOWED),
        ({"use": "constrained", "constraint_info": 7}, Use.NOT_ALLOWED),
        ({"use": "constrained", "constraint_info": "ask us"}, Use.CONSTRAINED),
        ({"use": "constrained", "constraints_info": "ask us"}, Use.CONSTRAINED),
        ({"use": "allowed", "constraint_info": "ask us"}, Use.ALLOWED),
    ],
)
def test_every_use_of_every_key(prefix: str, key: str, entry: dict[str, Any], expected: Use) -> None:
    """CAWG 1.1: three values; constrained without information is not allowed, under either spelling of its key."""
    assert {key: expected} == parse({"entries": {prefix + key: entry}})


@pytest.mark.parametrize(
    "assertion",
    [
        None,
        7,
        "notAllowed",
        [],
        {},
        {"entries": None},
        {"entries": 7},
        {"entries": []},
        {"entries": {}},
        {"entries": {"ai_training": {"use": "notAllowed"}}},
        {"entries": {"mine.ai_training": {"use": "notAllowed"}}},
        {"entries": {"cawg.ai_dancing": {"use": "notAllowed"}}},
        {"entries": {"cawg.ai_training": "notAllowed"}},
        {"entries": {"cawg.ai_training": {}}},
        {"entries": {"cawg.ai_training": {"use": None}}},
        {"entries": {"cawg.ai_training": {"use": ["notAllowed"]}}},
        {"entries": {"cawg.ai_training": {"use": "NOTALLOWED"}}},
        {"entries": {"cawg.ai_training": {"use": "forbidden"}}},
        {"entries": {7: {"use": "notAllowed"}}},
    ],
    ids=str,
)
def test_what_says_nothing(assertion: object) -> None:
    """An absent key says nothing, and neither does what is malformed."""
    assert {} == parse(assertion)


def test_without_the_level_between() -> None:
    """The example that was published with the standard lacks `entries`' braces: it is read."""
    assert {"ai_training": Use.NOT_ALLOWED} == parse({"cawg.ai_training": {"use": "notAllowed"}})


@pytest.mark.parametrize(
    ("cawg", "c2pa", "expected"),
    [
        ("allowed", "notAllowed", Use.NOT_ALLOWED),
        ("notAllowed", "allowed", Use.NOT_ALLOWED),
        ("allowed", "allowed", Use.ALLOWED),
        ("allowed", "nonsense", Use.ALLOWED),
        ("nonsense", "notAllowed", Use.NOT_ALLOWED),
    ],
)
def test_both_prefixes(cawg: str, c2pa: str, expected: Use) -> None:
    """The more restrictive wins."""
    assert {"ai_training": expected} == parse(
        {"entries": {"cawg.ai_training": {"use": cawg}, "c2pa.ai_training": {"use": c2pa}}}
    )


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("cawg.training-mining", True),
        ("c2pa.training-mining", True),
        ("cawg.training-mining__1", True),
        ("c2pa.training-mining__12", True),
        ("cawg.training-mining__", False),
        ("cawg.training-mining__x", False),
        ("cawg.training-mining__٣", False),
        ("cawg.training-mining.v2", False),
        ("CAWG.training-mining", False),
        ("c2pa.actions", False),
        ("", False),
        (None, False),
        (7, False),
    ],
)
def test_labels(label: object, expected: bool) -> None:
    """Two names; the second assertion of a name in one manifest ends in `__1`."""
    assert expected is is_label(label)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=20) | st.sampled_from(["allowed", "notAllowed"]),
    lambda inside: (
        st.lists(inside, max_size=4)
        | st.dictionaries(
            st.text(max_size=8) | st.sampled_from(["entries", "use", "cawg.ai_training", "c2pa.data_mining"]),
            inside,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_anything(assertion: object) -> None:
    """Never anything but uses of the keys that there are."""
    said = parse(assertion)
    assert said.keys() <= set(KEYS)
    assert all(isinstance(use, Use) for use in said.values())
