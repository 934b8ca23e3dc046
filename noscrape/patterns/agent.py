"""What a user agent claims to be, as far as behaviour is judged by it: an engine, a tool, or somebody who declares it.

Nothing here says whether the claim is true; that is what the detectors ask.
"""

import re
from enum import IntEnum
from typing import Final, NamedTuple

from noscrape.crawlers import Claim, Kind


class Engine(IntEnum):
    """The engine of a browser. Every browser on iOS is Safari's, whatever its name."""

    NONE = 0
    CHROMIUM = 1
    FIREFOX = 2
    SAFARI = 3


class Agent(NamedTuple):
    """What is claimed. `version` is the engine's, 0.0 for none.

    `tool` is an HTTP library, by its `name`, or nobody; `headless` a browser that a program drives, and says so;
    `plain` a text browser, which loads no images and no scripts; `declared` a crawler that says who it is.
    """

    engine: Engine = Engine.NONE
    version: float = 0.0
    tool: bool = False
    headless: bool = False
    plain: bool = False
    declared: bool = False
    name: str = ""

    @property
    def hints(self) -> bool:
        """Whether its engine sends client hints to secure origins: Chromium, from version 90 on."""
        return self.engine is Engine.CHROMIUM and self.version >= 90

    @property
    def metadata(self) -> bool:
        """Whether its engine sends fetch metadata to secure origins."""
        return self.version >= _METADATA_SINCE[self.engine]


#: Fetch metadata: Chrome 80, Firefox 90, Safari 16.4.
_METADATA_SINCE: Final = {
    Engine.NONE: float("inf"),
    Engine.CHROMIUM: 80.0,
    Engine.FIREFOX: 90.0,
    Engine.SAFARI: 16.4,
}

_IOS: Final = re.compile(r"\((?:iPhone|iPad|iPod)")
_IOS_VERSION: Final = re.compile(r" OS (\d{1,3})(?:_(\d{1,2}))?")
_CHROMIUM: Final = re.compile(r"\b(?:Chrome|Chromium)/(\d{1,4})")
_FIREFOX: Final = re.compile(r"\bFirefox/(\d{1,4})")
_SAFARI: Final = re.compile(r"\bVersion/(\d{1,3})(?:\.(\d{1,2}))?[^()]*\bSafari/")
#: What programs call themselves that is no name to find inside of another: Node.js's own `fetch`
#: (https://github.com/nodejs/undici, "lib/web/fetch").
_TOOLS: Final = frozenset({"node", "undici"})
_HEADLESS: Final = re.compile(r"headless|phantomjs|slimerjs|puppeteer|playwright|selenium|jsdom", re.IGNORECASE)
_PLAIN: Final = re.compile(r"^(?:Lynx|w3m|E?Links|Dillo|NetSurf|edbrowse)\b", re.IGNORECASE)
#: How a crawler that is in no catalog says whom to ask.
_CONTACT: Final = re.compile(r"https?://|www\.|[^\s@]@[^\s@]+\.")

#: Crawlers of these classes are no declaration: programs in somebody's hands.
_UNDECLARED: Final = frozenset({Kind.LIBRARY, Kind.AUTOMATION, Kind.PLAYER})


def agent_of(user_agent: bytes | None, claim: Claim | None, unlisted: str | None) -> Agent:
    """What a user agent claims. `claim` is what the catalog finds in it, `unlisted` by what word it calls itself a bot.

    None, for an agent that was not recorded, claims nothing and is no tool either.
    """
    if user_agent is None:
        return Agent()
    text = user_agent.decode("latin-1").strip()
    if not text:
        return Agent(tool=True)
    kinds = {crawler.kind for crawler in claim.crawlers} if claim is not None else set()
    if kinds - _UNDECLARED or (unlisted and not kinds and _CONTACT.search(text)):
        return Agent(declared=True)
    engine, version = _engine(text)
    library = next((crawler.token for crawler in claim.crawlers if crawler.kind is Kind.LIBRARY), "") if claim else ""
    library = library or (text if text in _TOOLS else "")
    return Agent(
        engine=engine,
        version=version,
        tool=bool(library),
        headless=Kind.AUTOMATION in kinds or _HEADLESS.search(text) is not None,
        plain=_PLAIN.search(text) is not None,
        name=library,
    )


def _engine(text: str) -> tuple[Engine, float]:
    if _IOS.search(text):
        if "AppleWebKit/" not in text:
            return Engine.NONE, 0.0  # an app, or the system's player: no browser
        version = _IOS_VERSION.search(text)
        return Engine.SAFARI, _number(version) if version else 0.0
    for engine, pattern in ((Engine.CHROMIUM, _CHROMIUM), (Engine.FIREFOX, _FIREFOX), (Engine.SAFARI, _SAFARI)):
        if found := pattern.search(text):
            return engine, _number(found)
    return Engine.NONE, 0.0


def _number(found: re.Match[str]) -> float:
    major, *minor = found.groups()
    return float(f"{major}.{minor[0]}" if minor and minor[0] else major)
