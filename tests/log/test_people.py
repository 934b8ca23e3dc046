"""A reviewer reads who came, and is never told that a claim is true."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noscrape.log.event import Event
from noscrape.log.people import described, who

CHROME = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 {}Safari/537.36"


@pytest.mark.parametrize(
    ("user_agent", "description"),
    [
        (CHROME.format("Windows NT 10.0; Win64; x64", ""), "Chrome 142 on Windows"),
        (CHROME.format("Linux; Android 14; Pixel 8", "Mobile "), "Chrome Mobile 142 on Android, Pixel 8"),
        (
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
                "Version/18.1 Mobile/15E148 Safari/604.1"
            ),
            "Mobile Safari 18 on iPhone",
        ),
        (
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
                "Safari/605.1.15"
            ),
            "Safari 18 on macOS",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox 132 on Linux"),
        ("python-requests/2.31", "python-requests 2"),
        ("Downcast/2.9.11 (iPhone; iOS 9.2; Scale/2.00)", "Downcast 2 on iPhone"),
        ("Mozilla/5.0 (compatible; BraveBot/1.0)", "BraveBot 1, a bot"),
        ("Mozilla/5.0", '"Mozilla/5.0"'),
        ("https://example.org", '"https://example.org"'),
        ("\x1b[31m", '"\x1b[31m"'),
        (" ", "no user agent"),
        ("", "no user agent"),
        (None, "user agent not recorded"),
    ],
)
def test_user_agents_are_described(user_agent: str | None, description: str) -> None:
    """By program, system and device; those without any are quoted."""
    assert description == described(user_agent)


@settings(deadline=None)  # the first one loads the parsers
@given(user_agent=st.text(max_size=512))
def test_any_user_agent_is_described(user_agent: str) -> None:
    """In some words, on whatever text."""
    assert described(user_agent)


def test_descriptions_are_kept_within_a_bound() -> None:
    """Strangers choose user agents: the cache has an end."""
    assert described.cache_info().maxsize is not None


@pytest.mark.parametrize(
    ("verification", "how", "expected"),
    [
        (None, None, "calling itself GPTBot, unverified (OpenAI)"),
        ("unknown", None, "calling itself GPTBot, unverified (OpenAI)"),
        ("contradicted", "ip-ranges: in no list", "calling itself GPTBot, contradicted (OpenAI)"),
        ("verified", "ip-ranges: in openai.com/gptbot.json, 1 day old", "GPTBot, verified by ip-ranges (OpenAI)"),
        ("verified", None, "GPTBot, verified (OpenAI)"),
        ("anything", None, "calling itself GPTBot, unverified (OpenAI)"),
    ],
)
def test_a_crawler_is_named_with_what_is_known_of_it(verification: str | None, how: str | None, expected: str) -> None:
    """Only a verified one goes by its name. The proof changes from day to day, and has no place in a name."""
    event = Event(
        kind="request", time=0, token="GPTBot", operator="OpenAI", verification=verification, verified_how=how
    )
    assert expected == who(event)


def test_a_crawler_without_an_operator_has_none() -> None:
    """And no empty brackets."""
    assert "calling itself Harvester, unverified" == who(Event(kind="request", time=0, token="Harvester"))


def test_everybody_else_is_described() -> None:
    """By the user agent."""
    assert "python-requests 2" == who(Event(kind="request", time=0, user_agent="python-requests/2.31"))
