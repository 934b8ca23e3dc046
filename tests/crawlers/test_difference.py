"""What sets two lists apart."""

from dataclasses import replace

from noscrape.crawlers import Catalog, Kind, Proof
from noscrape.crawlers.difference import Change, difference
from noscrape.words import Purpose
from tests.crawlers.lists import CURRENT, crawler, with_


def test_a_list_and_itself() -> None:
    """No difference, even where it was read twice; a token is the same in any case, and so is a string."""
    again = [replace(one, token=one.token.upper(), match=tuple(map(str.lower, one.match))) for one in CURRENT.crawlers]
    assert difference(CURRENT, Catalog(crawlers=tuple(again), version="")).none


def test_what_came_and_went() -> None:
    """Seen from either side."""
    longer = with_(crawler("NewBot"))
    assert [one.token for one in difference(CURRENT, longer).added] == ["NewBot"]
    assert [one.token for one in difference(longer, CURRENT).removed] == ["NewBot"]
    assert difference(longer, CURRENT).added == ()


def test_what_is_said_differently() -> None:
    """Each thing by its key; documentation is no difference."""
    gptbot = CURRENT.crawlers[0]
    other = replace(
        gptbot, purpose=Purpose.SEARCH, match=("GPTBot", "GPT-Bot"), verify=(Proof.IP_RANGES,), note="Changed."
    )
    found = difference(CURRENT, with_(other))
    assert found.changed == (
        Change("GPTBot", "purpose", "training", "search"),
        Change("GPTBot", "match", "gptbot", "gpt-bot, gptbot"),
        Change("GPTBot", "verify", "", "ip-ranges"),
    )
    assert not found.none


def test_a_class_that_changed() -> None:
    """No purpose is told as nothing."""
    other = replace(CURRENT.crawlers[0], kind=Kind.SEARCH, purpose=None)
    assert difference(CURRENT, with_(other)).changed == (
        Change("GPTBot", "class", "ai", "search"),
        Change("GPTBot", "purpose", "training", ""),
    )
