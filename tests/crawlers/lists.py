"""Small lists for the tests: a catalog that stands for the built-in one, and a corpus that stands for ours."""

from noscrape.crawlers import Catalog, Crawler, Kind, parse_catalog
from noscrape.crawlers.corpus import Sample
from noscrape.words import Purpose

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
OLD_EXPLORER = "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; SLCC2; .NET CLR 2.0.50727)"
EDITOR = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Code/1.9 Chrome/140.0.0.0 Safari/537.36"
)
PLAYER = "Winampish/5.9 (Windows NT 10.0)"

CORPUS = (
    Sample(FIREFOX, "browser"),
    Sample(OLD_EXPLORER, "browser"),
    Sample(EDITOR, "browser"),
    Sample(PLAYER, "player"),
    Sample("PodHearth/3.1 (iPhone)", "podcast"),
    Sample("FeedNest/2.0 (+https://feednest.example)", "feed"),
    Sample("Mozilla/5.0 (compatible; SeekWideBot/2.1; +https://seek.example/bot)", "search"),
    Sample("LinkPeek/1.0", "preview"),
)

CURRENT = parse_catalog(
    b"""
[[crawler]]
token = "GPTBot"
class = "ai"
operator = "OpenAI"
purpose = "training"
examples = ["Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)", "GPTBot"]
near_misses = ["myGPTBotClone/1.0"]

[[crawler]]
token = "ChatGPT-User"
class = "ai"
operator = "OpenAI"
purpose = "assistant"
examples = ["Mozilla/5.0 (compatible; ChatGPT-User/1.0)"]
near_misses = ["xChatGPT-Users"]

[[crawler]]
token = "SeekWideBot"
class = "search"
operator = "Seek"
examples = ["Mozilla/5.0 (compatible; SeekWideBot/2.1; +https://seek.example/bot)", "SeekWideBot-Image/1.0"]
near_misses = ["xSeekWideBotx"]
"""
)


def crawler(token: str, *match: str, kind: Kind = Kind.AI, examples: tuple[str, ...] = ()) -> Crawler:
    """An entry as a list would bring it."""
    purpose = Purpose.TRAINING if kind is Kind.AI else None
    return Crawler(token=token, operator="", kind=kind, purpose=purpose, match=match or (token,), examples=examples)


def with_(*entries: Crawler) -> Catalog:
    """The current catalog as these entries would extend it."""
    return CURRENT.extended(entries)
