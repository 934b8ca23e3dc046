"""A line is an event, and an event is a line."""

import json
import string
from dataclasses import fields
from types import MappingProxyType
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noscrape.errors import LogError
from noscrape.log import KEYS, SCHEMA, Event
from noscrape.log.event import digest, link, time_of, time_text
from noscrape.words import Action

# Lone surrogates among them: what a server decodes is not always proper text.
TEXT = st.text(alphabet=st.characters(codec=None), max_size=40)
NAMED = st.dictionaries(TEXT, TEXT, max_size=4)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
#: Whole milliseconds of the years 1 to 9999.
TIMES = st.integers(-62_135_596_800_000, 253_402_300_799_999).map(lambda milliseconds: milliseconds / 1000)
SHAPES: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXT,
    "number": st.integers(-(2**63), 2**63),
    "flag": st.booleans(),
    "time": TIMES,
    "texts": st.lists(TEXT, max_size=4).map(tuple),
    "texts by name": NAMED,
    "anything by name": st.dictionaries(TEXT, JSON, max_size=3),
}
EVENTS: st.SearchStrategy[Event] = st.fixed_dictionaries(
    {"kind": TEXT, "time": TIMES},
    optional={
        known.attribute or key: SHAPES[known.shape] for key, known in KEYS.items() if key not in ("kind", "time")
    },
).map(lambda values: Event(**cast(dict[str, Any], values)))


@given(event=EVENTS, n=st.integers(1), prev=st.none() | st.text(string.hexdigits, min_size=16, max_size=16))
def test_reading_is_the_inverse_of_writing(event: Event, n: int, prev: str | None) -> None:
    """Any event comes back as it was, with its place in the chain."""
    line = event.to_json(n=n, prev=prev)
    assert event == Event.from_json(line)
    assert event == Event.from_json(line.encode("ascii"))
    assert (n, prev) == link(line)


@given(event=EVENTS)
def test_a_line_is_one_line_of_plain_characters(event: Event) -> None:
    """Whatever strangers sent: no newline, no escape, nothing beyond ASCII, not even DEL."""
    assert event.to_json().isprintable()
    assert event.to_json().isascii()


@given(line=st.text() | st.binary() | JSON.map(json.dumps))
def test_nonsense_is_a_log_error(line: str | bytes) -> None:
    """Nothing else escapes from reading, whatever the line holds."""
    with pytest.raises(LogError):
        Event.from_json(line)


@given(event=EVENTS, data=st.data())
def test_half_a_line_is_a_log_error(event: Event, data: st.DataObject) -> None:
    """A line that was cut anywhere is never taken for another event."""
    line = event.to_json(n=1)
    with pytest.raises(LogError):
        Event.from_json(line[: data.draw(st.integers(0, len(line) - 1))])


def test_every_field_has_a_key() -> None:
    """A field without a key would be forgotten silently."""
    assert [each.name for each in fields(Event)] != []
    assert {each.name for each in fields(Event)} == {known.attribute or key for key, known in KEYS.items()}


def test_the_keys_are_stable() -> None:
    """Logs are kept for years: a key is never renamed. (Ours.)"""
    event = Event(
        kind="request",
        time=1795386451.042,
        id="K7Q2",
        action="refuse",
        enforced=False,
        status=403,
        client="203.0.113.0/24",
        user_agent="",
        crawler_class="ai",
        tracks=("42",),
        evidence={"measured": "121"},
        bytes=0,
    )
    expected = (
        '{"v":1,"n":7,"prev":"00112233445566aa","time":"2026-11-22T22:27:31.042Z","kind":"request","id":"K7Q2",'
        '"action":"refuse","enforced":false,"status":403,"evidence":{"measured":"121"},"client":"203.0.113.0/24",'
        '"user_agent":"","class":"ai","tracks":["42"],"bytes":0}'
    )
    assert expected == event.to_json(n=7, prev="00112233445566aa")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("", "not JSON, or cut off"),
        ("[1]", "not a JSON object"),
        (b"\xff\xfe", "not text"),
        ("[" * 100_000, "not JSON, or cut off"),
        ('{"v":' + "9" * 5000 + "}", "not JSON, or cut off"),
        ('{"kind":"request"}', "no event of noscrape: key 'v' is missing or no number"),
        ('{"v":true,"kind":"request"}', "no event of noscrape: key 'v' is missing or no number"),
        (f'{{"v":{SCHEMA + 1}}}', f"written by a newer noscrape (shape {SCHEMA + 1}, this one reads up to {SCHEMA})"),
        ('{"v":1,"kind":"request"}', "no event of noscrape: key 'kind' or 'time' is missing"),
        ('{"v":1,"time":"2026-11-22"}', "key 'time' should hold a time such as 2026-11-22T22:27:31.042Z"),
        ('{"v":1,"time":12}', "key 'time' should hold a time such as 2026-11-22T22:27:31.042Z"),
        ('{"v":1,"status":"403"}', "key 'status' should hold a whole number"),
        ('{"v":1,"status":true}', "key 'status' should hold a whole number"),
        ('{"v":1,"enforced":1}', "key 'enforced' should hold true or false"),
        ('{"v":1,"path":null}', "key 'path' should hold a text"),
        ('{"v":1,"tracks":["a",1]}', "key 'tracks' should hold a list of texts"),
        ('{"v":1,"evidence":{"a":1}}', "key 'evidence' should hold an object of texts"),
        ('{"v":1,"detail":[]}', "key 'detail' should hold an object"),
        ('{"v":1,"detail":{"a":NaN}}', "not JSON, or cut off"),
    ],
)
def test_what_is_wrong_with_a_line_is_said(line: str | bytes, problem: str) -> None:
    """Each fault has its own words."""
    with pytest.raises(LogError) as caught:
        Event.from_json(line)
    assert problem == str(caught.value)


