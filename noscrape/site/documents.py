"""The documents in which a site tells what it reserves: robots.txt, tdmrep.json, policy and licence.

All are made from the configuration that also decides about requests, so that what is said and what is done agree. They
tell what holds for an area of the site by default; what is said of single tracks stands in response headers.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

from noscrape.config import Config
from noscrape.crawlers import Catalog, Crawler
from noscrape.decision import Policy
from noscrape.policy import REFUSED, Case, decide
from noscrape.reservation import UNSTATED, Terms
from noscrape.signals import closed, odrl, robots, rsl, tdmrep
from noscrape.site.parts import path_of, policy_of
from noscrape.words import Answer, Mode, Purpose, RobotsTxt

ROBOTS_TXT: Final = "/robots.txt"
TDMREP: Final = "/.well-known/tdmrep.json"

#: Purposes for which a model is asked and not trained, as `ai-input` means it.
_INPUT: Final = (Purpose.SEARCH, Purpose.ASSISTANT)


@dataclass(frozen=True, slots=True)
class Document:
    """A finished document. `etag` is strong, with its quotes."""

    media_type: str
    body: bytes
    max_age_seconds: int
    etag: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "etag", f'"{sha256(self.body).hexdigest()[:16]}"')


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the site for which one thing holds where nobody has spoken of a track. Patterns as in robots.txt."""

    patterns: tuple[str, ...]
    terms: Terms

    @property
    def whole(self) -> bool:
        """Whether it is the whole site."""
        return self.patterns == ("/",)


def areas(config: Config) -> tuple[Area, ...]:
    """The site as a whole, and the paths of its tracks where something else holds for them, the narrower first."""
    site = Area(("/",), UNSTATED.filled(config.site.default))
    patterns = tuple(dict.fromkeys(robots.path_pattern(route.path) for route in config.tracks.routes))
    if not patterns or config.tracks.default is config.site.default:
        return (site,)
    return (Area(patterns, UNSTATED.filled(config.tracks.default)), site)


def robots_policy(config: Config, catalog: Catalog) -> robots.RobotsPolicy:
    """What robots.txt says: who is refused where, and what is reserved."""
    policy = replace(policy_of(config), mode=Mode.ENFORCE)
    refused: dict[tuple[str, ...], list[str]] = {}
    parts = areas(config)
    for token, crawlers in _by_token(catalog).items():
        patterns = _refused_patterns(parts, policy, crawlers)
        if patterns:
            refused.setdefault(patterns, []).append(token)
    return robots.RobotsPolicy(
        refused=tuple(robots.Refused(tuple(tokens), patterns) for patterns, tokens in refused.items()),
        statements=tuple(_statements(config)),
        licence=config.site.licence or "",
        sitemaps=config.documents.sitemaps,
    )


def _by_token(catalog: Catalog) -> dict[str, list[Crawler]]:
    """Crawlers by the token that they look for in robots.txt: some share one."""
    found: dict[str, list[Crawler]] = {}
    for crawler in catalog.crawlers:
        if crawler.robots_token and crawler.bot:
            found.setdefault(crawler.robots_token, []).append(crawler)
    return found


def _refused_patterns(parts: tuple[Area, ...], policy: Policy, crawlers: list[Crawler]) -> tuple[str, ...]:
    """Where a token is refused: there where all that go by it are, for none of them should stay away for another."""
    patterns = tuple(
        pattern
        for area in parts
        if all(decide(Case(area.terms, crawlers=(crawler,)), policy).stops for crawler in crawlers)
        for pattern in area.patterns
    )
    return ("/",) if "/" in patterns else patterns


def refuses(config: Config, purpose: Purpose) -> bool:
    """Whether crawlers of a purpose are refused where it is reserved."""
    answer = config.crawlers.purposes.get(purpose)
    return answer is Answer.REFUSE if answer is not None else purpose in REFUSED[config.stance]


def _statements(config: Config) -> Iterator[robots.Statement]:
    signals = config.signals
    for area in areas(config):
        if Purpose.TRAINING not in area.terms.reserved:
            continue
        denied = "ai-input=no, ai-train=no" if _refuses_input(config) else "ai-train=no"
        usage = "train-ai=n" if signals.content_usage != "off" else ""
        signal = denied if signals.content_signal else ""
        if usage or signal:
            yield robots.Statement(usage=usage, signal=signal, paths=() if area.whole else area.patterns)


def _refuses_input(config: Config) -> bool:
    """Whether use as input of a model is refused too, and not training alone."""
    return all(refuses(config, purpose) for purpose in _INPUT)


