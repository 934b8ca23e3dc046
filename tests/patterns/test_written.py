"""A stop as JSON has it, and what of a stranger's is believed."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.patterns import Kind
from noscrape.patterns.written import as_dict, stop_of
from tests.patterns.test_stops import NOW, STOP


@pytest.mark.parametrize("kind", Kind)
def test_there_and_back(kind: Kind) -> None:
    """Nothing of it is lost."""
    stop = replace(STOP, kind=kind, tracks=("a", "b"), touched=2, sent=5, first=NOW - 9, last=NOW)
    assert stop == stop_of(json.loads(json.dumps(as_dict(stop))), NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"id": "x" * 16},
        {"id": "aa"},
        {"key": 5},
        {"kind": "everybody"},
        {"action": "allow"},
        {"since": NOW + 1_000},
        {"since": float("nan")},
        {"until": "never"},
        {"until": True},
        {"strikes": -1},
        {"tracks": "all"},
        {"tracks": ["x"] * 101},
        {"tracks": [5]},
        {"words": None},
        {"sent": 1e300},
    ],
    ids=str,
)
def test_another_form_is_refused(change: dict[str, Any]) -> None:
    """Whoever wrote it."""
    with pytest.raises(ValueError, match=r"."):
        stop_of(as_dict(STOP) | change, NOW)


def test_it_convicts_for_no_longer_than_a_stop_lasts() -> None:
    """Whatever it says of its end."""
    found = stop_of(as_dict(STOP) | {"until": NOW + 1e9, "strikes": 1}, NOW)
    assert NOW + 900.0 == found.until


def test_texts_are_cut_and_printable() -> None:
    """Strangers chose parts of them."""
    found = stop_of(as_dict(STOP) | {"user_agent": "\x1b[2J" + "x" * 5_000}, NOW)
    assert (1_000, "?[2J") == (len(found.user_agent), found.user_agent[:4])


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_anything_else(found: object) -> None:
    """Is one error."""
    with pytest.raises(ValueError, match=r"."):
        stop_of(found, NOW)


@given(st.dictionaries(st.sampled_from(sorted(as_dict(STOP))), st.none() | st.integers() | st.floats() | st.text()))
def test_any_member(change: dict[str, Any]) -> None:
    """Is taken or refused, and nothing else is raised."""
    try:
        found = stop_of(as_dict(STOP) | change, NOW)
    except ValueError:
        return
    assert found.until <= NOW + 86_400.0 + 900.0
