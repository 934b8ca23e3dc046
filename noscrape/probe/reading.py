"""What answers mean, by the parsers of `noscrape.standards`."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from noscrape.probe.answer import Answer
from noscrape.probe.links import Link, links
from noscrape.probe.visit import MOST_REDIRECTS, Document, Fetched, Visit
from noscrape.standards import content_usage, robots_txt, tdmrep, x_robots_tag
from noscrape.standards.content_signal import Signal
from noscrape.standards.content_usage import Preference
from noscrape.standards.robots_txt import Access, RobotsTxt, Verdict
from noscrape.standards.tdmrep import Reading, Statement

RSL: Final = "application/rsl+xml"


@dataclass(frozen=True, slots=True)
class Said:
    """What the headers of an answer say to everybody.

    `reservation` is None where there is no `tdm-reservation`, and where it counts as unset.
    """

    noai: bool
    reservation: int | None
    policy: str
    usage: Mapping[str, Preference]
    licence: Link | None

    @property
    def by(self) -> tuple[str, ...]:
        """The headers that reserve training."""
        reserving = {
            "X-Robots-Tag": self.noai,
            "tdm-reservation": self.reservation == 1,
            "Content-Usage": self.usage["train-ai"] is Preference.DISALLOWED,
        }
        return tuple(name for name, reserves in reserving.items() if reserves)


def said(answer: Answer) -> Said:
    """Read the headers of an answer. Two lines of `tdm-reservation` are an error of the protocol, and so none."""
    reservations = answer.values("tdm-reservation")
    return Said(
        noai=x_robots_tag.opts_out(answer.values("x-robots-tag"), ""),
        reservation=tdmrep.field(reservations[0]) if len(reservations) == 1 else None,
        policy=next(iter(answer.values("tdm-policy")), ""),
        usage=content_usage.parse(*answer.values("content-usage")),
        licence=next((link for link in links(answer.values("link")) if "license" in link.relations), None),
    )


@dataclass(frozen=True, slots=True)
class Told:
    """What robots.txt tells one crawler about the page. `by_name` says that a group names it."""

    token: str
    verdict: Verdict
    by_name: bool
    usage: Mapping[str, Preference] | None
    signal: Mapping[str, Signal] | None


@dataclass(frozen=True, slots=True)
class Robots:
    """robots.txt as the crawler gets it. `file` is None where none could be read, and `access` says what follows.

    `access` is None where it was not looked at, because it is on another host.
    """

    access: Access | None
    file: RobotsTxt | None
    told: tuple[Told, ...]


def robots(visit: Visit) -> Robots:
    """What it tells the crawler and each control token."""
    text = visit.robots_crawler.text
    access = access_of(visit.robots_crawler)
    if text is None or access is not Access.RULES:
        return Robots(access, None, ())
    file = robots_txt.parse(text)
    path = visit.address.target
    tokens = (crawler.robots_token for crawler in (visit.crawler, *visit.controls))
    told = tuple(
        Told(
            token,
            file.verdict(token, path),
            file.names(token),
            file.content_usage(token, path),
            file.content_signal(token, path),
        )
        for token in tokens
        if token
    )
    return Robots(access, file, told)


def access_of(fetched: Fetched) -> Access | None:
    """What follows from a fetch of robots.txt; None where a redirect leads to another host."""
    if fetched.elsewhere and fetched.redirects <= MOST_REDIRECTS:
        return None
    return robots_txt.access(fetched.last.status, redirects=fetched.redirects)


def size(text: bytes) -> str:
    """How long a document is, of which no more than `LARGEST_BYTES` and one byte are asked for."""
    limit = robots_txt.LARGEST_BYTES
    if len(text) > limit:
        return f"more than {limit:,} bytes"
    return "1 byte" if len(text) == 1 else f"{len(text):,} bytes"


def away(document: Document, visit: Visit) -> str:
    """Where a document is that was not asked for: behind another port or scheme of the same host, or farther off."""
    try:
        there = visit.address.resolved(document.url)
    except ValueError:
        return "another host"
    return "another origin" if there.host == visit.address.host else "another host"


_UNSET: Final = Statement()


@dataclass(frozen=True, slots=True)
class Tdmrep:
    """tdmrep.json for the page, by both readings of the text. `fault` says why there is nothing to be read."""

    rules: int = 0
    first: Statement = _UNSET
    longest: Statement = _UNSET
    fault: str = ""


def tdm(visit: Visit) -> Tdmrep | None:
    """What it says of the page; None where there is none."""
    fetched = visit.tdmrep
    text = fetched.text
    if text is None:
        return None
    if not fetched.last.whole:
        return Tdmrep(fault=fetched.last.problem or "it is longer than 500 KiB, and was not read")
    rules = tdmrep.parse(text)
    if not rules and not _is_array(text):
        return Tdmrep(fault="it is no JSON array")
    return Tdmrep(
        rules=len(rules),
        first=tdmrep.statement(rules, visit.address.target),
        longest=tdmrep.statement(rules, visit.address.target, reading=Reading.LONGEST),
    )


def _is_array(text: bytes) -> bool:
    try:
        return isinstance(json.loads(text, parse_int=str), list)  # of any length
    except (ValueError, RecursionError):
        return False


#: Headers by which caches and proxies tell of themselves.
BETWEEN: Final = (
    "age",
    "via",
    "x-cache",
    "x-cache-hits",
    "x-cache-status",
    "x-proxy-cache",
    "cache-status",
    "cf-cache-status",
    "cf-ray",
    "cdn-cache",
    "x-served-by",
    "x-varnish",
    "x-vercel-cache",
)

#: Those of them that tell whether a stored answer was handed out.
_HITS: Final = frozenset(BETWEEN) - {"age", "via", "x-cache-hits", "cf-ray", "x-served-by", "x-varnish"}


def between(answer: Answer) -> Iterator[tuple[str, str]]:
    """What an answer tells of whoever stands between the app and us, in its own words."""
    for name in BETWEEN:
        if value := answer.value(name):
            yield name, value


def stored(answer: Answer) -> bool:
    """Whether it says of itself that it comes from a cache: an age, or a hit."""
    if any(_number(value) > 0 for name in ("age", "x-cache-hits") for value in answer.value(name).split(",")):
        return True
    return any(_is_hit(answer.value(name)) for name in _HITS)


def _number(text: str) -> int:
    text = text.strip()
    return int(text) if text.isdecimal() and len(text) < 16 else 0


def _is_hit(value: str) -> bool:
    return any(word in _HIT_WORDS for word in value.lower().replace(";", " ").replace(",", " ").split())


_HIT_WORDS: Final = frozenset({"hit", "tcp_hit", "tcp_mem_hit", "stale", "updating", "revalidated"})


def lines(answer: Answer) -> Iterator[tuple[str, str, str]]:
    """The headers of an answer that concern us: name, value, and what it means, "" for what needs no words."""
    found = said(answer)
    for name, means in _MEANINGS.items():
        for value in answer.values(name):
            yield name, value, means(found, value)


def _robots_meaning(found: Said, value: str) -> str:
    return "no AI training" if x_robots_tag.opts_out([value], "") else "nothing about AI"


def _reservation_meaning(found: Said, value: str) -> str:
    if found.reservation is None:
        return "counts as unset"
    return "reserved" if found.reservation else "not reserved"


def _usage_meaning(found: Said, value: str) -> str:
    stated = [f"{_USES[category]} {preference.value}" for category, preference in stated_of(found.usage)]
    return ", ".join(stated) or "says nothing"


def stated_of(usage: Mapping[str, Preference]) -> Iterable[tuple[str, Preference]]:
    """The categories of which something is said."""
    return [(category, preference) for category, preference in usage.items() if preference is not Preference.UNKNOWN]


def _link_meaning(found: Said, value: str) -> str:
    told = [word for link in links([value]) for relation, word in _RELATIONS.items() if relation in link.relations]
    return " and ".join(dict.fromkeys(told))


def _nothing(found: Said, value: str) -> str:
    return ""


_USES: Final = {"train-ai": "training", "search": "search"}
_RELATIONS: Final = {"license": "licence", "describedby": "policy"}
_MEANINGS: Final = {
    "x-robots-tag": _robots_meaning,
    "tdm-reservation": _reservation_meaning,
    "tdm-policy": _nothing,
    "content-usage": _usage_meaning,
    "link": _link_meaning,
    "cache-control": _nothing,
    "vary": _nothing,
    "retry-after": _nothing,
    "x-support-id": _nothing,
    "location": _nothing,
}
