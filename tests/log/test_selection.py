"""Conditions find what somebody asks for, and nothing else."""

from typing import Any

import pytest

from noscrape.errors import LogError
from noscrape.log.selection import Selection, moment, networks
from tests.log.disk import NOW, event

GPTBOT = {
    "action": "refuse",
    "rule": "purpose:training",
    "token": "GPTBot",
    "operator": "OpenAI",
    "user_agent": "Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    "tracks": ("42", "43"),
    "client": "203.0.113.0/24",
}


def clients(*texts: str) -> dict[str, Any]:
    """As the command line fills them in."""
    return {"clients": texts, "networks": networks(texts)}


@pytest.mark.parametrize(
    ("conditions", "holds"),
    [
        ({}, True),
        ({"since": NOW}, True),
        ({"since": NOW + 0.001}, False),
        ({"until": NOW}, False),
        ({"until": NOW + 0.001}, True),
        ({"outcomes": frozenset({"refuse", "throttle"})}, True),
        ({"outcomes": frozenset({"would-refuse"})}, False),
        ({"agents": ("gptbot",)}, True),
        ({"agents": ("gptbo",)}, True),
        ({"agents": ("openai",)}, True),
        ({"agents": ("claudebot",)}, False),
        ({"agents": ("claudebot", "gptbot")}, True),
        ({"tracks": frozenset({"43"})}, True),
        ({"tracks": frozenset({"4"})}, False),
        ({"rules": frozenset({"purpose"})}, True),
        ({"rules": frozenset({"purpose:training"})}, True),
        ({"rules": frozenset({"purp"})}, False),
        (clients("203.0.113.77"), True),
        (clients("203.0.113.0/24"), True),
        (clients("203.0.0.0/16"), True),
        (clients("203.0.112.77"), False),
        (clients("2001:db8::1"), False),
        (clients("8f14e45fceea167a"), False),
        ({"tracks": frozenset({"42"}), "agents": ("claudebot",)}, False),
    ],
)
def test_all_conditions_must_be_met(conditions: dict[str, Any], holds: bool) -> None:
    """Of several values for one, any."""
    assert holds is Selection(**conditions).holds(event(**GPTBOT))  # type: ignore[arg-type]  # the tests' own values


def test_a_hash_is_found_as_it_is_written() -> None:
    """A log may show no addresses at all."""
    assert Selection(**clients("8f14e45fceea167a")).holds(event(client="8f14e45fceea167a"))


@pytest.mark.parametrize("conditions", [clients("203.0.113.1"), {"agents": ("x",)}, {"tracks": frozenset({"x"})}])
def test_what_is_not_known_is_not_found(conditions: dict[str, Any]) -> None:
    """An event without client, user agent or track meets no condition on them."""
    assert not Selection(**conditions).holds(event())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", NOW - 90),
        ("15m", NOW - 900),
        ("1h", NOW - 3600),
        (" 2 d ", NOW - 172_800),
        ("1w", NOW - 604_800),
        ("2026-11-22", 1795305600.0),
        ("2026-11-22T22:27:31Z", NOW),
        ("2026-11-22T23:27:31+01:00", NOW),
        ("2026-11-22T22:27:31", NOW),
        ("2026-11-22 22:27:31", NOW),
    ],
)
def test_times_are_read_as_people_write_them(text: str, expected: float) -> None:
    """In UTC, where no zone is named, as the log is."""
    assert expected == moment(text, now=NOW)


def test_a_day_as_the_end_is_included() -> None:
    """Whoever says "until the 22nd" wants the 22nd."""
    assert moment("2026-11-23", now=NOW) == moment("2026-11-22", now=NOW, end=True)
    assert moment("2026-11-22T10:00", now=NOW) == moment("2026-11-22T10:00", now=NOW, end=True)


@pytest.mark.parametrize("text", ["", "yesterday", "1y", "-1h", "1.5h", "2026-13-01", "99999999999h", "9999-12-31"])
def test_other_times_are_refused(text: str) -> None:
    """With the forms that are wanted."""
    with pytest.raises(LogError, match="wanted such as 1h, 2026-11-22 or 2026-11-22T20:15:00Z"):
        moment(text, now=NOW, end=True)
