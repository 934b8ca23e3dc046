"""Crawlers as data: who each one is, what it fetches for, and how it can be told and verified.

The file `catalog.toml` beside this one is the built-in list. Every entry cites its operator's page and carries a user
agent that it must be found in and a near miss that it must not; the tests walk them all.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

from noscrape.crawlers.suffixes import suffix_problem
from noscrape.errors import CatalogError, Fault
from noscrape.words import Purpose


class Kind(Enum):
    """The class of an agent, by what it is used for. `PLAYER` alone is a program in a person's hands."""

    AI = "ai"
    SEARCH = "search"
    PREVIEW = "preview"
    FEED = "feed"
    PODCAST = "podcast"
    PLAYER = "player"
    LIBRARY = "library"
    MONITORING = "monitoring"
    SEO = "seo"
    ARCHIVE = "archive"
    SECURITY = "security"
    ADVERTISING = "advertising"
    ACADEMIC = "academic"
    FEDIVERSE = "fediverse"
    AUTOMATION = "automation"
    SERVICE = "service"
    UNLISTED = "unlisted"


class RobotsStance(Enum):
    """What the operator itself says of robots.txt."""

    HONOURS = "honours"
    IGNORES = "ignores"
    MAY_IGNORE = "may-ignore"
    NOT_STATED = "not-stated"


class Proof(Enum):
    """A way to verify a crawler that its operator has published."""

    IP_RANGES = "ip-ranges"
    REVERSE_DNS = "reverse-dns"
    WEB_BOT_AUTH = "web-bot-auth"


@dataclass(frozen=True, slots=True, eq=False)
class Crawler:
    """One agent. `purpose` is known of AI agents only; `control_only` tokens never stand in a user agent.

    `decisive` are the methods of `verify` by which the operator itself says that a false one can be told: who fails
    them is contradicted, and not just unknown. `verify_page` is where it says so. `signature_agents` are the origins
    (`https://chatgpt.com`) by which it signs its requests. Without `match` it sends what browsers send, and is known
    by its signature alone.
    """

    token: str
    operator: str
    kind: Kind
    purpose: Purpose | None = None
    match: tuple[str, ...] = ()
    in_url: bool = False
    contested: bool = False
    control_only: bool = False
    robots_token: str = ""
    robots: RobotsStance = RobotsStance.NOT_STATED
    verify: tuple[Proof, ...] = ()
    ranges: tuple[str, ...] = ()
    dns_suffixes: tuple[str, ...] = ()
    decisive: tuple[Proof, ...] = ()
    signature_agents: tuple[str, ...] = ()
    verify_page: str = ""
    page: str = ""
    checked: date | None = None
    examples: tuple[str, ...] = ()
    near_misses: tuple[str, ...] = ()
    note: str = ""

    @property
    def ai(self) -> bool:
        """Whether this is an AI agent, and so something that a reservation speaks of."""
        return self.kind is Kind.AI

    @property
    def bot(self) -> bool:
        """Whether no person is holding it."""
        return self.kind is not Kind.PLAYER


@dataclass(frozen=True, slots=True)
class Catalog:
    """All known crawlers. `version` is a digest of what they were read from."""

    crawlers: tuple[Crawler, ...]
    version: str

    @property
    def tokens(self) -> frozenset[str]:
        """All product tokens, as their operators spell them."""
        return frozenset(crawler.token for crawler in self.crawlers)

    def find(self, token: str) -> Crawler | None:
        """The crawler of this product token, whatever its case."""
        wanted = token.casefold()
        return next((crawler for crawler in self.crawlers if crawler.token.casefold() == wanted), None)

    def without(self, tokens: Iterable[str]) -> "Catalog":
        """With the crawlers of these tokens left out, as if nobody knew them."""
        gone = {token.casefold() for token in tokens}
        if not gone:
            return self
        kept = tuple(crawler for crawler in self.crawlers if crawler.token.casefold() not in gone)
        named = "\n".join(sorted(gone))
        return Catalog(crawlers=kept, version=sha256(f"{self.version}\nwithout\n{named}".encode()).hexdigest()[:12])

    def extended(self, extra: Iterable[Crawler]) -> "Catalog":
        """With the operator's own entries, which replace built-in ones of the same token."""
        own = {crawler.token.casefold(): crawler for crawler in extra}
        if not own:
            return self
        kept = (crawler for crawler in self.crawlers if crawler.token.casefold() not in own)
        named = "\n".join(map(repr, own.values()))
        version = sha256(f"{self.version}\n{named}".encode()).hexdigest()[:12]
        return Catalog(crawlers=(*kept, *own.values()), version=version)


