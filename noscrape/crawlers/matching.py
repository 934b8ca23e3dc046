"""From a user agent to the crawlers that it names.

A name counts where no ASCII letter or digit stands beside it: agents append ids and comments with `_`, `/`, `;` and
brackets, while `LCC` must not be found in `SLCC2`. At one place the longest name wins. Names inside URLs and mail
addresses do not count, unless an entry says so: `+https://example.org/gptbot-policy` is no GPTBot.

The names are compiled into one expression shaped like a trie, so that the time is linear in the user agent's length,
which is capped, whatever the number of names.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from noscrape.crawlers.catalog import Catalog, Crawler
from noscrape.words import Purpose

#: Bytes of a user agent that are looked at. The longest example in the catalog has fewer than 400.
CAP_BYTES: Final = 512

#: Verdicts kept; older ones go once as many again have come.
CACHE_ENTRIES: Final = 8192

#: From the most to the least restrictive: what an agent that names several crawlers is taken for.
RESTRICTIVENESS: Final = (
    Purpose.TRAINING,
    Purpose.DATASET,
    Purpose.UNDISCLOSED,
    Purpose.SEARCH,
    Purpose.AGENT,
    Purpose.ASSISTANT,
    None,
)

_ADDRESS: Final = re.compile(r"(?:https?://|www\.)[^\s;,()<>\"'\[\]{}|]*|[^\s@;,()<>:+/]{1,64}@[^\s@;,()<>]{1,255}")

#: Agents that we do not know and that call themselves robots: named in the log, never acted upon. A word that ends as
#: robots' names do, with a version glued on or none (CUBOT is a make of phones), or a comment of the form
#: `(compatible; Name; +https://...)`, its address blanked, which old browsers' comments do not have.
_UNLISTED: Final = re.compile(
    r"(?<![a-z0-9])(?!cubot)[a-z0-9]{0,40}?"
    r"(?:bots?|robots?|crawl(?:er|ers|ing)?|spiders?|spyder|scrap(?:er|ing|y)|slurp|fetch(?:er)?|grabber|indexer"
    r"|harvester|archiver|extractor|checker|validator|monitor(?:ing)?|uptime|scanner|prob(?:e|er)|survey"
    r"|unfurl(?:er)?|http[-_ ]?client|requester)(?:v?[0-9]{1,8})?(?![a-z0-9])"
    r"|\(compatible;(?! ?msie| ?konqueror)[^()]{0,120}[+;] {0,2}\+? {9}"
)


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """What a user agent says that it is: one crawler or several, the most restrictive purpose first.

    `matched` is the text that was recognised, as it was spelled.
    """

    crawlers: tuple[Crawler, ...]
    matched: str

    @property
    def crawler(self) -> Crawler:
        """The crawler that speaks for the claim."""
        return self.crawlers[0]


class Matcher:
    """Looks user agents up in a catalog. State: a cache of verdicts, bounded by `cache_entries` twice."""

    def __init__(self, catalog: Catalog, *, cache_entries: int = CACHE_ENTRIES) -> None:
        self.catalog = catalog
        self._names: dict[str, Crawler] = {}
        self._url_names: dict[str, Crawler] = {}
        for crawler in catalog.crawlers:
            if not crawler.control_only:
                names = self._url_names if crawler.in_url else self._names
                names.update((name.lower(), crawler) for name in crawler.match)
        self._pattern = trie_pattern(self._names)
        self._url_pattern = trie_pattern(self._url_names)
        self._limit = cache_entries
        self._recent: dict[bytes, Claim | None] = {}
        self._older: dict[bytes, Claim | None] = {}

    def claim(self, user_agents: Iterable[bytes]) -> Claim | None:
        """What the `user-agent` headers of one request name, all of them counted; None where they name nothing."""
        return self.claim_of(b"\n".join(agent[:CAP_BYTES] for agent in user_agents))

    def claim_of(self, user_agent: bytes) -> Claim | None:
        """What one user agent names. The caller has cut it at `CAP_BYTES`."""
        try:
            return self._recent[user_agent]
        except KeyError:
            pass
        claim = self._older[user_agent] if user_agent in self._older else self.look(user_agent.decode("latin-1"))
        if len(user_agent) <= 2 * CAP_BYTES:  # many headers at once are rare, and not worth the memory
            if len(self._recent) >= self._limit:
                self._older, self._recent = self._recent, {}
            self._recent[user_agent] = claim
        return claim

    def look(self, user_agent: str) -> Claim | None:
        """The same without the cache, and without the cap."""
        lowered = user_agent.lower()
        found: dict[Crawler, str] = {}
        addressed = "://" in lowered or "@" in lowered or "www." in lowered
        for match in self._pattern.finditer(_ADDRESS.sub(_blank, lowered) if addressed else lowered):
            start, end = match.span()
            found.setdefault(self._names[match.group()], user_agent[start:end])
        for match in self._url_pattern.finditer(lowered):
            start, end = match.span()
            found.setdefault(self._url_names[match.group()], user_agent[start:end])
        if not found:
            return None
        crawlers = tuple(sorted(found, key=lambda crawler: RESTRICTIVENESS.index(crawler.purpose)))
        return Claim(crawlers=crawlers, matched=found[crawlers[0]])

    def unlisted(self, user_agent: str) -> str | None:
        """The word by which an agent that is in no catalog calls itself a robot, if it does."""
        match = _UNLISTED.search(_ADDRESS.sub(_blank, user_agent.lower()))
        return match.group().strip() if match else None


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())


def trie_pattern(names: Iterable[str]) -> re.Pattern[str]:
    """One expression that finds any of the names, the longest first, at boundaries. None of them: never matches."""
    root: dict[str, dict] = {}  # type: ignore[type-arg]  # a recursive type says no more here
    for name in names:
        node = root
        for char in name:
            node = node.setdefault(char, {})
        node[""] = {}
    if not root:
        return re.compile(r"(?!)")
    return re.compile(rf"(?<![a-z0-9])(?<!like ){_alternatives(root)}(?![a-z0-9])")


def _alternatives(node: Mapping[str, dict]) -> str:  # type: ignore[type-arg]
    branches = [re.escape(char) + _alternatives(rest) for char, rest in sorted(node.items()) if char]
    if not branches:
        return ""
    if len(branches) == 1 and "" not in node:
        return branches[0]
    return f"(?:{'|'.join(branches)}){'?' if '' in node else ''}"
