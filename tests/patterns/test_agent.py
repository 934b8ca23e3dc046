"""What a user agent claims to be."""

import pytest

from noscrape.crawlers import Matcher
from noscrape.patterns.agent import Agent, Engine, agent_of
from noscrape.site import builtin_catalog

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
)
CHROME_IOS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "CriOS/141.0.0.0 Mobile/15E148 Safari/604.1"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/16.3 Safari/605.1.15"
)

MATCHER = Matcher(builtin_catalog())


def read(user_agent: str) -> Agent:
    data = user_agent.encode("latin-1")
    return agent_of(data, MATCHER.claim_of(data), MATCHER.unlisted(user_agent))


@pytest.mark.parametrize(
    ("user_agent", "engine", "version"),
    [
        (CHROME, Engine.CHROMIUM, 141.0),
        (CHROME + " Edg/141.0.0.0", Engine.CHROMIUM, 141.0),
        (CHROME_IOS, Engine.SAFARI, 18.6),
        (FIREFOX, Engine.FIREFOX, 144.0),
        (SAFARI, Engine.SAFARI, 16.3),
        ("MusicApp/4.2 CFNetwork/1568 Darwin/24.0.0", Engine.NONE, 0.0),
        ("AppleCoreMedia/1.0.0.22G86 (iPhone; U; CPU OS 18_6 like Mac OS X; en_gb)", Engine.NONE, 0.0),
        ("MusicApp/4.2 (iPhone; iOS 18.6; Scale/3.00)", Engine.NONE, 0.0),
    ],
    ids=["Chrome", "Edge", "Chrome on iOS", "Firefox", "Safari", "an app", "a player", "an app on iOS"],
)
def test_engines(user_agent: str, engine: Engine, version: float) -> None:
    """By its engine, since that is what sends headers; every browser on iOS is Safari's."""
    found = read(user_agent)
    assert (engine, version) == (found.engine, found.version)


@pytest.mark.parametrize(
    ("user_agent", "hints", "metadata"),
    [
        (CHROME, True, True),
        (CHROME.replace("141", "85"), False, True),
        (CHROME.replace("141", "79"), False, False),
        (FIREFOX, False, True),
        (FIREFOX.replace("144", "89"), False, False),
        (SAFARI, False, False),
        (SAFARI.replace("16.3", "16.4"), False, True),
        (CHROME_IOS, False, True),
        ("curl/8.5.0", False, False),
    ],
)
def test_what_an_engine_sends(user_agent: str, hints: bool, metadata: bool) -> None:
    """By version: an old browser is not held to what new ones do."""
    found = read(user_agent)
    assert (hints, metadata) == (found.hints, found.metadata)


@pytest.mark.parametrize(
    ("user_agent", "expected"),
    [
        ("", Agent(tool=True)),
        ("   ", Agent(tool=True)),
        ("python-requests/2.32.3", Agent(tool=True, name="python-requests")),
        ("Go-http-client/2.0", Agent(tool=True, name="Go-http-client")),
        ("Lynx/2.9.0 libwww-FM/2.14", Agent(plain=True)),
        ("Googlebot/2.1 (+http://www.google.com/bot.html)", Agent(declared=True)),
        ("UptimeRobot/2.0", Agent(declared=True)),
        ("OwnBot/1.0 (+https://own.example/bot)", Agent(declared=True)),
        ("OwnBot/1.0", Agent()),
        ("VLC/3.0.20 LibVLC/3.0.20", Agent()),
    ],
)
def test_others(user_agent: str, expected: Agent) -> None:
    """A crawler declares itself by a name that is known, or by one that says whom to ask."""
    assert expected == read(user_agent)


@pytest.mark.parametrize("user_agent", [CHROME.replace("Chrome/", "HeadlessChrome/"), "Mozilla/5.0 PhantomJS/2.1"])
def test_headless(user_agent: str) -> None:
    """A browser that a program drives, and says so."""
    assert read(user_agent).headless


def test_what_was_not_recorded() -> None:
    """Is another thing than an absent user agent."""
    assert Agent() == agent_of(None, None, None)