#: Words that stand in the user agents of programs that people use: never a match of their own.
GENERIC: Final = frozenset(
    "aarch64 account agent agents ai amd64 android api app apple applewebkit application applications apps arch arm64 "
    "armv7l armv8l assistant audio audiobook audiobooks automotive beta bing blackberry bot bots box browser browsers "
    "build cache camera car cast chat chatgpt chrome chromium claude client clients cloud code compatible console "
    "content control copilot core cpu crawl crawler crawlers cursor darwin dashboard data debian deepseek default "
    "desktop dev device devices devin direct display download downloader downloading downloads edge editor embedded "
    "engine extension fedora feed feeds fetch fetcher file files firefox fm framework free freebsd game games gecko "
    "gemini generic global google grok harmonyos home honor http https huawei i686 image images info internet ios "
    "ipad ipados iphone ipod khtml kimi kit lcc lib library like linux lite live llm local macintosh macos mail media "
    "messenger meta mistral miui mobile mobiles module monitor mozilla mpeg music network networks news nokia office "
    "oneplus online openai opera operator oppo page pages pc perplexity phone phones photo photos picture player "
    "players plugin plus podcast portal posix premium preview pro proxy public python radio radios reader readers "
    "realme receiver redmi release remote robot robots safari safe samsung scraper scrapers sdk search secure server "
    "service services session shell simple site sites smart smarttv social sound sounds source speaker spider spiders "
    "stable standard station stereo store stream streamer streaming streams studio sync system tablet talk tech test "
    "tool tools track tracks trae tube tunes tv ubuntu unix update updater upload uploader user users utility version "
    "video videos view viewer vivo voice watch wave web webkit webos webview wifi win32 win64 windows wireless work "
    "workstation world x86_64 xiaomi yak".split()
)

#: Shorter strings than this turn up inside ordinary words and versions.
SHORTEST: Final = 4

_ROBOTS_TOKEN: Final = re.compile(r"[A-Za-z_-]+\Z")

#: What an entry's keys hold; lists are lists of texts. Of other keys it is told that they are unknown.
_SHAPES: Final[Mapping[str, type]] = (
    dict.fromkeys(
        ("token", "class", "operator", "purpose", "robots", "robots_token", "page", "verify_page", "note"), str
    )
    | dict.fromkeys(("in_url", "contested", "control_only"), bool)
    | dict.fromkeys(("match", "verify", "ranges", "dns_suffixes", "decisive", "signature_agents"), list)
    | dict.fromkeys(("examples", "near_misses"), list)
    | {"checked": date}
)

#: The keys whose values are words of ours.
_WORDS: Final[Mapping[str, type[Enum]]] = {"class": Kind, "purpose": Purpose, "robots": RobotsStance, "verify": Proof}

_WANTED: Final = {list: "a list of texts", str: "a text", date: "a date"}

_KEYS: Final = frozenset(Crawler.__dataclass_fields__) - {"kind"} | {"class"}

#: What each way to verify has to go by. A signature has no word on who does not sign, so it is never decisive.
_GOES_BY: Final = {
    Proof.IP_RANGES.value: "ranges",
    Proof.REVERSE_DNS.value: "dns_suffixes",
    Proof.WEB_BOT_AUTH.value: "signature_agents",
}

_DECISIVE: Final = (Proof.IP_RANGES.value, Proof.REVERSE_DNS.value)