def test_unknown_keys_are_passed_over() -> None:
    """Keys may be added without a new version."""
    line = '{"v":1,"time":"2026-11-22T22:27:31.000Z","kind":"request","colour":"blue"}'
    assert Event(kind="request", time=1795386451.0) == Event.from_json(line)


@pytest.mark.parametrize("time", [float("nan"), float("inf"), 1e300, 253_402_300_800.0, -1e12])
def test_what_is_no_time_is_not_written(time: float) -> None:
    """A clock that went wrong is the writer's to report, and makes no line."""
    with pytest.raises(ValueError, match=r"no time|year"):
        Event(kind="request", time=time).to_json()


@given(time=TIMES)
def test_times_come_back(time: float) -> None:
    """To the millisecond, before 1970 as after."""
    assert time == time_of(time_text(time))


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("1970-01-01T00:00:00Z", 0.0),
        ("1970-01-01T01:00:00+01:00", 0.0),
        ("1970-01-01T00:00:00.123456Z", 0.123456),
        ("1970-01-01T00:00:00.250Z", 0.25),
    ],
)
def test_any_rfc_3339_time_is_read(text: str, time: float) -> None:
    """Lines that passed through other programs may spell times in other ways."""
    assert time == time_of(text)


@pytest.mark.parametrize("text", ["", "1970-01-01T00:00:00", "1970-13-01T00:00:00.000Z", "x" * 19 + ".000Z"])
def test_other_texts_are_no_time(text: str) -> None:
    """A time without its zone could be any of twenty-six."""
    with pytest.raises(ValueError, match=r"."):
        time_of(text)


@pytest.mark.parametrize(
    ("action", "enforced", "outcome"),
    [
        ("refuse", True, "refuse"),
        ("refuse", False, "would-refuse"),
        ("throttle", False, "would-throttle"),
        ("allow", False, "allow"),
        ("", True, "request"),
    ],
)
def test_an_observed_refusal_is_never_called_one(action: str, enforced: bool, outcome: str) -> None:
    """Nobody was refused in observe mode."""
    assert outcome == Event(kind="request", time=0, action=action, enforced=enforced).outcome


def test_the_outcome_of_other_events_is_their_kind() -> None:
    """A reservation that changed did nothing to anybody."""
    assert "reservation" == Event(kind="reservation", time=0, action="refuse").outcome


def test_the_digest_is_the_start_of_a_sha256() -> None:
    """So that anybody can check the chain with other tools."""
    assert "e3b0c44298fc1c14" == digest(b"")


def test_what_json_does_not_know_is_written_as_something_that_it_knows() -> None:
    """An event of the app's own making loses no line for a set or an enum."""
    detail = {"set": frozenset({"b", "a"}), "enum": Action.ALLOW, "view": MappingProxyType({"a": 1}), "other": 1j}
    event = Event(kind="failed", time=0, detail=detail)
    expected = {"set": ["a", "b"], "enum": "allow", "view": {"a": 1}, "other": "1j"}
    assert expected == Event.from_json(event.to_json()).detail
