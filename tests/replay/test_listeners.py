"""Browsers, podcast apps and players look like listeners; what tells where it can be read about does not."""

import pytest

from noscrape.crawlers import Matcher
from noscrape.replay.listeners import looks_like_listener
from tests.replay.world import BROWSER, CATALOG, GPTBOT

LISTENERS = [
    BROWSER,
    "Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; Trident/5.0)",
    "Mozilla/5.0 (Linux; Android 13; CUBOT X70) AppleWebKit/537.36 Chrome/120.0.0.0 Mobile Safari/537.36",
    "AntennaPod/3.4.0",
    "AppleCoreMedia/1.0.0.22A3354 (iPhone; U; CPU OS 18_0 like Mac OS X; en_us)",
    "VLC/3.0.20 LibVLC/3.0.20",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Ornith/1.2 Chrome/142.0 Safari/537.36",
]
OTHERS = [
    "",
    " ",
    GPTBOT,
    "GPTBot",
    "Ornith/1.0",
    "Ornith/1.0 (+https://aviary.example/ornith)",
    "Mozilla/5.0 (compatible; Something/2.0)",
    "python-requests/2.31.0",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0.0.0 Safari/537.36",
    "acme-crawler",
    "somebody@example.org",
]


@pytest.mark.parametrize("agent", LISTENERS)
def test_listener(agent: str) -> None:
    """Somebody may be listening."""
    assert looks_like_listener(agent, Matcher(CATALOG).look(agent))


@pytest.mark.parametrize("agent", OTHERS)
def test_nobody(agent: str) -> None:
    """Nobody is listening."""
    assert not looks_like_listener(agent, Matcher(CATALOG).look(agent))