def parse_catalog(text: bytes, *, name: str = "catalog") -> Catalog:
    """Read a list of `[[crawler]]` entries. Raises CatalogError with every fault in it."""
    try:
        document = tomllib.loads(text.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CatalogError((Fault(name, "", str(error)),)) from error
    faults: list[Fault] = []
    seen: set[str] = set()
    owners: dict[str, str] = {}
    signers: dict[str, str] = {}
    crawlers = []
    entries = document.get("crawler", [])
    if not isinstance(entries, list) or not entries:
        raise CatalogError((Fault(name, "crawler", "no entry, wanted at least one [[crawler]] table"),))
    for number, entry in enumerate(entries, start=1):
        place = f"{name}: entry {number}"
        token = entry.get("token") if isinstance(entry, dict) else None
        if not isinstance(token, str) or not token:
            faults.append(Fault(place, "token", f"got {token!r}, wanted a product token"))
            continue
        place = f"{name}: {token}"
        if mistyped := [Fault(place, key, problem) for key, problem in _mistyped(entry)]:
            faults += mistyped
            continue
        if token.casefold() in seen:
            faults.append(Fault(place, "token", "stands in the list twice"))
        seen.add(token.casefold())
        wrong = _faults(entry, place)
        faults += wrong
        for string in _match(entry) or (token,):
            owner = owners.setdefault(string.casefold(), token)
            if owner != token:
                faults.append(Fault(place, "match", f"{string!r} is already looked for by {owner}"))
        for origin in entry.get("signature_agents", ()):
            owner = signers.setdefault(origin.casefold(), token)
            if owner != token:
                faults.append(Fault(place, "signature_agents", f"{origin!r} is already {owner}'s"))
        if not wrong:
            crawlers.append(_crawler(entry))
    if faults:
        raise CatalogError(tuple(faults))
    return Catalog(crawlers=tuple(crawlers), version=sha256(text).hexdigest()[:12])


def _mistyped(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in entry.items():
        shape = _SHAPES.get(key, object)
        texts = value if shape is list and isinstance(value, list) else ()
        if not isinstance(value, shape) or not all(isinstance(text, str) for text in texts):
            yield key, f"got {type(value).__name__}, wanted {_WANTED.get(shape, 'true or false')}"


def _misspelt(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Words that are none of those that a key may hold, and the one key that has no default."""
    if "class" not in entry:
        yield "class", f"is missing, wanted one of {_several(Kind)}"
    for key, words in _WORDS.items():
        said = entry.get(key, ())
        for word in said if isinstance(said, list) else [said] if key in entry else ():
            if word not in {member.value for member in words}:
                yield key, f"got {word!r}, wanted one of {_several(words)}"


def _several(words: type[Enum]) -> str:
    return ", ".join(member.value for member in words if member is not Kind.UNLISTED)


def _crawler(entry: Mapping[str, Any]) -> Crawler:
    token = entry["token"]
    kind = Kind(entry["class"])
    return Crawler(
        token=token,
        operator=entry.get("operator", ""),
        kind=kind,
        purpose=Purpose(entry["purpose"]) if "purpose" in entry else None,
        match=_match(entry),
        in_url=entry.get("in_url", False),
        contested=entry.get("contested", False),
        control_only=entry.get("control_only", False),
        robots_token=entry.get("robots_token", "") or (token if _ROBOTS_TOKEN.match(token) else ""),
        robots=RobotsStance(entry.get("robots", "not-stated")),
        verify=tuple(Proof(proof) for proof in entry.get("verify", ())),
        ranges=tuple(entry.get("ranges", ())),
        dns_suffixes=tuple(entry.get("dns_suffixes", ())),
        decisive=tuple(Proof(proof) for proof in entry.get("decisive", ())),
        signature_agents=tuple(entry.get("signature_agents", ())),
        verify_page=entry.get("verify_page", ""),
        page=entry.get("page", ""),
        checked=entry.get("checked"),
        examples=tuple(entry.get("examples", ())),
        near_misses=tuple(entry.get("near_misses", ())),
        note=entry.get("note", ""),
    )


def _match(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """What is looked for in user agents: the token, unless something else or nothing is asked for."""
    return tuple(entry.get("match", () if entry.get("control_only") else (entry["token"],)))


def _faults(entry: Mapping[str, Any], place: str) -> list[Fault]:
    faults = [Fault(place, key, "unknown key") for key in sorted(entry.keys() - _KEYS)]
    kind, control = entry.get("class"), entry.get("control_only", False)
    if kind is not None and (kind == "ai") != ("purpose" in entry):
        faults.append(Fault(place, "purpose", "belongs to class 'ai', and every entry of that class has one"))
    if control and entry.get("match"):
        faults.append(Fault(place, "match", "a control token never stands in a user agent"))
    if not control and not _match(entry) and not entry.get("signature_agents"):
        faults.append(Fault(place, "match", "is empty, which only a crawler that signs (signature_agents) may have"))
    robots_token = entry.get("robots_token", "")
    if robots_token and not _ROBOTS_TOKEN.match(robots_token):
        faults.append(Fault(place, "robots_token", f"got {robots_token!r}, wanted letters, '_' and '-' (RFC 9309)"))
    for string in _match(entry):
        faults += [Fault(place, "match", problem) for problem in unsafe(string)]
    return faults + [Fault(place, key, problem) for key, problem in (*_misspelt(entry), *_unproven(entry))]


def _unproven(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with the ways to verify a crawler: the key, and the problem."""
    verify, decisive = entry.get("verify", ()), entry.get("decisive", ())
    for proof, key in _GOES_BY.items():
        if entry.get(key) and proof not in verify:
            yield key, f"belongs to {proof!r}, which verify does not name"
    for url in entry.get("ranges", ()):
        if not _https(url):
            yield "ranges", f"got {url!r}, wanted an https URL"
    for suffix in entry.get("dns_suffixes", ()):
        if problem := suffix_problem(suffix):
            yield "dns_suffixes", problem
    for origin in entry.get("signature_agents", ()):
        if not _https(origin) or "/" in origin.removeprefix("https://"):
            yield "signature_agents", f"got {origin!r}, wanted an origin, such as 'https://bot.example'"
    for proof in decisive:
        if proof not in _DECISIVE:
            yield "decisive", f"got {proof!r}, wanted some of {', '.join(_DECISIVE)}"
        elif not entry.get(_GOES_BY[proof]) or proof not in verify:
            yield "decisive", f"{proof!r} needs {_GOES_BY[proof]}, and to stand in verify"
    if decisive and not entry.get("verify_page"):
        yield "verify_page", "is missing: whoever can be contradicted has said where how a false one is told"


def _https(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


def unsafe(string: str) -> tuple[str, ...]:
    """Why a string must not be looked for in user agents; nothing where it may."""
    if string.casefold() in GENERIC:
        return (f"{string!r} is a generic word that programs used by people carry",)
    if len(string) < SHORTEST or not string.isascii() or not any(char.isalpha() for char in string):
        return (f"{string!r} is too short or has no ASCII letters: wanted {SHORTEST} characters or more",)
    return ()