def locations(config: Config) -> tuple[tdmrep.Location, ...]:
    """What tdmrep.json says of the areas."""
    return tuple(
        tdmrep.Location(pattern, reserved=True if Purpose.DATASET in area.terms.reserved else None)
        for area in areas(config)
        for pattern in area.patterns
    )


def licence_contents(config: Config) -> tuple[rsl.Content, ...]:
    """What the licence says of the areas: nothing is granted but search, which noscrape never refuses."""
    prohibited = ("ai-all" if _refuses_input(config) else "ai-train",)
    return tuple(
        rsl.Content(pattern, prohibited=prohibited, permitted=("search",))
        for area in areas(config)
        if Purpose.TRAINING in area.terms.reserved
        for pattern in area.patterns
    )


def policy_document(config: Config) -> bytes:
    """The ODRL policy: mining by consent. Empty without `[site] policy`."""
    url = config.site.policy
    if url is None:
        return b""
    parts = urlsplit(url)
    contact = config.site.contact or ""
    return odrl.policy_document(
        uid=url,
        assigner_name=config.documents.publisher or parts.hostname or url,
        assigner_url=f"{parts.scheme}://{parts.netloc}",
        contact=contact,
        licence_url=config.site.licence or "",
    )


def licence_document(config: Config) -> bytes:
    """The RSL licence. Empty where nothing is reserved."""
    contents = licence_contents(config)
    if not contents:
        return b""
    return rsl.licence_document(contents, terms=config.site.policy or "", contact=config.site.contact or "")


def tdmrep_document(config: Config) -> bytes:
    """The file of TDMRep. Empty where nothing is reserved."""
    told = locations(config)
    if not any(location.reserved for location in told):
        return b""
    return tdmrep.document(told, policy=config.site.policy or "")


def documents(config: Config) -> Mapping[str, Document]:
    """The documents by path, but for robots.txt, as they are served where the app has none of its own."""
    settings, site = config.documents, config.site
    made: dict[str, Document] = {}

    def add(path: str, media_type: str, body: bytes) -> None:
        if body and path not in ("", "/", ROBOTS_TXT):
            made[path] = Document(media_type, body, settings.max_age_seconds)

    if settings.tdmrep and config.signals.tdm_reservation:
        add(TDMREP, "application/json", tdmrep_document(config))
    policy_path = path_of(site.policy or "")
    if settings.policy and policy_path.endswith((".json", ".jsonld")):
        add(policy_path, "application/ld+json", policy_document(config))
    if settings.licence and site.licence:
        add(path_of(site.licence), "application/rsl+xml", licence_document(config))
    return made


class Robots:
    """The site's robots.txt: made once, and merged with each text of the app's that comes along.

    State: the last few merged texts, as an app seldom has more than one.
    """

    _KEPT: Final = 4

    def __init__(
        self,
        policy: robots.RobotsPolicy,
        *,
        how: RobotsTxt,
        max_age_seconds: int,
        base: str | None = None,
        trap: str = "",
    ) -> None:
        self._policy = policy
        self._trap = trap
        self._max_age = max_age_seconds
        self._merged: dict[bytes, tuple[Document, tuple[str, ...]]] = {}
        #: Whether the app's own text is taken up.
        self.merging = how is RobotsTxt.MERGE and base is None
        #: Whether the app is asked for a text of its own.
        self.asking = base is None
        made = robots.Merged(robots.generated(policy), ()) if base is None else robots.merged(policy, base)
        self.document = self._document(made.text)
        #: What does not hold any more of the operator's own file.
        self.notes = made.notes

    def known(self, text: bytes) -> tuple[Document, tuple[str, ...]] | None:
        """What `merged` made of this text, where it did so lately."""
        return self._merged.get(text)

    def merged(self, text: bytes) -> tuple[Document, tuple[str, ...]]:
        """The app's text with ours, and notes for the operator. It may take a second for the largest of texts."""
        found = robots.merged(self._policy, text.decode("utf-8", "surrogateescape"))
        made = self._document(found.text), found.notes
        if len(self._merged) >= self._KEPT:
            self._merged.clear()
        self._merged[text] = made
        return made

    def _document(self, text: str) -> Document:
        data = closed(text, self._trap).encode("utf-8", "surrogateescape")
        return Document("text/plain; charset=utf-8", data, self._max_age)


def robots_of(config: Config, catalog: Catalog, *, base: str | None = None) -> Robots | None:
    """The robots.txt of a configuration, None where the app's own is left alone. `base` is the operator's own file."""
    settings = config.documents
    if settings.robots_txt is RobotsTxt.OFF:
        return None
    return Robots(
        robots_policy(config, catalog),
        how=settings.robots_txt,
        max_age_seconds=settings.max_age_seconds,
        base=base,
        trap=config.patterns.trap_path,
    )
